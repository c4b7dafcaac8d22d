"""The temporary pass that a gate makes itself, `GT1:` + base45 + COSE_Sign1 with EdDSA, by the station's own key.

Made with no network for somebody whom the guard has found on the roster, or for a visitor, and believed at every gate
of the compound: the hub's signed trust list says which stations may make passes, of which kind, for how long and how
many (gate.trust.GateKey). The number stands in the pass, so a stolen station is worth no more than the passes that were
left to it, and a station whose certificate was withdrawn is worth none.

Claims as in gate.formats.community_pass, and -70003 the number of the pass under its station's key, from 1; -70004 the
building that a visitor goes to, empty for a resident, whom the roster knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cbor2

from gate.clock import Moment
from gate.formats import base45
from gate.formats.chain import Credential, Draft, Format, Kind, StepFailed
from gate.formats.community_pass import LATEST_SECONDS, instant, verifies
from gate.formats.cose import Sign1, eddsa_header, key_id_in, load_exactly, open_sign1, seal
from gate.formats.packing import from_base45
from gate.passage import Caller
from gate.reason import Reason
from gate.trust import GateKey

NAME = "GC1-GATE"
PREFIX = b"GT1:"
CALLERS = (Caller.RESIDENT, Caller.VISITOR, Caller.COURIER, Caller.STAFF)
LONGEST = 600
# As a registry writes a building: 3, 12A, 东2.
LONGEST_BUILDING = 12
# The clock of the gate that signs and that of the gate that reads may be this far apart, both believed.
CLOCKS_APART = timedelta(minutes=10)

_KINDS = {
    Caller.RESIDENT: Kind.RESIDENT,
    Caller.VISITOR: Kind.VISITOR,
    Caller.COURIER: Kind.COURIER,
    Caller.STAFF: Kind.STAFF,
}
_ISS, _SUB, _EXP, _IAT, _CTI, _CALLER, _NUMBER, _BUILDING = 1, 2, 4, 6, 7, -70001, -70003, -70004
_CLAIM_TYPES = {
    _ISS: str, _SUB: bytes, _EXP: int, _IAT: int, _CTI: bytes, _CALLER: int, _NUMBER: int, _BUILDING: str,
}  # fmt: skip


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
    claims = {
        _ISS: leave.compound,
        _SUB: bytes.fromhex(leave.person),
        _EXP: int(leave.expires_at.timestamp()),
        _IAT: int(leave.issued_at.timestamp()),
        _CTI: bytes.fromhex(leave.serial),
        _CALLER: CALLERS.index(leave.caller),
        _NUMBER: leave.number,
        _BUILDING: leave.building,
    }
    protected = eddsa_header(key_id)
    return (PREFIX + base45.encode(seal(protected, cbor2.dumps(claims), signer))).decode("ascii")


class _LeaveDraft(Draft):
    """What the steps have found so far."""

    cose: bytes
    message: Sign1
    key_id: str
    key: GateKey
    claims: Mapping[int, Any]


def _unwrap_text(draft: Draft) -> None:
    """base45"""
    assert isinstance(draft, _LeaveDraft)
    draft.cose = from_base45(draft.code, PREFIX, LONGEST, "a pass has at most")


def _open_envelope(draft: Draft) -> None:
    """cose"""
    assert isinstance(draft, _LeaveDraft)
    draft.message = open_sign1(draft.cose, "the COSE envelope")


def _read_header(draft: Draft) -> None:
    """header"""
    assert isinstance(draft, _LeaveDraft)
    draft.key_id = key_id_in(draft.message.protected)


def _check_signature(draft: Draft) -> None:
    """signature; by any station's key of that id that is certified today"""
    assert isinstance(draft, _LeaveDraft)
    candidates = draft.trust.gate_keys_for(draft.key_id)
    if not candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, f"no gate with the key {draft.key_id} may make passes")
    for key in candidates:
        if verifies(key.public, draft.message.signature, draft.message.signed_bytes):
            draft.key = key
            return
    raise StepFailed(Reason.FORGED, f"the signature does not fit the gate's key {draft.key_id}")


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, _LeaveDraft)
    claims = load_exactly(draft.message.payload, "the claims")
    if not isinstance(claims, Mapping) or {key: type(value) for key, value in claims.items()} != _CLAIM_TYPES:
        raise StepFailed(Reason.CODE_DAMAGED, "the claims are not those of a temporary pass")
    if len(claims[_SUB]) != 8 or len(claims[_CTI]) != 8 or not 0 <= claims[_CALLER] < len(CALLERS):
        raise StepFailed(Reason.CODE_DAMAGED, "a claim is out of its range")
    if len(claims[_BUILDING]) > LONGEST_BUILDING or not 1 <= claims[_NUMBER] < LATEST_SECONDS:
        raise StepFailed(Reason.CODE_DAMAGED, "a claim is out of its range")
    if not 0 <= claims[_IAT] <= claims[_EXP] < LATEST_SECONDS:
        raise StepFailed(Reason.CODE_DAMAGED, "the pass ends before it begins, or in no year of ours")
    draft.claims = claims


