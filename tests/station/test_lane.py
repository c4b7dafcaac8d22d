"""The machine of one visit: what opens the barrier, what a visit waits for, whose turn it is, what the guard may do."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import ClockState, Moment
from gate.credential import CodeReading
from gate.formats.chain import Credential, Kind, Step
from gate.passage import Ground
from gate.policy import Direction, GateRule, Policy, Rules
from gate.reason import Outcome, Reason
from gate.roster import Health, Resident, Standing
from gate.temperature import Measurement
from gate.trip import TRIP_SECONDS, RiskPlace, Stay, Trip
from station import lane as machine
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    DirectionChosen,
    Gathering,
    GuardDismissed,
    GuardSettled,
    HealthTold,
    Lamp,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    OpenBarrier,
    Phase,
    ReadCode,
    Ready,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    Showing,
    ShowLamp,
    Signal,
    Tick,
    TripTold,
)

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FEVER = 37.3
WAITS, GREEN = 12.0, 3.0


def a_pass(person: str, standing: Standing = Standing.NORMAL) -> ReadCode:
    digits = person * 16
    credential = Credential("GC1", Kind.RESIDENT, "yuyuan", digits, digits, "0" * 16, NOON, NOON + timedelta(days=9))
    resident = Resident(digits, digits, "王*明", "3", standing=standing)
    return ReadCode(f"pass-{person}", CodeReading("GC1", (), credential), resident)


def a_bad_pass(name: str, reason: Reason) -> ReadCode:
    return ReadCode(name, CodeReading("GC1", (Step("signature", False, reason),)))


def a_health_code(name: str, colour: Health, asking: bool = False) -> ReadCode:
    reading = CodeReading("HEALTH", (Step("colour", False, Reason.HEALTH_CODE_UNREAD),))
    return ReadCode(name, reading, health=colour, asking=asking)


ANNA, BERT = a_pass("a"), a_pass("b")
ISOLATED = a_pass("c", Standing.ISOLATED)
FORGED = a_bad_pass("forged", Reason.FORGED)
EXPIRED = a_bad_pass("expired", Reason.EXPIRED)
POSTER = ReadCode("poster", CodeReading(None, (Step("recognise", False, Reason.NOT_OURS),)))
GREEN_CODE, RED_CODE = a_health_code("green", Health.GREEN), a_health_code("red", Health.RED)
ASKED = a_health_code("asked", Health.UNKNOWN, asking=True)
UNREAD = a_health_code("unread", Health.UNKNOWN)
PAYMENT = ReadCode("payment", CodeReading(None, (Step("recognise", False, Reason.NOT_OURS),)))

RUILI = RiskPlace("ruili", "瑞丽", "Ruili", NOON.date() - timedelta(days=5))
TRIPS: tuple[Trip, ...] = ((), (Stay("ruili", NOON.date()),))


def rules(confirmed_at: datetime = NOON, **policy: object) -> Rules:
    return Rules("west", Policy(title="test", **policy), "1.1", confirmed_at)


@dataclass
class Gate:
    """A lane with a disk: carries out what the machine asks for as the loop does, and writes down what happened."""

    rules: Rules | None = field(default_factory=rules)
    state: ClockState = ClockState.SYNCED
    disk_works: bool = True
    lane: Lane = field(default_factory=lambda: Lane(Direction.IN))
    seconds: float = 1000.0
    passages: list[tuple[Reason, ...]] = field(default_factory=list)
    amendments: list[GuardSettled] = field(default_factory=list)
    opened: int = 0
    lamp: Lamp = Lamp.DARK
    refused: list[str] = field(default_factory=list)

    def now(self) -> Now:
        return Now(Moment(NOON + timedelta(seconds=self.seconds), self.state), self.seconds)

    def tell(self, signal: Signal) -> None:
        before = self.lane
        self.lane, effects = machine.step(self.lane, signal, self.rules, self.now())
        for effect in effects:
            match effect:
                case RecordPassage(draft):
                    assert len(effects) == 1, "a decision must not speak before it is on the disk"
                    if self.disk_works:
                        self.passages.append(draft.reasons)
                    self.tell(
                        Committed(len(self.passages) + len(self.amendments)) if self.disk_works else CommitFailed()
                    )
                case RecordAmendment(settled):
                    assert len(effects) == 1, "an amendment must not speak before it is on the disk"
                    if self.disk_works:
                        self.amendments.append(settled)
                    self.tell(AmendmentCommitted() if self.disk_works else AmendmentFailed())
                case OpenBarrier():
                    self.opened += 1
                    self.check_opening(before, signal)
                case ShowLamp(lamp):
                    self.lamp = lamp
                case RefuseTap(why):
                    self.refused.append(why.en)

    def check_opening(self, before: Lane, signal: Signal) -> None:
        """The only two ways to open a barrier, each with the disk's word and with nothing against it."""
        assert self.disk_works
        if isinstance(signal, Committed):
            assert isinstance(before.phase, Committing)
            self.check_admitted(before.phase)
        else:
            assert isinstance(signal, AmendmentCommitted)
            settled = self.amendments[-1]
            reasons = next(each.reasons for each in before.recent if each.sequence == settled.sequence)
            assert settled.outcome is Outcome.ADMIT
            assert set(reasons) <= (self.rules.policy if self.rules else Policy(title="")).overrulable

    def check_admitted(self, phase: Committing) -> None:
        evidence = phase.draft.evidence
        assert self.passages[-1] == phase.draft.reasons == ()
        assert self.state is not ClockState.FLOOR
        assert self.rules is not None
        assert self.rules.policy.gate_rule("west").open
        assert self.now().moment.utc - self.rules.confirmed_at <= timedelta(hours=self.rules.policy.stale_after_hours)
        assert evidence.code is not None
        assert evidence.code.credential is not None
        assert evidence.resident is not None
        assert evidence.resident.standing is not Standing.ISOLATED
        assert evidence.health in ({Health.GREEN} | (set() if self.rules.policy.demand_health_code else {None}))
        if evidence.direction in self.rules.policy.measure_on:
            assert evidence.measurement is not None
        if evidence.direction in self.rules.policy.ask_trip_on:
            assert evidence.trip == ()
        if evidence.measurement is not None:
            assert evidence.measurement.celsius is not None
            assert evidence.measurement.celsius < FEVER

    def show(self, *codes: ReadCode) -> None:
        self.tell(CodesRead(codes) if codes else NothingSeen())

    def trip(self, trip: Trip) -> None:
        """The guard's answer for whoever stands there now."""
        phase = self.lane.phase
        self.tell(TripTold(phase.since if isinstance(phase, Gathering) else 0.0, trip))

    def empty(self, looks: int = machine.EMPTY_LOOKS) -> None:
        for _ in range(looks):
            self.tell(NothingSeen())

    def forehead(self, celsius: float | None, ambient: float | None = 22.0) -> None:
        self.tell(Measured(Measurement(celsius, ambient, "test"), self.seconds))

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.tell(Tick())

    def settle(self, outcome: Outcome, ground: Ground = Ground.PAPERS_CHECKED, sequence: int = 1) -> None:
        self.tell(GuardSettled(sequence, outcome, ground))

    @property
    def on_screen(self) -> tuple[Reason, ...] | None:
        return self.lane.phase.decided.reasons if isinstance(self.lane.phase, Showing) else None


