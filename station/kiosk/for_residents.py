"""The view for the resident's side of the gate: what he shall do, with nobody's name in it.

`pump` makes it of each KioskView, for the page /resident. Rule: a name, a building, a temperature or a passage before
this one is not in the stream at all, so no page can show it to the queue behind him.
"""

from datetime import datetime

from msgspec import Struct

from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.view import Barrier, Hint, KioskView, Screen, Told, Verdict


class ResidentVerdict(Struct, frozen=True):
    """at: names the passage for the page, nothing more. outcome: what holds now, the guard's word included."""

    at: datetime
    direction: Direction
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


class ResidentView(Struct, frozen=True):
    """As in KioskView, as far as the resident needs it. retest_site: where he is measured again now, or empty."""

    screen: Screen
    now: datetime
    gate: str
    direction: Direction
    verdict: ResidentVerdict | None
    awaiting: tuple[str, ...]
    hint: Hint | None
    guidance: Hint | None
    retest_site: str
    gate_open: bool
    closed_notice_zh: str
    closed_notice_en: str
    hours_zh: str
    hours_en: str
    office_telephone: str
    notices: tuple[Told, ...]
    rehearsal: bool
    training: bool
    fire: bool
    barrier: Barrier
    timezone: str
    green_seconds: float
    beat: int


def for_residents(view: KioskView) -> ResidentView:
    """Who stands there is not told, since others can read along."""
    return ResidentView(
        screen=view.screen,
        now=view.now,
        gate=view.gate,
        direction=view.direction,
        verdict=_verdict(view.verdict) if view.verdict is not None else None,
        awaiting=view.awaiting,
        hint=view.aim.hint if view.aim is not None else None,
        guidance=view.guidance,
        retest_site=view.retest.site if view.retest is not None else "",
        gate_open=view.gate_open,
        closed_notice_zh=view.closed_notice_zh,
        closed_notice_en=view.closed_notice_en,
        hours_zh=view.hours_zh,
        hours_en=view.hours_en,
        office_telephone=view.office_telephone,
        notices=view.notices,
        rehearsal=view.rehearsal,
        training=view.training,
        fire=view.fire,
        barrier=view.barrier,
        timezone=view.timezone,
        green_seconds=view.green_seconds,
        beat=view.beat,
    )


def _verdict(verdict: Verdict) -> ResidentVerdict:
    return ResidentVerdict(
        at=verdict.at,
        direction=verdict.direction,
        outcome=verdict.settled or verdict.outcome,
        reasons=verdict.reasons,
    )
