"""A fever that nothing has answered: whoever comes back with a cooler forehead is the guard's, rested or not."""

import pytest

from gate.passage import Ground
from gate.reason import Outcome, Reason
from gate.temperature import Site
from station.lane.fevers import FEVER_SECONDS, MOST_FEVERISH
from station.taps import BeginRest, BeginRetest, Dismiss, Settle, TypeTemperature
from station.visit import GuardDismissed
from tests.station.lane_of_tests import TestLane, pass_of
from tests.station.played_lane import ANNA, BERT, Gate, a_resident


def feverish() -> Gate:
    """Anna's forehead was too warm, passage 1; her verdict is on the screen."""
    gate = Gate()
    gate.show(ANNA)
    gate.forehead(38.2)
    assert gate.passages == [(Reason.FEVER,)]
    return gate


def comes_again(gate: Gate, code=ANNA, celsius: float = 36.5) -> tuple[Reason, ...]:
    gate.tell(GuardDismissed())
    gate.nobody()
    gate.empty()
    gate.show(code)
    gate.forehead(celsius)
    return gate.passages[-1]


def test_whoever_walks_once_round_the_house_is_the_guards_all_the_same():
    """Nobody sent him to rest; the wind cooled his forehead. A neighbour meanwhile is measured as ever."""
    gate = feverish()
    assert comes_again(gate) == (Reason.RETEST_DUE,)
    assert gate.opened == 0
    assert comes_again(gate, BERT) == ()
    gate.nobody()
    gate.name(a_resident("a"))
    gate.forehead(36.5)
    assert (gate.opened, gate.passages[-1]) == (1, (Reason.RETEST_DUE,))


def test_sent_back_he_has_it_still():
    gate = feverish()
    gate.settle(Outcome.REFUSE, Ground.SENT_BACK)
    assert (comes_again(gate), gate.opened) == ((Reason.RETEST_DUE,), 0)


@pytest.mark.parametrize(("ground", "opened"), [(Ground.KNOWN_IN_PERSON, 0), (Ground.MEDICAL, 1)])
def test_an_older_passage_of_his_does_not_go_round_it(ground, opened):
    """He was too cold to be believed, warmed up, and had a fever: the first passage still stands in the strip."""
    gate = Gate()
    gate.show(ANNA)
    gate.forehead(33.0)
    gate.wait(3.0)
    assert gate.passages == [(Reason.TEMPERATURE_TOO_LOW,)]
    assert comes_again(gate, celsius=38.2) == (Reason.FEVER,)
    gate.settle(Outcome.ADMIT, ground, 1)
    assert gate.opened == opened


def test_he_can_be_sent_to_rest_from_his_second_verdict():
    """And then the road is the same as for everybody with a fever: measured at both places, let in by the guard."""
    gate = feverish()
    comes_again(gate)
    gate.rest(2)
    gate.wait(300.0)
    gate.measure_again(2)
    gate.typed(36.5)
    gate.typed(36.4, Site.WRIST)
    gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN, 2)
    assert gate.opened == 1
    assert comes_again(gate) == ()


def test_the_guards_word_answers_it_and_taken_back_it_stands_again():
    gate = feverish()
    gate.settle(Outcome.ADMIT, Ground.MEDICAL)
    assert gate.opened == 1
    gate.settle(Outcome.REFER, Ground.MISTAKE)
    assert comes_again(gate) == (Reason.RETEST_DUE,)


def test_it_counts_for_two_hours():
    gate = feverish()
    gate.wait(FEVER_SECONDS - 60.0)
    assert comes_again(gate) == (Reason.RETEST_DUE,)
    gate.wait(60.0)
    assert comes_again(gate) == ()


def test_one_that_could_not_be_written_down_counts_as_well():
    """The disk refused; the thermometer did not err."""
    gate = Gate()
    gate.disk_works = False
    gate.show(ANNA)
    gate.forehead(38.2)
    gate.disk_works = True
    assert comes_again(gate) == (Reason.RETEST_DUE,)


def test_one_that_only_a_retest_found_counts_as_well():
    """Too cold to be true, measured again by hand: 38.2, refused. A minute later his forehead reads well."""
    gate = Gate()
    gate.show(ANNA)
    gate.forehead(33.8)
    gate.wait(3.0)
    assert gate.passages == [(Reason.TEMPERATURE_TOO_LOW,)]
    gate.measure_again()
    gate.typed(38.2)
    gate.typed(36.4, Site.WRIST)
    assert comes_again(gate) == (Reason.RETEST_DUE,)


def test_a_broken_thermometer_fills_no_memory():
    gate = Gate()
    for number in range(MOST_FEVERISH + 1):
        gate.name(a_resident(f"{number:02x}"))
        gate.forehead(38.2)
        gate.tell(GuardDismissed())
        gate.nobody()
    assert len(gate.lane.feverish) == MOST_FEVERISH


class TestAfterAPowerCut:
    @pytest.fixture
    def folder(self, tmp_path):
        lane = TestLane(tmp_path)
        lane.forehead(38.2)
        lane.show(pass_of("a"))
        lane.tap(Dismiss())
        lane.close()
        return tmp_path

    def comes(self, folder, later: float, **how: object) -> TestLane:
        lane = TestLane(folder, **how)
        lane.seconds += later
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        return lane

    def test_it_still_counts(self, folder):
        lane = self.comes(folder, 60.0)
        assert (lane.view.verdict.reasons, lane.open) == ((Reason.RETEST_DUE,), False)
        lane.close()

    def test_he_is_offered_a_rest_until_he_rests(self, folder):
        lane = self.comes(folder, 60.0)
        assert lane.view.verdict.may_rest
        lane.tap(BeginRest(2))
        lane.forehead(None)
        for _ in range(4):
            lane.wait(1.0)
            lane.show()
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert (lane.view.verdict.reasons, lane.view.verdict.may_rest) == ((Reason.RETEST_DUE,), False)
        lane.close()

    def test_two_hours_after_it_was_measured_it_does_not(self, folder):
        lane = self.comes(folder, FEVER_SECONDS + 1.0)
        assert (lane.view.verdict.reasons, lane.open) == ((), True)
        lane.close()

    def test_one_of_a_retest_still_counts(self, tmp_path):
        lane = TestLane(tmp_path)
        lane.forehead(33.8)
        lane.show(pass_of("a"))
        lane.wait(3.0)
        lane.tap(BeginRetest(1))
        lane.tap(TypeTemperature(38.2))
        lane.tap(TypeTemperature(36.4, Site.WRIST))
        lane.close()
        lane = self.comes(tmp_path, 120.0)
        assert (lane.view.verdict.reasons, lane.open) == ((Reason.RETEST_DUE,), False)
        lane.close()

    def test_answered_before_it_is_answered(self, folder):
        lane = TestLane(folder)
        lane.tap(Settle(1, Outcome.ADMIT, Ground.MEDICAL))
        lane.close()
        lane = self.comes(folder, 60.0)
        assert (lane.view.verdict.reasons, lane.open) == ((), True)
        lane.close()
