"""The temporary pass that a gate makes itself, `GT1:` + base45 + COSE_Sign1 with EdDSA, by the station's own key.

Made with no network for somebody whom the guard has found on the roster, or for a visitor, and believed at every gate
of the compound: the hub's signed trust list says which stations may make passes, of which kind, for how long and how
many (gate.trust.GateKey). The number stands in the pass, so a stolen station is worth no more than the passes that were
left to it, and a station whose certificate was withdrawn is worth none.

Claims as in gate.formats.signed_pass, whose: an index into CALLERS; -70003 the number of the pass under its station's
key, from 1; -70004 the building that a visitor goes to, empty for a resident, whom the roster knows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import cbor2

from gate.formats import base45, signed_pass
from gate.formats.chain import Credential, Draft, Format, Kind, StepFailed
from gate.formats.cose import eddsa_header, seal
from gate.formats.signed_pass import (
    COMMON,
    CTI,
    EXP,
    IAT,
    ISS,
    LATEST_SECONDS,
    SUB,
    WHOSE,
    SignedDraft,
    instant,
)
from gate.passage import Caller
from gate.reason import Reason
from gate.trust import GateKey

NAME = "GC1-GATE"
PREFIX = b"GT1:"
CALLERS = (Caller.RESIDENT, Caller.VISITOR, Caller.COURIER, Caller.STAFF)
# As long as a guard's form takes one (gate.forms), and longer than a registry does: 3, 12A, 东2. Rules know it whole.
LONGEST_BUILDING = 32
# The clock of the gate that signs and that of the gate that reads may be this far apart, both believed.
CLOCKS_APART = timedelta(minutes=10)

_KINDS = {
    Caller.RESIDENT: Kind.RESIDENT,
    Caller.VISITOR: Kind.VISITOR,
    Caller.COURIER: Kind.COURIER,
    Caller.STAFF: Kind.STAFF,
}
_NUMBER, _BUILDING = -70003, -70004
_CLAIM_TYPES = {**COMMON, _NUMBER: int, _BUILDING: str}


@dataclass(frozen=True, slots=True)
class Leave:
    """What a temporary pass is to say. person: a resident's pseudonym, or one drawn for a visitor.

    serial: 16 hex digits, drawn. number: of this pass under the station's key. issued_at, expires_at: whole seconds.
    building: a visitor's host's.
    """

    compound: str
    caller: Caller
    person: str
    serial: str
    number: int
    issued_at: datetime
    expires_at: datetime
    building: str = ""


def pack(leave: Leave, key_id: str, signer: Callable[[bytes], bytes]) -> str:
    """The text of the pass's QR code. signer: bytes -> Ed25519 signature by the station's key of that id."""
    claims = signed_pass.claims_of(leave.compound, leave.person, leave.serial, leave.issued_at, leave.expires_at)
    claims |= {WHOSE: CALLERS.index(leave.caller), _NUMBER: leave.number, _BUILDING: leave.building}
    protected = eddsa_header(key_id)
    return (PREFIX + base45.encode(seal(protected, cbor2.dumps(claims), signer))).decode("ascii")


class _LeaveDraft(SignedDraft):
    """What the steps have found so far."""

    key: GateKey


def _check_signature(draft: Draft) -> None:
    """signature; by any station's key of that id that is certified today"""
    assert isinstance(draft, _LeaveDraft)
    candidates = draft.trust.gate_keys_for(draft.key_id)
    if not candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, f"no gate with the key {draft.key_id} may make passes")
    publics = (key.public for key in candidates)
    draft.key = candidates[signed_pass.check_signature(draft.message, publics, draft.key_id)]


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, _LeaveDraft)
    claims = signed_pass.read_claims(draft.message, _CLAIM_TYPES, len(CALLERS))
    if len(claims[_BUILDING]) > LONGEST_BUILDING or not 1 <= claims[_NUMBER] < LATEST_SECONDS:
        raise StepFailed(Reason.CODE_DAMAGED, "a claim is out of its range")
    draft.claims = claims


def _check_compound(draft: Draft) -> None:
    """compound"""
    assert isinstance(draft, _LeaveDraft)
    if draft.claims[ISS] != draft.trust.compound:
        raise StepFailed(Reason.OTHER_COMMUNITY, "a pass of another community")


def _check_certificate(draft: Draft) -> None:
    """certificate; what the hub let this station sign"""
    assert isinstance(draft, _LeaveDraft)
    key, claims = draft.key, draft.claims
    lasts = timedelta(seconds=claims[EXP] - claims[IAT])
    if CALLERS[claims[WHOSE]] not in key.callers:
        raise StepFailed(Reason.WRONG_USE, f"gate {key.station} may not make passes of this kind")
    if lasts > timedelta(hours=key.longest_hours):
        raise StepFailed(Reason.WRONG_USE, f"made for {lasts}; gate {key.station} may for {key.longest_hours} h")
    if claims[_NUMBER] > key.most:
        raise StepFailed(Reason.WRONG_USE, f"pass {claims[_NUMBER]} of gate {key.station}, which may make {key.most}")
    if not key.not_before <= instant(claims[IAT]) <= key.not_after:
        raise StepFailed(Reason.WRONG_USE, "made outside of the days for which its gate was certified")


def _check_dates(draft: Draft) -> None:
    """dates"""
    assert isinstance(draft, _LeaveDraft)
    signed_pass.check_in_time(draft.claims, draft.now, CLOCKS_APART)


def _check_revocation(draft: Draft) -> None:
    """revocation"""
    assert isinstance(draft, _LeaveDraft)
    signed_pass.check_revocation(draft)
    draft.credential = _credential_of(draft)


FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(PREFIX),
    start=_LeaveDraft,
    steps=(
        ("base45", signed_pass.unwrap_behind(PREFIX)),
        ("cose", signed_pass.open_envelope),
        ("header", signed_pass.read_header),
        ("signature", _check_signature),
        ("claims", _read_claims),
        ("compound", _check_compound),
        ("certificate", _check_certificate),
        ("dates", _check_dates),
        ("revocation", _check_revocation),
    ),
)


def _credential_of(draft: _LeaveDraft) -> Credential:
    claims = draft.claims
    return Credential(
        format=NAME,
        kind=_KINDS[CALLERS[claims[WHOSE]]],
        compound=claims[ISS],
        person=claims[SUB].hex(),
        serial=claims[CTI].hex(),
        key_id=draft.key_id,
        issued_at=instant(claims[IAT]),
        expires_at=instant(claims[EXP]),
        claims={"station": draft.key.station, "number": str(claims[_NUMBER]), "building": claims[_BUILDING]},
    )
