"""What a lane can be in the middle of, and all that it remembers."""

from dataclasses import dataclass
from datetime import datetime

from gate.evidence import NO_TRACE, Evidence, Trace
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason, worst
from gate.roster import Health, Resident
from gate.temperature import Measurement, Site
from gate.trip import Trip
from station.view import Barrier
from station.visit.effects import Draft, Effect, Lamp
from station.visit.signals import FormTaken, GuardSettled, Measured, ReadCode


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
    """The verdict stands on the screen. until: monotonic seconds; None until the guard acts or another pass comes."""

    decided: Decided
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """Somebody with a fever in the waiting area. ready_at: when his rest is over; ready_seconds: the same, monotonic.

    called: the guard was told that it is over. person: who it is; None where nobody knows.
    """

    decided: Decided
    ready_at: datetime
    ready_seconds: float
    called: bool = False
    person: str | None = None


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
    next; family: sequence of its first passage. resting: those who wait for a retest. feverish: pseudonym of each whose
    fever nothing has answered -> until when that counts (monotonic seconds). guard: who signed on. closed: the office
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
    feverish: tuple[tuple[str, float], ...] = ()
    guard: str | None = None
    barrier: Barrier = Barrier.NONE
    closed: bool = False

    def rests(self, person: str | None) -> bool:
        """Whether he was sent to the waiting area with a fever."""
        return person is not None and any(each.person == person for each in self.resting)

    def unanswered_fever(self, person: str | None, seconds: float) -> bool:
        """Whether he has a fever as far as this gate knows, whatever his forehead says now. seconds: monotonic."""
        return self.rests(person) or any(who == person and seconds < until for who, until in self.feverish)

    @property
    def idle_lamp(self) -> Lamp:
        """While nobody is there; a closed gate is seen from afar."""
        return Lamp.RED if self.closed else Lamp.DARK


Step = tuple[Lane, tuple[Effect, ...]]
