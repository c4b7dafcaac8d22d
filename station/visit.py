"""The words of one visit: what a lane can be told, what it can be in the middle of, what it can ask for.

`lane.py` is the only judge of these; `loop.py` makes the signals and carries out the effects. Pure values, no behaviour
but what follows from their own fields.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gate.caller import Caller
from gate.clock import Moment
from gate.credential import CodeReading
from gate.decision import NO_TRACE, Evidence, Trace
from gate.passage import Ground
from gate.permit import Permit
from gate.policy import Direction
from gate.reason import Outcome, Reason, worst
from gate.roster import Health, Resident
from gate.temperature import Measurement, Site
from gate.trip import Trip
from gate.wording import Words
from station.view import Barrier


@dataclass(frozen=True, slots=True)
class Now:
    """One reading of the clocks. moment: for passes and rules. seconds: monotonic, for how long something takes."""

    moment: Moment
    seconds: float


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code in view. digest: of its bytes, or of the pass that a believed phone holds.

    resident: whom it names, if it is believed and he is on the roster.
    trace: what the gates of the compound remember of them.
    health: the colour of a province's health code, UNKNOWN while nobody can tell; None for every other code.
    asking: whether an answer on its colour may still come. looks: its colour to the eye, advice for the guard.
    """

    digest: str
    reading: CodeReading
    resident: Resident | None = None
    trace: Trace = NO_TRACE
    health: Health | None = None
    asking: bool = False
    looks: Health = Health.UNKNOWN

    @property
    def ours(self) -> bool:
        """Whether it looks like a pass at all, good or bad; a poster's, a payment or a health code does not."""
        return self.reading.format is not None and self.health is None


# --- signals: what the lane is told ---


@dataclass(frozen=True, slots=True)
class CodesRead:
    """A look at the lane found these codes; at least one."""

    codes: tuple[ReadCode, ...]


@dataclass(frozen=True, slots=True)
class NothingSeen:
    """A look at the lane found no code."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A forehead, what the guard typed of his own thermometer, or a sensor at fault; at monotonic seconds."""

    measurement: Measurement
    taken_at: float


@dataclass(frozen=True, slots=True)
class NobodyMeasured:
    """The thermometer has nobody in front of it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The passage is on the disk."""

    sequence: int


@dataclass(frozen=True, slots=True)
class CommitFailed:
    """The passage could not be written."""


@dataclass(frozen=True, slots=True)
class AmendmentCommitted:
    """What the guard settled is on the disk."""


@dataclass(frozen=True, slots=True)
class AmendmentFailed:
    """What the guard settled could not be written."""


