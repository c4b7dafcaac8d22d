"""One lane and its hands: tells the lane what happened, and does as it asks, in its order.

The loop holds one of these for the gate and, in training, another one for the drill: the machine is the same, the hands
are not. Rules: a record is on the disk before the lane hears that it is; then the gate acts; then others are told.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from gate.passage import Stamp
from gate.wording import Words
from station import lane as machine
from station.matches import Matches
from station.objections import known
from station.panels import Panel, PanelFailed
from station.prompts import Prompt
from station.recorder import Recorder
from station.snapshot import Snapshot
from station.troubles import Troubles
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    CommitFailed,
    Committed,
    Decided,
    Draft,
    Effect,
    GuardSettled,
    Lane,
    Now,
    OpenBarrier,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    Say,
    ShowLamp,
    Signal,
    Sound,
)
from station.voice import Speaking

Act = OpenBarrier | ShowLamp | Sound | Say


@dataclass(frozen=True, slots=True)
class Instant:
    """What is known as the lane is told something. in_hand: monotonic seconds when the evidence behind it was."""

    now: Now
    stamp: Stamp
    held: Snapshot
    in_hand: float


class Hands(Protocol):
    """What a lane works with."""

    def record(self, draft: Draft, at: Instant) -> int | None:
        """Commit a passage; its sequence, or None where the disk refuses."""

    def amend(self, settled: GuardSettled, about: Decided | None, at: Instant) -> bool:
        """Commit the guard's word on a passage; False where the disk refuses."""

    def act(self, act: Act, at: Instant) -> None:
        """Barrier, lamps, buzzer, voice."""

    def tell(self) -> None:
        """Others may hear now of what was recorded."""


class LaneInHand:
    """lane: what it is in the middle of; nobody else steps it. seconds: monotonic."""

    def __init__(self, lane: Lane, hands: Hands, seconds: Callable[[], float]) -> None:
        self.lane = lane
        self._hands = hands
        self._seconds = seconds

    def hear(self, signal: Signal, at: Instant) -> Words | None:
        """Do as the lane says; why it refused the guard's tap, if it did."""
        refused = self._hear(signal, at)
        self._hands.tell()
        return refused

    def act(self, act: Act, at: Instant) -> None:
        """What the lane did not ask for, and the guard did."""
        self._hands.act(act, at)

    def _hear(self, signal: Signal, at: Instant) -> Words | None:
        self.lane, effects = machine.step(self.lane, signal, at.held.rules, at.now)
        refused = None
        for effect in effects:
            refused = self._do(effect, at) or refused
        return refused

    def _do(self, effect: Effect, at: Instant) -> Words | None:
        match effect:
            case RecordPassage(draft):
                sequence = self._hands.record(draft, at)
                return self._hear(CommitFailed() if sequence is None else Committed(sequence), self._after(at))
            case RecordAmendment(settled):
                written = self._hands.amend(settled, known(self.lane, settled.sequence), at)
                return self._hear(AmendmentCommitted() if written else AmendmentFailed(), self._after(at))
            case RefuseTap(why):
                return why
            case _:
                self._hands.act(effect, at)
                return None

    def _after(self, at: Instant) -> Instant:
        """A card may have kept the gate waiting for seconds: green, relay and boom are timed from when they begin."""
        return replace(at, now=replace(at.now, seconds=self._seconds()))


class GateHands:
    """The gate's own. forget: what was read of the codes in view may have another meaning now."""

    def __init__(
        self,
        recorder: Recorder,
        panel: Panel,
        voice: Speaking,
        troubles: Troubles,
        matches: Matches,
        forget: Callable[[], None],
    ) -> None:
        self._recorder = recorder
        self._panel = panel
        self._voice = voice
        self._failed: dict[type[Act], str] = {}
        self._troubles = troubles
        self._matches = matches
        self._forget = forget

    def record(self, draft: Draft, at: Instant) -> int | None:
        passage = self._recorder.passage(draft, at.stamp, at.held.roster_edition, at.in_hand)
        self._troubles.note("journal", self._recorder.fault)
        return None if passage is None else self._recorder.journal.newest

    def amend(self, settled: GuardSettled, about: Decided | None, at: Instant) -> bool:
        amendment = self._recorder.amendment(settled, at.stamp)
        self._troubles.note("journal", self._recorder.fault)
        if amendment is None:
            return False
        self._remember_holder(settled, about, at)
        return True

    def act(self, act: Act, at: Instant) -> None:
        if isinstance(act, Say):
            self._voice.say(Prompt(act.prompt))
            return
        if "panel" not in self._troubles.faults:
            # Whoever ticks it has found that it works again.
            self._failed.clear()
        try:
            match act:
                case OpenBarrier():
                    self._panel.open_barrier(at.now.seconds)
                case ShowLamp(lamp):
                    self._panel.lamp(lamp)
                case Sound(tone):
                    self._panel.sound(tone, at.now.seconds)
        except PanelFailed as failed:
            self._failed[type(act)] = str(failed)
        else:
            # A lamp that lights says nothing of a barrier that did not open.
            self._failed.pop(type(act), None)
        self._troubles.note("panel", next(iter(self._failed.values()), ""))

    def tell(self) -> None:
        if self._recorder.tell():
            self._forget()

    def _remember_holder(self, settled: GuardSettled, about: Decided | None, at: Instant) -> None:
        """The same certificate needs no guard the next time."""
        code = about.evidence.code if about else None
        if settled.resident is not None and code is not None and code.credential is not None:
            self._matches.remember(code.credential, settled.resident.person, at.now.moment.utc)
