"""The guard's word on a passage, and a disk that refuses."""

import pytest

from gate.caller import Caller
from gate.passage import Ground
from gate.policy import Direction, GateRule
from gate.reason import Outcome, Reason
from station import lane as machine
from station.lane.answers import BUSY
from station.view import Barrier
from station.visit import (
    BarrierMoved,
    CameWithoutCode,
    Committed,
    DirectionChosen,
    FormTaken,
    GuardChanged,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    Lamp,
    Lane,
    OpenBarrier,
    Ready,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    RestBegun,
    RetestBegun,
    Showing,
    Tone,
)
from tests.station.played_lane import ANNA, BERT, EXPIRED, FORGED, GREEN, Gate, a_pass, rules


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


class TestUndo:
    @pytest.mark.parametrize("settled", [False, True], ids=["admitted by the machine", "admitted by him"])
    def test_takes_a_passage_back_and_opens_nothing(self, settled):
        """The wrong one slipped through: the record says so, the green goes, the barrier stays as it is."""
        gate = Gate()
        gate.show(EXPIRED if settled else ANNA)
        gate.forehead(36.5)
        if settled:
            gate.settle(Outcome.ADMIT)
        gate.settle(Outcome.REFER, Ground.MISTAKE)
        assert (gate.amendments[-1].outcome, gate.opened, gate.lamp) == (Outcome.REFER, 1, Lamp.YELLOW)
        gate.wait(3600.0)
        assert isinstance(gate.lane.phase, Showing)

    def test_works_after_the_screen_has_cleared(self):
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.wait(GREEN)
        gate.settle(Outcome.REFER, Ground.MISTAKE)
        assert (len(gate.amendments), gate.lane.recent[0].holds) == (1, Outcome.REFER)

    def test_needs_something_to_take_back(self):
        """What is undecided cannot be made so, and nothing is undone twice."""
        gate = Gate()
        gate.tell(CameWithoutCode())
        gate.forehead(36.5)
        gate.settle(Outcome.REFER, Ground.MISTAKE)
        assert (gate.amendments, len(gate.refused)) == ([], 1)
        gate.settle(Outcome.ADMIT, Ground.KNOWN_IN_PERSON)
        for _ in range(2):
            gate.settle(Outcome.REFER, Ground.MISTAKE)
        assert (len(gate.amendments), len(gate.refused)) == (2, 2)


class TestOnDuty:
    def test_whoever_signed_on_stands_on_every_passage_and_every_word(self):
        """A hand-over in between: each record names who was there."""
        gate = Gate()
        gate.tell(GuardChanged("li"))
        gate.show(EXPIRED)
        gate.forehead(36.5)
        gate.tell(GuardChanged("wang"))
        gate.settle(Outcome.ADMIT)
        assert (gate.drafts[0].guard, gate.amendments[0].guard) == ("li", "wang")

    def test_a_word_in_anothers_name_is_put_right(self):
        """Who he is comes from the sign-on, whatever the tap says."""
        gate = Gate()
        gate.tell(GuardChanged("li"))
        gate.show(EXPIRED)
        gate.forehead(36.5)
        gate.tell(GuardSettled(1, Outcome.ADMIT, Ground.PAPERS_CHECKED, guard="mayor"))
        assert gate.amendments[0].guard == "li"

    def test_where_the_office_demands_it_nobody_decides_without_a_name(self):
        """Known residents still pass; overruling, naming, forms and rests wait for a sign-on, and say so."""
        gate = Gate(rules(sign_on=True))
        gate.show(ANNA)
        gate.forehead(36.5)
        assert gate.opened == 1
        gate.show(a_pass("9"))
        gate.forehead(38.2)
        for signal in (
            GuardSettled(2, Outcome.ADMIT, Ground.MEDICAL),
            RestBegun(2),
            RetestBegun(2),
            GuardNamed((BERT.resident,)),
            FormTaken(Caller.VISITOR, admit=True),
        ):
            gate.tell(signal)
        assert (gate.opened, gate.amendments, gate.refused) == (1, [], ["Sign on first"] * 5)
        gate.tell(GuardChanged("li"))
        gate.settle(Outcome.ADMIT, Ground.MEDICAL, sequence=2)
        assert gate.opened == 2

    def test_a_form_whose_guard_has_left_admits_nobody(self):
        """He tapped and signed off before the forehead was there."""
        gate = Gate(rules(sign_on=True))
        gate.tell(GuardChanged("li"))
        gate.visitor(admit=True)
        gate.tell(GuardChanged(None))
        gate.forehead(36.5)
        assert (gate.passages, gate.opened) == ([(Reason.UNANNOUNCED,)], 0)


