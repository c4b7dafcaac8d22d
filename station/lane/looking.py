"""What the camera tells a lane: a code that is new to the view begins a visit, or joins the one that runs."""

from dataclasses import replace
from typing import cast

from gate.policy import Rules
from gate.reason import Outcome
from station import health_codes
from station.lane.deciding import begin, decide_now, decide_when_content
from station.lane.turns import foreign, handled, notice, seen
from station.visit import CodesRead, Gathering, HealthTold, Lane, Now, ReadCode, Showing, Signal, Step


def greet(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """A code that is new to the view begins a visit; a foreign one takes no verdict that waits for the guard."""
    codes = cast(CodesRead, signal).codes
    health = tuple(code for code in health_codes.among(codes) if not handled(lane, code.digest))
    lane, chosen = notice(replace(lane, seen_at=now.seconds), codes)
    if chosen is not None and not chosen.ours and _waits_for_the_guard(lane):
        chosen = None
    if not chosen and not health:
        return lane, ()
    return begin(lane, Gathering(now.seconds, chosen, health_codes=health), rules, now)


def see_more(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """During a visit: its own code anew, the code it lacked, or another pass that takes its place."""
    codes, visit = cast(CodesRead, signal).codes, cast(Gathering, lane.phase)
    visit = health_codes.joined(visit, _health_of(lane, visit, codes))
    lane = replace(lane, seen_at=now.seconds, phase=visit)
    if visit.arrival is not None or visit.form is not None:
        return _see_beside_the_guard(lane, visit, codes, rules, now)
    if visit.code is None:
        lane, chosen = notice(lane, codes)
        return decide_when_content(replace(lane, phase=replace(visit, code=chosen)), rules, now)
    own = next((code for code in codes if code.digest == visit.code.digest), None)
    a_pass_waits = any(code.ours and not handled(lane, code.digest) for code in codes)
    if own is not None and (own.ours or not a_pass_waits):
        # What is known of the same code may have changed meanwhile: revoked, isolated.
        lane = seen(replace(lane, phase=replace(visit, code=own)), codes, foreign(codes))
        return decide_when_content(lane, rules, now)
    lane = seen(lane, codes, foreign(codes) if visit.code.ours else health_codes.among(codes))
    if all(handled(lane, code.digest) for code in codes):
        return decide_when_content(lane, rules, now)
    return decide_now(lane, rules, now)


def hold_back(lane: Lane, signal: Signal, _rules: Rules | None, now: Now) -> Step:
    """Whoever shows a code while another is measured again has his turn afterwards."""
    return seen(replace(lane, seen_at=now.seconds), cast(CodesRead, signal).codes, ()), ()


def learn_colour(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The province's word on a health code of this visit."""
    told = cast(HealthTold, signal)
    visit = health_codes.told(cast(Gathering, lane.phase), told.digest, told.colour)
    return decide_when_content(replace(lane, phase=visit), rules, now)


def _see_beside_the_guard(
    lane: Lane, visit: Gathering, codes: tuple[ReadCode, ...], rules: Rules | None, now: Now
) -> Step:
    """The guard is with somebody: only that one's own pass joins, and everybody else's has its turn afterwards."""
    own = next((code for code in codes if code.reading.accepted and _same_person(visit, code)), None)
    lane = seen(lane, codes, (*foreign(codes), *((own,) if own else ())))
    if own is not None and visit.arrival is not None:
        lane = replace(lane, phase=replace(visit, code=own, arrival=None))
    return decide_when_content(lane, rules, now)


def _waits_for_the_guard(lane: Lane) -> bool:
    return isinstance(lane.phase, Showing) and lane.phase.decided.holds is not Outcome.ADMIT


def _same_person(visit: Gathering, code: ReadCode) -> bool:
    resident = visit.resident
    return resident is not None and code.resident is not None and code.resident.person == resident.person


def _health_of(lane: Lane, visit: Gathering, codes: tuple[ReadCode, ...]) -> tuple[ReadCode, ...]:
    """The visit's own health codes anew, and those that had no turn yet."""
    own = {code.digest for code in visit.health_codes}
    return tuple(code for code in health_codes.among(codes) if code.digest in own or not handled(lane, code.digest))
