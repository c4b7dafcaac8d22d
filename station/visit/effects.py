"""What a lane asks for; the loop carries it out, in order, and answers what was to be written before anything else."""

from dataclasses import dataclass
from enum import StrEnum

from gate.clock import Moment
from gate.evidence import Evidence
from gate.passage import Ground
from gate.permit import Permit
from gate.reason import Reason
from gate.roster import Health
from gate.wording import Words
from station.visit.signals import GuardSettled


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
    """Say it aloud: one of station.prompts by its name."""

    prompt: str


@dataclass(frozen=True, slots=True)
class RefuseTap:
    """The guard's tap was not carried out; why."""

    why: Words


Effect = RecordPassage | RecordAmendment | OpenBarrier | ShowLamp | Sound | Say | RefuseTap
