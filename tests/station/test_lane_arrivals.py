"""Whoever comes without a code: by name, with his family, or on the guard's form."""

from datetime import timedelta

import pytest

from gate.caller import Caller
from gate.evidence import Earlier, Trace
from gate.passage import Ground
from gate.policy import Direction, GateRule
from gate.reason import Outcome, Reason
from gate.roster import Standing
from gate.temperature import Measurement
from station import lane as machine
from station.visit import (
    AmendmentFailed,
    CameWithoutCode,
    Committed,
    FormTaken,
    Gathering,
    GuardChanged,
    GuardDismissed,
    GuardSettled,
    Lamp,
    Measured,
    OpenBarrier,
    Ready,
    RecordAmendment,
    RefuseTap,
    RestBegun,
    ShowLamp,
    Tone,
)
from tests.station.played_lane import (
    ANNA,
    BERT,
    GREEN,
    GREEN_CODE,
    NOON,
    PAYMENT,
    RUILI,
    WAITS,
    Gate,
    a_pass,
    a_resident,
    rules,
)

B, C, D = a_resident("a"), a_resident("b"), a_resident("e")
GRANDMOTHER, SON, CHILD = B, C, D
CLOSED = {"gates": {"west": GateRule(open=False)}}


class TestByName:
    def test_whom_the_guard_found_on_the_roster_is_measured_and_goes_in(self):
        """No code, no phone: one tap and a normal forehead, recorded as found by the guard."""
        gate = Gate()
        gate.name(GRANDMOTHER)
        assert machine.awaiting(gate.lane, gate.rules) == ("temperature",)
        gate.forehead(36.5)
        assert (gate.passages, gate.opened) == ([()], 1)
        evidence = gate.drafts[0].evidence
        assert (evidence.named, evidence.resident, evidence.code) == (True, GRANDMOTHER, None)

    def test_the_rules_hold_for_him_as_for_any_code(self):
        """Being known by name neither cools a fever nor ends an isolation."""
        for resident, celsius, reason in (
            (GRANDMOTHER, 38.0, Reason.FEVER),
            (a_resident("c", Standing.ISOLATED), 36.5, Reason.ISOLATED),
        ):
            gate = Gate()
            gate.name(resident)
            gate.forehead(celsius)
            assert (gate.passages, gate.opened) == ([(reason,)], 0)

    def test_what_the_gates_remember_of_him_counts(self):
        """Whoever went in an hour ago and is named as coming in again is the guard's matter."""
        gate = Gate()
        gate.name(GRANDMOTHER, trace=Trace(Earlier("north", NOON, Direction.IN)))
        gate.forehead(36.5)
        assert gate.passages == [(Reason.SAME_WAY_TWICE,)]

    def test_a_policy_that_wants_codes_refers_him(self):
        gate = Gate(rules(admit_named=False))
        gate.name(GRANDMOTHER)
        gate.forehead(36.5)
        assert gate.passages == [(Reason.NO_CODE,)]

    def test_his_own_pass_joins_and_a_strangers_waits_for_its_turn(self):
        """While the guard is with somebody, no phone held up beside him takes his place."""
        gate = Gate()
        gate.name(ANNA.resident)
        gate.show(BERT)
        assert gate.passages == []
        gate.show(BERT, ANNA)
        gate.forehead(36.5)
        assert gate.passages == [()]
        assert gate.drafts[0].evidence.code is not None
        gate.show(BERT)
        gate.forehead(36.6)
        assert [draft.evidence.resident for draft in gate.drafts] == [ANNA.resident, BERT.resident]

    @pytest.mark.parametrize("begin", [lambda gate: gate.tell(CameWithoutCode()), lambda gate: gate.show(PAYMENT)])
    def test_a_visit_of_nobody_becomes_his(self, begin):
        """The guard saw him coming first, or he showed a code for shopping first: still one passage."""
        gate = Gate()
        begin(gate)
        gate.name(GRANDMOTHER)
        gate.forehead(36.5)
        assert (gate.passages, gate.refused) == ([()], [])

    def test_nobody_is_named_over_a_pass_that_is_just_decided(self):
        gate = Gate()
        gate.show(ANNA)
        gate.name(GRANDMOTHER)
        assert len(gate.refused) == 1
        gate.forehead(36.5)
        assert gate.drafts[0].evidence.resident == ANNA.resident