class TestTheTable:
    def test_every_pair_of_phase_and_signal_is_named(self):
        """Nothing arrives unforeseen: each signal has a handler, or an explicit 'ignored', in each phase."""
        table = machine._table()
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
        gate.wait(machine.SECOND_THOUGHT_SECONDS)
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
        gate.empty(machine.EMPTY_LOOKS - 1)
        gate.show(EXPIRED)
        gate.forehead(36.5)
        assert len(gate.passages) == 1

    def test_a_hand_that_shakes_makes_one_passage(self):
        """At a real gate a code is gone only when it was unread for a second, however many frames that is."""
        gate = Gate(lane=Lane(Direction.IN, empty_seconds=machine.EMPTY_SECONDS))
        gate.show(ANNA)
        gate.forehead(36.5)
        for _ in range(5):
            gate.empty(10)
            gate.seconds += machine.EMPTY_SECONDS - 0.1
            gate.show(ANNA)
        assert gate.passages == [()]
        gate.seconds += machine.EMPTY_SECONDS
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

    def test_a_poster_that_never_leaves_does_not_keep_residents_from_returning(self):
        """A code that was away for long has left, even if the view was never empty."""
        gate = Gate()
        gate.show(POSTER, ANNA)
        gate.forehead(36.5)
        for _ in range(machine.FORGOTTEN_LOOKS):
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
        gate.wait(machine.SECOND_THOUGHT_SECONDS + 1)
        assert gate.passages == []
        gate.show(ANNA)
        assert gate.passages == [()]


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


