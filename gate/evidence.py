"""What a visit has shown so far, and what the gates remember of whoever came: the ground of every decision.

The lane gathers it, signal by signal; `gate.decision` weighs it. Rule: what nobody can know is said as such (None), and
is never the same as nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from gate.caller import Caller
from gate.credential import CodeReading
from gate.formats.chain import Kind
from gate.names import Pseudonym
from gate.policy import Direction
from gate.roster import Health, Resident
from gate.temperature import Measurement
from gate.trip import Trip

_CALLER_OF = {
    Kind.VISITOR: Caller.VISITOR,
    Kind.COURIER: Caller.COURIER,
    Kind.STAFF: Caller.STAFF,
    Kind.BLANK: Caller.VISITOR,
}

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""Since when it is known what somebody did of whom nothing can have been missed."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier passage of the person whom the code names: at which gate, when, which way."""

    gate: str
    at: datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class Trace:
    """What the gates of the compound remember of a person and his code.

    earlier: his last passage that is known. replayed: this very code of a phone has let somebody through before;
    `earlier` is that passage then. known_since: since when nothing of what any gate let through can have been missed;
    None: nobody can tell even now. exits: known ones of whoever his quota counts together, in any order, as far back as
    its period. out_under: the permit that his last exit used.
    """

    earlier: Earlier | None = None
    replayed: bool = False
    known_since: datetime | None = ALWAYS
    exits: tuple[datetime, ...] = ()
    out_under: Pseudonym | None = None

    def knows(self, since: datetime) -> bool:
        """Whether every crossing since then is known."""
        return self.known_since is not None and self.known_since <= since


NO_TRACE = Trace()
"""Nothing can have been missed, and there was nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a visit has shown so far. resident: the roster's entry of the person whom the code names, or the guard.

    health: the colour of the province's health code that was shown, UNKNOWN where nobody could tell it; None where
    none was shown.
    trip: what was answered about places of risk; None: nobody asked. purpose, destination: ids of what was answered.
    trace: what the gates remember. named: the guard found him on the roster, and no code was shown.
    caller: as what he comes where neither roster nor pass says so. also_measured: readings beside `measurement`.
    written_down: the guard filled in a form; returnee: it says that he is back from elsewhere, and from where.
    building: where the form says that he goes; of a courier only where he goes up to the door.
    unanswered_fever: this gate measured one of him, and no guard has let him through since.
    """

    direction: Direction
    code: CodeReading | None = None
    resident: Resident | None = None
    measurement: Measurement | None = None
    trace: Trace = NO_TRACE
    health: Health | None = None
    trip: Trip | None = None
    named: bool = False
    purpose: str | None = None
    destination: str | None = None
    caller: Caller = Caller.RESIDENT
    also_measured: tuple[Measurement, ...] = ()
    written_down: bool = False
    returnee: bool = False
    building: str = ""
    unanswered_fever: bool = False

    @property
    def person(self) -> Pseudonym | None:
        """Whose passage it is: whom the code names, or the guard found; None where nobody knows."""
        credential = self.code.credential if self.code is not None else None
        named = credential.person if credential is not None else None
        return named or (self.resident.person if self.resident is not None else None)

    @property
    def earlier(self) -> Earlier | None:
        return self.trace.earlier

    @property
    def replayed(self) -> bool:
        return self.trace.replayed


def caller(evidence: Evidence) -> Caller:
    """As what he comes: what the guard wrote down, else what the roster says, else what kind of pass it is."""
    if evidence.caller is not Caller.RESIDENT:
        return evidence.caller
    if evidence.resident is not None:
        return evidence.resident.caller
    credential = evidence.code.credential if evidence.code is not None else None
    return _CALLER_OF.get(credential.kind, Caller.RESIDENT) if credential is not None else Caller.RESIDENT
