"""The community pass, `GC1:` + base45 + COSE_Sign1 (RFC 9052) over a CWT claims set (RFC 8392), Ed25519.

Packed as the EU certificate is, less the zlib layer, which makes a payload of 50 bytes longer: about 200 characters,
QR version 8-M, small enough for a wallet card and a cheap camera. `pack` is used by the hub that issues,
FORMAT by the gate that reads.

Claims as in gate.formats.signed_pass, whose: an index into KINDS. A pass that lives on a phone has
8 cnf (RFC 8747) besides: the phone's own P-256 key as a COSE_Key. Such a pass is worth nothing by itself; the phone
wraps it in a fresh statement (gate.formats.phone_pass).
"""

from collections.abc import Callable
from typing import Any

import cbor2

from gate.formats import base45, signed_pass
from gate.formats.chain import Credential, Draft, Format, Kind, StepFailed
from gate.formats.cose import eddsa_header, seal
from gate.formats.signed_pass import COMMON, CTI, EXP, IAT, ISS, SUB, WHOSE, SignedDraft, instant
from gate.reason import Reason
from gate.trust import TrustedKey, Usage

NAME = "GC1"
PREFIX = b"GC1:"
# By their index in a pass: what is added comes last.
KINDS = (Kind.RESIDENT, Kind.STAFF, Kind.VISITOR, Kind.COURIER, Kind.BLANK)
# A P-256 point in the compressed form of SEC 1, section 2.3.3: the sign of y, then x.
HOLDER_KEY_BYTES = 33

_CNF = 8


class PassDraft(SignedDraft):
    """What the steps below have found so far. holder_key: the phone's key as 33 bytes; None on a paper pass."""

    candidates: tuple[TrustedKey, ...]
    key: TrustedKey
    holder_key: bytes | None


def pack(credential: Credential, signer: Callable[[bytes], bytes]) -> str:
    """A credential -> the text of its QR code. signer: bytes -> Ed25519 signature (64 bytes) by credential.key_id."""
    return as_text(certify(credential, signer))


def certify(credential: Credential, signer: Callable[[bytes], bytes], holder_key: bytes | None = None) -> bytes:
    """A credential -> its signed COSE message; with a holder_key (33 bytes) it is a pass for that phone alone."""
    assert credential.person is not None
    assert credential.expires_at is not None
    claims = signed_pass.claims_of(
        credential.compound or "", credential.person, credential.serial, credential.issued_at, credential.expires_at
    )
    if holder_key is not None:
        claims[_CNF] = _confirmation(holder_key)
    claims[WHOSE] = KINDS.index(credential.kind)
    protected = eddsa_header(credential.key_id)
    return seal(protected, cbor2.dumps(claims), signer)


def as_text(cose: bytes) -> str:
    """A signed message as it stands in a QR code."""
    return (PREFIX + base45.encode(cose)).decode("ascii")


def _find_key(draft: Draft) -> None:
    """key"""
    assert isinstance(draft, PassDraft)
    draft.candidates = draft.trust.keys_for(draft.key_id, Usage.PASS)
    if not draft.candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, f"no trusted key {draft.key_id} may sign passes")


def _check_signature(draft: Draft) -> None:
    """signature"""
    assert isinstance(draft, PassDraft)
    publics = (key.public for key in draft.candidates)
    draft.key = draft.candidates[signed_pass.check_signature(draft.message, publics, draft.key_id)]


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, PassDraft)
    draft.claims = signed_pass.read_claims(draft.message, COMMON, len(KINDS), optional=(_CNF,))
    draft.holder_key = _holder_key(draft.claims[_CNF]) if _CNF in draft.claims else None


def _check_compound(draft: Draft) -> None:
    """compound"""
    assert isinstance(draft, PassDraft)
    if not draft.claims[ISS] == draft.key.compound == draft.trust.compound:
        raise StepFailed(Reason.OTHER_COMMUNITY, "a pass of another community")


def _needs_no_wrapper(draft: Draft) -> None:
    """wrapper; a copy of what a phone holds must be worth nothing"""
    assert isinstance(draft, PassDraft)
    if draft.holder_key is not None:
        raise StepFailed(Reason.CODE_NOT_FRESH, "a phone's pass, shown without the phone's fresh signature")


def _check_dates(draft: Draft) -> None:
    """dates"""
    assert isinstance(draft, PassDraft)
    if not draft.key.not_before <= instant(draft.claims[IAT]) <= draft.key.not_after:
        raise StepFailed(Reason.FORGED, "signed outside of the days in which its key was in use")
    signed_pass.check_in_time(draft.claims, draft.now)


def _check_revocation(draft: Draft) -> None:
    """revocation"""
    assert isinstance(draft, PassDraft)
    signed_pass.check_revocation(draft)
    draft.credential = _credential_of(draft)


UNWRAP = signed_pass.unwrap_behind(PREFIX)
# What the office has signed, whether it lies on a card or in a phone; and whether it is in force today.
SIGNED_BY_THE_OFFICE = (
    ("cose", signed_pass.open_envelope),
    ("header", signed_pass.read_header),
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
    steps=(("base45", UNWRAP), *SIGNED_BY_THE_OFFICE, ("wrapper", _needs_no_wrapper), *IN_FORCE),
)


def _credential_of(draft: PassDraft) -> Credential:
    claims = draft.claims
    return Credential(
        format=NAME,
        kind=KINDS[claims[WHOSE]],
        compound=claims[ISS],
        person=claims[SUB].hex(),
        serial=claims[CTI].hex(),
        key_id=draft.key_id,
        issued_at=instant(claims[IAT]),
        expires_at=instant(claims[EXP]),
    )


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
