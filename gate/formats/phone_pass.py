"""The pass on a phone: a community pass in a statement that the phone signs anew every 30 seconds.

`GC1:` + base45 + COSE_Sign1 with ES256 over {6: when, -70002: the pass as the office signed it}, by the key that the
pass certifies. The phone needs no network for it, and a photograph of its screen is worth a minute. hub/resident makes
these codes in the resident's browser; `pack` is for rehearsals.

Rules: both layers have to be there, each spelled in the one possible way, and a signature has its lower half's s, so
one statement of one signature has one text. The doubt of a held clock is never green: where it decides, the guard does.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gate.formats import base45, community_pass
from gate.formats.chain import Draft, Format, StepFailed
from gate.formats.community_pass import PREFIX, PassDraft
from gate.formats.cose import Sign1, load_exactly, open_sign1, seal
from gate.formats.signed_pass import LATEST_SECONDS, instant
from gate.reason import Reason

NAME = "GC1-PHONE"
VALID_FOR = timedelta(seconds=60)
# A phone that sets its clock by its network is right within a second; one that is set by hand may be this much ahead.
GREATEST_LEAD = timedelta(seconds=30)
SIGNATURE_BYTES = 64
# Order of P-256 (SEC 2, section 2.4.2).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_SAID_AT, _PASS = 6, -70002
_ES256_HEADER = cbor2.dumps({1: -7})
# How a tagged COSE_Sign1 begins whose header is a map of one entry: a pass names its key there and has two.
_OPENING = PREFIX + base45.encode(bytes.fromhex("d28443a1"))


class _PhoneDraft(PassDraft):
    """What the steps have found so far. wrapper: the phone's message; said_at: when the phone says it was made."""

    wrapper: Sign1
    said_at: datetime
    holder: EllipticCurvePublicKey


def pack(certified: bytes, at: datetime, signer: Callable[[bytes], bytes]) -> str:
    """A certified pass -> the code of a moment. signer: bytes -> `raw_signature` by the phone's key."""
    return community_pass.as_text(seal(_ES256_HEADER, _statement(int(at.timestamp()), certified), signer))


def raw_signature(der: bytes) -> bytes:
    """An ECDSA signature in DER -> r and s of 32 bytes each, s from the lower half."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


def fresh_id(serial: str, said_at: datetime) -> str:
    """What names one code of a phone: 32 hex digits. The signature is left out, since a phone may sign twice."""
    return sha256(bytes.fromhex(serial) + int(said_at.timestamp()).to_bytes(8, "big")).digest()[:16].hex()


def _statement(seconds: int, certified: bytes) -> bytes:
    return cbor2.dumps({_SAID_AT: seconds, _PASS: certified})


def _open_wrapper(draft: Draft) -> None:
    """wrapper"""
    assert isinstance(draft, _PhoneDraft)
    draft.wrapper = open_sign1(draft.cose, "the phone's wrapper")


def _check_algorithm(draft: Draft) -> None:
    """algorithm"""
    assert isinstance(draft, _PhoneDraft)
    if draft.wrapper.protected != _ES256_HEADER:
        raise StepFailed(Reason.FORGED, "the wrapper's header is not that of ES256 alone")


def _read_statement(draft: Draft) -> None:
    """statement"""
    assert isinstance(draft, _PhoneDraft)
    match load_exactly(draft.wrapper.payload, "the phone's statement"):
        case {6: int(seconds), -70002: bytes(certified)} if draft.wrapper.payload == _statement(
            int(seconds), certified
        ):
            if not 0 <= seconds < LATEST_SECONDS:
                raise StepFailed(Reason.CODE_DAMAGED, "the statement was made in no year of ours")
            draft.said_at, draft.cose = instant(seconds), certified
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, "the statement must hold a time and a pass, nothing else")


def _find_holder_key(draft: Draft) -> None:
    """holder key"""
    assert isinstance(draft, _PhoneDraft)
    if draft.holder_key is None:
        raise StepFailed(Reason.FORGED, "a paper pass in a phone's wrapper")
    try:
        draft.holder = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), draft.holder_key)
    except ValueError:
        raise StepFailed(Reason.CODE_DAMAGED, "the phone's key is not on its curve") from None


def _check_holder_signature(draft: Draft) -> None:
    """holder signature"""
    assert isinstance(draft, _PhoneDraft)
    signature = draft.wrapper.signature
    if len(signature) != SIGNATURE_BYTES:
        raise StepFailed(Reason.FORGED, f"a signature of {len(signature)} bytes; ES256 has {SIGNATURE_BYTES}")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if s > ORDER // 2:
        raise StepFailed(Reason.FORGED, "the signature is the mirror image of one that a phone makes")
    try:
        draft.holder.verify(encode_dss_signature(r, s), draft.wrapper.signed_bytes, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise StepFailed(Reason.FORGED, "the signature does not fit the phone's key") from None


def _check_freshness(draft: Draft) -> None:
    """freshness; under a floor clock a code may be younger than the gate's idea of now, and decide() refers"""
    assert isinstance(draft, _PhoneDraft)
    now, age = draft.now, draft.now.utc - draft.said_at
    if age - now.drift > VALID_FOR:
        raise StepFailed(Reason.CODE_NOT_FRESH, f"made {age.total_seconds():.0f} s ago; a phone's code lives for 60 s")
    if now.believed and age + now.drift < -GREATEST_LEAD:
        raise StepFailed(
            Reason.CODE_NOT_FRESH, f"the phone's clock is {-age.total_seconds():.0f} s ahead; 30 s are allowed"
        )
    if now.believed and (age + now.drift > VALID_FOR or age - now.drift < -GREATEST_LEAD):
        raise StepFailed(Reason.CLOCK_NOT_BELIEVED, "whether the code is fresh is less than this gate's clock knows")
    assert draft.credential is not None
    draft.credential = replace(
        draft.credential,
        format=NAME,
        fresh_id=fresh_id(draft.credential.serial, draft.said_at),
        fresh_until=draft.said_at + VALID_FOR,
    )


FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(_OPENING),
    start=_PhoneDraft,
    steps=(
        ("base45", community_pass.UNWRAP),
        ("wrapper", _open_wrapper),
        ("algorithm", _check_algorithm),
        ("statement", _read_statement),
        *community_pass.SIGNED_BY_THE_OFFICE,
        ("holder key", _find_holder_key),
        ("holder signature", _check_holder_signature),
        *community_pass.IN_FORCE,
        ("freshness", _check_freshness),
    ),
)
