"""A fever: rest, then forehead and wrist, all readings kept, the worst counts, and nothing opens by itself."""

from datetime import timedelta

import pytest

from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.temperature import Site
from station import lane as machine
from station.lane.retest import AWAITED_SECONDS, MOST_RESTING, RETEST_SECONDS
from station.lane.verdict import RECENT
from station.visit import GuardDismissed, GuardSettled, Lamp, Ready, Retesting, Tone
from tests.station.played_lane import (
    ANNA,
    BERT,
    EXPIRED,
    GREEN,
    NOON,
    RUILI,
    WAITS,
    WATCHED,
    Gate,
    a_pass,
    a_resident,
    rules,
)

REST = 5 * 60.0
FOREHEAD, WRIST = Site.FOREHEAD, Site.WRIST


def feverish(**policy: object) -> Gate:
    """Somebody whose forehead was too warm, passage 1."""
    gate = Gate(rules(**policy))
    gate.show(ANNA)
    gate.forehead(38.2)
    assert gate.passages == [(Reason.FEVER,)]
    return gate


def rested(**policy: object) -> Gate:
    """He sits in the waiting area, and his rest is over."""
    gate = feverish(**policy)
    gate.rest()
    gate.wait(REST)
    return gate


def measured_again(forehead: float, wrist: float) -> Gate:
    gate = rested()
    gate.measure_again()
    gate.typed(forehead)
    gate.typed(wrist, WRIST)
    return gate


def retests(gate: Gate) -> list[GuardSettled]:
    """What was written of being measured again."""
    return [each for each in gate.amendments if each.ground is Ground.MEASURED_AGAIN and each.readings]


