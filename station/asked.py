"""What the screen offers and announces by the rules in force: answers to tap, places, hours, the office's notices.

`screen` and `desk` make the guard's views of it. Pure. Rule: the compound's calendar counts, not the machine's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gate.hours import within
from gate.notices import Notices
from gate.policy import Choice, Direction, GateRule
from gate.trip import TRIP_DAYS, RiskPlace
from gate.wording import Words
from station.view import ChoiceAsked, PlaceAsked, Told

_OPENS = Words("{opens} 开放", "Opens at {opens}")
_DAY_MINUTES = 24 * 60


def choices(offered: Iterable[Choice]) -> tuple[ChoiceAsked, ...]:
    return tuple(ChoiceAsked(each.id, each.zh, each.en) for each in offered)


def places(of_risk: tuple[RiskPlace, ...], timezone: str, now: datetime) -> tuple[PlaceAsked, ...]:
    """Only days that count can be answered; a place without any is not asked for."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    days = [today - timedelta(days=ago) for ago in range(TRIP_DAYS + 1)]
    asked = (
        PlaceAsked(each.id, each.name_zh, each.name_en, tuple(day for day in days if each.counts(day)))
        for each in of_risk
    )
    return tuple(each for each in asked if each.days)


def opens_again(gate: GateRule, direction: Direction, timezone: str, now: datetime) -> Words | None:
    """When a gate that its hours have closed opens next that way; None where they have not."""
    if within(gate.hours, direction, now, timezone):
        return None
    at = now.astimezone(ZoneInfo(timezone))
    minutes = at.hour * 60 + at.minute
    opens = [each.opens for each in gate.hours if direction in each.directions]
    following = min(opens, key=lambda clock: (_minutes(clock) - minutes) % _DAY_MINUTES)
    return Words(_OPENS.zh.format(opens=following), _OPENS.en.format(opens=following))


def announced(notices: Notices, now: datetime) -> tuple[Told, ...]:
    """What the office has to say now; on the screen also in the hours of rest."""
    return tuple(Told(each.text_zh, each.text_en) for each in notices.notices if each.begins <= now < each.ends)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