class TestASlipOfTheFinger:
    @pytest.mark.parametrize(
        "begin",
        [
            lambda gate: gate.name(GRANDMOTHER, SON),
            lambda gate: gate.visitor(admit=True),
            lambda gate: gate.tell(CameWithoutCode()),
        ],
    )
    def test_is_taken_back_before_anybody_was_measured(self, begin):
        """The wrong neighbour in the list: one tap, and nothing was recorded of somebody who never came."""
        gate = Gate()
        begin(gate)
        gate.tell(GuardDismissed())
        assert (gate.lane.phase, gate.lane.party, gate.passages, gate.refused) == (Ready(), (), [], [])

    @pytest.mark.parametrize("seen", [lambda gate: gate.forehead(33.0), lambda gate: gate.show(GREEN_CODE)])
    def test_is_none_once_something_was_shown_or_measured(self, seen):
        """An attempt is recorded, whatever the guard would rather."""
        gate = Gate()
        gate.name(GRANDMOTHER)
        seen(gate)
        gate.tell(GuardDismissed())
        assert len(gate.refused) == 1
        gate.wait(WAITS)
        assert len(gate.passages) == 1

    def test_is_not_what_a_shown_pass_is(self):
        gate = Gate()
        gate.show(ANNA)
        gate.tell(GuardDismissed())
        assert (len(gate.refused), isinstance(gate.lane.phase, Gathering)) == (1, True)


class TestAFamily:
    def family(self) -> Gate:
        gate = Gate()
        gate.name(GRANDMOTHER, SON, CHILD)
        return gate

    def pass_by(self, gate: Gate, celsius: float = 36.5) -> None:
        gate.forehead(celsius)
        gate.wait(GREEN)
        gate.nobody()

    def test_passes_one_after_the_other_on_one_tap(self):
        """Each is measured and recorded; when one green is over the next one's visit begins by itself."""
        gate = self.family()
        assert [each.resident for each in gate.lane.party] == [SON, CHILD]
        for _ in range(3):
            self.pass_by(gate)
        assert [draft.evidence.resident for draft in gate.drafts] == [GRANDMOTHER, SON, CHILD]
        assert (gate.passages, gate.opened, gate.lane.party) == ([(), (), ()], 3, ())
        assert isinstance(gate.lane.phase, Ready)

    def test_is_recorded_as_one(self):
        """Each names the first one's passage; the first names none, and whoever comes alone afterwards neither."""
        gate = self.family()
        for _ in range(3):
            self.pass_by(gate)
        gate.name(GRANDMOTHER)
        gate.forehead(36.5)
        assert [draft.party for draft in gate.drafts] == [None, 1, 1, None]

    def test_nobody_passes_on_the_forehead_of_the_one_before(self):
        """They stand close: before the sensor has seen nobody, its readings are still of the one before."""
        gate = self.family()
        gate.forehead(36.5)
        gate.wait(GREEN)
        gate.forehead(36.5)
        assert gate.passages == [()]
        gate.nobody()
        gate.forehead(38.2)
        assert gate.passages == [(), (Reason.FEVER,)]

    def test_waits_while_the_guard_deals_with_one_of_them(self):
        """A child with a fever stays on the screen until the guard acts; then the rest goes on."""
        gate = self.family()
        self.pass_by(gate, 38.2)
        gate.wait(600.0)
        assert gate.on_screen == (Reason.FEVER,)
        gate.tell(GuardDismissed())
        self.pass_by(gate)
        self.pass_by(gate)
        assert (gate.passages, gate.opened) == ([(Reason.FEVER,), (), ()], 2)

    def test_goes_on_when_one_of_them_goes_to_rest_or_is_sent_back(self):
        for signal in (RestBegun(1), GuardSettled(1, Outcome.REFUSE, Ground.SENT_BACK)):
            gate = self.family()
            self.pass_by(gate, 38.2)
            gate.tell(signal)
            assert gate.lane.phase.resident == SON

    def test_another_pass_in_between_does_not_end_it(self):
        """Whoever shows his code during a green has his turn; the family goes on afterwards."""
        gate = self.family()
        gate.forehead(36.5)
        gate.show(a_pass("9"))
        self.pass_by(gate, 36.6)
        self.pass_by(gate)
        self.pass_by(gate)
        assert [draft.party for draft in gate.drafts] == [None, None, 1, 1]

    def test_named_anew_replaces_whoever_still_waited(self):
        """The guard picked the wrong household: naming the right one is enough."""
        gate = self.family()
        gate.forehead(36.5)
        gate.name(ANNA.resident)
        gate.forehead(36.5)
        gate.wait(GREEN)
        assert ([draft.evidence.resident for draft in gate.drafts], gate.lane.phase) == (
            [GRANDMOTHER, ANNA.resident],
            Ready(),
        )

    def test_nobody_comes_twice_in_one_go(self):
        gate = Gate()
        gate.name(GRANDMOTHER, GRANDMOTHER, SON)
        assert [each.resident for each in gate.lane.party] == [SON]


