"""Where a resident says to have been: the office's places of risk, and what the guard wrote down for one visit.

The policy lists the places, the kiosk asks, `gate.decision` compares. A trip is told, not proven: no code of the
authority's trip service can be checked here, so the guard looks at it, or asks, and confirms.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Slug

# How far back anybody is asked, and what the authority's own trip code looked back on.
TRIP_DAYS = 14
# Asking and answering takes longer than a thermometer; the visit waits so much longer for it.
TRIP_SECONDS = 30.0
# A guard's screen of 1024 x 600 holds so many buttons that a finger can hit.
MOST_PLACES = 12
# A city's or a street's name on a button.
PlaceName = Annotated[str, Meta(min_length=1, max_length=24)]


class RiskPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """A place, and the days on which having been there counts: `since` to `until`, both included; None: still does."""

    id: Slug
    name_zh: PlaceName
    name_en: PlaceName
    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the days are the wrong way round: such a place would never count."""
        if self.until is not None and self.until < self.since:
            raise ValueError(f"until ({self.until}) must not be before since ({self.since})")

    def counts(self, day: date) -> bool:
        """Whether having been there on that day is a risk."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Stay:
    """The day somebody was last at a place of the list. place: its id."""

    place: Slug
    last_day: date


Trip = tuple[Stay, ...]
"""What was answered; empty: at none of these places."""