class TestTheRest:
    def test_frees_the_lane_and_lasts_as_long_as_the_office_says(self):
        """The screen clears at once; before the minutes are over nobody is measured again."""
        gate = feverish()
        gate.rest()
        assert (gate.lane.phase, gate.lamp) == (Ready(), Lamp.DARK)
        assert gate.lane.resting[0].ready_at == NOON + timedelta(seconds=gate.seconds + REST)
        gate.wait(REST - 1)
        gate.measure_again()
        assert (gate.lane.phase, len(gate.refused)) == (Ready(), 1)
        gate.wait(1.0)
        gate.measure_again()
        assert isinstance(gate.lane.phase, Retesting)

    def test_calls_the_guard_once_when_it_is_over(self):
        gate = rested()
        gate.wait(1.0)
        gate.wait(1.0)
        assert gate.tones.count(Tone.ATTENTION) == 1

    def test_keeps_the_passage_at_hand_however_many_pass_meanwhile(self):
        """The strip of recent passages is short; whoever rests is not forgotten over it."""
        gate = feverish()
        gate.rest()
        for person in range(RECENT + 2):
            gate.show(a_pass(f"{person:x}"))
            gate.forehead(36.5)
            gate.wait(GREEN)
            gate.empty()
        gate.wait(REST)
        gate.measure_again()
        gate.typed(36.5)
        gate.typed(36.4, WRIST)
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        assert gate.opened == RECENT + 3

    def test_is_not_for_whom_the_guard_let_through(self):
        """He is gone: a seat kept for him is one that somebody else needs."""
        gate = feverish()
        gate.settle(Outcome.ADMIT, Ground.MEDICAL)
        gate.rest()
        assert (gate.opened, len(gate.refused), gate.lane.resting) == (1, 1, ())

    @pytest.mark.parametrize("again", [False, True], ids=["no fever", "rests already"])
    def test_is_refused_where_it_makes_no_sense(self, again):
        gate = feverish() if again else Gate()
        if again:
            gate.rest()
        else:
            gate.show(EXPIRED)
            gate.forehead(36.5)
        gate.rest()
        assert (len(gate.refused), len(gate.lane.resting)) == (1, int(again))

    def test_is_on_the_disk_before_the_lane_is_free(self):
        """What holds is what held: he is refused, and rests; where it cannot be written he stands there still."""
        gate = feverish()
        gate.disk_works = False
        gate.rest()
        assert (gate.lane.resting, gate.shown.sequence, len(gate.refused)) == ((), 1, 1)
        gate.disk_works = True
        gate.rest()
        (rest,) = gate.amendments
        assert (rest.sequence, rest.outcome, rest.ground) == (1, Outcome.REFUSE, Ground.RESTS)
        assert (len(gate.lane.resting), gate.lane.phase) == (1, Ready())

    def test_lets_nobody_in_by_his_pass_before_he_was_measured_again(self):
        """Found by name or with a second pass, he is known again; a passer-by is measured as ever."""
        gate = rested()
        gate.nobody()
        gate.empty()
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.nobody()
        gate.name(a_resident("a"))
        gate.forehead(36.5)
        assert gate.passages[1:] == [(Reason.RETEST_DUE,), (Reason.RETEST_DUE,)]
        gate.rest(gate.shown.sequence)
        gate.settle(Outcome.ADMIT, Ground.KNOWN_IN_PERSON, gate.shown.sequence)
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN, gate.shown.sequence)
        assert (gate.opened, len(gate.refused)) == (0, 3)
        gate.tell(GuardDismissed())
        gate.nobody()
        gate.show(BERT)
        gate.forehead(36.5)
        assert (gate.opened, gate.passages[-1]) == (1, ())

    def test_of_a_guards_word_is_no_ground_of_his(self):
        """Who goes to rest is said by that tap alone."""
        gate = feverish()
        for outcome in Outcome:
            gate.settle(outcome, Ground.RESTS)
        assert (gate.opened, gate.amendments, len(gate.refused)) == (0, [], 3)

    def test_is_bounded_like_the_waiting_area(self):
        gate = Gate()
        for number in range(MOST_RESTING + 1):
            gate.name(a_resident(f"{number:02x}"))
            gate.forehead(38.2)
            gate.rest(gate.shown.sequence)
            gate.nobody()
        assert (len(gate.lane.resting), len(gate.refused)) == (MOST_RESTING, 1)

    def test_of_somebody_who_went_away_is_forgotten(self):
        """Hours after his rest was over nobody waits for him any more, and the waiting area is free."""
        gate = rested()
        gate.wait(AWAITED_SECONDS - 1)
        assert len(gate.lane.resting) == 1
        gate.wait(1.0)
        assert gate.lane.resting == ()

    def test_ends_when_the_guard_settles_the_passage(self):
        """An ambulance took him: the passage is settled, and he rests no more."""
        gate = feverish()
        gate.rest()
        gate.settle(Outcome.ADMIT, Ground.MEDICAL)
        assert (gate.opened, gate.lane.resting) == (1, ())


