"""Training: a lane of its own that judges real codes and does nothing at all.

The loop begins one when a guard taps for it, tells it everything instead of the gate's lane, and ends it. Rules:
nothing is written, opened, lit or told to anybody; the gate's own lane is put aside as it is and comes back; whoever
stood in view in training is nobody's visit afterwards.
"""

from dataclasses import replace

from gate.wording import Words
from station.hands import Act, Instant, LaneInHand
from station.visit import Decided, Draft, GuardSettled, Lane, Phase, Ready

LONGEST_SECONDS = 1800.0
NOT_NOW = Words("请先处理屏幕上的通行", "Deal with what is on the screen first")
IS_ON = Words("已在培训中", "Training is on already")
IS_OFF = Words("现在不是培训", "No training is on")
FIRST_END_IT = Words("请先结束培训", "End the training first")


class IdleHands:
    """Its numbers are its own, from 1, and stand in no journal."""

    def __init__(self) -> None:
        self._last = 0

    def record(self, draft: Draft, at: Instant) -> int | None:  # noqa: ARG002
        self._last += 1
        return self._last

    def amend(self, settled: GuardSettled, about: Decided | None, at: Instant) -> bool:  # noqa: ARG002
        return True

    def act(self, act: Act, at: Instant) -> None:
        pass

    def tell(self) -> None:
        pass


class Drill:
    """gate: the lane that is put aside; it must not be in the middle of a visit. seconds: monotonic."""

    def __init__(self, gate: Lane, seconds: float) -> None:
        fresh = Lane(gate.direction, gate.both_directions, in_view=gate.in_view, empty_seconds=gate.empty_seconds)
        self.lane = LaneInHand(fresh, IdleHands())
        self._ends_at = seconds + LONGEST_SECONDS

    def is_over(self, seconds: float) -> bool:
        return seconds >= self._ends_at

    def leave(self, gate: Lane) -> Lane:
        """The gate's lane as it was, but for what stands before the camera and the thermometer."""
        here = self.lane.lane
        return replace(gate, in_view=here.in_view, empty_looks=0, seen_at=here.seen_at, readings=(), attended=True)


def may_begin(phase: Phase) -> bool:
    return isinstance(phase, Ready)
