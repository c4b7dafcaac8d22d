"""SMART Health Cards, `shc:/` + digits: a JWS (RFC 7515, ES256) over deflated JSON, whole or in numbered parts.

Believed where the trust list holds the issuer's key. Its holder is nobody's resident until the guard says whose it is.
The parts of one card (`shc:/1/3/...`) are shown one after the other; `read` takes them joined by newlines, in any
order, and asks for those that are missing. Source: SMART Health Cards Framework 1.x; payload: gate.formats.shc_payload.
"""

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gate.certificates import HEALTH_CARD
from gate.formats import cbor, shc_payload
from gate.formats.chain import Draft, Format, Holder, StepFailed
from gate.formats.foreign import ForeignDraft
from gate.formats.packing import inflated
from gate.formats.signatures import Algorithm
from gate.formats.validity import check_dates
from gate.reason import Reason
from gate.trust import IssuerKey
from gate.unreadable import UNREADABLE

NAME = "SHC"
PREFIX = b"shc:/"
# A card of ten vaccinations has some 4,000 digits; the largest QR code holds 7,089.
MOST_PARTS = 16
LONGEST = MOST_PARTS * 7100
# What it unpacks to: some 2,000 bytes of JSON for two vaccinations.
LARGEST = 64 * 1024

_PART = re.compile(rb"shc:/(?:([1-9][0-9]?)/([1-9][0-9]?)/)?([0-9]+)\Z")


class _Header(Struct, frozen=True):
    """The JWS header. kid: the JWK thumbprint of the key. crit: what a reader has to understand, beyond the usual."""

    alg: str
    kid: str
    zip: str = ""
    crit: object = msgspec.UNSET


class _CardDraft(ForeignDraft):
    """What the steps below have found so far."""

    digits: bytes
    jws: bytes
    signed: bytes
    header: bytes
    body: bytes
    json: bytes
    payload: shc_payload.Payload
    holder: Holder
    valid_from: datetime


def part_of(code: bytes) -> tuple[int, int] | None:
    """Which of how many parts of a card a code is, such as (2, 3); None for anything else."""
    found = _PART.match(code)
    return (int(found.group(1)), int(found.group(2))) if found and found.group(1) else None


def is_part(code: bytes) -> bool:
    """Whether a code is one of several parts of a card."""
    return part_of(code) is not None


def joined(codes: Iterable[bytes]) -> list[bytes]:
    """Codes as they were seen, at once or one after the other -> as they are read: the parts of a card as one code."""
    seen = list(dict.fromkeys(codes))
    parts = [code for code in seen if is_part(code)]
    whole = [code for code in seen if not is_part(code)]
    return [*whole, b"\n".join(parts)] if parts else whole


def _join_parts(draft: Draft) -> None:
    """parts"""
    assert isinstance(draft, _CardDraft)
    if len(draft.code) > LONGEST:
        raise StepFailed(Reason.CODE_DAMAGED, f"{len(draft.code)} characters; a card has at most {LONGEST}")
    found = [_PART.match(part) for part in dict.fromkeys(draft.code.split())]
    parts = [(match.group(1), match.group(2), match.group(3)) for match in found if match is not None]
    if not parts or len(parts) != len(found):
        raise StepFailed(Reason.CODE_DAMAGED, "not digits all through")
    draft.digits = _in_order(parts)


def _in_order(parts: list[tuple[bytes | None, bytes | None, bytes]]) -> bytes:
    if len(parts) == 1 and parts[0][0] is None:
        return parts[0][2]
    totals = {total for _, total, _ in parts}
    if len(totals) != 1 or None in totals:
        raise StepFailed(Reason.CODE_DAMAGED, "parts of different cards")
    total = int(totals.pop() or b"0")
    by_number = {int(number or b"0"): digits for number, _, digits in parts}
    if len(by_number) != len(parts) or total > MOST_PARTS or max(by_number) > total:
        raise StepFailed(Reason.CODE_DAMAGED, "parts that do not make one card")
    missing = sorted({*range(1, total + 1)} - set(by_number))
    if missing:
        raise StepFailed(Reason.PARTS_MISSING, f"part {', '.join(map(str, missing))} of {total} was not shown")
    return b"".join(by_number[number] for number in range(1, total + 1))


def _read_digits(draft: Draft) -> None:
    """numeric; two digits a character, counted from the minus sign"""
    assert isinstance(draft, _CardDraft)
    digits = draft.digits
    if len(digits) % 2:
        raise StepFailed(Reason.CODE_DAMAGED, "an odd digit at the end")
    characters = bytes(int(digits[at : at + 2]) + 45 for at in range(0, len(digits), 2))
    if max(characters) > ord("z"):
        raise StepFailed(Reason.CODE_DAMAGED, "a pair of digits that stands for no character")
    draft.jws = characters


def _open_envelope(draft: Draft) -> None:
    """jws"""
    assert isinstance(draft, _CardDraft)
    parts = draft.jws.split(b".")
    if len(parts) != 3:
        raise StepFailed(Reason.CODE_DAMAGED, "not a JWS of three parts")
    draft.signed = b".".join(parts[:2])
    draft.header, draft.body, draft.signature = (_base64url(part) for part in parts)