@dataclass(frozen=True, slots=True)
class GuardSettled:
    """The guard decides on the passage of that sequence number. resident: whose certificate it is, if he found him.

    guard, readings: set by the lane, which knows who is on duty and what a retest measured.
    """

    sequence: int
    outcome: Outcome
    ground: Ground
    resident: Resident | None = None
    guard: str | None = None
    readings: tuple[Measurement, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardDismissed:
    """The guard clears the screen."""


@dataclass(frozen=True, slots=True)
class DirectionChosen:
    direction: Direction


@dataclass(frozen=True, slots=True)
class HealthTold:
    """The province's word on a health code came; UNKNOWN where it had none."""

    digest: str
    colour: Health


@dataclass(frozen=True, slots=True)
class CameWithoutCode:
    """The guard says that somebody stands there with nothing to show."""


@dataclass(frozen=True, slots=True)
class GuardNamed:
    """The guard found them on the roster: one resident, or a family that passes one after the other.

    traces: what the gates remember of each, in the same order; where it is shorter, nothing can have been missed.
    """

    residents: tuple[Resident, ...]
    traces: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class FormTaken:
    """The guard wrote somebody down. sealed: the form, for the hub alone. resident: of whom it speaks, if it names one.

    admit: let him through with the same tap, on that ground, if nothing but his being on no list speaks against it.
    """

    caller: Caller
    sealed: bytes | None = None
    returnee: bool = False
    resident: Resident | None = None
    admit: bool = False
    ground: Ground = Ground.HOST_AGREED
    trace: Trace = NO_TRACE


@dataclass(frozen=True, slots=True)
class RestBegun:
    """Whoever that passage measured a fever on goes to the waiting area."""

    sequence: int


@dataclass(frozen=True, slots=True)
class RetestBegun:
    """He stands there again, to be measured anew."""

    sequence: int


@dataclass(frozen=True, slots=True)
class BarrierMoved:
    """The barrier's sensor tells of it."""

    barrier: Barrier


@dataclass(frozen=True, slots=True)
class GuardChanged:
    """Who signed on; None: nobody is."""

    guard: str | None


@dataclass(frozen=True, slots=True)
class PurposeTold:
    """What somebody goes out for, and where to; ids of the policy's choices. began: as for TripTold."""

    began: float
    purpose: str
    destination: str | None = None


@dataclass(frozen=True, slots=True)
class TripTold:
    """The guard asked where somebody was. began: when the visit that is meant did, monotonic seconds."""

    began: float
    trip: Trip


Signal = (
    CodesRead
    | NothingSeen
    | Measured
    | NobodyMeasured
    | Tick
    | Committed
    | CommitFailed
    | AmendmentCommitted
    | AmendmentFailed
    | GuardSettled
    | GuardDismissed
    | DirectionChosen
    | CameWithoutCode
    | HealthTold
    | TripTold
    | PurposeTold
    | GuardNamed
    | FormTaken
    | RestBegun
    | RetestBegun
    | BarrierMoved
    | GuardChanged
)

# --- effects: what the lane asks for ---


class Lamp(StrEnum):
    """The tower at the lane; attention: yellow that blinks."""

    DARK = "dark"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    ATTENTION = "attention"


class Tone(StrEnum):
    """What the buzzer says. admit: somebody comes in; out: he goes out. attention calls the guard, error is a fault."""

    READ = "read"
    ADMIT = "admit"
    OUT = "out"
    REFER = "refer"
    REFUSE = "refuse"
    ATTENTION = "attention"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Draft:
    """A decided passage that is not on the disk yet. edition: of the rules it was decided by. looks: as on a code.

    guard: who is on duty. permit: the one that was used. family: one of several that came together; party: sequence of
    the first of them, None for himself. form: what the guard wrote down, sealed. admit: the ground on which the guard
    lets him through with the form's own tap.
    """

    evidence: Evidence
    reasons: tuple[Reason, ...]
    moment: Moment
    edition: str | None
    overrulable: bool
    looks: Health = Health.UNKNOWN
    guard: str | None = None
    permit: Permit | None = None
    family: bool = False
    party: int | None = None
    form: bytes | None = None
    admit: Ground | None = None


@dataclass(frozen=True, slots=True)
class RecordPassage:
    """Commit it; answer with Committed or CommitFailed before anything else is said to the lane."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class RecordAmendment:
    """Commit it; answer with AmendmentCommitted or AmendmentFailed before anything else is said to the lane."""

    settled: GuardSettled


@dataclass(frozen=True, slots=True)
class OpenBarrier:
    pass


@dataclass(frozen=True, slots=True)
class ShowLamp:
    lamp: Lamp


@dataclass(frozen=True, slots=True)
class Sound:
    tone: Tone


@dataclass(frozen=True, slots=True)
class Say:
    """Say it aloud: the name of one of station.voice's prompts."""

    prompt: str


@dataclass(frozen=True, slots=True)
class RefuseTap:
    """The guard's tap was not carried out; why."""

    why: Words


Effect = RecordPassage | RecordAmendment | OpenBarrier | ShowLamp | Sound | Say | RefuseTap

# --- states: what the lane can be in the middle of ---


@dataclass(frozen=True, slots=True)
class Arrival:
    """A resident whom the guard found on the roster, and what the gates of the compound remember of him."""

    resident: Resident
    trace: Trace = NO_TRACE


@dataclass(frozen=True, slots=True)
class Ready:
    """Nobody's visit."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """A visit that waits for what the rules demand. since: monotonic seconds. code: None where nothing was shown.

    trip: what the guard was told; None until he asked. health_codes: shown so far, each as it is known now. arrival:
    whom the guard found on the roster. form: what he wrote down. asks_purpose: whether what for has to be asked.
    purpose, destination: as they were told. family: one of several that came together.
    """

    since: float
    code: ReadCode | None = None
    trip: Trip | None = None
    health_codes: tuple[ReadCode, ...] = ()
    arrival: Arrival | None = None
    form: FormTaken | None = None
    asks_purpose: bool = False
    purpose: str | None = None
    destination: str | None = None
    family: bool = False

    @property
    def resident(self) -> Resident | None:
        """Whom the visit is of, as far as it is known."""
        if self.arrival is not None:
            return self.arrival.resident
        if self.form is not None:
            return self.form.resident
        return self.code.resident if self.code is not None else None


@dataclass(frozen=True, slots=True)
class Committing:
    """Decided; the disk has the word."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Decided:
    """A passage that was decided. sequence: None where it could not be recorded. looks: as on a code.

    retest: the readings of its last retest; none where there was none.
    """

    sequence: int | None
    at: datetime
    evidence: Evidence
    reasons: tuple[Reason, ...]
    overrulable: bool
    settled: Outcome | None = None
    ground: Ground | None = None
    looks: Health = Health.UNKNOWN
    retest: tuple[Measurement, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What the rules said."""
        return worst(self.reasons)

    @property
    def holds(self) -> Outcome:
        """What holds now: the guard's word where there is one."""
        return self.settled or self.outcome


@dataclass(frozen=True, slots=True)
class Showing:
    """The verdict stands on the screen. until: monotonic seconds; None until the guard acts or another code comes."""

    decided: Decided
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """Somebody with a fever in the waiting area. ready_at: when his rest is over; ready_seconds: the same, monotonic.

    called: the guard was told that it is over.
    """

    decided: Decided
    ready_at: datetime
    ready_seconds: float
    called: bool = False


@dataclass(frozen=True, slots=True)
class Retesting:
    """Somebody is measured again. since: the last reading, or the beginning; monotonic seconds.

    sites: where he still has to be measured, the next first. readings: what was measured so far, in that order.
    """

    decided: Decided
    since: float
    sites: tuple[Site, ...]
    readings: tuple[Measurement, ...] = ()


Phase = Ready | Gathering | Committing | Showing | Retesting


@dataclass(frozen=True, slots=True)
class Lane:
    """Everything a lane remembers.

    in_view: digest of each code that had its turn and has not left since -> looks without it. empty_looks: in a row.
    readings: not yet used, oldest first. attended: whoever was decided last still stands before the thermometer.
    recent: newest first. amending: what the guard settled and the disk has not confirmed. party: who of a family comes
    next; family: sequence of its first passage. resting: those with a fever. guard: who signed on. closed: the office
    has closed this gate.
    """

    direction: Direction
    both_directions: bool = False
    phase: Phase = Ready()
    in_view: tuple[tuple[str, int], ...] = ()
    empty_looks: int = 0
    seen_at: float = 0.0
    empty_seconds: float = 0.0
    readings: tuple[Measured, ...] = ()
    attended: bool = False
    recent: tuple[Decided, ...] = ()
    amending: GuardSettled | None = None
    party: tuple[Arrival, ...] = ()
    family: int | None = None
    resting: tuple[Resting, ...] = ()
    guard: str | None = None
    barrier: Barrier = Barrier.NONE
    closed: bool = False


Step = tuple[Lane, tuple[Effect, ...]]
