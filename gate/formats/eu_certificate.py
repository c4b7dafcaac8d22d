"""EU digital certificates, `HC1:` + base45 + zlib + COSE_Sign1 (RFC 9052) over a CWT (RFC 8392), ES256 or PS256.

Believed where the trust list holds the key of a country. Its holder is nobody's resident until the guard says whose
it is. Source: EU eHealth Network, hcert-spec 1.0 to 1.2; the payload's schema is in gate.formats.eu_payload.

Lenient where issuers were: tags 61 and 18 may be there or not, and algorithm and key id may stand in either header;
where both name one, the signed header counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import cbor2

from gate.certificates import USES
from gate.formats import cbor, eu_payload
from gate.formats.chain import Draft, Format, StepFailed
from gate.formats.foreign import ForeignDraft
from gate.formats.packing import from_base45, inflated
from gate.formats.signatures import Algorithm
from gate.formats.validity import check_dates
from gate.reason import Reason

NAME = "HC1"
PREFIX = b"HC1:"
# What the largest QR code holds (version 40-L, alphanumeric).
LONGEST = 4296
# A certificate unpacks to some 600 bytes, with an RSA signature and long names to 1,500.
LARGEST = 16 * 1024

_ALGORITHM, _CRITICAL, _KEY_ID, _SIGN1, _CWT = 1, 2, 4, 18, 61
_ISS, _EXP, _IAT, _HCERT, _DCC = 1, 4, 6, -260, 1
_USES = frozenset(USES.values())


@dataclass(frozen=True, slots=True)
class _Claims:
    issued_at: datetime
    expires_at: datetime | None
    told: Mapping[Any, Any]


class _CertificateDraft(ForeignDraft):
    """What the steps below have found so far."""

    compressed: bytes
    cose: bytes
    protected: bytes
    headers: Mapping[Any, Any]
    payload: bytes
    algorithm: Algorithm
    claims: _Claims
    certificate: eu_payload.Payload


def _unwrap(draft: Draft) -> None:
    """base45"""
    assert isinstance(draft, _CertificateDraft)
    draft.compressed = from_base45(draft.code, PREFIX, LONGEST, "a QR code holds")


def _decompress(draft: Draft) -> None:
    """zlib"""
    assert isinstance(draft, _CertificateDraft)
    draft.cose = inflated(draft.compressed, LARGEST)


def _open_envelope(draft: Draft) -> None:
    """cose"""
    assert isinstance(draft, _CertificateDraft)
    match _untagged(_decoded(draft.cose, "the COSE envelope")):
        case [bytes(protected), Mapping() as unprotected, bytes(payload), bytes(signature)]:
            draft.protected, draft.payload, draft.signature = protected, payload, signature
            draft.headers = unprotected
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, "not a COSE_Sign1 message of four parts")


def _read_header(draft: Draft) -> None:
    """header"""
    assert isinstance(draft, _CertificateDraft)
    signed = _decoded(draft.protected, "the protected header") if draft.protected else {}
    if not isinstance(signed, Mapping):
        raise StepFailed(Reason.CODE_DAMAGED, "the protected header is no map")
    headers = {**draft.headers, **signed}
    if _CRITICAL in headers:
        # RFC 9052 section 3.1: whoever does not understand all that is listed there must not believe the message.
        raise StepFailed(Reason.CODE_DAMAGED, "the header demands what is not understood here")
    key_id = headers.get(_KEY_ID)
    if not isinstance(key_id, bytes) or not key_id:
        raise StepFailed(Reason.CODE_DAMAGED, "the header names no key")
    draft.key_id = key_id.hex()
    draft.algorithm = _algorithm(headers.get(_ALGORITHM))


def _find_key(draft: Draft) -> None:
    """key"""
    assert isinstance(draft, _CertificateDraft)
    draft.candidates = draft.trust.issuers_for(draft.key_id)
    if not draft.candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, f"no issuer that is trusted here has the key {draft.key_id}")


def _check_signature(draft: Draft) -> None:
    """signature"""
    assert isinstance(draft, _CertificateDraft)
    draft.check_signature(draft.algorithm, cbor2.dumps(["Signature1", draft.protected, b"", draft.payload]))


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, _CertificateDraft)
    match _decoded(draft.payload, "the claims"):
        case {6: issued_at, -260: {1: Mapping() as told}, **others}:
            draft.claims = _Claims(
                _instant(issued_at), _instant(others[_EXP]) if others.get(_EXP) is not None else None, told
            )
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, "the claims are not those of a digital certificate")


def _check_schema(draft: Draft) -> None:
    """schema"""
    assert isinstance(draft, _CertificateDraft)
    try:
        draft.certificate = eu_payload.payload(draft.claims.told)
    except ValueError as cause:
        raise StepFailed(Reason.CODE_DAMAGED, str(cause)) from None


def _check_use(draft: Draft) -> None:
    """use; a key whose certificate names no use may sign every kind"""
    assert isinstance(draft, _CertificateDraft)
    kind = draft.certificate.type
    draft.keys = tuple(key for key in draft.keys if not key.uses or kind in key.uses)
    if not draft.keys:
        raise StepFailed(Reason.WRONG_USE, f"its key may not sign a {kind}")


def _check_dates(draft: Draft) -> None:
    """dates"""
    assert isinstance(draft, _CertificateDraft)
    draft.expires_at = check_dates(draft.claims.issued_at, draft.claims.expires_at, draft.keys, draft.now)
    if draft.expires_at is None:
        raise StepFailed(Reason.CODE_DAMAGED, "neither the certificate nor its key has an end")


def _check_revocation(draft: Draft) -> None:
    """revocation"""
    assert isinstance(draft, _CertificateDraft)
    told = draft.certificate
    serial = sha256(told.entry.ci.encode()).digest()[:8].hex()
    draft.believe(NAME, serial, draft.claims.issued_at, told.holder, told.claims)


FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(PREFIX),
    start=_CertificateDraft,
    steps=(
        ("base45", _unwrap),
        ("zlib", _decompress),
        ("cose", _open_envelope),
        ("header", _read_header),
        ("key", _find_key),
        ("signature", _check_signature),
        ("claims", _read_claims),
        ("schema", _check_schema),
        ("use", _check_use),
        ("dates", _check_dates),
        ("revocation", _check_revocation),
    ),
)


def _decoded(data: bytes, what: str) -> Any:  # noqa: ANN401 - CBOR may hold anything; the caller matches its shape
    try:
        return cbor.decode(data)
    except ValueError as cause:
        raise StepFailed(Reason.CODE_DAMAGED, f"{what}: {cause}") from None


def _untagged(message: object) -> object:
    """COSE_Sign1 with its tag, within a CWT's tag, or bare."""
    for tag in (_CWT, _SIGN1):
        if isinstance(message, cbor2.CBORTag) and message.tag == tag:
            message = message.value
    return message


def _algorithm(number: object) -> Algorithm:
    if isinstance(number, bool) or not isinstance(number, int):
        raise StepFailed(Reason.FORGED, "the header names no algorithm")
    try:
        return Algorithm(number)
    except ValueError:
        raise StepFailed(Reason.FORGED, "the algorithm is neither ES256 nor PS256") from None


def _instant(value: object) -> datetime:
    try:
        return cbor.instant(value)
    except (ValueError, OverflowError):
        raise StepFailed(Reason.CODE_DAMAGED, "a date in the claims is none") from None
