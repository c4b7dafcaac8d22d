"""The community pass, `GC1:` + base45 + COSE_Sign1 (RFC 9052) over a CWT claims set (RFC 8392), Ed25519.

Packed as the EU certificate is, less the zlib layer, which makes a payload of 50 bytes longer: about 200 characters,
QR version 8-M, small enough for a wallet card and a cheap camera. `pack` is used by the hub that issues,
FORMAT by the gate that reads.

Claims: 1 iss compound, 2 sub pseudonym (8 bytes), 4 exp, 6 iat (seconds since 1970), 7 cti serial (8 bytes),
-70001 whose pass it is (an index into KINDS; private use, RFC 8392 section 9.1.1). A pass that lives on a phone has
8 cnf (RFC 8747) besides: the phone's own P-256 key as a COSE_Key. Such a pass is worth nothing by itself; the phone
wraps it in a fresh statement (gate.formats.phone_pass).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gate.formats import base45
from gate.formats.chain import Credential, Draft, Format, Kind, StepFailed
from gate.formats.cose import Sign1, eddsa_header, key_id_in, load_exactly, open_sign1, seal
from gate.formats.packing import from_base45
from gate.reason import Reason
from gate.trust import TrustedKey, Usage

NAME = "GC1"
PREFIX = b"GC1:"
# By their index in a pass: what is added comes last.
KINDS = (Kind.RESIDENT, Kind.STAFF, Kind.VISITOR, Kind.COURIER)
# A paper pass has some 200 characters, a phone's code some 400; what is far longer is refused before it is unpacked.
LONGEST = 600
LATEST_SECONDS = 2**32
# A P-256 point in the compressed form of SEC 1, section 2.3.3: the sign of y, then x.
HOLDER_KEY_BYTES = 33

_ISS, _SUB, _EXP, _IAT, _CTI, _CNF, _KIND = 1, 2, 4, 6, 7, 8, -70001
_CLAIM_TYPES = {_ISS: str, _SUB: bytes, _EXP: int, _IAT: int, _CTI: bytes, _KIND: int}


class PassDraft(Draft):
    """What the steps below have found so far. holder_key: the phone's key as 33 bytes; None on a paper pass."""

    cose: bytes
    message: Sign1
    key_id: str
    candidates: tuple[TrustedKey, ...]
    key: TrustedKey
    claims: Mapping[int, Any]
    holder_key: bytes | None


def pack(credential: Credential, signer: Callable[[bytes], bytes]) -> str:
    """A credential -> the text of its QR code. signer: bytes -> Ed25519 signature (64 bytes) by credential.key_id."""
    return as_text(certify(credential, signer))


def certify(credential: Credential, signer: Callable[[bytes], bytes], holder_key: bytes | None = None) -> bytes:
    """A credential -> its signed COSE message; with a holder_key (33 bytes) it is a pass for that phone alone."""
    assert credential.person is not None
    assert credential.expires_at is not None
    claims: dict[int, Any] = {
        _ISS: credential.compound,
        _SUB: bytes.fromhex(credential.person),
        _EXP: int(credential.expires_at.timestamp()),
        _IAT: int(credential.issued_at.timestamp()),
        _CTI: bytes.fromhex(credential.serial),
    }
    if holder_key is not None:
        claims[_CNF] = _confirmation(holder_key)
    claims[_KIND] = KINDS.index(credential.kind)
    protected = eddsa_header(credential.key_id)
    return seal(protected, cbor2.dumps(claims), signer)


def as_text(cose: bytes) -> str:
    """A signed message as it stands in a QR code."""
    return (PREFIX + base45.encode(cose)).decode("ascii")


def unwrap_text(draft: Draft) -> None:
    """base45"""
    assert isinstance(draft, PassDraft)
    draft.cose = from_base45(draft.code, PREFIX, LONGEST, "a pass has at most")


def _open_envelope(draft: Draft) -> None:
    """cose"""
    assert isinstance(draft, PassDraft)
    draft.message = open_sign1(draft.cose, "the COSE envelope")


def _read_header(draft: Draft) -> None:
    """algorithm"""
    assert isinstance(draft, PassDraft)
    draft.key_id = key_id_in(draft.message.protected)


def _find_key(draft: Draft) -> None:
    """key"""
    assert isinstance(draft, PassDraft)
    draft.candidates = draft.trust.keys_for(draft.key_id, Usage.PASS)
    if not draft.candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, f"no trusted key {draft.key_id} may sign passes")


