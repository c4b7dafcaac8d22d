"""One visit: what opens the barrier, what it waits for, whose turn it is."""

import math
from typing import get_args

import pytest

from gate.policy import Direction
from gate.reason import Outcome, Reason
from station import lane as machine
from station.lane.readings import SECOND_THOUGHT_SECONDS
from station.lane.turns import EMPTY_LOOKS, EMPTY_SECONDS, FORGOTTEN_LOOKS
from station.visit import (
    CameWithoutCode,
    Gathering,
    GuardDismissed,
    Lamp,
    Lane,
    NobodyMeasured,
    Phase,
    ReadCode,
    Signal,
)
from tests.station.played_lane import (
    ANNA,
    BERT,
    EXPIRED,
    FORGED,
    GREEN,
    GREEN_CODE,
    ISOLATED,
    PAYMENT,
    POSTER,
    WAITS,
    Gate,
    rules,
)


class TestTheTable:
    def test_every_pair_of_phase_and_signal_is_named(self):
        """Nothing arrives unforeseen: each signal has a handler, or an explicit 'ignored', in each phase."""
        table = machine.TABLE
        assert set(table) == set(get_args(Signal))
        assert all(set(row) == set(get_args(Phase)) for row in table.values())


class TestAVisit:
    def test_a_good_pass_and_a_normal_forehead_open_the_barrier_once(self):
        """The everyday passage: one record without a reason, green, barrier."""
        gate = Gate()
        gate.show(ANNA)
        assert isinstance(gate.lane.phase, Gathering)
        assert machine.awaiting(gate.lane, gate.rules) == ("temperature",)
        gate.forehead(36.5)
        assert (gate.passages, gate.opened, gate.lamp) == ([()], 1, Lamp.GREEN)

    def test_a_forehead_measured_before_the_code_counts(self):
        """Whoever is measured first and shows his code within 4 s is not measured again."""
        gate = Gate()
        gate.forehead(36.5)
        gate.wait(3.9)
        gate.show(ANNA)
        assert gate.passages == [()]

    def test_a_forehead_measured_too_long_before_does_not_count(self):
        """A reading that is older than 4 s belongs to nobody any more."""
        gate = Gate()
        gate.forehead(36.5)
        gate.wait(4.1)
        gate.show(ANNA)
        assert gate.passages == []

    def test_nobody_is_admitted_on_the_forehead_of_the_one_before(self):
        """Whoever was decided and stands on before the sensor lends his reading to nobody."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.forehead(36.5)
        gate.show(BERT)
        assert gate.passages == [()]
        gate.forehead(38.0)
        assert gate.passages == [(), (Reason.FEVER,)]

    def test_whoever_leaves_the_sensor_takes_his_reading_along(self):
        """A normal forehead whose code could not be read admits nobody who comes after him."""
        gate = Gate()
        gate.forehead(36.5)
        gate.tell(NobodyMeasured())
        gate.show(BERT)
        assert gate.passages == []
        gate.forehead(38.2)
        assert gate.passages == [(Reason.FEVER,)]

    def test_the_next_one_may_be_measured_while_the_green_still_shows(self):
        """Once the sensor has seen nobody, the next forehead is the next resident's."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.tell(NobodyMeasured())
        gate.forehead(38.2)
        gate.show(BERT)
        assert gate.passages == [(), (Reason.FEVER,)]

    def test_the_highest_believable_reading_counts(self):
        """A cool first reading does not hide the fever that followed it."""
        gate = Gate()
        gate.forehead(36.2)
        gate.forehead(37.6)
        gate.forehead(36.4)
        gate.show(ANNA)
        assert gate.passages == [(Reason.FEVER,)]

    @pytest.mark.parametrize(
        ("celsius", "reason"),
        [(33.5, Reason.TEMPERATURE_TOO_LOW), (None, Reason.THERMOMETER_FAULT), (math.nan, Reason.THERMOMETER_FAULT)],
    )
    def test_a_worthless_reading_waits_a_second_for_a_better_one(self, celsius, reason):
        """A forehead that is still coming closer is not refused for it; one that stays cold is the guard's matter."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(celsius)
        assert gate.passages == []
        gate.wait(SECOND_THOUGHT_SECONDS)
        assert gate.passages == [(reason,)]

        better = Gate()
        better.show(ANNA)
        better.forehead(celsius)
        better.wait(0.5)
        better.forehead(36.5)
        assert better.passages == [()]

    def test_without_a_temperature_the_wait_ends_with_the_guard(self):
        """Past the policy's wait a visit is decided with what there is, and not admitted."""
        gate = Gate()
        gate.show(ANNA)
        gate.wait(WAITS - 0.1)
        assert gate.passages == []
        gate.wait(0.2)
        assert gate.passages == [(Reason.TEMPERATURE_MISSING,)]
        assert (gate.opened, gate.lamp) == (0, Lamp.YELLOW)

    def test_where_no_temperature_is_asked_for_none_is_waited_for(self):
        """The policy may leave the thermometer out; a fever that was seen still counts, a doubt does not."""
        unmeasured = rules(measure_on=frozenset())
        calm, warm, cold = Gate(unmeasured), Gate(unmeasured), Gate(unmeasured)
        calm.show(ANNA)
        warm.forehead(38.0)
        warm.show(ANNA)
        cold.forehead(33.0)
        cold.show(ANNA)
        assert (calm.passages, warm.passages, cold.passages) == ([()], [(Reason.FEVER,)], [()])

    def test_somebody_without_a_code_is_measured_and_referred(self):
        """The guard's tap begins a visit that has no code, and it is recorded."""
        gate = Gate()
        gate.tell(CameWithoutCode())
        gate.forehead(36.5)
        assert gate.passages == [(Reason.NO_CODE,)]
        assert gate.opened == 0

    def test_a_code_found_after_all_joins_the_visit_without_one(self):
        """Whoever finds his pass while the guard's visit runs makes one passage, not two."""
        gate = Gate()
        gate.tell(CameWithoutCode())
        gate.show(ANNA)
        gate.forehead(36.5)
        assert gate.passages == [()]

    def test_what_the_hub_changed_meanwhile_counts(self):
        """A resident who is isolated while his visit waits is not admitted by what was known a second ago."""
        gate = Gate()
        gate.show(ANNA)
        gate.show(ReadCode(ANNA.digest, ANNA.reading, ISOLATED.resident))
        gate.forehead(36.5)
        assert gate.passages == [(Reason.ISOLATED,)]

    def test_without_rules_nobody_waits_and_nobody_is_admitted(self):
        """A gate that has never heard from its hub says so at once."""
        gate = Gate(rules=None)
        gate.show(ANNA)
        assert gate.passages == [(Reason.RULES_MISSING,)]
        assert gate.opened == 0


