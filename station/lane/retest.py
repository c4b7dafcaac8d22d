"""Whoever has a fever rests, and is then measured again at each place that the policy names; the worst reading counts.

How it works. RestBegun is recorded as an amendment of the passage, and puts it among `resting`, where it stays until it
is settled however many others pass meanwhile; whoever rests and shows his pass again is the guard's. RetestBegun takes
the lane for itself: readings are of nobody else, and codes in view wait for their turn. When every place has its
reading, or nothing more comes for RETEST_SECONDS, what was found is recorded as an amendment of the passage. Rule: a
fever never opens by itself. Still warm: refused. Normal everywhere: the guard's to admit.

A sensor measures the skin that its mapping is made for, and its reading is taken for that place alone; every other
place is the guard's own thermometer's.
"""

from dataclasses import replace
from datetime import timedelta
from typing import cast

from gate.passage import MOST_READINGS, Ground
from gate.policy import Rules
from gate.reason import Outcome, Reason
from gate.temperature import Measurement, judge, judge_retest
from gate.wording import Words
from station.lane.answers import BUSY, SIGN_ON_FIRST, nobody_on_duty, policy_of, refused
from station.lane.readings import by_hand, limits_of
from station.lane.verdict import clear, showing
from station.objections import GONE, SETTLED, feverish, known
from station.prompts import Prompt
from station.visit import (
    AmendmentCommitted,
    Decided,
    GuardSettled,
    Lamp,
    Lane,
    Measured,
    Now,
    RecordAmendment,
    RestBegun,
    Resting,
    RetestBegun,
    Retesting,
    Say,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Step,
    Tone,
)

RETEST_SECONDS = 60.0
"""For so long a retest waits for its next reading."""
MOST_RESTING = 16
AWAITED_SECONDS = 2 * 3600.0
"""For so long after his rest somebody is waited for; whoever went away must not fill the waiting area for ever."""

_NO_FEVER = Words("这次通行没有测到发热", "No fever was measured in that passage")
_NOT_MEASURED = Words("这次通行的问题不是体温", "It was not the temperature that spoke against that passage")
_RESTS_ALREADY = Words("此人已在等候区休息", "He is resting in the waiting area already")
_WAITING_AREA_FULL = Words("等候区人数已满，请先复测", "The waiting area is full: measure somebody again first")
_REST_NOT_OVER = Words("休息时间还没到", "His rest is not over yet")
_RESTS_FIRST = Words("请先到等候区休息", "He rests in the waiting area first")

_OF_THE_TEMPERATURE = frozenset(
    {
        Reason.FEVER,
        Reason.RETEST_DUE,
        Reason.TEMPERATURE_TOO_LOW,
        Reason.TEMPERATURE_DOUBTFUL,
        Reason.TEMPERATURE_MISSING,
        Reason.THERMOMETER_FAULT,
        Reason.SECOND_READING_MISSING,
    }
)


def begin_rest(lane: Lane, signal: Signal, rules: Rules | None, _now: Now) -> Step:
    """Off to the waiting area, once that is on the disk: a power cut must not end his rest."""
    decided = known(lane, cast(RestBegun, signal).sequence)
    against = _against_any(lane, decided, rules) or _against_rest(lane, decided, rules)
    if against is not None or decided is None:
        return refused(lane, against or GONE)
    settled = GuardSettled(cast(int, decided.sequence), decided.holds, Ground.RESTS, guard=lane.guard)
    return replace(lane, amending=settled), (RecordAmendment(settled),)


def rest(lane: Lane, settled: GuardSettled, rules: Rules | None, now: Now) -> Step:
    """It is on the disk: the lane is free, and the passage stays at hand until it is settled."""
    decided = known(lane, settled.sequence)
    if decided is None:
        return lane, ()
    minutes = timedelta(minutes=policy_of(rules).retest.rest_minutes)
    ready_at, ready_seconds = now.moment.utc + minutes, now.seconds + minutes.total_seconds()
    resting = Resting(decided, ready_at, ready_seconds, person=decided.evidence.person)
    lane = replace(lane, resting=(*lane.resting, resting))
    return clear(lane, AmendmentCommitted(), rules, now) if _on_screen(lane, decided) else (lane, ())


