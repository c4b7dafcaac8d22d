"""A bystander at the lane who judges for himself whom it may let through: from what it was told, not from its records.

`test_lane_anything` tells him every signal with what the lane asked for in answer. Rule: of the lane he believes only
what everybody sees: in which phase it is, that it refused a tap, and what it wants written. Whose forehead was how
warm, whether the rules were fresh and the clock believed, who was on duty and what he tapped he knows from the signals.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from gate.clock import ClockState
from gate.passage import Ground
from gate.policy import Direction, Policy, Rules
from gate.reason import Outcome, Reason
from gate.roster import Health, Resident, Standing
from gate.temperature import HAND_HELD, Measurement, Site, TemperatureLimits
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    DirectionChosen,
    Draft,
    Effect,
    FormTaken,
    Gathering,
    GuardChanged,
    GuardNamed,
    GuardSettled,
    Lamp,
    Measured,
    NobodyMeasured,
    Now,
    OpenBarrier,
    Phase,
    PurposeTold,
    ReadCode,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    RestBegun,
    RetestBegun,
    Retesting,
    ShowLamp,
    Signal,
    TripTold,
)

LIVES_SECONDS = 4.0
AWAITED_SECONDS = 7200.0
FEVER_SECONDS = 7200.0
MOST_AT_HAND = 8
SAME_LOOK_SECONDS = 2.0
ANSWERS_A_FEVER = (Ground.MEASURED_AGAIN, Ground.MEDICAL, Ground.OFFICE_AGREED)
OF_THE_TEMPERATURE = {
    Reason.FEVER,
    Reason.TEMPERATURE_TOO_LOW,
    Reason.TEMPERATURE_DOUBTFUL,
    Reason.TEMPERATURE_MISSING,
    Reason.THERMOMETER_FAULT,
}
_WORDS_OF_A_GUARD = (GuardNamed, FormTaken, GuardSettled, RestBegun, RetestBegun)
_BRINGS = (CodesRead, CameWithoutCode, GuardNamed, FormTaken)
_NO_POLICY = Policy(title="")


def warm(measured: Measurement, limits: TemperatureLimits) -> bool:
    return measured.celsius is not None and limits.fever_celsius <= measured.celsius <= limits.impossible_celsius


def normal(measured: Measurement, limits: TemperatureLimits) -> bool:
    """A figure of a living forehead below the limit, taken in air that the sensor is made for."""
    celsius, air = measured.celsius, measured.ambient_celsius
    by_hand = measured.sensor == HAND_HELD and air is None
    fits = by_hand or (air is not None and limits.ambient_low_celsius <= air <= limits.ambient_high_celsius)
    return celsius is not None and limits.too_low_celsius <= celsius < limits.fever_celsius and fits


def faulty(measured: Measurement, limits: TemperatureLimits) -> bool:
    return measured.celsius is None or not -50.0 < measured.celsius <= limits.impossible_celsius


def twice(readings: Iterable[Measured]) -> bool:
    """Two of them are not of the same look."""
    good = sorted(readings, key=lambda each: each.taken_at)
    if len({(each.measurement.sensor, each.measurement.site) for each in good}) > 1:
        return True
    return bool(good) and good[-1].taken_at - good[0].taken_at >= SAME_LOOK_SECONDS


@dataclass
class Visit:
    """Whoever stands there. follows: one of these, whom the guard named with others before. family: one of several.

    tapped_by: who was on duty as the form was written.
    """

    began: float
    codes: list[ReadCode] = field(default_factory=list)
    named: Resident | None = None
    follows: list[Resident] = field(default_factory=list)
    form: FormTaken | None = None
    tapped_by: str | None = None
    family: bool = False
    trip: bool = False
    purpose: bool = False

    def people(self) -> list[Resident]:
        """Whom anything that was shown or said during this visit speaks of."""
        shown = [code.resident for code in self.codes if code.reading.credential is not None]
        said = [self.named, self.form.resident if self.form else None]
        return [each for each in (*shown, *said, *self.follows) if each is not None]


@dataclass(frozen=True)
class Judgement:
    """against: what speaks against a passage for certain. tap: on which ground a guard let him through on his form.

    who: whom it speaks of, and direction: which way he went.
    """

    against: frozenset[Reason]
    direction: Direction
    who: Resident | None = None
    family: bool = False
    tap: Ground | None = None
    tapped_by: str | None = None


@dataclass
class Witness:
    """`sees` raises AssertionError where the lane did what it must not."""

    direction: Direction
    guard: str | None = None
    attended: bool = False
    readings: list[Measured] = field(default_factory=list)
    visit: Visit | None = None
    party: list[Resident] = field(default_factory=list)
    family_known: bool = False
    deciding: Judgement | None = None
    passages: dict[int, Judgement] = field(default_factory=dict)
    word: tuple[GuardSettled, Rules | None] | None = None
    retested: int = 0
    places: list[Site] = field(default_factory=list)
    again: list[Measurement] = field(default_factory=list)
    retests: dict[int, list[Measurement]] = field(default_factory=dict)
    resting: dict[str, tuple[int, float]] = field(default_factory=dict)
    rest_over: dict[int, float] = field(default_factory=dict)
    feverish: dict[str, float] = field(default_factory=dict)
    passages_then: int = 0

    def sees(
        self,
        signal: Signal,
        effects: tuple[Effect, ...],
        phases: tuple[type[Phase], type[Phase]],
        rules: Rules | None,
        now: Now,
    ) -> None:
        """phases: before and after the signal."""
        refused = any(isinstance(each, RefuseTap) for each in effects)
        policy = rules.policy if rules else _NO_POLICY
        if policy.sign_on and self.guard is None and isinstance(signal, _WORDS_OF_A_GUARD):
            assert refused, f"{signal} was obeyed, and nobody is on duty"
        self._stand_there(signal, phases, policy, now, refused=refused)
        written = next((each for each in effects if isinstance(each, RecordPassage | RecordAmendment)), None)
        begins = phases[0] is not Gathering and (phases[1] is Gathering or isinstance(written, RecordPassage))
        if not refused:
            self._hear(signal, now, begins=begins)
        if isinstance(written, RecordPassage):
            self._judge(signal, written.draft, rules, now)
        elif phases[1] is not Gathering:
            self.visit = None
        if isinstance(written, RecordAmendment):
            self._check_word(signal, written.settled, phases[0], rules)
        opens = OpenBarrier() in effects
        assert opens or ShowLamp(Lamp.GREEN) not in effects or isinstance(signal, AmendmentFailed), "green by mistake"
        self._disk_spoke(signal, phases[0], now, opens=opens)

    # --- what he sees ---

    def _stand_there(
        self, signal: Signal, phases: tuple[type[Phase], type[Phase]], policy: Policy, now: Now, *, refused: bool
    ) -> None:
        """Who is on duty, and whose forehead is before the thermometer."""
        before, after = phases
        if isinstance(signal, GuardChanged):
            self.guard = signal.guard
        elif isinstance(signal, DirectionChosen) and not refused:
            self.direction = signal.direction
        elif isinstance(signal, NobodyMeasured) and before is not Retesting:
            self.attended = False
            self.readings = self.readings if before is Gathering else []
        elif isinstance(signal, Measured):
            self._measured(signal, before, policy)
        if isinstance(signal, RetestBegun) and after is Retesting and not refused:
            self._check_rested(signal.sequence, policy, now)
            self.retested, self.places, self.again = signal.sequence, list(policy.retest.sites), []
            self.readings = []

    def _check_rested(self, sequence: int, policy: Policy, now: Now) -> None:
        """Whoever has a fever is measured again after his rest, and nobody sooner than it is over."""
        again = self.retests.get(sequence, [])
        warm_now = any(warm(each, policy.temperature) for each in again)
        fever = Reason.FEVER in self.passages[sequence].against or warm_now
        over = self.rest_over.get(sequence)
        assert over is not None or not fever or policy.retest.rest_minutes == 0, "measured again without a rest"
        assert over is None or now.seconds >= over, "his rest is not over"

    def _measured(self, reading: Measured, phase: type[Phase], policy: Policy) -> None:
        measurement, limits = reading.measurement, policy.temperature
        by_hand = measurement.sensor == HAND_HELD
        if phase is Retesting:
            useful = warm(measurement, limits) or normal(measurement, limits)
            if by_hand or (useful and measurement.site in self.places):
                self.again.append(measurement)
                self.places = [each for each in self.places if each is not measurement.site]
        elif phase is Gathering:
            assert self.visit is not None
            another = self.visit.family and self.family_known and self.attended
            if by_hand or not another:
                self.readings.append(reading)
        elif phase is not Committing and not by_hand:
            if faulty(measurement, limits):
                self.readings = []
            elif not self.attended:
                self.readings.append(reading)

    def _hear(self, signal: Signal, now: Now, *, begins: bool) -> None:
        """Who comes, with what, and what he answers."""
        if begins:
            self.visit = Visit(now.seconds)
            if not isinstance(signal, _BRINGS):
                # Whoever of them has shown his own pass meanwhile comes no more.
                self.visit.follows, self.visit.family = list(self.party), True
        visit = self.visit
        if visit is None:
            return
        match signal:
            case CodesRead(codes):
                visit.codes += codes
            case GuardNamed(residents):
                people = list({each.person: each for each in residents}.values())
                visit.named, self.party, visit.family = people[0], people[1:9], len(people) > 1
                self.family_known = False
            case FormTaken():
                visit.form, visit.tapped_by = signal, self.guard
            case TripTold(began):
                assert began == visit.began, "another's answer counted"
                visit.trip = True
            case PurposeTold(began):
                assert began == visit.began, "another's answer counted"
                visit.purpose = True

    # --- what he holds against a passage ---

    def _judge(self, signal: Signal, draft: Draft, rules: Rules | None, now: Now) -> None:
        """Whatever speaks against somebody for certain stands in his record."""
        visit = self.visit
        assert visit is not None, "decided, and nobody was there"
        counts = [each for each in self.readings if visit.began - LIVES_SECONDS <= each.taken_at <= now.seconds]
        who = self._who(visit, draft)
        against = frozenset(self._against(visit, who, counts, rules, now))
        missed = against - set(draft.reasons)
        assert not missed, f"nothing is written of {missed}"
        assert draft.guard == self.guard
        assert draft.evidence.direction is self.direction
        if rules is not None and not against & {Reason.GATE_CLOSED} and self.direction in rules.policy.measure_on:
            self._check_measured(signal, draft, who, counts, rules.policy)
        tap = visit.form.ground if visit.form and visit.form.admit else None
        self.deciding = Judgement(against, self.direction, who, visit.family, tap, visit.tapped_by)
        self.visit, self.readings, self.attended = None, [], True

    def _who(self, visit: Visit, draft: Draft) -> Resident | None:
        resident = draft.evidence.resident
        if resident is None:
            assert draft.reasons, "nobody knows who it is"
            return None
        who = next((each for each in visit.people() if each.person == resident.person), None)
        assert who is not None, "decided of somebody who is not there"
        if visit.follows:
            names = [each.person for each in visit.follows]
            self.party = visit.follows[names.index(who.person) + 1 :]
        return who

    def _against(
        self, visit: Visit, who: Resident | None, counts: list[Measured], rules: Rules | None, now: Now
    ) -> list[Reason]:
        if rules is None:
            return [Reason.RULES_MISSING]
        policy, shut = rules.policy, not rules.policy.gate_rule("west").open
        stale = now.moment.utc - rules.confirmed_at > timedelta(hours=policy.stale_after_hours)
        passes = [code for code in visit.codes if code.reading.credential is not None]
        asked = visit.form is None and not shut
        red = who is not None and who.health is Health.RED
        person = who.person if who is not None else ""
        rests = now.seconds < self.resting.get(person, (0, 0.0))[1]
        found = {
            Reason.RETEST_DUE: rests or now.seconds < self.feverish.get(person, 0.0),
            Reason.RULES_STALE: stale,
            Reason.CLOCK_NOT_BELIEVED: now.moment.state is ClockState.FLOOR,
            Reason.GATE_CLOSED: shut,
            Reason.FEVER: any(warm(each.measurement, policy.temperature) for each in counts),
            Reason.NO_CODE: visit.form is None and not passes and self._shows_nothing(visit, policy),
            Reason.UNANNOUNCED: visit.form is not None and not visit.form.returnee,
            Reason.RETURNEE: visit.form is not None and visit.form.returnee,
            Reason.ISOLATED: who is not None and who.standing is Standing.ISOLATED,
            Reason.HEALTH_RED: red,
            Reason.HEALTH_CODE_UNREAD: policy.demand_health_code and not shut and not red and not _health(visit),
            Reason.TRIP_UNKNOWN: asked and self.direction in policy.ask_trip_on and not visit.trip,
            Reason.PURPOSE_MISSING: asked and self.direction in policy.ask_purpose_on and not visit.purpose,
        }
        return [reason for reason, holds in found.items() if holds]

    def _shows_nothing(self, visit: Visit, policy: Policy) -> bool:
        named = visit.named is not None or bool(visit.follows)
        return not policy.admit_named if named else all(code.health is not None for code in visit.codes)

    def _check_measured(
        self, signal: Signal, draft: Draft, who: Resident | None, counts: list[Measured], policy: Policy
    ) -> None:
        """Without a believable figure nobody passes, and without a second one nobody who is watched."""
        limits, reasons = policy.temperature, set(draft.reasons)
        good = [each for each in counts if normal(each.measurement, limits)]
        assert good or reasons & OF_THE_TEMPERATURE, "nobody knows how warm he is"
        if who is None or who.standing is not Standing.MONITORED or twice(good):
            return
        assert Reason.SECOND_READING_MISSING in reasons, "watched, and measured once"
        figures = [each for each in counts if (each.measurement.celsius or 0.0) >= limits.too_low_celsius]
        hasty = isinstance(signal, Measured) and Reason.FEVER not in reasons
        assert not hasty or twice(figures), "decided before a second reading could come"

    # --- what he holds against the guard's word ---

    def _check_word(self, signal: Signal, settled: GuardSettled, before: type[Phase], rules: Rules | None) -> None:
        """Nothing is written in the guard's name but what he tapped, while he was there."""
        assert settled.guard == self.guard
        if isinstance(signal, GuardSettled):
            tapped = (signal.sequence, signal.outcome, signal.ground, signal.resident)
            assert tapped == (settled.sequence, settled.outcome, settled.ground, settled.resident)
            assert settled.ground is not Ground.RESTS, "a rest that nobody sent him to"
        elif isinstance(signal, RestBegun):
            assert (settled.sequence, settled.ground) == (signal.sequence, Ground.RESTS)
            assert settled.outcome is not Outcome.ADMIT, "a rest opens nothing"
        elif before is Committing and isinstance(signal, Committed):
            decided = self.deciding
            assert decided is not None
            assert (settled.outcome, settled.ground) == (Outcome.ADMIT, decided.tap)
            assert decided.tapped_by == self.guard, "the tap has outlived its guard"
        else:
            assert before is Retesting, f"nobody said so: {signal}"
            assert settled.outcome is not Outcome.ADMIT, "a retest opens nothing by itself"
            assert settled.sequence == self.retested
            fever = any(warm(each, rules.policy.temperature if rules else TemperatureLimits()) for each in self.again)
            assert not fever or settled.outcome is Outcome.REFUSE
            self.attended, self.readings = True, []
        self.word, self.passages_then = (settled, rules), len(self.passages)

    def _disk_spoke(self, signal: Signal, before: type[Phase], now: Now, *, opens: bool) -> None:
        """Only now may a barrier open."""
        if before is Committing and isinstance(signal, Committed | CommitFailed):
            decided, self.deciding = self.deciding, None
            assert decided is not None
            if decided.who is not None and Reason.FEVER in decided.against:
                self.feverish[decided.who.person] = now.seconds + FEVER_SECONDS
            if isinstance(signal, Committed):
                self.passages[signal.sequence] = decided
                self.family_known = self.family_known or decided.family
            assert not opens or (isinstance(signal, Committed) and not decided.against)
        elif isinstance(signal, AmendmentCommitted | AmendmentFailed) and self.word is not None:
            (settled, rules), self.word = self.word, None
            if isinstance(signal, AmendmentCommitted):
                self._note_word(settled, rules.policy if rules else _NO_POLICY, now)
            assert not opens or isinstance(signal, AmendmentCommitted)
            if opens:
                self._check_overruled(settled, rules.policy if rules else _NO_POLICY, now)
        else:
            assert not opens, f"{signal} opened the barrier"

    def _note_word(self, settled: GuardSettled, policy: Policy, now: Now) -> None:
        """Who rests from now on, and who does no more."""
        if settled.readings:
            self.retests[settled.sequence] = list(self.again)
        who = self.passages[settled.sequence].who
        self.rest_over.pop(settled.sequence, None)
        if settled.outcome is Outcome.ADMIT and who is not None:
            self.feverish.pop(who.person, None)
        elif settled.readings and who is not None and any(warm(each, policy.temperature) for each in self.again):
            self.feverish[who.person] = now.seconds + FEVER_SECONDS
        if settled.ground is Ground.RESTS:
            self.rest_over[settled.sequence] = now.seconds + 60.0 * policy.retest.rest_minutes
        if settled.ground is not Ground.RESTS:
            through = who.person if who is not None and settled.outcome is Outcome.ADMIT else None
            left = {at: each for at, each in self.resting.items() if settled.sequence != each[0] and at != through}
            self.resting = left
        # Past the last few passages a lane may have lost sight of his before the disk has spoken.
        elif who is not None and len(self.passages) - self.passages_then < MOST_AT_HAND - 1:
            ends = now.seconds + 60.0 * policy.retest.rest_minutes + AWAITED_SECONDS
            self.resting[who.person] = settled.sequence, ends

    def _check_overruled(self, settled: GuardSettled, policy: Policy, now: Now) -> None:
        """The passage is on the disk, and the word is one that the office leaves to a guard."""
        decided, retest = self.passages[settled.sequence], self.retests.get(settled.sequence, [])
        assert settled.outcome is Outcome.ADMIT
        assert settled.ground is not Ground.SENT_BACK
        assert settled.guard is not None or not policy.sign_on
        assert decided.against <= policy.overrulable
        assert settled.resident is None or settled.resident.standing is not Standing.ISOLATED
        if settled.resident is not None:
            earlier, at = settled.trace.earlier, settled.trace.earlier.at if settled.trace.earlier else None
            again = earlier is not None and earlier.direction is decided.direction
            assert not again or at is None or now.moment.utc - at >= timedelta(hours=policy.same_way_hours)
        fever = bool({Reason.FEVER, Reason.RETEST_DUE} & decided.against)
        fever = fever or any(warm(each, policy.temperature) for each in retest)
        if fever:
            assert settled.ground in ANSWERS_A_FEVER or settled.resident is not None
        if fever and (settled.ground is Ground.MEASURED_AGAIN or settled.ground not in ANSWERS_A_FEVER):
            assert {each.site for each in retest} >= set(policy.retest.sites)
            assert all(normal(each, policy.temperature) for each in retest)


def _health(visit: Visit) -> bool:
    return any(code.health is not None for code in visit.codes)
