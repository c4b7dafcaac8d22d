"""Training: a lane of its own that judges real codes and does nothing at all.

The loop begins one when a guard taps for it, tells it everything instead of the gate's lane, and ends it. Rules:
nothing is written, opened, lit or told to anybody; the gate's own lane is put aside as it is and comes back; whoever
stood in view in training is nobody's visit afterwards.
"""

from collections.abc import Callable
from dataclasses import replace

from gate.wording import Words
from station.hands import Act, Instant, LaneInHand
from station.prompts import Prompt
from station.visit import Decided, Draft, GuardSettled, Lane, Phase, Ready, Say
from station.voice import Speaking

LONGEST_SECONDS = 1800.0
NOT_NOW = Words("请先处理屏幕上的通行", "Deal with what is on the screen first")
IS_ON = Words("已在培训中", "Training is on already")
IS_OFF = Words("现在不是培训", "No training is on")
FIRST_END_IT = Words("请先结束培训", "End the training first")


class IdleHands:
    """Its numbers are its own, from 1, and stand in no journal; whatever is to be said is that this is training."""

    def __init__(self, voice: Speaking) -> None:
        self._voice = voice
        self._last = 0
        self._said_at = float("-inf")

    def record(self, draft: Draft, at: Instant) -> int | None:  # noqa: ARG002
        self._last += 1
        return self._last

    def amend(self, settled: GuardSettled, about: Decided | None, at: Instant) -> bool:  # noqa: ARG002
        return True

    def act(self, act: Act, at: Instant) -> None:
        if isinstance(act, Say) and at.now.seconds > self._said_at:
            self._said_at = at.now.seconds
            self._voice.say(Prompt.TRAINING)

    def tell(self) -> None:
        pass


class Drill:
    """gate: the lane that is put aside; it must not be in the middle of a visit. seconds: monotonic."""

    def __init__(self, gate: Lane, seconds: Callable[[], float], voice: Speaking) -> None:
        fresh = Lane(
            gate.direction,
            gate.both_directions,
            in_view=gate.in_view,
            empty_seconds=gate.empty_seconds,
            guard=gate.guard,
        )
        self.lane = LaneInHand(fresh, IdleHands(voice), seconds)
        self._ends_at = seconds() + LONGEST_SECONDS

    def is_over(self, seconds: float) -> bool:
        return seconds >= self._ends_at

    def leave(self, gate: Lane) -> Lane:
        """The gate's lane as it was, but for what stands before the camera and the thermometer.

        closed: asked anew, so that a closed gate's lamp is lit again.
        """
        here = self.lane.lane
        return replace(
            gate,
            in_view=here.in_view,
            empty_looks=0,
            seen_at=here.seen_at,
            readings=(),
            attended=True,
            closed=False,
        )


def may_begin(phase: Phase) -> bool:
    return isinstance(phase, Ready)