class TestTheView:
    def test_a_code_left_in_view_makes_one_passage(self):
        """However long a phone is held up: one passage."""
        gate = Gate()
        gate.forehead(36.5)
        for _ in range(200):
            gate.show(ANNA)
            gate.wait(0.1)
        assert len(gate.passages) == 1

    def test_a_code_that_flickers_makes_one_passage(self):
        """Two looks without it are a bad frame, not a departure."""
        gate = Gate()
        gate.show(EXPIRED)
        gate.forehead(36.5)
        gate.empty(EMPTY_LOOKS - 1)
        gate.show(EXPIRED)
        gate.forehead(36.5)
        assert len(gate.passages) == 1

    def test_a_hand_that_shakes_makes_one_passage(self):
        """At a real gate a code is gone only when it was unread for a second, however many frames that is."""
        gate = Gate(lane=Lane(Direction.IN, empty_seconds=EMPTY_SECONDS))
        gate.show(ANNA)
        gate.forehead(36.5)
        for _ in range(5):
            gate.empty(10)
            gate.seconds += EMPTY_SECONDS - 0.1
            gate.show(ANNA)
        assert gate.passages == [()]
        gate.seconds += EMPTY_SECONDS
        gate.empty()
        gate.show(ANNA)
        assert isinstance(gate.lane.phase, Gathering)

    def test_a_code_that_comes_back_is_a_new_visit(self):
        """After the view was empty the same pass may pass again."""
        gate = Gate()
        for _ in range(2):
            gate.show(ANNA)
            gate.forehead(36.5)
            gate.empty()
        assert gate.passages == [(), ()]

    def test_another_pass_takes_over_from_a_verdict(self):
        """Neither a green nor an unsettled red makes the next resident wait; the red stays open in `recent`."""
        gate = Gate()
        gate.show(EXPIRED)
        gate.forehead(36.5)
        gate.show(BERT)
        gate.forehead(36.6)
        assert gate.passages == [(Reason.EXPIRED,), ()]
        assert [each.reasons for each in gate.lane.recent] == [(), (Reason.EXPIRED,)]
        gate.settle(Outcome.ADMIT, sequence=1)
        assert gate.opened == 2

    def test_two_passes_held_up_together_have_one_turn_each(self):
        """A couple's two passes in one view make two passages, in turn, and no more."""
        gate = Gate()
        for _ in range(5):
            gate.show(ANNA, BERT)
            gate.forehead(36.5)
        assert gate.passages == [(), ()]

    def test_a_poster_beside_a_pass_is_a_backdrop(self):
        """A foreign code in the same view neither becomes a passage nor keeps the pass from its turn."""
        gate = Gate()
        gate.show(POSTER, ANNA)
        gate.forehead(36.5)
        gate.show(POSTER, ANNA)
        gate.show(POSTER)
        gate.forehead(36.5)
        assert gate.passages == [()]

    def test_a_pass_does_not_wait_for_a_foreign_code_before_it(self):
        """Whoever showed the wrong code first is told so at once when he shows the right one."""
        gate = Gate()
        gate.show(PAYMENT)
        gate.show(PAYMENT, ANNA)
        gate.show(PAYMENT, ANNA)
        gate.forehead(36.5)
        assert gate.passages == [(Reason.NOT_OURS, Reason.TEMPERATURE_MISSING), ()]

    @pytest.mark.parametrize("before", [EXPIRED, ISOLATED, PAYMENT], ids=lambda code: code.digest)
    def test_a_foreign_code_takes_nobodys_verdict_from_the_screen(self, before):
        """Red and yellow wait for the guard, who may be looking elsewhere while somebody pays with his phone."""
        gate = Gate()
        gate.forehead(36.5)
        gate.show(before)
        gate.wait(5.0)
        stands, passages = gate.on_screen, len(gate.passages)
        gate.empty()
        gate.show(POSTER)
        gate.wait(WAITS)
        assert (gate.on_screen, len(gate.passages)) == (stands, passages)

    @pytest.mark.parametrize("code", [ANNA, FORGED, GREEN_CODE], ids=lambda code: code.digest)
    def test_a_pass_or_a_health_code_begins_a_visit_whatever_stands_on_the_screen(self, code):
        """Nobody who lives here waits for the guard to clear another's red."""
        gate = Gate()
        gate.forehead(36.5)
        gate.show(ISOLATED)
        gate.nobody()
        gate.show(code)
        gate.wait(WAITS)
        assert len(gate.passages) == 2

    def test_a_foreign_code_takes_the_place_of_a_green(self):
        """A green is over, its barrier open: whoever comes next with a wrong code is told so at once."""
        gate = Gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.show(POSTER)
        gate.wait(WAITS)
        assert len(gate.passages) == 2

    def test_a_foreign_code_begins_a_visit_once_the_guard_has_spoken(self):
        """Let through is green like any other; and after a dismissal the lane is anybody's."""
        for settled in (True, False):
            gate = Gate()
            gate.show(EXPIRED)
            gate.wait(WAITS)
            if settled:
                gate.settle(Outcome.ADMIT)
            else:
                gate.tell(GuardDismissed())
            gate.show(POSTER)
            gate.wait(WAITS)
            assert len(gate.passages) == 2

    def test_a_poster_that_never_leaves_does_not_keep_residents_from_returning(self):
        """A code that was away for long has left, even if the view was never empty."""
        gate = Gate()
        gate.show(POSTER, ANNA)
        gate.forehead(36.5)
        for _ in range(FORGOTTEN_LOOKS):
            gate.show(POSTER)
        gate.show(POSTER, ANNA)
        gate.forehead(36.5)
        assert gate.passages == [(), ()]

    def test_another_pass_ends_the_wait_of_the_one_before(self):
        """Whoever is replaced by another pass is decided with what there was, and recorded."""
        gate = Gate()
        gate.show(ANNA)
        gate.show(BERT)
        gate.show(BERT)
        gate.forehead(36.5)
        assert gate.passages == [(Reason.TEMPERATURE_MISSING,), ()]

    def test_a_green_clears_itself_and_a_red_stays(self):
        """A green leaves the screen after the policy's seconds; a red waits for the guard."""
        green, red = Gate(), Gate()
        green.show(ANNA)
        green.forehead(36.5)
        green.wait(GREEN)
        red.show(FORGED)
        red.forehead(36.5)
        red.wait(3600)
        assert (green.on_screen, green.lamp) == (None, Lamp.DARK)
        assert (red.on_screen, red.lamp) == ((Reason.FORGED,), Lamp.RED)
