"""The chain: named steps from code text to credential, each with its own failure.

A step takes what the earlier steps found and adds to it, or raises StepFailed. The runner keeps every step's result,
so a help desk can see how far a code came, and the first failure ends the chain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gate.clock import Moment
from gate.reason import Reason
from gate.trust import Trust


class Kind(StrEnum):
    """Whose pass it is; a blank is nobody's until a guard makes it somebody's."""

    RESIDENT = "resident"
    STAFF = "staff"
    VISITOR = "visitor"
    COURIER = "courier"
    BLANK = "blank"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a foreign certificate names, as it is written there; in memory only, never journaled, logged or sent.

    birth: the date of birth as far as it is known, e.g. "1998-02-26", "1998" or "".
    """

    name: str
    birth: str


@dataclass(frozen=True, slots=True)
class Credential:
    """What a code says once it is believed.

    serial: 16 hex digits. key_id: of the key that signed. issued_at, expires_at: aware, UTC; expires_at is None where
    the issuer set no end. person: 16 hex digits, and compound: both None for a foreign certificate, which names a
    holder instead. claims: plain facts for the guard and the help desk, e.g. {"type": "vaccination"}. fresh_id: names
    this one code of a phone (32 hex digits, the same however often it is signed), and fresh_until is when that code
    stops being fresh; both None where a code is no phone's.
    """

    format: str
    kind: Kind
    compound: str | None
    person: str | None
    serial: str
    key_id: str
    issued_at: datetime
    expires_at: datetime | None
    holder: Holder | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
    fresh_id: str | None = None
    fresh_until: datetime | None = None


class StepFailed(Exception):
    """A step objected. reason: for the decision. note: for a help desk, in plain words, without personal data."""

    def __init__(self, reason: Reason, note: str) -> None:
        super().__init__(note)
        self.reason = reason
        self.note = note


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step; reason and note are set where it failed."""

    name: str
    ok: bool
    reason: Reason | None = None
    note: str = ""


class Draft:
    """What the steps of one chain have found so far; a format subclasses it with its own findings."""

    credential: Credential | None = None

    def __init__(self, code: bytes, trust: Trust, now: Moment) -> None:
        self.code = code
        self.trust = trust
        self.now = now


@dataclass(frozen=True, slots=True)
class Format:
    """One family of codes. recognise: does the text look like one of these. start: begins a draft.

    steps: (name, step) in order; the last one has set the draft's credential.
    """

    name: str
    recognise: Callable[[bytes], bool]
    start: Callable[[bytes, Trust, Moment], Draft]
    steps: tuple[tuple[str, Callable[[Draft], None]], ...]


def run(code_format: Format, code: bytes, trust: Trust, now: Moment) -> tuple[tuple[Step, ...], Credential | None]:
    """Walk the chain until a step objects. The credential is None unless every step passed."""
    draft = code_format.start(code, trust, now)
    done: list[Step] = []
    for name, step in code_format.steps:
        try:
            step(draft)
        except StepFailed as failure:
            return (*done, Step(name, False, failure.reason, failure.note)), None
        done.append(Step(name, True))
    return tuple(done), draft.credential