class TestTheGateItself:
    def test_a_closed_gate_is_seen_from_afar_and_keeps_nobody_waiting(self):
        """Red while nobody is there; whoever comes all the same is told at once, without being measured."""
        gate = Gate(rules(gates={"west": GateRule(open=False)}, demand_health_code=True))
        gate.wait(1.0)
        assert (gate.lamp, gate.lane.closed) == (Lamp.RED, True)
        gate.show(ANNA)
        assert (gate.passages, gate.said) == ([(Reason.GATE_CLOSED,)], ["use_other_gate"])
        gate.tell(GuardDismissed())
        assert gate.lamp is Lamp.RED
        gate.rules = rules()
        gate.wait(1.0)
        assert (gate.lamp, gate.lane.closed) == (Lamp.DARK, False)

    def test_a_gate_for_one_way_only_keeps_nobody_waiting_the_other_way(self):
        gate = Gate(rules(gates={"west": GateRule(directions=frozenset({Direction.OUT}))}))
        gate.show(ANNA)
        assert Reason.GATE_CLOSED in gate.passages[0]

    def test_a_visit_goes_on_while_the_barrier_moves(self):
        """The next one is measured while the boom still falls."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.tell(BarrierMoved(Barrier.OPENING))
        gate.show(BERT)
        gate.tell(BarrierMoved(Barrier.CLOSING))
        gate.forehead(36.6)
        assert (gate.passages, gate.lane.barrier) == ([(), ()], Barrier.CLOSING)

    def test_buzzer_and_voice_tell_in_from_out_and_nothing_of_why(self):
        """Each direction has its own tone and sentence; a fever is neither sounded nor said."""
        inward, outward, warm = Gate(), Gate(lane=Lane(Direction.OUT)), Gate()
        for gate, celsius in ((inward, 36.5), (outward, 36.5), (warm, 38.2)):
            gate.show(ANNA)
            gate.forehead(celsius)
        assert (inward.tones[-1], inward.said) == (Tone.ADMIT, ["measure", "come_in"])
        assert (outward.tones[-1], outward.said) == (Tone.OUT, ["measure", "go_out"])
        assert (warm.tones[-1], warm.said) == (Tone.REFUSE, ["measure", "stop", "wait_aside"])


def test_one_word_waits_for_the_disk_before_the_next_is_taken():
    """Else the second could be written down first, and the first would hold."""
    gate = Gate()
    gate.show(EXPIRED)
    gate.forehead(36.5)
    first, second = (GuardSettled(1, Outcome.ADMIT, ground) for ground in (Ground.PAPERS_CHECKED, Ground.MEDICAL))
    lane, effects = machine.step(gate.lane, first, gate.rules, gate.now())
    assert effects == (RecordAmendment(first),)
    waits, effects = machine.step(lane, second, gate.rules, gate.now())
    assert (waits, effects) == (lane, (RefuseTap(BUSY),))


def test_a_forms_tap_is_nobodys_where_the_office_has_wanted_a_name_since():
    """Between the tap and the disk's word new rules came: somebody has to sign on, and say so himself."""
    gate = Gate(rules(measure_on=frozenset()))
    lane, effects = machine.step(gate.lane, FormTaken(Caller.VISITOR, b"sealed", admit=True), gate.rules, gate.now())
    assert isinstance(effects[0], RecordPassage)
    named = rules(measure_on=frozenset(), sign_on=True)
    _, effects = machine.step(lane, Committed(1), named, gate.now())
    assert not any(isinstance(each, RecordAmendment | OpenBarrier) for each in effects)
    _, effects = machine.step(lane, Committed(1), gate.rules, gate.now())
    assert isinstance(effects[0], RecordAmendment)