def _check_signature(draft: Draft) -> None:
    """signature"""
    assert isinstance(draft, PassDraft)
    signed = draft.message.signed_bytes
    for key in draft.candidates:
        if verifies(key.public, draft.message.signature, signed):
            draft.key = key
            return
    raise StepFailed(Reason.FORGED, f"the signature does not fit key {draft.key_id}")


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, PassDraft)
    claims = load_exactly(draft.message.payload, "the claims")
    if not isinstance(claims, Mapping) or _types_of(claims) != _CLAIM_TYPES:
        raise StepFailed(Reason.CODE_DAMAGED, "the claims are not those of a community pass")
    if len(claims[_SUB]) != 8 or len(claims[_CTI]) != 8 or not 0 <= claims[_KIND] < len(KINDS):
        raise StepFailed(Reason.CODE_DAMAGED, "a claim is out of its range")
    if not 0 <= claims[_IAT] <= claims[_EXP] < LATEST_SECONDS:
        raise StepFailed(Reason.CODE_DAMAGED, "the pass ends before it begins, or in no year of ours")
    draft.claims = claims
    draft.holder_key = _holder_key(claims[_CNF]) if _CNF in claims else None


def _check_compound(draft: Draft) -> None:
    """compound"""
    assert isinstance(draft, PassDraft)
    if not draft.claims[_ISS] == draft.key.compound == draft.trust.compound:
        raise StepFailed(Reason.OTHER_COMMUNITY, "a pass of another community")


def _needs_no_wrapper(draft: Draft) -> None:
    """wrapper; a copy of what a phone holds must be worth nothing"""
    assert isinstance(draft, PassDraft)
    if draft.holder_key is not None:
        raise StepFailed(Reason.CODE_NOT_FRESH, "a phone's pass, shown without the phone's fresh signature")


def _check_dates(draft: Draft) -> None:
    """dates; a held clock may be off by its drift, and the doubt is held against the pass"""
    assert isinstance(draft, PassDraft)
    issued_at, expires_at = instant(draft.claims[_IAT]), instant(draft.claims[_EXP])
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
    assert isinstance(draft, PassDraft)
    if draft.claims[_CTI].hex() in draft.trust.revoked:
        raise StepFailed(Reason.REVOKED, "revoked by the community office")
    draft.credential = _credential_of(draft)


# What the office has signed, whether it lies on a card or in a phone; and whether it is in force today.
SIGNED_BY_THE_OFFICE = (
    ("cose", _open_envelope),
    ("header", _read_header),
    ("key", _find_key),
    ("signature", _check_signature),
    ("claims", _read_claims),
    ("compound", _check_compound),
)
IN_FORCE = (("dates", _check_dates), ("revocation", _check_revocation))

FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(PREFIX),
    start=PassDraft,
    steps=(("base45", unwrap_text), *SIGNED_BY_THE_OFFICE, ("wrapper", _needs_no_wrapper), *IN_FORCE),
)


def _credential_of(draft: PassDraft) -> Credential:
    claims = draft.claims
    return Credential(
        format=NAME,
        kind=KINDS[claims[_KIND]],
        compound=claims[_ISS],
        person=claims[_SUB].hex(),
        serial=claims[_CTI].hex(),
        key_id=draft.key_id,
        issued_at=instant(claims[_IAT]),
        expires_at=instant(claims[_EXP]),
    )


def _types_of(claims: Mapping[Any, Any]) -> dict[Any, type]:
    return {key: type(value) for key, value in claims.items() if key != _CNF}


def _confirmation(holder_key: bytes) -> dict[int, Any]:
    """RFC 8747 section 3.2: a COSE_Key (1), of two coordinates (1: 2) on P-256 (-1: 1), y by its sign."""
    assert len(holder_key) == HOLDER_KEY_BYTES
    return {1: {1: 2, -1: 1, -2: holder_key[1:], -3: holder_key[0] == 3}}


def _holder_key(confirmation: object) -> bytes:
    match confirmation:
        case {1: {-2: bytes(x), -3: bool(is_odd)}} if len(x) == HOLDER_KEY_BYTES - 1:
            point = bytes((3 if is_odd else 2,)) + x
            if cbor2.dumps(confirmation) == cbor2.dumps(_confirmation(point)):
                return point
    raise StepFailed(Reason.CODE_DAMAGED, "the phone's key is not a compressed P-256 key")


def verifies(public: bytes, signature: bytes, signed: bytes) -> bool:
    """Whether that Ed25519 key (32 raw bytes) made the signature (64 bytes, RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def instant(seconds: int) -> datetime:
    """Seconds since 1970 as an aware instant, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