def _check_compound(draft: Draft) -> None:
    """compound"""
    assert isinstance(draft, _LeaveDraft)
    if draft.claims[_ISS] != draft.trust.compound:
        raise StepFailed(Reason.OTHER_COMMUNITY, "a pass of another community")


def _check_certificate(draft: Draft) -> None:
    """certificate; what the hub let this station sign"""
    assert isinstance(draft, _LeaveDraft)
    key, claims = draft.key, draft.claims
    lasts = timedelta(seconds=claims[_EXP] - claims[_IAT])
    if CALLERS[claims[_CALLER]] not in key.callers:
        raise StepFailed(Reason.WRONG_USE, f"gate {key.station} may not make passes of this kind")
    if lasts > timedelta(hours=key.longest_hours):
        raise StepFailed(Reason.WRONG_USE, f"made for {lasts}; gate {key.station} may for {key.longest_hours} h")
    if claims[_NUMBER] > key.most:
        raise StepFailed(Reason.WRONG_USE, f"pass {claims[_NUMBER]} of gate {key.station}, which may make {key.most}")
    if not key.not_before <= instant(claims[_IAT]) <= key.not_after:
        raise StepFailed(Reason.WRONG_USE, "made outside of the days for which its gate was certified")


def _check_dates(draft: Draft) -> None:
    """dates; a held clock may be off by its drift, and the doubt is held against the pass"""
    assert isinstance(draft, _LeaveDraft)
    _in_time(instant(draft.claims[_IAT]), instant(draft.claims[_EXP]), draft.now)


def _in_time(issued_at: datetime, expires_at: datetime, now: Moment) -> None:
    if now.utc + now.drift >= expires_at:
        raise StepFailed(Reason.EXPIRED, f"expired at {expires_at:%Y-%m-%d %H:%M} UTC")
    # Under a floor clock the pass may well be younger than the gate's idea of now; decide() then refers to the guard.
    if now.believed and now.utc - now.drift + CLOCKS_APART < issued_at:
        raise StepFailed(Reason.NOT_YET_VALID, f"valid from {issued_at:%Y-%m-%d %H:%M} UTC")


def _check_revocation(draft: Draft) -> None:
    """revocation"""
    assert isinstance(draft, _LeaveDraft)
    if draft.claims[_CTI].hex() in draft.trust.revoked:
        raise StepFailed(Reason.REVOKED, "revoked by the community office")
    draft.credential = _credential_of(draft)


FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(PREFIX),
    start=_LeaveDraft,
    steps=(
        ("base45", _unwrap_text),
        ("cose", _open_envelope),
        ("header", _read_header),
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
        kind=_KINDS[CALLERS[claims[_CALLER]]],
        compound=claims[_ISS],
        person=claims[_SUB].hex(),
        serial=claims[_CTI].hex(),
        key_id=draft.key_id,
        issued_at=instant(claims[_IAT]),
        expires_at=instant(claims[_EXP]),
        claims={"station": draft.key.station, "number": str(claims[_NUMBER]), "building": claims[_BUILDING]},
    )
