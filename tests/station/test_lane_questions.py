"""What the guard asks somebody at a lane: where he was, what he goes out for."""

from datetime import timedelta

from gate.permit import Permit, PermitKind
from gate.policy import PURPOSE_SECONDS, Choice, Direction
from gate.reason import Reason
from gate.trip import TRIP_SECONDS
from station import lane as machine
from station.visit import CameWithoutCode, Lamp, Lane, PurposeTold, TripTold
from tests.station.played_lane import ANNA, BERT, FORGED, NOON, RUILI, TRIPS, WAITS, Gate, a_resident, rules

TRIPS_ASKED = {"ask_trip_on": frozenset({Direction.IN}), "risk_places": (RUILI,)}


class TestATrip:
    def gate(self, **policy: object) -> Gate:
        return Gate(rules=rules(**TRIPS_ASKED, **policy))

    def test_is_waited_for_and_none_of_the_places_is_green(self):
        """Pass and temperature are there; only the guard's answer opens the barrier."""
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        assert (gate.passages, machine.awaiting(gate.lane, gate.rules)) == ([], ("temperature", "trip"))
        gate.trip(())
        assert (gate.passages, gate.opened) == ([()], 1)

    def test_to_a_place_of_risk_is_the_guards_matter(self):
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.trip(TRIPS[1])
        assert (gate.passages, gate.opened, gate.lamp) == ([(Reason.RISK_PLACE,)], 0, Lamp.YELLOW)

    def test_answered_before_the_temperature_waits_for_it(self):
        gate = self.gate()
        gate.show(ANNA)
        gate.trip(())
        assert (gate.passages, machine.awaiting(gate.lane, gate.rules)) == ([], ("temperature",))
        gate.forehead(36.5)
        assert gate.passages == [()]

    def test_talking_about_it_does_not_wear_out_the_temperature(self):
        """Measured once, asked for half a minute: nobody is sent back to the sensor."""
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.wait(30.0)
        gate.trip(())
        assert gate.passages == [()]

    def test_a_fever_stays_one_however_long_the_talk(self):
        """The highest reading of the visit counts, and none is forgotten over the questions."""
        gate = self.gate()
        gate.show(ANNA)
        gate.forehead(38.4)
        for _ in range(30):
            gate.wait(1.0)
            for _ in range(5):
                gate.forehead(36.4)
        gate.trip(())
        assert gate.passages == [(Reason.FEVER,)]

    def test_nobody_answers_and_the_visit_ends(self):
        """Past the policy's wait and the time for the question, the guard decides."""
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.wait(WAITS + TRIP_SECONDS - 0.1)
        assert gate.passages == []
        gate.wait(0.2)
        assert (gate.passages, gate.opened) == ([(Reason.TRIP_UNKNOWN,)], 0)

    def test_a_doubtful_temperature_waits_for_the_answer_too(self):
        gate = self.gate()
        gate.show(ANNA)
        gate.forehead(33.0)
        gate.wait(5.0)
        assert gate.passages == []
        gate.trip(())
        gate.wait(0.1)
        assert gate.passages == [(Reason.TEMPERATURE_TOO_LOW,)]

    def test_given_for_one_is_not_taken_for_the_next(self):
        """The guard's finger comes down after the visit it was meant for was over."""
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        began = gate.lane.phase.since
        gate.wait(1.0)
        gate.empty()
        gate.show(BERT)
        gate.forehead(36.5)
        gate.tell(TripTold(began, ()))
        assert (gate.passages, gate.opened, len(gate.refused)) == ([(Reason.TRIP_UNKNOWN,)], 0, 1)

    def test_is_asked_of_nobody_whose_code_is_not_believed_or_where_the_office_does_not_ask(self):
        """A forged pass is decided at once, and so is everybody on the way out."""
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(FORGED)
        assert gate.passages == [(Reason.FORGED, Reason.TRIP_UNKNOWN)]
        out = Gate(rules=rules(**TRIPS_ASKED), lane=Lane(Direction.OUT))
        out.forehead(36.5)
        out.show(ANNA)
        out.trip(())
        assert (out.passages, out.opened, len(out.refused)) == ([()], 1, 1)

    def test_is_asked_of_somebody_without_a_code(self):
        gate = self.gate()
        gate.tell(CameWithoutCode())
        gate.forehead(36.5)
        gate.trip(())
        assert gate.passages == [(Reason.NO_CODE,)]