def _read_header(draft: Draft) -> None:
    """header"""
    assert isinstance(draft, _CardDraft)
    try:
        header = msgspec.json.decode(draft.header, type=_Header)
    except UNREADABLE as cause:
        raise StepFailed(Reason.CODE_DAMAGED, f"the header: {cause}") from None
    if header.alg != "ES256":
        raise StepFailed(Reason.FORGED, "the algorithm is not ES256")
    if header.crit is not msgspec.UNSET:
        # RFC 7515 section 4.1.11: whoever does not understand all that is listed there must not believe the card.
        raise StepFailed(Reason.CODE_DAMAGED, "the header demands what is not understood here")
    if header.zip != "DEF" or not header.kid:
        raise StepFailed(Reason.CODE_DAMAGED, "the header does not say that it is deflated, or names no key")
    draft.key_id = header.kid


def _find_key(draft: Draft) -> None:
    """key"""
    assert isinstance(draft, _CardDraft)
    draft.candidates = draft.trust.issuers.get(draft.key_id, ())
    if not draft.candidates:
        raise StepFailed(Reason.KEY_UNKNOWN, "no issuer that is trusted here has the key that it names")


def _check_signature(draft: Draft) -> None:
    """signature"""
    assert isinstance(draft, _CardDraft)
    draft.check_signature(Algorithm.ES256, draft.signed)


def _inflate(draft: Draft) -> None:
    """deflate"""
    assert isinstance(draft, _CardDraft)
    draft.json = inflated(draft.body, LARGEST, -zlib.MAX_WBITS)


def _read_claims(draft: Draft) -> None:
    """claims"""
    assert isinstance(draft, _CardDraft)
    try:
        draft.payload = shc_payload.payload(draft.json)
        draft.valid_from = cbor.instant(draft.payload.nbf)
        draft.expires_at = cbor.instant(draft.payload.exp) if draft.payload.exp is not None else None
    except (ValueError, OverflowError) as cause:
        raise StepFailed(Reason.CODE_DAMAGED, str(cause)) from None


def _check_holder(draft: Draft) -> None:
    """holder"""
    assert isinstance(draft, _CardDraft)
    try:
        draft.holder = shc_payload.holder(draft.payload)
    except ValueError as cause:
        raise StepFailed(Reason.CODE_DAMAGED, str(cause)) from None


def _check_issuer(draft: Draft) -> None:
    """issuer; a key that is filed under an issuer's address speaks for that issuer alone"""
    assert isinstance(draft, _CardDraft)
    issuer = draft.payload.iss
    if not _is_address(issuer):
        raise StepFailed(Reason.CODE_DAMAGED, "its issuer is no https address")
    draft.keys = tuple(key for key in draft.keys if _may_sign(key, issuer))
    if not draft.keys:
        raise StepFailed(Reason.WRONG_USE, "its key may not sign health cards of that issuer")


def _check_dates(draft: Draft) -> None:
    """dates; a card without an end is usual"""
    assert isinstance(draft, _CardDraft)
    draft.expires_at = check_dates(draft.valid_from, draft.expires_at, draft.keys, draft.now)


def _check_revocation(draft: Draft) -> None:
    """revocation; by its revocation id where its issuer gave it one"""
    assert isinstance(draft, _CardDraft)
    named = f"{draft.key_id}/{draft.payload.vc.rid}".encode() if draft.payload.vc.rid else draft.signed
    serial = sha256(named).digest()[:8].hex()
    draft.believe(NAME, serial, draft.valid_from, draft.holder, draft.payload.claims)


FORMAT = Format(
    name=NAME,
    recognise=lambda code: code.startswith(PREFIX),
    start=_CardDraft,
    steps=(
        ("parts", _join_parts),
        ("numeric", _read_digits),
        ("jws", _open_envelope),
        ("header", _read_header),
        ("key", _find_key),
        ("signature", _check_signature),
        ("deflate", _inflate),
        ("claims", _read_claims),
        ("holder", _check_holder),
        ("issuer", _check_issuer),
        ("dates", _check_dates),
        ("revocation", _check_revocation),
    ),
)


def _base64url(text: bytes) -> bytes:
    """Strict: no padding, no foreign character, one text for each byte string."""
    try:
        data = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        data = b""
    if not data or urlsafe_b64encode(data).rstrip(b"=") != text:
        raise StepFailed(Reason.CODE_DAMAGED, "a part of the JWS is not base64url")
    return data


def _is_address(issuer: str) -> bool:
    try:
        address = urlsplit(issuer)
    except ValueError:
        return False
    return address.scheme == "https" and bool(address.hostname) and not address.query and not address.fragment


def _may_sign(key: IssuerKey, issuer: str) -> bool:
    if key.uses and HEALTH_CARD not in key.uses:
        return False
    return not key.name.startswith("https://") or key.name.rstrip("/") == issuer.rstrip("/")
