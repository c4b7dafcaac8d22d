"""By which lane a gate works: its own, or in training another one, while its own is put aside as it is.

The loop, the guard's orders and the panel's news all tell the lane through here. Rule: one reading of the clocks goes
with each thing that a lane is told.
"""

from dataclasses import replace

from gate.wording import Words
from station.drill import IS_OFF, IS_ON, NOT_NOW, Drill, may_begin
from station.equipment import Equipment, first_lane
from station.hands import Act, GateHands, Instant, LaneInHand
from station.lane.renewing import with_snapshot, with_traces
from station.recogniser import Recogniser
from station.remembered import REMEMBERED_RECORDS, with_memory
from station.snapshot import Snapshot
from station.timekeeper import Reading
from station.troubles import Troubles
from station.visit import Lane, Now, Ready, Retesting, Signal


class Lanes:
    """held: the snapshot in force. reading: of the clocks, the newest. Owned by the loop's thread."""

    def __init__(self, equipment: Equipment, held: Snapshot, troubles: Troubles, recogniser: Recogniser) -> None:
        self._equipment = equipment
        self._troubles = troubles
        self._recogniser = recogniser
        hands = GateHands(
            equipment.recorder, equipment.panel, equipment.voice, troubles, equipment.matches, self.crossed
        )
        self._drill: Drill | None = None
        self.held = held
        self.reading: Reading = equipment.timekeeper.read()
        self._gate = LaneInHand(self._first_lane(), hands, equipment.seconds)

    @property
    def lane(self) -> Lane:
        return self._in_hand.lane

    @property
    def training(self) -> bool:
        return self._drill is not None

    def say(self, signal: Signal, in_hand: float | None = None) -> Words | None:
        """Tell the lane; why it refused the guard's tap, if it did.

        in_hand: monotonic seconds when the evidence behind the signal was in hand.
        """
        return self._in_hand.hear(signal, self._instant(in_hand))

    def say_of_gate(self, signal: Signal) -> None:
        """What is true of the gate itself, also while its lane is put aside."""
        self._gate.hear(signal, self._instant())
        self._troubles.changed = True

    def take_snapshot(self, held: Snapshot) -> None:
        """What is in force from now on, also for those who were named before."""
        before, self.held = self.held, held
        for each in {self._gate, self._in_hand}:
            each.lane = with_snapshot(each.lane, held, before)

    def crossed(self) -> None:
        """Somebody has, here or elsewhere, or nobody can tell any more: he may stand here, or wait for his family."""
        self._recogniser.forget()
        for each in {self._gate, self._in_hand}:
            each.lane = with_traces(each.lane, self._recogniser.trace, self._recogniser.trace_of)

    def act(self, act: Act) -> None:
        """What no lane asked for: a tone. In training there is none."""
        self._in_hand.act(act, self._instant())

    def begin_again(self) -> None:
        """The journal is another one: what bears a number of the old one can be settled no more."""
        lane = self._gate.lane
        phase = Ready() if isinstance(lane.phase, Retesting) else lane.phase
        self._gate.lane = replace(lane, phase=phase, recent=(), amending=None, resting=(), family=None)
        self._troubles.changed = True

    # --- training ---

    def refuses_training(self) -> Words | None:
        if self._drill is not None:
            return IS_ON
        return None if may_begin(self._gate.lane.phase) else NOT_NOW

    def begin_training(self) -> None:
        self._drill = Drill(self._gate.lane, self._equipment.seconds, self._equipment.voice)
        self._equipment.voice.hush(True)
        self._troubles.changed = True

    def end_training(self) -> Words | None:
        """Why not, if it was none."""
        if self._drill is None:
            return IS_OFF
        self._gate.lane = self._drill.leave(self._gate.lane)
        self._drill = None
        self._equipment.voice.hush(False)
        self._troubles.changed = True
        return None

    def training_is_over(self, seconds: float) -> bool:
        """Whether it has lasted as long as it may."""
        return self._drill is not None and self._drill.is_over(seconds)

    @property
    def _in_hand(self) -> LaneInHand:
        return self._gate if self._drill is None else self._drill.lane

    def _first_lane(self) -> Lane:
        """As it was when this station ended."""
        journal, now = self._equipment.recorder.journal, Now(self.reading.moment, self._equipment.seconds())
        records = journal.last(REMEMBERED_RECORDS)
        return with_memory(first_lane(self._equipment), records, journal.id, self.held, now)

    def _instant(self, in_hand: float | None = None) -> Instant:
        self.reading = self._equipment.timekeeper.read()
        seconds = self._equipment.seconds()
        now = Now(self.reading.moment, seconds)
        return Instant(now, self.reading.stamp, self.held, seconds if in_hand is None else in_hand)
