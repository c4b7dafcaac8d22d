"""What a lane notes whatever it is in the middle of: who is on duty, where its barrier is, that the gate is closed."""

from dataclasses import replace
from typing import cast

from gate.policy import Rules
from station.lane.retest import call_rested
from station.lane.verdict import clear_in_time
from station.visit import BarrierMoved, GuardChanged, Lane, Now, ShowLamp, Signal, Step


def note_guard(lane: Lane, signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """His name stands on every passage from now on, and on every word of his."""
    return replace(lane, guard=cast(GuardChanged, signal).guard), ()


def note_barrier(lane: Lane, signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """A visit may go on meanwhile: whoever comes next is measured while the boom still falls."""
    return replace(lane, barrier=cast(BarrierMoved, signal).barrier), ()


def stand_by(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Nobody is there: show a closed gate, and call whoever has rested."""
    closed = rules is not None and not rules.policy.gate_rule(rules.gate).open
    if closed is not lane.closed:
        lane = replace(lane, closed=closed)
        return lane, (ShowLamp(lane.idle_lamp),)
    return call_rested(lane, now)


def stand(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """A verdict is on the screen: clear it in time, and call whoever has rested."""
    cleared, effects = clear_in_time(lane, signal, rules, now)
    return (cleared, effects) if effects else call_rested(cleared, now)
