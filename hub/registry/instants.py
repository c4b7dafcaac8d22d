"""How an instant stands in the registry: UTC, fixed width, so that text order is time order.

Written and read by everything in hub/ that keeps a time; `2026-11-22T04:19:22.000000+00:00`.
"""

from datetime import UTC, datetime


def written(instant: datetime) -> str:
    """An aware instant as the registry's text. Raises OverflowError at the ends of the calendar."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")


def read(text: str) -> datetime:
    """The registry's text -> an aware instant in UTC."""
    return datetime.fromisoformat(text)