class TestMeasuredAgain:
    def test_normal_everywhere_is_the_guards_to_admit(self):
        """The readings are recorded and nothing opens; then his word does, on that ground."""
        gate = measured_again(36.6, 36.2)
        assert (gate.opened, gate.lamp) == (0, Lamp.YELLOW)
        (found,) = retests(gate)
        assert (found.outcome, found.ground) == (Outcome.REFER, Ground.MEASURED_AGAIN)
        assert [(each.site, each.celsius) for each in found.readings] == [(FOREHEAD, 36.6), (WRIST, 36.2)]
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        assert (gate.opened, gate.lamp) == (1, Lamp.GREEN)

    @pytest.mark.parametrize(("forehead", "wrist"), [(36.5, 37.9), (37.9, 36.5), (34.0, 36.5)])
    def test_the_worst_reading_counts(self, forehead, wrist):
        """One warm place is a fever, one too cold to be true is no proof: refused, and no such ground opens."""
        gate = measured_again(forehead, wrist)
        assert (retests(gate)[0].outcome, gate.lamp) == (Outcome.REFUSE, Lamp.RED)
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        assert (gate.opened, len(gate.refused)) == (0, 1)

    def test_no_retest_no_such_ground(self):
        """Whoever taps 'measured again' without having measured opens nothing; nor does a familiar face."""
        gate = feverish()
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        gate.settle(Outcome.ADMIT, Ground.KNOWN_IN_PERSON)
        assert (gate.opened, gate.amendments, len(gate.refused)) == (0, [], 2)

    def test_whoever_is_still_warm_may_rest_and_be_measured_once_more(self):
        gate = measured_again(37.6, 36.4)
        gate.rest()
        gate.wait(REST)
        gate.measure_again()
        gate.typed(36.8)
        gate.typed(36.4, WRIST)
        assert [each.outcome for each in retests(gate)] == [Outcome.REFUSE, Outcome.REFER]
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        assert gate.opened == 1

    def test_the_lanes_own_sensor_serves_for_its_own_place_only(self):
        """Made for foreheads, it says nothing of a wrist; and what is no figure ends no wait."""
        gate = rested()
        gate.measure_again()
        gate.forehead(None)
        gate.forehead(33.0)
        assert gate.lane.phase.sites == (FOREHEAD, WRIST)
        gate.forehead(36.7)
        gate.forehead(36.6)
        assert (gate.lane.phase.sites, len(gate.lane.phase.readings)) == ((WRIST,), 1)
        gate.typed(36.3, WRIST)
        assert retests(gate)[0].outcome is Outcome.REFER

    def test_nobody_else_is_measured_meanwhile(self):
        """A pass held up during a retest has its turn afterwards, and the retest's readings are not its owner's."""
        gate = rested()
        gate.measure_again()
        gate.show(BERT)
        gate.typed(36.6)
        gate.typed(36.2, WRIST)
        assert len(gate.passages) == 1
        gate.show(BERT)
        assert machine.awaiting(gate.lane, gate.rules) == ("temperature",)

    def test_whoever_was_measured_again_lends_his_forehead_to_nobody(self):
        """Neither what the sensor saw before, nor what it sees while he still stands there."""
        gate = rested()
        gate.nobody()
        gate.forehead(36.5)
        gate.measure_again()
        gate.tell(GuardDismissed())
        gate.show(BERT)
        assert machine.awaiting(gate.lane, gate.rules) == ("temperature",)
        gate = rested()
        gate.nobody()
        gate.measure_again()
        gate.typed(36.6)
        gate.typed(36.2, WRIST)
        gate.forehead(36.5)
        gate.show(BERT)
        assert machine.awaiting(gate.lane, gate.rules) == ("temperature",)

    @pytest.mark.parametrize("end", [lambda gate: gate.wait(RETEST_SECONDS), lambda gate: gate.tell(GuardDismissed())])
    def test_half_a_retest_is_recorded_as_half(self, end):
        """Forehead and then nothing more: a place is missing, so it is refused, and the reading is kept."""
        gate = rested()
        gate.measure_again()
        gate.typed(36.6)
        end(gate)
        (found,) = retests(gate)
        assert (found.outcome, len(found.readings)) == (Outcome.REFUSE, 1)

    @pytest.mark.parametrize("end", [lambda gate: gate.wait(RETEST_SECONDS), lambda gate: gate.tell(GuardDismissed())])
    def test_nothing_measured_changes_nothing(self, end):
        """He went to the toilet: the lane is free again, he still rests, nothing is recorded."""
        gate = rested()
        gate.measure_again()
        end(gate)
        assert (gate.lane.phase, retests(gate), len(gate.lane.resting)) == (Ready(), [], 1)

    def test_what_cannot_be_written_does_not_hold(self):
        """The disk refuses the readings: he still rests and can be measured again."""
        gate = rested()
        gate.measure_again()
        gate.disk_works = False
        gate.typed(36.6)
        gate.typed(36.2, WRIST)
        assert (retests(gate), len(gate.lane.resting), len(gate.refused)) == ([], 1, 1)
        gate.disk_works = True
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        assert gate.opened == 0

    def test_a_temperature_that_was_in_doubt_needs_no_rest(self):
        """Cold from the wind: measured by hand at once, and let through on that."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(33.0)
        gate.wait(2.0)
        gate.measure_again()
        gate.typed(36.6)
        gate.typed(36.2, WRIST)
        gate.settle(Outcome.ADMIT, Ground.MEASURED_AGAIN)
        assert (gate.passages, gate.opened) == ([(Reason.TEMPERATURE_TOO_LOW,)], 1)

    @pytest.mark.parametrize("wrist", [36.2, 37.9])
    def test_a_fever_found_only_then_is_a_fever(self, wrist):
        """Too cold at first, warm indoors: from now on no other ground than a fever's opens."""
        gate = Gate()
        gate.show(ANNA)
        gate.forehead(33.0)
        gate.wait(2.0)
        gate.measure_again()
        gate.typed(38.1)
        gate.typed(wrist, WRIST)
        for ground in (Ground.KNOWN_IN_PERSON, Ground.PAPERS_CHECKED, Ground.MEASURED_AGAIN):
            gate.settle(Outcome.ADMIT, ground)
        assert (gate.opened, len(gate.refused)) == (0, 3)
        gate.rest()
        assert len(gate.lane.resting) == 1

    def test_is_refused_where_the_temperature_was_not_the_matter(self):
        gate = Gate()
        gate.show(EXPIRED)
        gate.forehead(36.5)
        gate.measure_again()
        assert len(gate.refused) == 1


