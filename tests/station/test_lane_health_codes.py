"""Health codes at a lane: no pass, one passage with it, and nobody's green covers a red."""

import pytest

from gate.policy import Direction
from gate.reason import Reason
from gate.roster import Health
from station import lane as machine
from station.lane.readings import SECOND_THOUGHT_SECONDS
from station.visit import Gathering, HealthTold
from tests.station.played_lane import (
    ANNA,
    ASKED,
    BERT,
    FORGED,
    GREEN_CODE,
    PAYMENT,
    POSTER,
    RED_CODE,
    WAITS,
    Gate,
    rules,
)

UNMEASURED = {"measure_on": frozenset[Direction]()}


class TestHealthCodes:
    @pytest.mark.parametrize("order", [(GREEN_CODE, ANNA), (ANNA, GREEN_CODE)], ids=["code first", "pass first"])
    def test_a_health_code_and_a_pass_are_one_passage(self, order):
        """In either order, one after the other, within the visit."""
        gate = Gate(rules(demand_health_code=True))
        gate.forehead(36.5)
        gate.show(order[0])
        gate.empty()
        gate.wait(WAITS / 2)
        assert isinstance(gate.lane.phase, Gathering)
        gate.show(order[1])
        assert (gate.passages, gate.opened) == ([()], 1)

    def test_both_in_one_look_are_one_passage(self):
        """A paper and a phone held up together."""
        gate = Gate(rules(**UNMEASURED))
        gate.show(RED_CODE, ANNA)
        for _ in range(50):
            gate.show(RED_CODE, ANNA)
            gate.wait(0.1)
        assert gate.passages == [(Reason.HEALTH_RED,)]

    def test_a_health_code_alone_waits_for_the_pass_and_then_for_the_guard(self):
        """It is no pass: past the wait the passage is referred, however green it is."""
        gate = Gate(rules(**UNMEASURED))
        gate.show(GREEN_CODE)
        assert machine.awaiting(gate.lane, gate.rules) == ("code",)
        gate.wait(WAITS - 0.1)
        assert gate.passages == []
        gate.wait(0.2)
        assert (gate.passages, gate.opened) == ([(Reason.NO_CODE,)], 0)

    @pytest.mark.parametrize(("demanded", "passages"), [(True, []), (False, [()])])
    def test_only_a_policy_that_demands_one_makes_a_pass_wait(self, demanded, passages):
        """Where none is demanded, a pass is as quick as ever; where one is, its absence is the guard's matter."""
        gate = Gate(rules(demand_health_code=demanded, **UNMEASURED))
        gate.show(ANNA)
        assert gate.passages == passages
        gate.wait(WAITS + 0.1)
        assert gate.passages == (passages or [(Reason.HEALTH_CODE_UNREAD,)])

    def test_nobody_with_a_bad_pass_is_asked_for_a_health_code(self):
        """A pass that is not believed is told so at once."""
        gate = Gate(rules(demand_health_code=True, **UNMEASURED))
        gate.show(FORGED)
        assert gate.passages == [(Reason.FORGED, Reason.HEALTH_CODE_UNREAD)]

    @pytest.mark.parametrize(
        ("colour", "reasons"),
        [
            (Health.GREEN, ()),
            (Health.YELLOW, (Reason.HEALTH_YELLOW,)),
            (Health.RED, (Reason.HEALTH_RED,)),
            (Health.UNKNOWN, (Reason.HEALTH_CODE_UNREAD,)),
        ],
    )
    def test_the_provinces_answer_counts_for_the_running_visit(self, colour, reasons):
        """The visit waits for it, and an answer that is none is no colour."""
        gate = Gate(rules(**UNMEASURED))
        gate.show(ASKED, ANNA)
        assert (gate.passages, machine.awaiting(gate.lane, gate.rules)) == ([], ("colour",))
        gate.tell(HealthTold(ASKED.digest, colour))
        assert gate.passages == [reasons]

    def test_an_answer_that_never_comes_is_no_colour(self):
        """Past the wait the guard looks."""
        gate = Gate(rules(**UNMEASURED))
        gate.show(ANNA, ASKED)
        gate.wait(WAITS + 0.1)
        assert (gate.passages, gate.opened) == ([(Reason.HEALTH_CODE_UNREAD,)], 0)

    @pytest.mark.parametrize("order", [(RED_CODE, GREEN_CODE), (GREEN_CODE, RED_CODE)])
    def test_nobodys_green_covers_a_red(self, order):
        """Of several health codes in one visit the gravest counts, in whatever order."""
        gate = Gate(rules(**UNMEASURED))
        for code in (*order, ANNA):
            gate.show(code)
        assert gate.passages == [(Reason.HEALTH_RED,)]

    def test_a_green_code_left_in_view_serves_one_visit_only(self):
        """Whoever comes next where one is demanded shows his own."""
        gate = Gate(rules(demand_health_code=True, **UNMEASURED))
        gate.show(GREEN_CODE, ANNA)
        gate.show(GREEN_CODE, BERT)
        assert gate.passages == [()]
        assert machine.awaiting(gate.lane, gate.rules) == ("health",)

    def test_a_poster_beside_a_health_code_is_a_backdrop(self):
        """A foreign code neither joins the visit nor ends its wait for the pass."""
        gate = Gate(rules(**UNMEASURED))
        gate.show(POSTER, GREEN_CODE)
        gate.show(POSTER)
        gate.show(PAYMENT)
        gate.show(ANNA)
        assert gate.passages == [()]

    def test_a_cold_forehead_does_not_cut_the_wait_for_the_pass_short(self):
        """The second thought about a reading is not the end of the visit while the pass is missing."""
        gate = Gate()
        gate.show(GREEN_CODE)
        gate.forehead(36.5)
        gate.wait(SECOND_THOUGHT_SECONDS + 1)
        assert gate.passages == []
        gate.show(ANNA)
        assert gate.passages == [()]
