"""The guard's word on a passage, and a disk that refuses."""

import pytest

from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.visit import DirectionChosen, GuardDismissed, GuardSettled, Lamp, Lane, Ready
from tests.station.played_lane import ANNA, EXPIRED, FORGED, GREEN, Gate


class TestTheGuard:
    def refer(self, gate: Gate) -> None:
        gate.show(EXPIRED)
        gate.forehead(36.5)

    def test_what_he_lets_through_is_recorded_before_the_barrier_opens(self):
        """The guard's word travels as an amendment of the passage, then the gate opens and goes green."""
        gate = Gate()
        self.refer(gate)
        gate.settle(Outcome.ADMIT)
        assert gate.amendments == [GuardSettled(1, Outcome.ADMIT, Ground.PAPERS_CHECKED)]
        assert (gate.opened, gate.lamp) == (1, Lamp.GREEN)
        gate.wait(GREEN)
        assert isinstance(gate.lane.phase, Ready)

    def test_whom_he_sends_back_is_recorded_and_cleared(self):
        """A refusal of the guard is an amendment too, and nothing opens."""
        gate = Gate()
        self.refer(gate)
        gate.settle(Outcome.REFUSE, Ground.SENT_BACK)
        assert len(gate.amendments) == 1
        assert (gate.opened, gate.lamp, gate.lane.phase) == (0, Lamp.DARK, Ready())

    def test_he_cannot_overrule_what_the_office_reserves(self):
        """Forged papers, isolation and the like are not his to overrule, tap as he may."""
        gate = Gate()
        gate.show(FORGED)
        gate.forehead(36.5)
        gate.settle(Outcome.ADMIT)
        assert (gate.opened, gate.amendments) == (0, [])
        assert gate.refused == ["The office does not let a guard overrule this"]

    @pytest.mark.parametrize(
        ("sequence", "outcome", "ground"),
        [
            (7, Outcome.ADMIT, Ground.PAPERS_CHECKED),
            (1, Outcome.ADMIT, Ground.SENT_BACK),
            (1, Outcome.REFER, Ground.MEDICAL),
        ],
        ids=["no such passage", "a ground against it", "only a mistake is undone"],
    )
    def test_a_tap_that_makes_no_sense_is_refused_in_words(self, sequence, outcome, ground):
        """No tap is swallowed: each that is not carried out says why."""
        gate = Gate()
        self.refer(gate)
        gate.settle(outcome, ground, sequence)
        assert (gate.opened, gate.amendments, len(gate.refused)) == (0, [], 1)

    def test_what_is_settled_is_not_settled_again(self):
        """A second tap on the same button opens no barrier a second time, nor does one on a green."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.settle(Outcome.ADMIT)
        self.refer(gate)
        for _ in range(2):
            gate.settle(Outcome.ADMIT, sequence=2)
        assert (gate.opened, len(gate.amendments), len(gate.refused)) == (2, 1, 2)

    def test_he_can_take_back_a_mistake(self):
        """Sent back by a slip of the finger, then let through after all: two amendments, one opening."""
        gate = Gate()
        self.refer(gate)
        gate.settle(Outcome.REFUSE, Ground.SENT_BACK)
        gate.settle(Outcome.REFER, Ground.MISTAKE)
        gate.settle(Outcome.ADMIT)
        assert ([each.outcome for each in gate.amendments], gate.opened) == (["refuse", "refer", "admit"], 1)

    def test_a_dismissal_lets_nobody_through(self):
        """Clearing the screen opens nothing and records nothing; the passage can still be settled."""
        gate = Gate()
        self.refer(gate)
        gate.tell(GuardDismissed())
        assert (gate.opened, gate.amendments, gate.lane.phase) == (0, [], Ready())
        gate.settle(Outcome.ADMIT)
        assert gate.opened == 1

    def test_a_lane_of_one_direction_cannot_be_turned(self):
        """Only where the settings say both does the guard choose."""
        one, both = Gate(), Gate(lane=Lane(Direction.IN, both_directions=True))
        for gate in (one, both):
            gate.tell(DirectionChosen(Direction.OUT))
        assert (one.lane.direction, len(one.refused)) == (Direction.IN, 1)
        assert (both.lane.direction, len(both.refused)) == (Direction.OUT, 0)


class TestABrokenDisk:
    def test_what_cannot_be_recorded_is_not_admitted(self):
        """The disk refuses: the verdict says so, nothing opens, and there is no passage to settle."""
        gate = Gate(disk_works=False)
        gate.show(ANNA)
        gate.forehead(36.5)
        assert (gate.on_screen, gate.opened, gate.lamp) == ((Reason.UNRECORDED,), 0, Lamp.YELLOW)
        assert gate.lane.recent[0].sequence is None

    def test_the_guards_word_does_not_count_while_it_cannot_be_recorded(self):
        """An amendment that is not on the disk opens nothing, and the guard is told."""
        gate = Gate()
        gate.show(EXPIRED)
        gate.forehead(36.5)
        gate.disk_works = False
        gate.settle(Outcome.ADMIT)
        assert (gate.opened, len(gate.refused)) == (0, 1)
        gate.disk_works = True
        gate.settle(Outcome.ADMIT)
        assert gate.opened == 1
