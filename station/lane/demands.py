"""What a visit still lacks before it can be decided: what the screen shows as awaited, and what everybody waits for.

Rule: nobody waits for what cannot help. Without rules, at a closed gate, or with a code that is not believed, the
passage is decided with what there is.
"""

from gate.decision import purpose_asked
from gate.evidence import Evidence
from gate.policy import Rules
from gate.reason import Reason
from gate.roster import Standing
from gate.temperature import judge
from station import health_codes
from station.lane.readings import beside, best, conclusive, fresh_readings, limits_of
from station.visit import Gathering, Lane, Now


def awaiting(lane: Lane, rules: Rules | None) -> tuple[str, ...]:
    """What the running visit lacks, for the screen: what health codes ask for, "temperature", "trip", "purpose"."""
    if not isinstance(lane.phase, Gathering):
        return ()
    waits = temperature_demanded(lane, rules)
    lacking = health_codes.lacking(lane.phase, rules)
    return (
        *lacking,
        *("temperature",) * waits,
        *("trip",) * trip_lacking(lane, rules),
        *("purpose",) * purpose_lacking(lane),
    )


def temperature_demanded(lane: Lane, rules: Rules | None) -> bool:
    return gate_takes(lane, rules) and rules is not None and lane.direction in rules.policy.measure_on


def gate_takes(lane: Lane, rules: Rules | None) -> bool:
    """Whether anybody passes here that way at all; otherwise nothing is worth waiting for."""
    if rules is None:
        return False
    rule = rules.policy.gate_rule(rules.gate)
    return rule.open and lane.direction in rule.directions


def measured_enough(lane: Lane, visit: Gathering, rules: Rules | None, now: Now) -> bool:
    """A believable reading; of somebody who is watched, two. A fever needs no second one."""
    if not temperature_demanded(lane, rules):
        return True
    limits, readings = limits_of(rules), fresh_readings(lane, now)
    counts = best(readings, limits)
    if not conclusive(counts, limits):
        return False
    watched = visit.resident is not None and visit.resident.standing is Standing.MONITORED
    fever = counts is not None and judge(counts.measurement, limits) is Reason.FEVER
    return fever or not watched or bool(beside(readings, counts, limits))


def lacks_more(lane: Lane, visit: Gathering, rules: Rules | None) -> bool:
    """Whether more than a temperature is missing."""
    if not gate_takes(lane, rules):
        return False
    return trip_lacking(lane, rules) or purpose_lacking(lane) or bool(health_codes.lacking(visit, rules))


def trip_asked(lane: Lane, rules: Rules | None) -> bool:
    """Nobody is asked where his code is not believed: that passage is the guard's matter anyway.

    A returnee has said where he was, and it stands on his form.
    """
    visit = lane.phase
    if not gate_takes(lane, rules) or rules is None or not isinstance(visit, Gathering):
        return False
    returnee = visit.form is not None and visit.form.returnee
    return lane.direction in rules.policy.ask_trip_on and _worth_asking(visit) and not returnee


def trip_lacking(lane: Lane, rules: Rules | None) -> bool:
    return trip_asked(lane, rules) and isinstance(lane.phase, Gathering) and lane.phase.trip is None


def asks_purpose(lane: Lane, visit: Gathering, evidence: Evidence, rules: Rules | None, now: Now) -> bool:
    """Whether the guard has to ask what for; a permit of the office may spare the question."""
    if rules is None or not gate_takes(lane, rules) or not _worth_asking(visit):
        return False
    return purpose_asked(evidence, rules, now.moment)


def purpose_lacking(lane: Lane) -> bool:
    return isinstance(lane.phase, Gathering) and lane.phase.asks_purpose and lane.phase.purpose is None


def _worth_asking(visit: Gathering) -> bool:
    return visit.code is None or visit.code.reading.accepted
