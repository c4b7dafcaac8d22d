"""The machine of one visit: `step(lane, signal, rules, now) -> (lane, effects)`. Pure; the loop is its only caller.

How it works. A lane is in one of five phases. READY: nobody's visit. GATHERING: a code was shown, or the guard said who
came without one, and the visit waits for what the rules demand. COMMITTING: it is decided, and the disk has the word.
SHOWING: the verdict stands on the screen. RETESTING: somebody with a fever has rested and is measured again.

The files of this folder are what a lane hears, in the order of a visit: `looking` (the camera, with `turns`),
`arriving` (whom the guard brings, with `family`), `readings` (the thermometer), `asking` (the guard's questions),
`deciding` (with `demands`), `verdict`, `settling` and `retest` (what comes after), `standing` (what is noted at any
time). docs/lane.md is drawn from the table below and from what `step` does.

A visit is decided once a conclusive temperature is there, or the rules ask for none, or the wait is over, or another
pass takes its place. A health code is no pass: shown first it waits for one, and where the policy demands one the pass
waits for it; the two are one passage. An answer of the province that is under way is waited for like a temperature.

Commit first, then speak. A decision leaves here as RecordPassage and nothing else. Only Committed, and only for a
decision without any reason, opens the barrier; CommitFailed adds UNRECORDED, which is the guard's matter. The guard's
word travels the same road: RecordAmendment, AmendmentCommitted, barrier. So there are two lines in this folder that
open the barrier, one in `verdict` and one in `settling`, and both stand behind the disk.

A green clears itself. Anything else stays until the guard settles or dismisses it; another pass or health code begins
a new visit all the same, and the old one can still be settled from `recent`. A foreign code, a payment say, does not:
red and yellow wait for the guard.

The rule of the folder: nothing arrives unforeseen. The table below names every pair of phase and signal, and a pair
that means nothing says so with `ignored`.
"""

from collections.abc import Callable

from gate.policy import Rules
from station.lane.answers import busy, ignored, purpose_not_asked, trip_not_asked
from station.lane.arriving import begin_without, name, take_form, withdraw
from station.lane.asking import take_purpose, take_trip, turn
from station.lane.deciding import go_on, take_reading
from station.lane.demands import awaiting
from station.lane.looking import greet, hold_back, learn_colour, see_more
from station.lane.readings import keep_reading, make_room, step_aside
from station.lane.retest import begin_rest, begin_retest, give_up, give_up_in_time, measure_again
from station.lane.settling import not_settled, obey, settle
from station.lane.standing import note_barrier, note_guard, stand, stand_by
from station.lane.turns import EMPTY_LOOKS, EMPTY_SECONDS, handled, look_away
from station.lane.verdict import call_guard, clear, speak
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    BarrierMoved,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    DirectionChosen,
    FormTaken,
    Gathering,
    GuardChanged,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    HealthTold,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    Phase,
    PurposeTold,
    Ready,
    RestBegun,
    RetestBegun,
    Retesting,
    Showing,
    Signal,
    Step,
    Tick,
    TripTold,
)

__all__ = ["EMPTY_LOOKS", "EMPTY_SECONDS", "PHASES", "TABLE", "Handler", "awaiting", "handled", "step"]

Handler = Callable[[Lane, Signal, Rules | None, Now], Step]
PHASES: tuple[type[Phase], ...] = (Ready, Gathering, Committing, Showing, Retesting)


def step(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What becomes of the lane, and what the loop must do, in that order."""
    return TABLE[type(signal)][type(lane.phase)](lane, signal, rules, now)


def _row(*handlers: Handler) -> dict[type[Phase], Handler]:
    return dict(zip(PHASES, handlers, strict=True))


TABLE: dict[type[Signal], dict[type[Phase], Handler]] = {
    # What a lane hears: Ready, Gathering, Committing, Showing, Retesting
    CodesRead: _row(greet, see_more, ignored, greet, hold_back),
    NothingSeen: _row(look_away, look_away, look_away, look_away, look_away),
    HealthTold: _row(ignored, learn_colour, ignored, ignored, ignored),
    Measured: _row(keep_reading, take_reading, ignored, keep_reading, measure_again),
    NobodyMeasured: _row(step_aside, make_room, step_aside, step_aside, ignored),
    Tick: _row(stand_by, go_on, ignored, stand, give_up_in_time),
    CameWithoutCode: _row(begin_without, busy, busy, begin_without, busy),
    GuardNamed: _row(name, name, busy, name, busy),
    FormTaken: _row(take_form, take_form, busy, take_form, busy),
    TripTold: _row(trip_not_asked, take_trip, busy, trip_not_asked, trip_not_asked),
    PurposeTold: _row(purpose_not_asked, take_purpose, busy, purpose_not_asked, purpose_not_asked),
    DirectionChosen: _row(turn, turn, busy, turn, busy),
    Committed: _row(ignored, ignored, speak, ignored, ignored),
    CommitFailed: _row(ignored, ignored, call_guard, ignored, ignored),
    GuardSettled: _row(settle, settle, busy, settle, busy),
    GuardDismissed: _row(ignored, withdraw, busy, clear, give_up),
    RestBegun: _row(begin_rest, begin_rest, busy, begin_rest, busy),
    RetestBegun: _row(begin_retest, busy, busy, begin_retest, busy),
    AmendmentCommitted: _row(obey, obey, obey, obey, obey),
    AmendmentFailed: _row(not_settled, not_settled, not_settled, not_settled, not_settled),
    GuardChanged: _row(note_guard, note_guard, note_guard, note_guard, note_guard),
    BarrierMoved: _row(note_barrier, note_barrier, note_barrier, note_barrier, note_barrier),
}
