"""Whatever happens at a lane in whatever order, the barrier opens for nobody whom neither rules nor guard let through.

Hypothesis plays the street, the guard, the office and the disk; the machine under test is the real `step`. The disk's
word may be late, so that everything else also happens while a lane waits for it.
"""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gate.caller import Caller
from gate.clock import ClockState, Moment
from gate.passage import Ground
from gate.policy import Direction, Rules
from gate.reason import Outcome, Reason
from gate.roster import Health
from gate.temperature import HAND_HELD, Measurement, Site, judge_retest
from station import lane as machine
from station.lane.readings import MOST_READINGS
from station.lane.retest import MOST_RESTING
from station.lane.verdict import RECENT
from station.view import Barrier
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    BarrierMoved,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    DirectionChosen,
    FormTaken,
    Gathering,
    GuardChanged,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    HealthTold,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    OpenBarrier,
    PurposeTold,
    Ready,
    RecordAmendment,
    RecordPassage,
    RestBegun,
    RetestBegun,
    Showing,
    Signal,
    Tick,
    TripTold,
)
from tests.station.any_day import (
    CELSIUS,
    CLOCKS,
    CODES,
    NO_POLICY,
    NOBODYS,
    PEOPLE,
    POLICIES,
    WENT,
    Disk,
    check_forms_tap,
)
from tests.station.lane_witness import Witness
from tests.station.played_lane import ASKED, FEVER, FOREIGN, NOON, TRIPS, check_admitted, rules


