"""The help desk's view of a code: every step of its chain in words, what it says, and whether it may be believed.

`gate-station verify` prints these, for people or as JSON. The credential is shown to whoever holds the code anyway;
nothing of it is logged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gate.credential import CodeReading
from gate.formats.chain import Credential, Step
from gate.wording import REASONS

FAMILIES = {
    "GC1": "community pass on paper",
    "GC1-PHONE": "community pass on a phone",
    "GC1-GATE": "temporary pass made at a gate",
    "HC1": "EU digital certificate",
    "SHC": "SMART Health Card",
    "HEALTH": "health code of a province",
}
STEPS = {
    "recognise": "the code is of a family known here",
    "picture": "a code can be read in the picture",
    "case": "the case can be read",
    "base45": "its characters are whole",
    "zlib": "it unpacks, to no more than it should",
    "cose": "it is one signed message",
    "header": "the header names key and algorithm",
    "key": "the key that it names is trusted here",
    "signature": "the signature fits: nothing was changed",
    "claims": "it holds the claims it must",
    "schema": "they are what the format allows",
    "use": "the key may sign this kind of certificate",
    "compound": "it is of this compound",
    "certificate": "its gate may make such passes",
    "wrapper": "it is wrapped as its kind must be",
    "algorithm": "the phone signed with ES256",
    "statement": "the phone says when, and for which pass",
    "holder key": "the pass is bound to a phone",
    "holder signature": "that phone signed it",
    "freshness": "it is of this minute",
    "parts": "all of its parts are there",
    "numeric": "its digits stand for characters",
    "jws": "it is one signed message",
    "deflate": "it unpacks, to no more than it should",
    "holder": "it names one holder",
    "issuer": "its issuer may use this key",
    "dates": "it is valid at this time",
    "revocation": "it was not withdrawn",
    "size": "it is no longer than a code can be",
    "colour": "its colour is known",
}


@dataclass(frozen=True, slots=True)
class Marks:
    """How a passed and a failed step are marked."""

    passed: str = "✓"
    failed: str = "✗"


PLAIN = Marks("ok", "NO")
"""For terminals that cannot show the others."""


def as_data(reading: CodeReading) -> dict[str, Any]:
    """For --json: {"format", "steps": [{"name", "ok", "reason"}], "credential", "accepted", "reason"}."""
    return {
        "format": reading.format,
        "steps": [{"name": step.name, "ok": step.ok, "reason": step.reason} for step in reading.steps],
        "credential": _credential(reading.credential) if reading.credential else None,
        "accepted": reading.accepted,
        "reason": reading.reasons[0] if reading.reasons else None,
    }


def as_lines(reading: CodeReading, at: datetime, marks: Marks) -> Iterator[str]:
    """For people: the family, a line a step, the verdict, and what a believed code says."""
    yield FAMILIES.get(reading.format or "", "not a code of any family known here")
    for step in reading.steps:
        yield f"  {marks.passed if step.ok else marks.failed} {step.name:<16} {_words(step)}"
    moment = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    if reading.credential is None:
        sentence = REASONS[reading.reasons[0]]
        yield f"REFUSED at {moment}: {sentence.say.en}. {sentence.do.en}."
        return
    yield f"ACCEPTED at {moment}: it may be believed."
    yield from (f"  {name:<16} {value}" for name, value in _facts(reading.credential))
    if reading.credential.person is None:
        yield "At the gate the guard still compares the holder with whoever shows it."


def _words(step: Step) -> str:
    """A note may carry the issuer's words for a key; what could steer a terminal is taken out."""
    told = STEPS.get(step.name, "") if step.ok else step.note or STEPS.get(step.name, "")
    return printable(told)


def printable(text: str) -> str:
    """The text without control characters, so that a code cannot write on the terminal of whoever looks at it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _facts(credential: Credential) -> Iterator[tuple[str, str]]:
    if credential.holder is not None:
        yield "holder", printable(credential.holder.name)
        yield "born", printable(credential.holder.birth) or "unknown"
    for name, value in (("person", credential.person), ("compound", credential.compound)):
        if value is not None:
            yield name, printable(value)
    yield from ((printable(name), printable(value)) for name, value in credential.claims.items())
    yield "serial", credential.serial
    yield "signed by key", printable(credential.key_id)
    yield "from", f"{credential.issued_at:%Y-%m-%d %H:%M} UTC"
    yield "until", f"{credential.expires_at:%Y-%m-%d %H:%M} UTC" if credential.expires_at else "no end"


def _credential(credential: Credential) -> dict[str, Any]:
    holder, ends = credential.holder, credential.expires_at
    return {
        "format": credential.format,
        "kind": credential.kind,
        "compound": credential.compound,
        "person": credential.person,
        "serial": credential.serial,
        "key_id": credential.key_id,
        "issued_at": credential.issued_at.isoformat(),
        "expires_at": ends.isoformat() if ends else None,
        "holder": {"name": holder.name, "birth": holder.birth} if holder else None,
        "claims": dict(credential.claims),
    }
