"""What a lane is told: what its senses found, what the disk did, what the guard says."""

from dataclasses import dataclass

from gate.caller import Caller
from gate.clock import Moment
from gate.credential import CodeReading
from gate.evidence import NO_TRACE, Trace
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome
from gate.roster import Health, Resident
from gate.temperature import Measurement
from gate.trip import Trip
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
    card: it is a blank card that counts for him today; the reading names him, not the card.
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
    card: bool = False

    @property
    def ours(self) -> bool:
        """Whether it looks like a pass at all, good or bad; a poster's, a payment or a health code does not."""
        return self.reading.format is not None and self.health is None


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

    trace: what the gates remember of that resident. guard, readings: set by the lane, which knows who is on duty and
    what a retest measured.
    """

    sequence: int
    outcome: Outcome
    ground: Ground
    resident: Resident | None = None
    guard: str | None = None
    readings: tuple[Measurement, ...] = ()
    trace: Trace = NO_TRACE


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
    building: where he goes, if he goes in. guard: set by the lane, which knows who was on duty as he tapped.
    """

    caller: Caller
    sealed: bytes | None = None
    returnee: bool = False
    resident: Resident | None = None
    admit: bool = False
    ground: Ground = Ground.HOST_AGREED
    trace: Trace = NO_TRACE
    building: str = ""
    guard: str | None = None


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