class AnyDay(RuleBasedStateMachine):
    """`pending` answers come at once, later, or as a refusal, as hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.lane = Lane(Direction.IN, both_directions=True)
        self.rules: Rules | None = rules()
        self.clock = ClockState.SYNCED
        self.seconds = 1000.0
        self.disk = Disk()
        self.witness = Witness(Direction.IN)
        self.sound = True

    @initialize(
        now=st.sampled_from(POLICIES), state=st.sampled_from(CLOCKS), guard=st.sampled_from(["li", "li", "wang", None])
    )
    def the_day_begins(self, now, state, guard):
        self.rules, self.clock = now, state
        self.hear(GuardChanged(guard), ())

    def now(self) -> Now:
        return Now(Moment(NOON + timedelta(seconds=self.seconds), self.clock), self.seconds)

    def say(self, signal: Signal) -> bool:
        """Whether the lane asked for the barrier; what it wants written waits for the disk."""
        before, self.sound = type(self.lane.phase), False
        self.lane, effects = machine.step(self.lane, signal, self.rules, self.now())
        self.witness.sees(signal, effects, (before, type(self.lane.phase)), self.rules, self.now())
        records = [each for each in effects if isinstance(each, RecordPassage | RecordAmendment)]
        assert not records or len(effects) == 1, "it spoke before the disk did"
        self.disk.pending += [(each, self.rules, self.now()) for each in records]
        self.sound = True
        return effects.count(OpenBarrier()) == 1

    def hear(self, signal: Signal, answers: tuple[bool | None, ...]) -> None:
        """No signal but the disk's word may open; then the disk speaks as often as it likes to."""
        assert not self.say(signal), f"{signal} opened the barrier"
        for works in answers:
            if works is not None and self.disk.pending:
                self.answer(0, works=works)

    def answer(self, which: int, *, works: bool) -> None:
        record, then_rules, then = self.disk.pending.pop(which % len(self.disk.pending))
        if not works:
            refused = CommitFailed() if isinstance(record, RecordPassage) else AmendmentFailed()
            assert not self.say(refused), "what is not on the disk opened the barrier"
            return
        waiting = len(self.disk.pending)
        opened = self.say(self.disk.write(record))
        if isinstance(record, RecordPassage):
            assert opened is (record.draft.reasons == ())
            if len(self.disk.pending) > waiting:
                check_forms_tap(record.draft)
            if opened:
                check_admitted(record.draft, then_rules, then)
        else:
            assert opened is (record.settled.outcome is Outcome.ADMIT)
            if opened:
                self.check_overruled(record.settled, then_rules)

    def check_overruled(self, settled: GuardSettled, then_rules: Rules | None) -> None:
        """The passage is on the disk, and the guard's word is one that the office leaves to him."""
        policy = then_rules.policy if then_rules else NO_POLICY
        reasons = self.disk.passages[settled.sequence].reasons
        assert set(reasons) <= policy.overrulable
        assert settled.ground is not Ground.SENT_BACK
        assert settled.guard is not None or not policy.sign_on
        by_papers = settled.resident is not None
        if Reason.FEVER in reasons:
            assert settled.ground in (Ground.MEASURED_AGAIN, Ground.MEDICAL, Ground.OFFICE_AGREED) or by_papers
        if Reason.FEVER in reasons and (settled.ground is Ground.MEASURED_AGAIN or by_papers):
            retests = [each for each in self.disk.amendments if each.sequence == settled.sequence and each.readings]
            assert judge_retest(retests[-1].readings, policy.retest, policy.temperature) is None

    # --- the street ---

    answers = st.tuples(*[st.sampled_from([*[True] * 8, False, None])] * 2)

    @rule(codes=st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique_by=lambda each: each.digest), a=answers)
    def codes_are_shown(self, codes, a):
        self.hear(CodesRead(tuple(codes)), a)

    @rule(looks=st.integers(1, 4))
    def nothing_is_seen(self, looks):
        for _ in range(looks):
            self.hear(NothingSeen(), ())

    @rule(celsius=CELSIUS, ambient=st.sampled_from([22.0, 22.0, 22.0, None, -10.0]), ago=st.floats(0, 6), a=answers)
    def a_forehead_is_measured(self, celsius, ambient, ago, a):
        self.hear(Measured(Measurement(celsius, ambient, "test"), self.seconds - ago), a)

    @rule(celsius=st.sampled_from([33.0, 36.5, 36.6, FEVER, 39.0]), site=st.sampled_from(Site), a=answers)
    def the_guard_measures(self, celsius, site, a):
        self.hear(Measured(Measurement(celsius, None, HAND_HELD, site=site), self.seconds), a)

    @rule()
    def nobody_stands_there(self):
        self.hear(NobodyMeasured(), ())

    @rule(seconds=st.sampled_from([0.0, 0.3, 1.0, 2.5, 13.0, 70.0, 400.0]), a=answers)
    def time_passes(self, seconds, a):
        self.seconds += seconds
        self.hear(Tick(), a)

    @rule(barrier=st.sampled_from(Barrier))
    def the_barrier_moves(self, barrier):
        self.hear(BarrierMoved(barrier), ())

    @rule(colour=st.sampled_from(Health), a=answers)
    def the_province_answers(self, colour, a):
        self.hear(HealthTold(ASKED.digest, colour), a)

    @rule(code=st.sampled_from(CODES), celsius=st.sampled_from([36.5, 36.6, 38.2]), a=answers)
    def somebody_passes(self, code, celsius, a):
        """As on most days: a code, a forehead, and the answers that are asked for."""
        self.hear(CodesRead((code,)), a)
        self.hear(Measured(Measurement(celsius, 22.0, "test"), self.seconds), a)
        self.hear(TripTold(self.began(late=False), ()), a)
        self.hear(PurposeTold(self.began(late=False), "shop"), a)

    @rule(
        code=st.sampled_from(CODES),
        celsius=st.lists(st.sampled_from([36.5, 36.6, FEVER, 38.2, None]), min_size=2, max_size=3),
        apart=st.sampled_from([0.1, 1.0, 2.5]),
        first=st.integers(0, 2),
        waits=st.booleans(),
        a=answers,
    )
    def somebody_is_measured_again_and_again(self, code, celsius, apart, first, waits, a):
        """Before his code, after it, and while the lane waits for an answer or a second figure."""
        self.hear(NobodyMeasured(), ())
        for which, figure in enumerate(celsius):
            if which == first:
                self.hear(CodesRead((code,)), a)
            self.seconds += apart
            self.hear(Measured(Measurement(figure, 22.0, "test"), self.seconds), a)
        if waits:
            self.seconds += 13.0
            self.hear(Tick(), a)

    @rule(
        code=st.sampled_from(CODES),
        celsius=st.sampled_from([36.5, 36.5, FEVER]),
        fails=st.booleans(),
        waits=st.sampled_from([0.0, 3.0, 5.0, 30.0]),
        a=answers,
    )
    def somebody_is_measured_before_he_shows_his_code(self, code, celsius, fails, waits, a):
        """He looks for his phone meanwhile, or goes without a word; or the sensor fails, and cannot say who left."""
        self.hear(GuardDismissed(), a)
        self.hear(NobodyMeasured(), ())
        self.hear(Measured(Measurement(celsius, 22.0, "test"), self.seconds), a)
        if fails:
            self.hear(Measured(Measurement(None, None, "test"), self.seconds), a)
        self.seconds += waits
        self.hear(CodesRead((code,)), a)

    @rule(
        people=st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=3),
        celsius=st.sampled_from([36.5, 38.2]),
        a=answers,
    )
    def a_family_passes(self, people, celsius, a):
        self.hear(GuardNamed(tuple(people)), a)
        for figure in (celsius, 36.5, 36.6):
            self.hear(Measured(Measurement(figure, 22.0, "test"), self.seconds), a)
            self.hear(GuardDismissed(), a)
            self.hear(NobodyMeasured(), ())

    # --- the guard ---

    @rule(a=answers)
    def somebody_comes_without_a_code(self, a):
        self.hear(CameWithoutCode(), a)

    @rule(people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4), a=answers)
    def the_guard_names_them(self, people, a):
        self.hear(GuardNamed(tuple(people)), a)

    @rule(
        caller=st.sampled_from(Caller),
        returnee=st.booleans(),
        resident=st.sampled_from([None, *PEOPLE]),
        admit=st.booleans(),
        ground=st.sampled_from(Ground),
        a=answers,
    )
    def a_form_is_filled_in(self, caller, returnee, resident, admit, ground, a):
        self.hear(FormTaken(caller, b"sealed", returnee, resident, admit, ground), a)

    @rule(
        celsius=st.sampled_from([36.5, 36.5, 36.5, FEVER, None]),
        then=st.sampled_from(["wang", "wang", "li", None]),
        resident=st.sampled_from([None, None, None, *PEOPLE]),
        admit=st.sampled_from([True, True, False]),
        late=st.booleans(),
        a=answers,
        b=answers,
    )
    def a_visitor_comes(self, celsius, then, resident, admit, late, a, b):
        """Perhaps with the guard's word on the form; and another may have relieved him before the disk answers."""
        self.hear(GuardDismissed(), a)
        self.hear(GuardChanged("li"), ())
        self.hear(FormTaken(Caller.VISITOR, b"sealed", False, resident, admit), a)
        if not late:
            self.hear(GuardChanged(then), ())
        self.hear(Measured(Measurement(celsius, 22.0, "test"), self.seconds), (None,) if late else a)
        self.hear(GuardChanged(then), b)

    @rule(trip=st.sampled_from(TRIPS), late=st.booleans(), a=answers)
    def a_trip_is_told(self, trip, late, a):
        self.hear(TripTold(self.began(late), trip), a)

    @rule(purpose=st.sampled_from(["shop", "shop", "gone"]), late=st.booleans(), a=answers)
    def a_purpose_is_told(self, purpose, late, a):
        self.hear(PurposeTold(self.began(late), purpose), a)

    @rule(which=st.integers(0, 9), outcome=st.sampled_from(Outcome), ground=st.sampled_from(Ground), a=answers)
    def the_guard_settles(self, which, outcome, ground, a):
        self.hear(GuardSettled(self.at_hand(which), outcome, ground), a)

    @rule(ground=st.sampled_from(Ground), resident=st.sampled_from([None, None, *PEOPLE]), went=WENT, a=answers)
    def the_guard_admits_whom_he_sees(self, ground, resident, went, a):
        self.hear(GuardSettled(self.on_screen(), Outcome.ADMIT, ground, resident, trace=went), a)

    @rule(
        celsius=st.sampled_from([36.5, 38.2]),
        resident=st.sampled_from(PEOPLE),
        went=WENT,
        rests=st.booleans(),
        a=answers,
    )
    def somebody_is_found_by_his_papers(self, celsius, resident, went, rests, a):
        """Of another issuer; perhaps only after his rest."""
        self.hear(GuardDismissed(), a)
        self.hear(CodesRead((FOREIGN,)), a)
        self.hear(Measured(Measurement(celsius, 22.0, "test"), self.seconds), a)
        number = self.on_screen()
        if rests:
            self.hear(RestBegun(number), a)
            self.whoever_rested_comes_back([36.5, 36.4], a)
        self.hear(GuardSettled(number, Outcome.ADMIT, Ground.PAPERS_CHECKED, resident, trace=went), a)

    @rule(a=answers)
    def the_guard_dismisses(self, a):
        self.hear(GuardDismissed(), a)

    @rule(which=st.integers(0, 9), a=answers)
    def a_rest_begins(self, which, a):
        self.hear(RestBegun(self.at_hand(which)), a)

    @rule(which=st.integers(0, 9), a=answers)
    def a_retest_begins(self, which, a):
        self.hear(RetestBegun(self.at_hand(which)), a)

    @rule(person=st.sampled_from(PEOPLE), a=answers)
    def somebody_with_a_fever_goes_to_rest(self, person, a):
        self.hear(GuardDismissed(), a)
        self.hear(GuardNamed((person,)), a)
        self.hear(Measured(Measurement(38.2, 22.0, "test"), self.seconds), a)
        self.hear(RestBegun(self.on_screen()), a)

    @precondition(lambda self: self.lane.resting)
    @rule(
        celsius=st.tuples(*[st.sampled_from([36.5, 36.4, 38.0])] * 2),
        ground=st.sampled_from([Ground.MEASURED_AGAIN, Ground.MEASURED_AGAIN, *Ground]),
        early=st.sampled_from([False, False, True]),
        a=answers,
    )
    def whoever_rested_is_measured_again(self, celsius, ground, early, a):
        number = self.whoever_rested_comes_back(celsius, a, early=early)
        self.hear(GuardSettled(number, Outcome.ADMIT, ground), a)

    @precondition(lambda self: self.lane.resting)
    @rule(
        which=st.integers(0, 3), celsius=st.sampled_from([36.5, 38.2]), seconds=st.sampled_from([0.0, 400.0]), a=answers
    )
    def whoever_rests_comes_by_himself(self, which, celsius, seconds, a):
        """Tired of waiting, with his pass or by name, and a forehead that the wind has cooled."""
        person = self.lane.resting[which % len(self.lane.resting)].decided.evidence.resident
        self.seconds += seconds
        self.hear(GuardDismissed(), a)
        self.hear(NobodyMeasured(), ())
        self.hear(GuardNamed((person,)) if person else CameWithoutCode(), a)
        self.hear(Measured(Measurement(celsius, 22.0, "test"), self.seconds), a)

    @rule(direction=st.sampled_from(Direction), a=answers)
    def the_lane_is_turned(self, direction, a):
        self.hear(DirectionChosen(direction), a)

    @rule(guard=st.sampled_from([None, "li", "wang"]))
    def the_guard_changes(self, guard):
        self.hear(GuardChanged(guard), ())

    # --- the office, the clock, the disk ---

    @rule(now=st.sampled_from(POLICIES))
    def the_rules_change(self, now):
        self.rules = now

    @rule(state=st.sampled_from(CLOCKS))
    def the_clock_changes(self, state):
        self.clock = state

    @precondition(lambda self: self.disk.pending)
    @rule(which=st.integers(0, 1), works=st.booleans())
    def the_disk_answers_late(self, which, works):
        self.answer(which, works=works)

    @precondition(lambda self: not self.disk.pending)
    @rule(word=st.sampled_from([Committed(3), CommitFailed(), AmendmentCommitted(), AmendmentFailed()]))
    def the_disk_speaks_unasked(self, word):
        """Even a loop that reports what nobody asked for opens nothing."""
        self.hear(word, ())

    # --- what always holds ---

    @invariant()
    def what_is_remembered_is_bounded(self):
        assert len(self.lane.recent) <= RECENT
        assert len(self.lane.readings) <= MOST_READINGS
        assert len(self.lane.resting) <= MOST_RESTING

    @invariant()
    def whoever_waits_for_the_disk_is_known_to_it(self):
        waiting = [type(record) for record, _, _ in self.disk.pending]
        assert waiting.count(RecordPassage) == isinstance(self.lane.phase, Committing)
        assert waiting.count(RecordAmendment) == (self.lane.amending is not None)

    def teardown(self) -> None:
        """However it came there, no lane is jammed: time ends every wait, and the guard dismisses every verdict."""
        for _ in range(60 if self.sound else 0):
            while self.disk.pending:
                self.answer(0, works=True)
            if isinstance(self.lane.phase, Ready):
                return
            self.seconds += 200.0
            waits = not isinstance(self.lane.phase, Showing)
            self.hear(Tick() if waits else GuardDismissed(), (True, True))
        assert not self.sound, f"jammed: {self.lane.phase}"

    def whoever_rested_comes_back(self, celsius, a, *, early=False) -> int:
        """The first of them, measured at both places, his time over or not; the number of his passage."""
        if not self.lane.resting:
            return NOBODYS
        rested = self.lane.resting[0]
        if not early:
            self.seconds = max(self.seconds, rested.ready_seconds)
        self.hear(GuardDismissed(), a)
        self.hear(RetestBegun(rested.decided.sequence), a)
        for figure, site in zip(celsius, Site, strict=True):
            self.hear(Measured(Measurement(figure, None, HAND_HELD, site=site), self.seconds), a)
        return rested.decided.sequence

    def began(self, late: bool) -> float:
        """Of the running visit, unless the guard's finger comes down too late."""
        return self.lane.phase.since if isinstance(self.lane.phase, Gathering) and not late else 1.0

    def on_screen(self) -> int:
        phase = self.lane.phase
        return (phase.decided.sequence or NOBODYS) if isinstance(phase, Showing) else NOBODYS

    def at_hand(self, which: int) -> int:
        """The passage on the screen, another that can still be settled, or none."""
        resting = [each.decided.sequence for each in self.lane.resting]
        numbers = [self.on_screen(), *resting, *(each.sequence for each in self.lane.recent)]
        return (numbers[which] if which < len(numbers) else None) or NOBODYS


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
