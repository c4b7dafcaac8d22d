"""A visit from its first sign to its one decision.

It is decided once everything that the rules demand is there, or the wait is over. The decision leaves the lane as
RecordPassage and nothing else: commit first, then speak.
"""

from dataclasses import replace
from typing import cast

from gate.decision import decide
from gate.evidence import NO_TRACE, Evidence
from gate.policy import Rules
from gate.reason import Reason
from gate.temperature import judge
from station import health_codes
from station.lane.answers import policy_of
from station.lane.demands import (
    asks_purpose,
    awaiting,
    lacks_more,
    measured_enough,
    temperature_demanded,
    trip_asked,
)
from station.lane.readings import (
    SECOND_THOUGHT_SECONDS,
    beside,
    best,
    by_hand,
    conclusive,
    fresh_readings,
    limits_of,
    with_reading,
)
from station.objections import overrulable
from station.prompts import AWAITED
from station.visit import (
    Committing,
    Draft,
    Effect,
    Gathering,
    Lamp,
    Lane,
    Measured,
    Now,
    ReadCode,
    RecordPassage,
    Say,
    ShowLamp,
    Signal,
    Sound,
    Step,
    Tone,
)


def begin(lane: Lane, visit: Gathering, rules: Rules | None, now: Now) -> Step:
    lane, effects = decide_when_content(replace(lane, phase=visit), rules, now)
    if isinstance(lane.phase, Committing):
        return lane, effects
    return lane, (ShowLamp(Lamp.DARK), Sound(Tone.READ), *_guidance(lane, rules, now), *effects)


def take_reading(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """A family stands close: the next one is not measured before the one before has stepped aside."""
    reading, visit = cast(Measured, signal), cast(Gathering, lane.phase)
    someone_elses = visit.family and lane.family is not None and lane.attended
    if someone_elses and not by_hand(reading.measurement):
        return lane, ()
    return decide_when_content(with_reading(lane, reading), rules, now)


def go_on(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Decide with what there is once the wait is over."""
    visit, policy = cast(Gathering, lane.phase), policy_of(rules)
    readings = fresh_readings(lane, now)
    doubted_since = max(visit.since, readings[0].taken_at) if readings else now.seconds
    asked = trip_asked(lane, rules) or visit.asks_purpose
    patience = policy.patience_seconds(lane.direction) if asked else policy.visit_seconds
    limits = limits_of(rules)
    waits_for_more = lacks_more(lane, visit, rules) or conclusive(best(readings, limits), limits)
    doubted = now.seconds - doubted_since >= SECOND_THOUGHT_SECONDS and not waits_for_more
    if doubted or now.seconds - visit.since >= patience:
        return decide_now(lane, rules, now)
    return decide_when_content(lane, rules, now)


def decide_when_content(lane: Lane, rules: Rules | None, now: Now) -> Step:
    visit = cast(Gathering, lane.phase)
    asks = asks_purpose(lane, visit, _evidence(lane, visit, rules, now), rules, now)
    visit = replace(visit, asks_purpose=asks)
    lane = replace(lane, phase=visit)
    if lacks_more(lane, visit, rules) or not measured_enough(lane, visit, rules, now):
        return lane, ()
    return decide_now(lane, rules, now)


def decide_now(lane: Lane, rules: Rules | None, now: Now) -> Step:
    """The visit's one decision; its readings are used up with it."""
    visit = cast(Gathering, lane.phase)
    evidence = _evidence(lane, visit, rules, now)
    decision = decide(evidence, rules, now.moment)
    form = visit.form
    draft = Draft(
        evidence,
        decision.reasons,
        now.moment,
        rules.edition if rules else None,
        overrulable(decision.reasons, rules),
        health_codes.looks(visit),
        guard=lane.guard,
        permit=decision.permit,
        family=visit.family,
        party=lane.family if visit.family else None,
        form=form.sealed if form else None,
        # Whoever relieved him since has tapped nothing.
        admit=form.ground if form and form.admit and form.guard == lane.guard else None,
    )
    return replace(lane, phase=Committing(draft), readings=(), attended=True), (RecordPassage(draft),)


def _guidance(lane: Lane, rules: Rules | None, now: Now) -> tuple[Effect, ...]:
    """Say once what is lacking first; nobody who was just measured is asked to come closer."""
    limits = limits_of(rules)
    measured = conclusive(best(fresh_readings(lane, now), limits), limits)
    lacking = [each for each in awaiting(lane, rules) if each in AWAITED and not (measured and each == "temperature")]
    return tuple(Say(AWAITED[each]) for each in lacking[:1])


def _evidence(lane: Lane, visit: Gathering, rules: Rules | None, now: Now) -> Evidence:
    """What the visit has shown so far.

    Where no temperature is asked for, a doubtful one is no evidence; a fever always is.
    """
    limits, readings = limits_of(rules), fresh_readings(lane, now)
    counts = best(readings, limits)
    measurement = counts.measurement if counts else None
    if not temperature_demanded(lane, rules) and judge(measurement, limits) not in (None, Reason.FEVER):
        measurement = None
    evidence = Evidence(
        lane.direction,
        measurement=measurement,
        also_measured=tuple(each.measurement for each in beside(readings, counts, limits)),
        trip=visit.trip,
        health=health_codes.colour(visit),
        purpose=visit.purpose,
        destination=visit.destination,
    )
    evidence = _of_whom(evidence, visit)
    return replace(evidence, unanswered_fever=lane.unanswered_fever(evidence.person, now.seconds))


def _of_whom(evidence: Evidence, visit: Gathering) -> Evidence:
    """A code speaks for itself; else it is whom the guard found, or what he wrote down."""
    form, arrival = visit.form, visit.arrival
    if arrival is not None:
        return replace(evidence, resident=arrival.resident, trace=arrival.trace, named=True)
    if form is not None:
        found = form.resident is not None
        trace = form.trace if found else NO_TRACE
        evidence = replace(
            evidence, written_down=True, returnee=form.returnee, caller=form.caller, building=form.building
        )
        return replace(evidence, resident=form.resident, trace=trace, named=found)
    code: ReadCode | None = visit.code
    if code is None:
        return evidence
    return replace(evidence, code=code.reading, resident=code.resident, trace=code.trace)
