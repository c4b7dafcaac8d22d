"""What somebody answered at the gate, as the guard taps it. An answer counts for the visit that it was given in."""

from dataclasses import replace
from typing import cast

from gate.policy import Rules
from station.lane.answers import NO_CHOICE, NO_SUCH_ANSWER, policy_of, purpose_not_asked, refused, trip_not_asked
from station.lane.deciding import decide_when_content
from station.lane.demands import purpose_lacking, trip_lacking
from station.visit import DirectionChosen, Gathering, Lane, Now, PurposeTold, Signal, Step, TripTold


def take_trip(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Where he was, if it is this visit's and was asked for."""
    told, visit = cast(TripTold, signal), cast(Gathering, lane.phase)
    if told.began != visit.since or not trip_lacking(lane, rules):
        return trip_not_asked(lane, signal, rules, now)
    return decide_when_content(replace(lane, phase=replace(visit, trip=told.trip)), rules, now)


def take_purpose(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What for and where to, if it is this visit's, was asked for, and is an answer of the rules in force."""
    told, visit = cast(PurposeTold, signal), cast(Gathering, lane.phase)
    if told.began != visit.since or not purpose_lacking(lane):
        return purpose_not_asked(lane, signal, rules, now)
    if not policy_of(rules).answered(told.purpose, told.destination):
        return refused(lane, NO_SUCH_ANSWER)
    visit = replace(visit, purpose=told.purpose, destination=told.destination)
    return decide_when_content(replace(lane, phase=visit), rules, now)


def turn(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Which way the next one goes, or the one that is just being measured."""
    if not lane.both_directions:
        return refused(lane, NO_CHOICE)
    lane = replace(lane, direction=cast(DirectionChosen, signal).direction)
    return decide_when_content(lane, rules, now) if isinstance(lane.phase, Gathering) else (lane, ())
