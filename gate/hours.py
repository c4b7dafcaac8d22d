"""What the office ties to the clock on the wall: hours of a gate or of callers, and how often a household may go out.

`gate.policy` holds them, `gate.decision` asks. Rule: hours and days are those of the compound, whatever the machine's
own zone is, and a day begins at its midnight.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from gate.direction import Direction

COMPOUND_TIME = "Asia/Shanghai"
TimezoneName = Annotated[str, Meta(max_length=40)]
# "07:30"; "24:00" is the end of a day.
TimeOfDay = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]
# How far back a gate keeps exits in mind.
MOST_DAYS = 31


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """From `opens` until just before `closes`, across midnight where closes is the earlier one, every day alike.

    directions: which ways these hours are about.
    """

    opens: TimeOfDay
    closes: TimeOfDay
    directions: frozenset[Direction] = frozenset(Direction)

    def __post_init__(self) -> None:
        """Raises ValueError where nobody could say whether it is always or never."""
        if self.opens in (self.closes, "24:00"):
            raise ValueError(f"opens ({self.opens}) and closes ({self.closes}): 00:00 to 24:00 is the whole day")
        if not self.directions:
            raise ValueError('directions is empty: ["in"], ["out"], or leave it away for both')

    def cover(self, at: time) -> bool:
        """Whether that time of the compound's day lies within. Text compares as time does, thanks to its zeros."""
        clock = f"{at.hour:02}:{at.minute:02}"
        if self.opens < self.closes:
            return self.opens <= clock < self.closes
        return clock >= self.opens or clock < self.closes


class Per(StrEnum):
    """Whose exits are counted together."""

    PERSON = "person"
    HOUSEHOLD = "household"


class Quota(Struct, frozen=True, forbid_unknown_fields=True):
    """So many exits within so many days of the calendar, today counted: 1 in 2 days is every other day."""

    times: Annotated[int, Meta(ge=1, le=100)]
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 1
    per: Per = Per.HOUSEHOLD

    def since(self, now: datetime, timezone: str) -> datetime:
        """The midnight at which the period began. now: aware."""
        today = now.astimezone(zone_named(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=self.days - 1)


def zone_named(name: str) -> ZoneInfo:
    """Raises ValueError where there is no such zone; zones are kept in memory once they were asked for."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as cause:
        raise ValueError(f"timezone: there is no {name!r}; write it as {COMPOUND_TIME}") from cause


def within(hours: tuple[Hours, ...], direction: Direction, now: datetime, timezone: str) -> bool:
    """Whether somebody may go that way now. Hours that do not speak of the direction say nothing of it."""
    about = [each for each in hours if direction in each.directions]
    if not about:
        return True
    at = now.astimezone(zone_named(timezone)).time()
    return any(each.cover(at) for each in about)
