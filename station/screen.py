"""What the guard's screen shows, made from what the lane is in. Pure; the loop calls it whenever something changed.

Rule: it hides nothing that is wrong. A gate that cannot see or cannot record is out of order, unless a verdict or a
visit needs the screen.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from gate.clock import Moment
from gate.evidence import caller as caller_of
from gate.policy import GateRule, Policy, Rules
from gate.reason import Outcome, Reason
from gate.roster import Health as HealthColour
from gate.roster import Resident, Standing
from station import asked, health_codes, view, visit
from station.lane import awaiting
from station.objections import feverish
from station.settings import Settings
from station.snapshot import Snapshot
from station.verdict import printable
from station.view import (
    Activation,
    Aim,
    Barrier,
    CertificateHolder,
    Earlier,
    Health,
    Hint,
    KioskView,
    Link,
    OnDuty,
    Person,
    Screen,
    Told,
    Verdict,
)
from station.visit import Decided, Gathering, Lane, Retesting, Showing

# Without these a gate is of no use; what else fails, it says so and goes on.
VITAL = frozenset({"camera", "journal"})
_NO_POLICY = Policy(title="")
_OF_EARLIER_PASSAGES = {Reason.REPLAYED, Reason.SAME_WAY_TWICE, Reason.RETURNED_LATE, Reason.PRESENCE_UNKNOWN}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is not the lane's own. oldest_seconds: age of the oldest record without a receipt. beat: turns so far.

    seconds: monotonic. The rest as in KioskView.
    """

    link: Link
    queue: int
    oldest_seconds: float
    faults: dict[str, str]
    beat: int
    rehearsal: bool
    seconds: float = 0.0
    aim: Aim | None = None
    guidance: Hint | None = None
    warnings: dict[str, Told] = field(default_factory=dict)
    duty: OnDuty | None = None
    training: bool = False
    fire: bool = False
    barrier: Barrier = Barrier.NONE
    can_make_passes: bool = False
    activation: Activation | None = None


def view_of(lane: Lane, snapshot: Snapshot, settings: Settings, around: Surroundings, now: Moment) -> KioskView:
    """The whole screen at this moment."""
    policy = snapshot.rules.policy if snapshot.rules else _NO_POLICY
    shown = lane.phase.decided if isinstance(lane.phase, Showing) else None
    return KioskView(
        screen=_screen(lane, around.faults),
        now=now.utc,
        gate=settings.gate,
        lane=settings.lane,
        direction=lane.direction,
        both_directions=lane.both_directions,
        health=_health(snapshot, around, now),
        verdict=_on_screen(shown, lane, snapshot.rules) if shown else None,
        office_telephone=policy.office_telephone,
        recent=tuple(_verdict(decided) for decided in lane.recent),
        rehearsal=around.rehearsal,
        timezone=settings.timezone,
        green_seconds=policy.green_seconds,
        beat=around.beat,
        aim=around.aim,
        guidance=around.guidance,
        party=tuple(person for each in lane.party if (person := person_of(each.resident))),
        resting=tuple(_resting(each, around.seconds) for each in lane.resting),
        retest=_retest(lane.phase) if isinstance(lane.phase, Retesting) else None,
        duty=around.duty,
        sign_on=policy.sign_on,
        training=around.training,
        fire=around.fire,
        barrier=around.barrier,
        warnings=around.warnings,
        notices=asked.announced(snapshot.notices, now.utc),
        can_make_passes=around.can_make_passes,
        activation=around.activation,
        **_of_visit(lane, snapshot, settings, now),
        **_of_gate(policy.gate_rule(settings.gate), lane, policy.timezone, now),
    )


def _of_visit(lane: Lane, snapshot: Snapshot, settings: Settings, now: Moment) -> dict[str, Any]:
    """What a running visit has, and what is asked for it."""
    if not isinstance(lane.phase, Gathering):
        return {}
    running, lacking = lane.phase, awaiting(lane, snapshot.rules)
    policy = snapshot.rules.policy if snapshot.rules else _NO_POLICY
    return {
        "person": person_of(running.resident),
        "celsius": _warmest(lane),
        "awaiting": lacking,
        "looks": _looks(health_codes.looks(running)),
        "places": asked.places(policy.risk_places, settings.timezone, now.utc) if "trip" in lacking else (),
        "purposes": asked.choices(policy.purposes) if "purpose" in lacking else (),
        "destinations": asked.choices(policy.destinations) if "purpose" in lacking else (),
        "visit_began": running.since,
    }


def _of_gate(gate: GateRule, lane: Lane, timezone: str, now: Moment) -> dict[str, Any]:
    """Whether anybody may pass here this way, and what is said where nobody may."""
    hours = asked.opens_again(gate, lane.direction, timezone, now.utc) if gate.open else None
    return {
        "closed_notice_zh": gate.notice_zh,
        "closed_notice_en": gate.notice_en,
        "gate_open": gate.open and hours is None and lane.direction in gate.directions,
        "hours_zh": hours.zh if hours else "",
        "hours_en": hours.en if hours else "",
    }


def _resting(resting: visit.Resting, seconds: float) -> view.Resting:
    decided = resting.decided
    assert decided.sequence is not None
    ready = seconds >= resting.ready_seconds
    return view.Resting(
        decided.sequence, person_of(decided.evidence.resident), _celsius(decided), resting.ready_at, ready
    )


def _retest(phase: Retesting) -> view.Retesting:
    assert phase.decided.sequence is not None
    readings = tuple((str(each.site), each.celsius) for each in phase.readings)
    person = person_of(phase.decided.evidence.resident)
    return view.Retesting(phase.decided.sequence, person, str(phase.sites[0]) if phase.sites else "", readings)


def _screen(lane: Lane, faults: dict[str, str]) -> Screen:
    match lane.phase:
        case Showing():
            return Screen.VERDICT
        case Gathering() | Retesting():
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


def _on_screen(shown: Decided, lane: Lane, rules: Rules | None) -> Verdict:
    """With what only whoever stands there is asked or sent to."""
    may_rest = feverish(shown, rules) and not lane.rests(shown.evidence.person)
    return replace(_verdict(shown), holder=_holder(shown), may_rest=may_rest)


def _verdict(decided: Decided) -> Verdict:
    return Verdict(
        sequence=decided.sequence,
        at=decided.at,
        direction=decided.evidence.direction,
        outcome=decided.outcome,
        reasons=decided.reasons,
        person=person_of(decided.evidence.resident),
        celsius=_celsius(decided),
        overrulable=decided.overrulable and decided.outcome is not Outcome.ADMIT,
        settled=decided.settled,
        ground=decided.ground,
        earlier=_earlier(decided),
        looks=_looks(decided.looks) if Reason.HEALTH_CODE_UNREAD in decided.reasons else "",
        caller=caller_of(decided.evidence),
    )


def _celsius(decided: Decided) -> float | None:
    measurement = decided.evidence.measurement
    return measurement.celsius if measurement else None


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


def person_of(resident: Resident | None) -> Person | None:
    """As much of him as a guard may see."""
    if resident is None:
        return None
    monitored = resident.standing is Standing.MONITORED
    return Person(resident.masked_name, resident.building, resident.needs_help, monitored)


def _warmest(lane: Lane) -> float | None:
    figures = (each.measurement.celsius for each in lane.readings)
    return max((figure for figure in figures if figure is not None), default=None)