CODES = st.sampled_from([ANNA, BERT, ISOLATED, FORGED, EXPIRED, POSTER, PAYMENT, GREEN_CODE, RED_CODE, ASKED, UNREAD])
MEASUREMENTS = st.builds(
    Measurement,
    st.sampled_from([None, math.nan, 33.0, 36.5, 36.9, 37.3, 39.0, 44.0]),
    st.sampled_from([22.0, 22.0, 22.0, None, -10.0]),
    st.just("test"),
)
SETTLED = st.builds(GuardSettled, st.integers(1, 12), st.sampled_from(Outcome), st.sampled_from(Ground))
SIGNALS = st.one_of(
    st.lists(CODES, min_size=1, max_size=3, unique_by=lambda code: code.digest).map(
        lambda codes: CodesRead(tuple(codes))
    ),
    st.builds(NothingSeen),
    st.tuples(MEASUREMENTS, st.floats(0, 6)),
    st.builds(NobodyMeasured),
    st.builds(Tick),
    SETTLED,
    st.builds(GuardDismissed),
    st.builds(DirectionChosen, st.sampled_from(Direction)),
    st.builds(CameWithoutCode),
    st.builds(HealthTold, st.just(ASKED.digest), st.sampled_from(Health)),
    st.builds(TripTold, st.floats(1000, 1010), st.sampled_from(TRIPS)),
)
WORLDS = st.tuples(
    st.sampled_from(
        [
            rules(),
            rules(),
            rules(measure_on=frozenset()),
            rules(NOON - timedelta(days=9)),
            rules(gates={"west": GateRule(open=False)}),
            rules(overrulable=frozenset(Reason)),
            rules(demand_health_code=True),
            rules(ask_trip_on=frozenset({Direction.IN}), risk_places=(RUILI,)),
            None,
        ]
    ),
    st.sampled_from([ClockState.SYNCED, ClockState.SYNCED, ClockState.HELD, ClockState.FLOOR]),
    st.sampled_from([True, True, True, False]),
    st.floats(0, 5),
)
FORGERIES = st.one_of(
    SIGNALS,
    st.builds(Committed, st.integers(1, 12)),
    st.builds(CommitFailed),
    st.builds(AmendmentCommitted),
    st.builds(AmendmentFailed),
)


def signal_at(drawn: object, seconds: float) -> Signal:
    """A drawn reading gets its time: so many seconds ago."""
    return Measured(drawn[0], seconds - drawn[1]) if isinstance(drawn, tuple) else drawn


class TestAnything:
    @given(st.lists(st.tuples(SIGNALS, WORLDS), max_size=60))
    def test_no_sequence_of_events_opens_the_barrier_against_the_rules(self, events):
        """Whatever happens in whatever order, with rules, clock and disk changing under it, the barrier opens only for
        a committed passage without a reason, or one that a committed amendment of a guard settled lawfully."""
        gate = Gate(lane=Lane(Direction.IN, both_directions=True))
        for drawn, (now_rules, state, disk_works, later) in events:
            gate.rules, gate.state, gate.disk_works = now_rules, state, disk_works
            gate.seconds += later
            gate.tell(signal_at(drawn, gate.seconds))
            assert not isinstance(gate.lane.phase, Committing)
        admitted = sum(not reasons for reasons in gate.passages)
        let_through = sum(settled.outcome is Outcome.ADMIT for settled in gate.amendments)
        assert gate.opened == admitted + let_through

    @given(st.lists(FORGERIES, max_size=60))
    def test_the_disks_word_opens_nothing_that_it_was_not_asked_about(self, events):
        """Even a loop that reports commits nobody asked for cannot make the machine open the barrier."""
        lane, seconds = Lane(Direction.IN, both_directions=True), 1000.0
        for drawn in events:
            seconds += 0.3
            before, signal = lane, signal_at(drawn, seconds)
            lane, effects = machine.step(lane, signal, rules(), Now(Moment(NOON, ClockState.SYNCED), seconds))
            if OpenBarrier() in effects:
                committed = isinstance(signal, Committed) and isinstance(before.phase, Committing)
                settled = isinstance(signal, AmendmentCommitted) and before.amending is not None
                assert (committed and before.phase.draft.reasons == ()) or (
                    settled and before.amending.outcome is Outcome.ADMIT
                )
            assert len(lane.recent) <= machine.RECENT
            assert len(lane.readings) <= machine.MOST_READINGS
