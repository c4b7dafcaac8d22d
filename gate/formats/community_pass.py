"""The community pass, `GC1:` + base45 + COSE_Sign1 (RFC 9052) over a CWT claims set (RFC 8392), Ed25519.

Packed as the EU certificate is, less the zlib layer, which makes a payload of 50 bytes longer: about 200 characters,
QR version 8-M, small enough for a wallet card and a cheap camera. `pack` is used by the hub that issues,
FORMAT by the gate that reads.

Claims: 1 iss compound, 2 sub pseudonym (8 bytes), 4 exp, 6 iat (seconds since 1970), 7 cti serial (8 bytes),
-70001 whose pass it is (an index into KINDS; private use, RFC 8392 section 9.1.1).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gate.formats import base45
from gate.formats.chain import Credential, Draft, Format, Kind, StepFailed
from gate.reason import Reason
from gate.trust import TrustedKey, Usage

NAME = "GC1"
PREFIX = b"GC1:"
KINDS = (Kind.RESIDENT, Kind.STAFF, Kind.VISITOR)
# A pass is some 200 characters; what is far longer is refused before anything unpacks it.
LONGEST = 600
LATEST_SECONDS = 2**32
# The tag, its array and the maps in it.
DEEPEST = 4

_ALGORITHM, _KEY_ID, _EDDSA, _COSE_SIGN1_TAG = 1, 4, -8, 18
_ISS, _SUB, _EXP, _IAT, _CTI, _KIND = 1, 2, 4, 6, 7, -70001
_CLAIM_TYPES = {_ISS: str, _SUB: bytes, _EXP: int, _IAT: int, _CTI: bytes, _KIND: int}


class _PassDraft(Draft):
    """What the steps below have found so far."""

    cose: bytes
    protected: bytes
    payload: bytes
    signature: bytes
    key_id: str
    candidates: tuple[TrustedKey, ...]
    key: TrustedKey
    claims: Mapping[int, Any]


def pack(credential: Credential, signer: Callable[[bytes], bytes]) -> str:
    """A credential -> the text of its QR code. signer: bytes -> Ed25519 signature (64 bytes) by credential.key_id."""
    assert credential.person is not None
    assert credential.expires_at is not None
    protected = cbor2.dumps({_ALGORITHM: _EDDSA, _KEY_ID: bytes.fromhex(credential.key_id)})
    claims = {
        _ISS: credential.compound,
        _SUB: bytes.fromhex(credential.person),
        _EXP: int(credential.expires_at.timestamp()),
        _IAT: int(credential.issued_at.timestamp()),
        _CTI: bytes.fromhex(credential.serial),
        _KIND: KINDS.index(credential.kind),
    }
    payload = cbor2.dumps(claims)
    signature = signer(_signed_bytes(protected, payload))
    cose = cbor2.dumps(cbor2.CBORTag(_COSE_SIGN1_TAG, [protected, {}, payload, signature]))
    return (PREFIX + base45.encode(cose)).decode("ascii")


def _unwrap(draft: Draft) -> None:
    """base45"""
    assert isinstance(draft, _PassDraft)
    if len(draft.code) > LONGEST:
        raise StepFailed(Reason.CODE_DAMAGED, f"{len(draft.code)} characters; a pass has at most {LONGEST}")
    try:
        draft.cose = base45.decode(draft.code.removeprefix(PREFIX))
    except ValueError as cause:
        raise StepFailed(Reason.CODE_DAMAGED, str(cause)) from None


def _open_envelope(draft: Draft) -> None:
    """cose"""
    assert isinstance(draft, _PassDraft)
    tagged = _load_exactly(draft.cose, "the COSE envelope")
    match tagged:
        case cbor2.CBORTag(
            tag=18, value=[bytes(protected), Mapping() as unprotected, bytes(payload), bytes(signature)]
        ) if not unprotected:
            draft.protected, draft.payload, draft.signature = protected, payload, signature
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, "not a COSE_Sign1 message of four parts")


def _read_header(draft: Draft) -> None:
    """algorithm"""
    assert isinstance(draft, _PassDraft)
    header = _load_exactly(draft.protected, "the protected header")
    match header:
        case {1: algorithm, 4: bytes(key_id)} if len(header) == 2 and len(key_id) == 8:
            if algorithm != _EDDSA or isinstance(algorithm, bool):
                raise StepFailed(Reason.FORGED, "the algorithm is not EdDSA")
            draft.key_id = key_id.hex()
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, "the header must name algorithm and key, nothing else")


def _find_key(draft: Draft) -> None:
    """key"""
    assert isinstance(draft, _PassDraft)
    draft.candidates = draft.trust.keys_for(draft.key_id, Usage.PASS)
    if not draft.candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, f"no trusted key {draft.key_id} may sign passes")


def _check_signature(draft: Draft) -> None:
    """signature"""
    assert isinstance(draft, _PassDraft)
    signed = _signed_bytes(draft.protected, draft.payload)
    for key in draft.candidates:
        if _verifies(key.public, draft.signature, signed):
            draft.key = key
            return
    raise StepFailed(Reason.FORGED, f"the signature does not fit key {draft.key_id}")


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, _PassDraft)
    claims = _load_exactly(draft.payload, "the claims")
    if not isinstance(claims, Mapping) or {key: type(value) for key, value in claims.items()} != _CLAIM_TYPES:
        raise StepFailed(Reason.CODE_DAMAGED, "the claims are not those of a community pass")
    if len(claims[_SUB]) != 8 or len(claims[_CTI]) != 8 or not 0 <= claims[_KIND] < len(KINDS):
        raise StepFailed(Reason.CODE_DAMAGED, "a claim is out of its range")
    if not 0 <= claims[_IAT] <= claims[_EXP] < LATEST_SECONDS:
        raise StepFailed(Reason.CODE_DAMAGED, "the pass ends before it begins, or in no year of ours")
    draft.claims = claims


def _check_compound(draft: Draft) -> None:
    """compound"""
    assert isinstance(draft, _PassDraft)
    if not draft.claims[_ISS] == draft.key.compound == draft.trust.compound:
        raise StepFailed(Reason.OTHER_COMMUNITY, "a pass of another community")


def _check_dates(draft: Draft) -> None:
    """dates; a held clock may be off by its drift, and the doubt is held against the pass"""
    assert isinstance(draft, _PassDraft)
    issued_at, expires_at = _instant(draft.claims[_IAT]), _instant(draft.claims[_EXP])
    earliest, latest = draft.now.utc - draft.now.drift, draft.now.utc + draft.now.drift
    if not draft.key.not_before <= issued_at <= draft.key.not_after:
        raise StepFailed(Reason.FORGED, "signed outside of the days in which its key was in use")
    if latest >= expires_at:
        raise StepFailed(Reason.EXPIRED, f"expired at {expires_at:%Y-%m-%d %H:%M} UTC")
    # Under a floor clock the pass may well be younger than the gate's idea of now; decide() then refers to the guard.
    if draft.now.believed and earliest < issued_at:
        raise StepFailed(Reason.NOT_YET_VALID, f"valid from {issued_at:%Y-%m-%d %H:%M} UTC")


def _check_revocation(draft: Draft) -> None:
    """revocation"""
    assert isinstance(draft, _PassDraft)
    if draft.claims[_CTI].hex() in draft.trust.revoked:
        raise StepFailed(Reason.REVOKED, "revoked by the community office")
    draft.credential = _credential_of(draft)


FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(PREFIX),
    start=_PassDraft,
    steps=(
        ("base45", _unwrap),
        ("cose", _open_envelope),
        ("header", _read_header),
        ("key", _find_key),
        ("signature", _check_signature),
        ("claims", _read_claims),
        ("compound", _check_compound),
        ("dates", _check_dates),
        ("revocation", _check_revocation),
    ),
)


def _credential_of(draft: _PassDraft) -> Credential:
    claims = draft.claims
    return Credential(
        format=NAME,
        kind=KINDS[claims[_KIND]],
        compound=claims[_ISS],
        person=claims[_SUB].hex(),
        serial=claims[_CTI].hex(),
        key_id=draft.key_id,
        issued_at=_instant(claims[_IAT]),
        expires_at=_instant(claims[_EXP]),
    )


def _load_exactly(data: bytes, what: str) -> Any:  # noqa: ANN401 - CBOR may hold anything; the caller matches its shape
    """Decode CBOR that has exactly one spelling, so that no bit outside of the signature can be changed unseen."""
    try:
        value = cbor2.loads(data, max_depth=DEEPEST)
        exact = cbor2.dumps(value) == data
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise StepFailed(Reason.CODE_DAMAGED, f"{what} is not readable CBOR") from None
    if not exact:
        raise StepFailed(Reason.CODE_DAMAGED, f"{what} is not in the shortest form")
    return value


def _signed_bytes(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure, RFC 9052 section 4.4."""
    return cbor2.dumps(["Signature1", protected, b"", payload])


def _verifies(public: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
