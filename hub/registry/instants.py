"""How an instant stands in the registry: UTC, fixed width, so that text order is time order.

Written and read by everything in hub/ that keeps a time; `2026-11-22T04:19:22.000000+00:00`.
"""

from datetime import UTC, datetime

from msgspec import to_builtins

# "2026-11-22T04:19:22.000000Z"
_WITH_MICROSECONDS = 27


def written(instant: datetime) -> str:
    """An aware instant as the registry's text. Raises OverflowError at the ends of the calendar."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    # A tenth of the time of isoformat; the fraction has six digits or is left out.
    told = str(to_builtins(utc))
    return f"{told[:-1]}+00:00" if len(told) == _WITH_MICROSECONDS else f"{told[:-1]}.000000+00:00"


def read(text: str) -> datetime:
    """The registry's text -> an aware instant in UTC."""
    return datetime.fromisoformat(text)