class TestMeasuredByHand:
    def test_counts_for_the_visit_that_waits_for_it(self):
        """The sensor is broken and the guard has a thermometer of his own."""
        gate = Gate()
        gate.show(ANNA)
        gate.typed(36.4, WRIST)
        assert gate.passages == [()]
        assert gate.drafts[0].evidence.measurement.site is WRIST

    def test_without_a_visit_is_of_nobody(self):
        """Nobody could say whose it was, so it is refused in words, also while a verdict stands there."""
        gate = Gate()
        gate.typed(36.5)
        gate.show(ANNA)
        gate.forehead(36.5)
        gate.typed(36.5)
        gate.show(BERT)
        assert (gate.passages, len(gate.refused)) == ([()], 2)

    def test_the_higher_of_hand_and_sensor_counts_and_both_are_kept(self):
        gate = Gate(rules(ask_trip_on=frozenset(Direction), risk_places=(RUILI,)))
        gate.show(ANNA)
        gate.forehead(36.8)
        gate.typed(38.0)
        gate.trip(())
        evidence = gate.drafts[0].evidence
        assert (gate.passages, evidence.measurement.celsius) == ([(Reason.FEVER,)], 38.0)
        assert [each.celsius for each in evidence.also_measured] == [36.8]


class TestWhoIsWatched:
    def test_is_measured_twice(self):
        """A second look after two seconds; the same look twice is no second reading."""
        gate = Gate()
        gate.show(WATCHED)
        gate.forehead(36.5)
        gate.seconds += 0.5
        gate.forehead(36.6)
        assert gate.passages == []
        gate.seconds += 2.0
        gate.forehead(36.4)
        assert gate.passages == [()]
        evidence = gate.drafts[0].evidence
        assert (evidence.measurement.celsius, len(evidence.also_measured)) == (36.6, 1)

    def test_a_reading_by_hand_is_a_second_one_at_once(self):
        gate = Gate()
        gate.show(WATCHED)
        gate.forehead(36.5)
        gate.typed(36.4, WRIST)
        assert gate.passages == [()]

    def test_a_fever_needs_no_second_one(self):
        gate = Gate()
        gate.show(WATCHED)
        gate.forehead(38.0)
        assert Reason.FEVER in gate.passages[0]

    def test_with_one_only_is_the_guards_matter(self):
        gate = Gate()
        gate.show(WATCHED)
        gate.forehead(36.5)
        gate.wait(WAITS - 0.1)
        assert gate.passages == []
        gate.wait(0.2)
        assert gate.passages == [(Reason.SECOND_READING_MISSING,)]
