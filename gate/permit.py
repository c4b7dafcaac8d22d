"""A permit: leave that the office gave one person to cross where the rules would not let him.

It travels in the sealed roster beside the person, since why somebody may go to hospital is nobody's matter at the
broker. `gate.decision` weighs it; the passage names the permit that it used, so that the return can be tied to it.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Instant, Pseudonym

MOST_PERMITS = 8


class PermitKind(StrEnum):
    """What the office gave leave for; what each lifts stands in gate.decision.

    medical: to a doctor and back. work: essential work, day by day. green_channel: passes any open gate at any hour.
    """

    MEDICAL = "medical"
    WORK = "work"
    GREEN_CHANNEL = "green_channel"


class Permit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """begins, ends: when it may be used to leave. return_by: back by then at the latest; None: nothing is said."""

    id: Pseudonym
    kind: PermitKind
    begins: Instant
    ends: Instant
    return_by: Instant | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where it could never be used."""
        if not self.begins < self.ends:
            raise ValueError(f"a permit must end ({self.ends}) after it begins ({self.begins})")
        if self.return_by is not None and self.return_by <= self.begins:
            raise ValueError(f"return_by ({self.return_by}) must lie after begins ({self.begins})")


Permits = Annotated[tuple[Permit, ...], Meta(max_length=MOST_PERMITS)]