class TestAForm:
    @pytest.mark.parametrize("caller", [Caller.VISITOR, Caller.VEHICLE, Caller.COURIER])
    def test_with_the_guards_word_lets_through_in_one_tap(self, caller):
        """Two records: a passage of somebody on no list with what was written down, and the guard's word on it."""
        gate = Gate()
        gate.tell(GuardChanged("li"))
        gate.visitor(admit=True, caller=caller)
        gate.forehead(36.5)
        assert (gate.passages, gate.opened, gate.lamp) == ([(Reason.UNANNOUNCED,)], 1, Lamp.GREEN)
        assert (gate.drafts[0].form, gate.drafts[0].evidence.caller) == (b"sealed", caller)
        assert gate.amendments == [GuardSettled(1, Outcome.ADMIT, Ground.HOST_AGREED, guard="li")]
        assert gate.tones[-1] is Tone.ADMIT

    def test_the_word_of_a_guard_is_not_his_reliefs(self):
        """Whoever has taken over since has tapped nothing: he sees the visitor and decides himself."""
        gate = Gate()
        gate.tell(GuardChanged("li"))
        gate.visitor(admit=True)
        gate.tell(GuardChanged("wang"))
        gate.forehead(36.5)
        assert (gate.passages, gate.opened, gate.amendments) == ([(Reason.UNANNOUNCED,)], 0, [])
        gate.settle(Outcome.ADMIT, Ground.HOST_AGREED)
        assert gate.amendments == [GuardSettled(1, Outcome.ADMIT, Ground.HOST_AGREED, guard="wang")]

    def test_nor_is_it_his_who_takes_over_before_it_is_on_the_disk(self):
        gate = Gate(meanwhile=GuardChanged("wang"))
        gate.tell(GuardChanged("li"))
        gate.visitor(admit=True)
        gate.forehead(36.5)
        assert (gate.drafts[0].guard, gate.lane.guard) == ("li", "wang")
        assert (gate.passages, gate.opened, gate.amendments) == ([(Reason.UNANNOUNCED,)], 0, [])

    def test_that_names_a_resident_is_still_a_form(self):
        """A car with a resident at the wheel is a car, and the guard's matter."""
        gate = Gate()
        gate.tell(FormTaken(Caller.VEHICLE, b"sealed", resident=GRANDMOTHER))
        gate.forehead(36.5)
        assert (gate.passages, gate.opened) == ([(Reason.UNANNOUNCED,)], 0)

    def test_without_it_waits_for_his_decision(self):
        gate = Gate()
        gate.visitor()
        gate.forehead(36.5)
        assert (gate.passages, gate.opened, gate.amendments) == ([(Reason.UNANNOUNCED,)], 0, [])
        gate.settle(Outcome.ADMIT, Ground.HOST_AGREED)
        assert gate.opened == 1

    @pytest.mark.parametrize(
        ("policy", "celsius", "reason"),
        [
            ({}, 38.2, Reason.FEVER),
            ({}, 33.0, Reason.TEMPERATURE_TOO_LOW),
            ({}, None, Reason.THERMOMETER_FAULT),
            ({"confirmed_at": NOON - timedelta(days=9)}, 36.5, Reason.RULES_STALE),
            (CLOSED, 36.5, Reason.GATE_CLOSED),
        ],
    )
    def test_the_word_that_came_with_it_covers_nothing_he_had_not_seen(self, policy, celsius, reason):
        """He tapped before the forehead was measured: what it says is his to decide anew, if it is his at all."""
        gate = Gate(rules(**policy))
        gate.visitor(admit=True)
        gate.forehead(celsius)
        gate.wait(2.0)
        assert reason in gate.passages[0]
        assert (gate.opened, gate.amendments) == (0, [])

    def test_an_office_that_keeps_visitors_out_is_obeyed(self):
        """What the policy does not leave to the guard no form opens."""
        gate = Gate(rules(overrulable=frozenset()))
        gate.visitor(admit=True)
        gate.forehead(36.5)
        assert (gate.passages, gate.opened, gate.amendments) == ([(Reason.UNANNOUNCED,)], 0, [])

    def test_a_visitor_is_asked_for_his_trips_as_anybody(self):
        gate = Gate(rules(ask_trip_on=frozenset(Direction), risk_places=(RUILI,)))
        gate.visitor(admit=True)
        gate.forehead(36.5)
        assert gate.passages == []
        gate.trip(())
        assert (gate.passages, gate.opened) == ([(Reason.UNANNOUNCED,)], 1)

    def test_a_returnee_is_recorded_as_one_and_let_in_by_the_guard(self):
        """He lives here; what follows is the office's. His form says where he was, so nobody asks again."""
        gate = Gate(rules(ask_trip_on=frozenset(Direction), risk_places=(RUILI,)))
        gate.returnee(GRANDMOTHER, admit=True)
        gate.forehead(36.5)
        assert (gate.passages, gate.opened) == ([(Reason.RETURNEE,)], 1)
        assert gate.drafts[0].evidence.resident == GRANDMOTHER

    def test_what_cannot_be_written_lets_nobody_through(self):
        """Neither the passage nor the word on it counts while the disk refuses, and the guard is told of both."""
        gate = Gate(disk_works=False)
        gate.visitor(admit=True)
        gate.forehead(36.5)
        assert (gate.opened, gate.on_screen) == (0, (Reason.UNANNOUNCED, Reason.UNRECORDED))

    def test_when_only_the_word_cannot_be_written_the_visitor_is_referred(self):
        """Between the two records the disk fills up: yellow, a sentence for the guard, a closed barrier."""
        gate = Gate()
        gate.visitor(admit=True)
        lane, effects = machine.step(
            gate.lane, Measured(Measurement(36.5, 22.0, "test"), gate.seconds), gate.rules, gate.now()
        )
        lane, effects = machine.step(lane, Committed(1), gate.rules, gate.now())
        assert [type(each) for each in effects] == [RecordAmendment]
        lane, effects = machine.step(lane, AmendmentFailed(), gate.rules, gate.now())
        assert OpenBarrier() not in effects
        assert ShowLamp(Lamp.YELLOW) in effects
        assert any(isinstance(each, RefuseTap) for each in effects)
