"""Whoever comes without a code: with nothing at all, found on the roster alone or with a family, or written down."""

from dataclasses import replace
from typing import cast

from gate.policy import Rules
from station.lane.answers import SIGN_ON_FIRST, busy, nobody_on_duty, refused
from station.lane.deciding import begin, decide_when_content
from station.lane.family import with_outings_since
from station.visit import Arrival, FormTaken, Gathering, GuardNamed, Lane, Now, Ready, ShowLamp, Signal, Step

MOST_OF_A_FAMILY = 9


def begin_without(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Somebody with nothing to show is measured and recorded like everybody else."""
    return begin(lane, Gathering(now.seconds), rules, now)


def name(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """One found on the roster, or a family in one go: the first is measured now, the others follow one by one."""
    told = cast(GuardNamed, signal)
    arrivals = _arrivals(told)
    if not arrivals:
        return lane, ()
    if nobody_on_duty(lane, rules):
        return refused(lane, SIGN_ON_FIRST)
    visit = _nobodys(lane)
    if visit is None and isinstance(lane.phase, Gathering):
        return busy(lane, signal, rules, now)
    lane = replace(lane, party=arrivals[1:], family=None)
    visit = replace(visit or Gathering(now.seconds), arrival=arrivals[0], family=len(arrivals) > 1)
    return _go_on_as(lane, visit, rules, now)


def take_form(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Whoever is on no list is measured and asked like everybody else, and recorded with what was written down."""
    if nobody_on_duty(lane, rules):
        return refused(lane, SIGN_ON_FIRST)
    visit = _nobodys(lane)
    if visit is None and isinstance(lane.phase, Gathering):
        return busy(lane, signal, rules, now)
    form = replace(cast(FormTaken, signal), guard=lane.guard)
    return _go_on_as(lane, replace(visit or Gathering(now.seconds), form=form), rules, now)


def withdraw(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """A slip of the guard's finger is no passage: until something was shown or measured, whom he brought never came."""
    visit = cast(Gathering, lane.phase)
    if visit.code is not None or visit.health_codes or lane.readings:
        return busy(lane, signal, rules, now)
    lane = replace(lane, phase=Ready(), party=())
    return lane, (ShowLamp(lane.idle_lamp),)


def next_of_family(lane: Lane, rules: Rules | None, now: Now) -> Step:
    """The one before has his verdict, and the screen is free."""
    following, *others = lane.party
    arrival = with_outings_since(following, lane, rules)
    return begin(replace(lane, party=tuple(others)), Gathering(now.seconds, arrival=arrival, family=True), rules, now)


def _arrivals(told: GuardNamed) -> tuple[Arrival, ...]:
    """Nobody comes twice in one go."""
    traces = dict(enumerate(told.traces))
    arrivals = {
        resident.person: Arrival(resident, traces[number]) if number in traces else Arrival(resident)
        for number, resident in enumerate(told.residents)
    }
    return tuple(arrivals.values())[:MOST_OF_A_FAMILY]


def _nobodys(lane: Lane) -> Gathering | None:
    """The running visit, if nobody knows whose it is: the guard now says so, and a foreign code was never one."""
    visit = lane.phase
    if not isinstance(visit, Gathering) or visit.arrival is not None or visit.form is not None:
        return None
    return replace(visit, code=None) if visit.code is None or not visit.code.ours else None


def _go_on_as(lane: Lane, visit: Gathering, rules: Rules | None, now: Now) -> Step:
    if isinstance(lane.phase, Gathering):
        return decide_when_content(replace(lane, phase=visit), rules, now)
    return begin(lane, visit, rules, now)
