"""From when until when a foreign certificate may be believed: its own dates, and those of the key that signed it.

Rule: a certificate never outlives the certificates of its key. A held clock may be off by its drift, and the doubt is
held against the code.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from gate.clock import Moment
from gate.formats.chain import StepFailed
from gate.reason import Reason
from gate.trust import IssuerKey

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


def check_dates(
    valid_from: datetime, expires_at: datetime | None, keys: Iterable[IssuerKey], now: Moment
) -> datetime | None:
    """When it ends, or None where nobody set an end. keys: one or more, any of which will do.

    Raises StepFailed with EXPIRED or NOT_YET_VALID.
    """
    windows = [
        (max(valid_from, key.not_before or _BEGINNING), min(expires_at or _NEVER, key.not_after or _NEVER))
        for key in keys
    ]
    unexpired = [(begins, ends) for begins, ends in windows if now.utc + now.drift < ends]
    if not unexpired:
        ended = max(ends for _, ends in windows)
        raise StepFailed(Reason.EXPIRED, f"expired at {ended:%Y-%m-%d %H:%M} UTC")
    # Under a floor clock the code may well be younger than the gate's idea of now; decide() then refers to the guard.
    current = [ends for begins, ends in unexpired if not now.believed or begins <= now.utc - now.drift]
    if not current:
        begins = min(begins for begins, _ in unexpired)
        raise StepFailed(Reason.NOT_YET_VALID, f"valid from {begins:%Y-%m-%d %H:%M} UTC")
    return None if max(current) == _NEVER else max(current)
