"""What other threads may post to the loop: the only way into it.

Camera, thermometer, uplink and kiosk threads post here; the loop alone owns lane and journal and reads these in order.
"""

import queue
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from gate.forms import VisitorForm
from gate.names import JournalId
from gate.roster import Health
from gate.staff import Guard
from gate.wire import Crossings, Receipt
from gate.wording import Words
from station.codes import SeenCode
from station.journal import Salvaged, Whole
from station.snapshot import Snapshot
from station.taps import GateTap, LaneTap
from station.thermometers import RawReading
from station.view import Aim, Link, MadeCode


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame was looked at. taken_at: monotonic seconds when the frame was in hand. codes: empty for an empty view.

    aim: where a code is, read or not; for the screen alone.
    """

    taken_at: float
    codes: tuple[SeenCode, ...]
    aim: Aim | None = None


@dataclass(frozen=True, slots=True)
class Felt:
    """The thermometer's newest reading; celsius None where nobody stands before it. taken_at: monotonic seconds."""

    reading: RawReading
    taken_at: float


@dataclass(frozen=True, slots=True)
class Faulty:
    """A part ("camera", "thermometer", "panel") failed; sentence: for the guard. An empty sentence: it works again."""

    part: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A part works and is to be doubted, e.g. a thermometer that drifts. words: for the guard; None ends it."""

    part: str
    words: Words | None


@dataclass(frozen=True, slots=True)
class Receipted:
    """The hub's signed word on what of our journals is safe.

    generation: of the hub's registry; a greater one than before means that the hub was restored from a backup, and
    what the receipt does not cover is to be sent again.
    """

    receipt: Receipt
    generation: int = 1


@dataclass(frozen=True, slots=True)
class SnapshotCame:
    """A new, whole set of rules, roster and trust."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class LinkChanged:
    link: Link


@dataclass(frozen=True, slots=True)
class CrossingsHeard:
    """Another gate of the compound told whom it let through."""

    station: str
    digest: Crossings


@dataclass(frozen=True, slots=True)
class HealthCodeResolved:
    """What the province says of a health code. digest: SHA-256 of its bytes. colour: UNKNOWN where nobody can tell."""

    digest: str
    colour: Health


@dataclass(frozen=True, slots=True)
class JournalSuspected:
    """Whoever read that journal found it not as it was written. why: in what."""

    journal: JournalId
    why: str


@dataclass(frozen=True, slots=True)
class RowsFound:
    """What is whole of a journal that was set aside; more may follow."""

    rows: Sequence[Whole]


@dataclass(frozen=True, slots=True)
class GoneThrough:
    """No more is in it."""

    result: Salvaged


JournalNews = JournalSuspected | RowsFound | GoneThrough
FromHub = Receipted | SnapshotCame | LinkChanged | CrossingsHeard
Post = Looked | Felt | Faulty | Warned | FromHub | HealthCodeResolved | JournalNews


# --- what somebody waits for an answer to ---


@dataclass(frozen=True, slots=True)
class GuardKnown:
    """A guard signed on with the right PIN."""

    guard: Guard


@dataclass(frozen=True, slots=True)
class Tapped:
    """A guard's tap, and where its answer goes: None, or why it was refused."""

    tap: LaneTap | GateTap | GuardKnown
    done: "Future[Words | None]"


@dataclass(frozen=True, slots=True)
class PassAsked:
    """A temporary pass for a resident whom the guard found, or for a visitor; the answer: it, or why there is none."""

    person: str | None
    form: VisitorForm | None
    hours: int
    done: "Future[MadeCode | Words]"


@dataclass(frozen=True, slots=True)
class Flush:
    """Everything posted before it was handled."""

    done: "Future[None]"


Inbox = queue.SimpleQueue[Post | Tapped | PassAsked | Flush | None]
"""None: end."""
