"""A family that passes in one go, against a quota that counts their outings together.

What the gates remember of each was asked when the guard named them all; whoever of them has gone out since counts for
those who follow. `arriving` asks, as each one's turn comes.
"""

from dataclasses import replace

from gate.hours import Per
from gate.policy import Direction, Rules
from gate.reason import Outcome
from station.visit import Arrival, Decided, Lane


def with_outings_since(arrival: Arrival, lane: Lane, rules: Rules | None) -> Arrival:
    """The arrival, with the outings of his household that this family's passages have added."""
    quota = rules.policy.exit_quota if rules else None
    if quota is None or quota.per is not Per.HOUSEHOLD:
        return arrival
    # What was asked anew since they were named has some of them already, to the second.
    known = {each.replace(microsecond=0) for each in arrival.trace.exits}
    since = tuple(
        each.at
        for each in lane.recent
        if _is_outing_of(each, arrival, lane.family) and each.at.replace(microsecond=0) not in known
    )
    return replace(arrival, trace=replace(arrival.trace, exits=(*arrival.trace.exits, *since)))


def still_to_come(lane: Lane) -> tuple[Arrival, ...]:
    """Those of the family who wait; whoever has shown his own pass meanwhile is through."""
    first = lane.family
    through = {
        decided.evidence.resident.person
        for decided in lane.recent
        if first is not None
        and decided.sequence is not None
        and decided.sequence >= first
        and decided.holds is Outcome.ADMIT
        and decided.evidence.resident is not None
    }
    return tuple(each for each in lane.party if each.resident.person not in through)


def _is_outing_of(decided: Decided, arrival: Arrival, first: int | None) -> bool:
    """first: the sequence of the family's first passage; None while there is none."""
    evidence = decided.evidence
    return (
        first is not None
        and decided.sequence is not None
        and decided.sequence >= first
        and decided.holds is Outcome.ADMIT
        and evidence.direction is Direction.OUT
        and evidence.resident is not None
        and evidence.resident.household == arrival.resident.household
    )