SHOPPING, WORK = Choice("shop", "买菜", "Shopping"), Choice("work", "上班", "Work")
NEARBY = Choice("nearby", "附近", "Nearby")
PURPOSE_ASKED = {"ask_purpose_on": frozenset({Direction.OUT}), "purposes": (SHOPPING, WORK)}


class TestAPurpose:
    def gate(self, **policy: object) -> Gate:
        return Gate(rules(**{**PURPOSE_ASKED, **policy}), lane=Lane(Direction.OUT))

    def test_is_waited_for_and_recorded(self):
        """Pass and temperature are there; one tap on the way out opens the barrier."""
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        assert (gate.passages, machine.awaiting(gate.lane, gate.rules)) == ([], ("temperature", "purpose"))
        gate.purpose("shop")
        assert (gate.passages, gate.opened, gate.drafts[0].evidence.purpose) == ([()], 1, "shop")

    def test_comes_with_a_destination_where_the_office_lists_some(self):
        """Half an answer is none: refused in words, and the visit still waits."""
        gate = self.gate(destinations=(NEARBY,))
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.purpose("shop")
        assert (gate.passages, len(gate.refused)) == ([], 1)
        gate.purpose("shop", "nearby")
        assert (gate.passages, gate.drafts[0].evidence.destination) == ([()], "nearby")

    def test_that_the_rules_no_longer_know_is_none(self):
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.purpose("dancing")
        assert (gate.passages, len(gate.refused)) == ([], 1)

    def test_is_not_asked_on_the_way_in_of_visitors_or_of_a_bad_pass(self):
        inward = Gate(rules(**PURPOSE_ASKED))
        inward.forehead(36.5)
        inward.show(ANNA)
        assert inward.passages == [()]
        forged, visitor = self.gate(), self.gate()
        for gate in (forged, visitor):
            gate.forehead(36.5)
        forged.show(FORGED)
        visitor.visitor()
        assert (forged.passages[0][0], visitor.passages) == (Reason.FORGED, [(Reason.UNANNOUNCED,)])

    def test_is_spared_whom_the_office_gave_the_green_channel(self):
        """The permit answers for him, and the passage names it."""
        permit = Permit("1" * 16, PermitKind.GREEN_CHANNEL, NOON - timedelta(days=1), NOON + timedelta(days=1))
        gate = self.gate()
        gate.name(a_resident("a", permits=(permit,)))
        gate.forehead(36.5)
        assert (gate.passages, gate.drafts[0].permit) == ([()], permit)

    def test_nobody_answers_and_the_visit_ends(self):
        gate = self.gate()
        gate.forehead(36.5)
        gate.show(ANNA)
        gate.wait(WAITS + PURPOSE_SECONDS - 0.1)
        assert gate.passages == []
        gate.wait(0.2)
        assert (gate.passages, gate.opened) == ([(Reason.PURPOSE_MISSING,)], 0)

    def test_given_for_one_is_not_taken_for_the_next(self):
        """The guard's finger comes down after the visit it was meant for was over."""
        gate = self.gate()
        gate.show(ANNA)
        began = gate.lane.phase.since
        gate.wait(100.0)
        gate.show(BERT)
        gate.tell(PurposeTold(began, "shop"))
        assert (gate.lane.phase.purpose, len(gate.refused)) == (None, 1)

    def test_and_a_trip_may_be_told_in_either_order(self):
        for order in (("purpose", "trip"), ("trip", "purpose")):
            gate = self.gate(ask_trip_on=frozenset(Direction), risk_places=(RUILI,))
            gate.forehead(36.5)
            gate.show(ANNA)
            for question in order:
                assert gate.passages == []
                gate.purpose("work") if question == "purpose" else gate.trip(())
            assert gate.passages == [()]
