"""What the guard's screen shows, made from what the lane is in. Pure; the loop calls it whenever something changed.

Rule: it hides nothing that is wrong. A gate that cannot see or cannot record is out of order, unless a verdict or a
visit needs the screen.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gate.clock import Moment
from gate.policy import Policy
from gate.reason import Outcome, Reason
from gate.roster import Health as HealthColour
from gate.roster import Resident, Standing
from gate.trip import TRIP_DAYS, RiskPlace
from station import health_codes
from station.lane import awaiting
from station.settings import Settings
from station.snapshot import Snapshot
from station.verdict import printable
from station.view import (
    Aim,
    CertificateHolder,
    Earlier,
    Health,
    KioskView,
    Link,
    Person,
    PlaceAsked,
    Screen,
    Verdict,
)
from station.visit import Decided, Gathering, Lane, Showing

# Without these a gate is of no use; what else fails, it says so and goes on.
VITAL = frozenset({"camera", "journal"})
_NO_POLICY = Policy(title="")
_OF_EARLIER_PASSAGES = {Reason.REPLAYED, Reason.SAME_WAY_TWICE}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is not the lane's own. oldest_seconds: age of the oldest record without a receipt. beat: turns so far."""

    link: Link
    queue: int
    oldest_seconds: float
    faults: dict[str, str]
    beat: int
    rehearsal: bool
    aim: Aim | None = None


def view_of(lane: Lane, snapshot: Snapshot, settings: Settings, around: Surroundings, now: Moment) -> KioskView:
    """The whole screen at this moment."""
    policy = snapshot.rules.policy if snapshot.rules else _NO_POLICY
    gate = policy.gate_rule(settings.gate)
    visit = lane.phase if isinstance(lane.phase, Gathering) else None
    shown = lane.phase.decided if isinstance(lane.phase, Showing) else None
    lacking = awaiting(lane, snapshot.rules)
    return KioskView(
        screen=_screen(lane, around.faults),
        now=now.utc,
        gate=settings.gate,
        lane=settings.lane,
        direction=lane.direction,
        both_directions=lane.both_directions,
        health=_health(snapshot, around, now),
        verdict=replace(_verdict(shown), holder=_holder(shown)) if shown else None,
        person=_person(visit.code.resident) if visit and visit.code else None,
        celsius=_warmest(lane) if visit else None,
        awaiting=lacking,
        closed_notice_zh=gate.notice_zh,
        closed_notice_en=gate.notice_en,
        gate_open=gate.open,
        office_telephone=policy.office_telephone,
        recent=tuple(_verdict(decided) for decided in lane.recent),
        rehearsal=around.rehearsal,
        timezone=settings.timezone,
        green_seconds=policy.green_seconds,
        beat=around.beat,
        aim=around.aim,
        looks=_looks(health_codes.looks(visit)) if visit else "",
        places=_places(policy.risk_places, settings.timezone, now) if "trip" in lacking else (),
        visit_began=visit.since if visit else 0.0,
    )


def _places(places: tuple[RiskPlace, ...], timezone: str, now: Moment) -> tuple[PlaceAsked, ...]:
    """Only days that count can be answered, by the compound's calendar; a place without any is not asked for."""
    today = now.utc.astimezone(ZoneInfo(timezone)).date()
    days = [today - timedelta(days=ago) for ago in range(TRIP_DAYS + 1)]
    asked = (
        PlaceAsked(each.id, each.name_zh, each.name_en, tuple(day for day in days if each.counts(day)))
        for each in places
    )
    return tuple(each for each in asked if each.days)


def _screen(lane: Lane, faults: dict[str, str]) -> Screen:
    match lane.phase:
        case Showing():
            return Screen.VERDICT
        case Gathering():
            return Screen.GATHERING
        case _:
            return Screen.OUT_OF_ORDER if VITAL & faults.keys() else Screen.READY


def _health(snapshot: Snapshot, around: Surroundings, now: Moment) -> Health:
    rules = snapshot.rules
    age = now.utc - rules.confirmed_at if rules else None
    stale = age is None or rules is None or age > timedelta(hours=rules.policy.stale_after_hours)
    return Health(
        link=around.link,
        queue=around.queue,
        oldest_seconds=around.oldest_seconds,
        rules=rules.edition if rules else None,
        trust=snapshot.trust_edition,
        rules_age_hours=max(0.0, age / timedelta(hours=1)) if age is not None else None,
        rules_stale=stale,
        clock=now.state,
        faults=dict(around.faults),
    )


def _verdict(decided: Decided) -> Verdict:
    measurement = decided.evidence.measurement
    return Verdict(
        sequence=decided.sequence,
        at=decided.at,
        direction=decided.evidence.direction,
        outcome=decided.outcome,
        reasons=decided.reasons,
        person=_person(decided.evidence.resident),
        celsius=measurement.celsius if measurement else None,
        overrulable=decided.overrulable and decided.outcome is not Outcome.ADMIT,
        settled=decided.settled,
        ground=decided.ground,
        earlier=_earlier(decided),
        looks=_looks(decided.looks) if Reason.HEALTH_CODE_UNREAD in decided.reasons else "",
    )


def _looks(colour: HealthColour) -> str:
    return "" if colour is HealthColour.UNKNOWN else str(colour)


def _holder(decided: Decided) -> CertificateHolder | None:
    """Only until the guard has settled whose certificate it is."""
    code = decided.evidence.code
    holder = code.credential.holder if code and code.credential else None
    if holder is None or decided.settled is not None:
        return None
    return CertificateHolder(printable(holder.name), printable(holder.birth))


def _earlier(decided: Decided) -> Earlier | None:
    earlier = decided.evidence.earlier
    if earlier is None or not _OF_EARLIER_PASSAGES & set(decided.reasons):
        return None
    return Earlier(earlier.gate, earlier.at, earlier.direction)


def _person(resident: Resident | None) -> Person | None:
    if resident is None:
        return None
    monitored = resident.standing is Standing.MONITORED
    return Person(resident.masked_name, resident.building, resident.needs_help, monitored)


def _warmest(lane: Lane) -> float | None:
    figures = (each.measurement.celsius for each in lane.readings)
    return max((figure for figure in figures if figure is not None), default=None)