def begin_retest(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The lane is his until he is measured: the verdict on the screen gives way, nobody else's reading counts."""
    decided = known(lane, cast(RetestBegun, signal).sequence)
    against = _against_any(lane, decided, rules) or _against_retest(lane, decided, rules, now)
    if against is not None or decided is None:
        return refused(lane, against or GONE)
    phase = Retesting(decided, now.seconds, policy_of(rules).retest.sites)
    return replace(lane, phase=phase, readings=()), (ShowLamp(Lamp.DARK), Sound(Tone.READ), Say(Prompt.MEASURE))


def measure_again(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What the guard types is always kept; a sensor's figure only if it says something, and for its own place."""
    retest, measurement = cast(Retesting, lane.phase), cast(Measured, signal).measurement
    if not by_hand(measurement) and not _says_something(retest, measurement, rules):
        return lane, ()
    sites = tuple(site for site in retest.sites if site is not measurement.site)
    readings = (*retest.readings, measurement)[:MOST_READINGS]
    lane = replace(lane, phase=replace(retest, since=now.seconds, sites=sites, readings=readings))
    return (lane, (Sound(Tone.READ),)) if sites else _conclude(lane, rules, now)


def give_up_in_time(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Once nothing more has come for RETEST_SECONDS."""
    retest = cast(Retesting, lane.phase)
    over = not retest.sites or now.seconds - retest.since >= RETEST_SECONDS
    return give_up(lane, signal, rules, now) if over else (lane, ())


def give_up(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Nothing was measured: nothing has changed. What was measured is recorded, and what was not is missing."""
    retest = cast(Retesting, lane.phase)
    return _conclude(lane, rules, now) if retest.readings else clear(lane, signal, rules, now)


def call_rested(lane: Lane, now: Now) -> Step:
    """Tell the guard once whose rest is over; whoever has not come back for hours is waited for no more."""
    lane = replace(
        lane, resting=tuple(each for each in lane.resting if now.seconds < each.ready_seconds + AWAITED_SECONDS)
    )
    over = [each for each in lane.resting if not each.called and now.seconds >= each.ready_seconds]
    if not over:
        return lane, ()
    resting = tuple(replace(each, called=True) if each in over else each for each in lane.resting)
    return replace(lane, resting=resting), (Sound(Tone.ATTENTION),)


def _conclude(lane: Lane, rules: Rules | None, now: Now) -> Step:
    """The worst reading counts; none of them opens anything."""
    retest, policy = cast(Retesting, lane.phase), policy_of(rules)
    if lane.amending is not None:
        return lane, ()
    found = judge_retest(retest.readings, policy.retest, policy.temperature)
    outcome = Outcome.REFER if found is None else Outcome.REFUSE
    sequence = cast(int, retest.decided.sequence)
    settled = GuardSettled(sequence, outcome, Ground.MEASURED_AGAIN, None, lane.guard, retest.readings)
    lane = replace(lane, phase=showing(retest.decided, rules, now), amending=settled, attended=True, readings=())
    return lane, (RecordAmendment(settled),)


def _says_something(retest: Retesting, measurement: Measurement, rules: Rules | None) -> bool:
    return measurement.site in retest.sites and judge(measurement, limits_of(rules)) in (None, Reason.FEVER)


def _on_screen(lane: Lane, decided: Decided) -> bool:
    return isinstance(lane.phase, Showing) and lane.phase.decided.sequence == decided.sequence


def _against_any(lane: Lane, decided: Decided | None, rules: Rules | None) -> Words | None:
    if lane.amending is not None:
        return BUSY
    if decided is None:
        return GONE
    if nobody_on_duty(lane, rules):
        return SIGN_ON_FIRST
    return SETTLED if decided.holds is Outcome.ADMIT else None


def _against_rest(lane: Lane, decided: Decided | None, rules: Rules | None) -> Words | None:
    if decided is None or not feverish(decided, rules):
        return _NO_FEVER
    if any(each.decided.sequence == decided.sequence for each in lane.resting) or lane.rests(decided.evidence.person):
        return _RESTS_ALREADY
    return _WAITING_AREA_FULL if len(lane.resting) >= MOST_RESTING else None


def _against_retest(lane: Lane, decided: Decided | None, rules: Rules | None, now: Now) -> Words | None:
    if decided is None or not _OF_THE_TEMPERATURE & frozenset(decided.reasons):
        return _NOT_MEASURED
    rest = next((each for each in lane.resting if each.decided.sequence == decided.sequence), None)
    if rest is not None:
        return _REST_NOT_OVER if now.seconds < rest.ready_seconds else None
    must_rest = feverish(decided, rules) and policy_of(rules).retest.rest_minutes > 0
    return _RESTS_FIRST if must_rest else None
