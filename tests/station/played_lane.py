"""One lane and its disk in the test's hand: codes to show, rules to obey, and a gate that does what the lane asks for.

The disk's word is given as the loop gives it, and every opening of the barrier is checked against what was recorded.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gate.caller import Caller
from gate.clock import ClockState, Moment
from gate.credential import CodeReading
from gate.evidence import NO_TRACE, Trace
from gate.formats.chain import Credential, Holder, Kind, Step
from gate.passage import Ground
from gate.policy import Direction, Policy, Rules
from gate.reason import Outcome, Reason
from gate.roster import Health, Resident, Standing
from gate.temperature import HAND_HELD, Measurement, Site
from gate.trip import RiskPlace, Stay, Trip
from station import lane as machine
from station.lane.turns import EMPTY_LOOKS
from station.objections import known
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    Decided,
    Draft,
    FormTaken,
    Gathering,
    GuardNamed,
    GuardSettled,
    Lamp,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    OpenBarrier,
    PurposeTold,
    ReadCode,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    RestBegun,
    RetestBegun,
    Say,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Tick,
    Tone,
    TripTold,
)

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FEVER = 37.3
WAITS, GREEN = 12.0, 3.0


def a_resident(person: str, standing: Standing = Standing.NORMAL, **more: object) -> Resident:
    return Resident(person * 16, "f" * 16, "王*明", "3", standing=standing, **more)


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
WATCHED = a_pass("d", Standing.MONITORED)
ISOLATED = a_pass("c", Standing.ISOLATED)
FORGED = a_bad_pass("forged", Reason.FORGED)
EXPIRED = a_bad_pass("expired", Reason.EXPIRED)
POSTER = ReadCode("poster", CodeReading(None, (Step("recognise", False, Reason.NOT_OURS),)))
GREEN_CODE, RED_CODE = a_health_code("green", Health.GREEN), a_health_code("red", Health.RED)
ASKED = a_health_code("asked", Health.UNKNOWN, asking=True)
UNREAD = a_health_code("unread", Health.UNKNOWN)
PAYMENT = ReadCode("payment", CodeReading(None, (Step("recognise", False, Reason.NOT_OURS),)))

FOREIGN = ReadCode(
    "foreign",
    CodeReading(
        "HC1",
        (),
        Credential("HC1", Kind.FOREIGN, None, None, "5e" * 8, "cc" * 8, NOON, None, Holder("Muster", "1998-02-26")),
    ),
)

RUILI = RiskPlace("ruili", "瑞丽", "Ruili", NOON.date() - timedelta(days=5))
TRIPS: tuple[Trip, ...] = ((), (Stay("ruili", NOON.date()),))


def rules(confirmed_at: datetime = NOON, **policy: object) -> Rules:
    return Rules("west", Policy(title="test", **policy), "1.1", confirmed_at)


def check_admitted(draft: Draft, rules: Rules | None, now: Now) -> None:
    """Whom the machine itself lets through, judged anew from what it saw, by rules and clock of that moment."""
    evidence = draft.evidence
    assert draft.reasons == ()
    assert now.moment.state is not ClockState.FLOOR
    assert rules is not None
    policy = rules.policy
    assert policy.gate_rule("west").open
    assert now.moment.utc - rules.confirmed_at <= timedelta(hours=policy.stale_after_hours)
    assert evidence.resident is not None
    assert evidence.resident.standing is not Standing.ISOLATED
    assert not evidence.written_down
    assert evidence.code is not None or (evidence.named and policy.admit_named)
    assert evidence.code is None or evidence.code.credential is not None
    assert evidence.health in ({Health.GREEN} | (set() if policy.demand_health_code else {None}))
    if evidence.direction in policy.measure_on:
        assert evidence.measurement is not None
        assert evidence.resident.standing is not Standing.MONITORED or evidence.also_measured
    if evidence.direction in policy.ask_trip_on:
        assert evidence.trip == ()
    if evidence.direction in policy.ask_purpose_on and draft.permit is None:
        assert policy.answered(evidence.purpose, evidence.destination)
    for measurement in (evidence.measurement, *evidence.also_measured):
        assert measurement is None or (measurement.celsius is not None and measurement.celsius < FEVER)


@dataclass
class Gate:
    """A lane with a disk: carries out what the machine asks for as the loop does, and writes down what happened."""

    rules: Rules | None = field(default_factory=rules)
    state: ClockState = ClockState.SYNCED
    disk_works: bool = True
    # Heard once, between a passage's decision and the disk's answer.
    meanwhile: Signal | None = None
    lane: Lane = field(default_factory=lambda: Lane(Direction.IN))
    seconds: float = 1000.0
    passages: list[tuple[Reason, ...]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    amendments: list[GuardSettled] = field(default_factory=list)
    opened: int = 0
    lamp: Lamp = Lamp.DARK
    tones: list[Tone] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
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
                    answer, heard, self.meanwhile = self.record(draft), self.meanwhile, None
                    if heard is not None:
                        self.tell(heard)
                    self.tell(answer)
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
                case Sound(tone):
                    self.tones.append(tone)
                case Say(prompt):
                    self.said.append(prompt)
                case RefuseTap(why):
                    self.refused.append(why.en)

    def record(self, draft: Draft) -> Signal:
        if not self.disk_works:
            return CommitFailed()
        self.passages.append(draft.reasons)
        self.drafts.append(draft)
        return Committed(len(self.passages) + len(self.amendments))

    def check_opening(self, before: Lane, signal: Signal) -> None:
        """The only two ways to open a barrier, each with the disk's word and with nothing against it."""
        assert self.disk_works
        if isinstance(signal, Committed):
            assert isinstance(before.phase, Committing)
            assert self.passages[-1] == before.phase.draft.reasons
            check_admitted(before.phase.draft, self.rules, self.now())
        else:
            assert isinstance(signal, AmendmentCommitted)
            settled = self.amendments[-1]
            decided = known(before, settled.sequence)
            assert decided is not None
            assert settled.outcome is Outcome.ADMIT
            assert set(decided.reasons) <= (self.rules.policy if self.rules else Policy(title="")).overrulable

    def show(self, *codes: ReadCode) -> None:
        self.tell(CodesRead(codes) if codes else NothingSeen())

    def trip(self, trip: Trip) -> None:
        """The guard's answer for whoever stands there now."""
        phase = self.lane.phase
        self.tell(TripTold(phase.since if isinstance(phase, Gathering) else 0.0, trip))

    def purpose(self, purpose: str, destination: str | None = None) -> None:
        phase = self.lane.phase
        self.tell(PurposeTold(phase.since if isinstance(phase, Gathering) else 0.0, purpose, destination))

    def name(self, *residents: Resident, trace: Trace = NO_TRACE) -> None:
        """The guard found them on the roster."""
        self.tell(GuardNamed(residents, tuple(trace for _ in residents)))

    def visitor(self, *, admit: bool = False, caller: Caller = Caller.VISITOR) -> None:
        self.tell(FormTaken(caller, b"sealed", admit=admit))

    def returnee(self, resident: Resident | None, *, admit: bool = False) -> None:
        self.tell(FormTaken(Caller.RESIDENT, b"sealed", returnee=True, resident=resident, admit=admit))

    def typed(self, celsius: float, site: Site = Site.FOREHEAD) -> None:
        """The guard's own thermometer."""
        self.tell(Measured(Measurement(celsius, None, HAND_HELD, site=site), self.seconds))

    def nobody(self) -> None:
        self.tell(NobodyMeasured())

    def rest(self, sequence: int = 1) -> None:
        self.tell(RestBegun(sequence))

    def measure_again(self, sequence: int = 1) -> None:
        self.tell(RetestBegun(sequence))

    def empty(self, looks: int = EMPTY_LOOKS) -> None:
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
    def shown(self) -> Decided:
        assert isinstance(self.lane.phase, Showing)
        return self.lane.phase.decided

    @property
    def on_screen(self) -> tuple[Reason, ...] | None:
        return self.lane.phase.decided.reasons if isinstance(self.lane.phase, Showing) else None
