"""What every pass of the compound has in common, on paper, on a phone or made at a gate: the envelope and its claims.

`community_pass` and `gate_pass` build their chains of these steps and add who may sign, and for whom. Rule: one
spelling only, and what is checked of one pass is checked of all.

Claims (CWT, RFC 8392): 1 iss compound, 2 sub pseudonym (8 bytes), 4 exp, 6 iat (seconds since 1970), 7 cti serial
(8 bytes), -70001 whose pass it is, an index into a list of the format (private use, section 9.1.1).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gate.clock import Moment
from gate.formats.chain import Draft, StepFailed
from gate.formats.cose import Sign1, key_id_in, load_exactly, open_sign1
from gate.formats.packing import from_base45
from gate.reason import Reason

ISS, SUB, EXP, IAT, CTI, WHOSE = 1, 2, 4, 6, 7, -70001
COMMON: Mapping[int, type] = {ISS: str, SUB: bytes, EXP: int, IAT: int, CTI: bytes, WHOSE: int}
# A paper pass has some 200 characters, a phone's code some 400; what is far longer is refused before it is unpacked.
LONGEST = 600
TAKEN_BACK = "revoked by the community office"
LATEST_SECONDS = 2**32
_ID_BYTES = 8


class SignedDraft(Draft):
    """What the steps below have found so far."""

    cose: bytes
    message: Sign1
    key_id: str
    claims: Mapping[int, Any]


def claims_of(compound: str, person: str, serial: str, issued_at: datetime, expires_at: datetime) -> dict[int, Any]:
    """All but whose pass it is. person, serial: 16 hex digits. The order is that of the encoded pass."""
    return {
        ISS: compound,
        SUB: bytes.fromhex(person),
        EXP: int(expires_at.timestamp()),
        IAT: int(issued_at.timestamp()),
        CTI: bytes.fromhex(serial),
    }


def unwrap_behind(prefix: bytes) -> Callable[[Draft], None]:
    """The step `base45` of a family whose texts begin so."""

    def unwrap(draft: Draft) -> None:
        assert isinstance(draft, SignedDraft)
        draft.cose = from_base45(draft.code, prefix, LONGEST, "a pass has at most")

    return unwrap


def open_envelope(draft: Draft) -> None:
    """cose"""
    assert isinstance(draft, SignedDraft)
    draft.message = open_sign1(draft.cose, "the COSE envelope")


def read_header(draft: Draft) -> None:
    """header"""
    assert isinstance(draft, SignedDraft)
    draft.key_id = key_id_in(draft.message.protected)


def read_claims(message: Sign1, types: Mapping[int, type], whose: int, optional: Iterable[int] = ()) -> dict[int, Any]:
    """The claims, each of its very type and in its range. whose: how many kinds of bearers the format knows.

    Raises StepFailed. optional: claims that may be there, whose type is not looked at.
    """
    claims = load_exactly(message.payload, "the claims")
    if not isinstance(claims, dict) or {k: type(v) for k, v in claims.items() if k not in optional} != types:
        raise StepFailed(Reason.CODE_DAMAGED, "the claims are not those of such a pass")
    if len(claims[SUB]) != _ID_BYTES or len(claims[CTI]) != _ID_BYTES or not 0 <= claims[WHOSE] < whose:
        raise StepFailed(Reason.CODE_DAMAGED, "a claim is out of its range")
    if not 0 <= claims[IAT] <= claims[EXP] < LATEST_SECONDS:
        raise StepFailed(Reason.CODE_DAMAGED, "the pass ends before it begins, or in no year of ours")
    return claims


def check_signature(message: Sign1, publics: Iterable[bytes], key_id: str) -> int:
    """Which of the keys (32 raw bytes each) made the signature (64 bytes, RFC 8032); raises StepFailed if none did."""
    for place, public in enumerate(publics):
        if _verifies(public, message.signature, message.signed_bytes):
            return place
    raise StepFailed(Reason.FORGED, f"the signature does not fit key {key_id}")


def check_in_time(claims: Mapping[int, Any], now: Moment, ahead: timedelta = timedelta(0)) -> None:
    """A held clock may be off by its drift, and the doubt is held against the pass. ahead: how far its maker's clock
    may be before this gate's. Raises StepFailed."""
    issued_at, expires_at = instant(claims[IAT]), instant(claims[EXP])
    if now.utc + now.drift >= expires_at:
        raise StepFailed(Reason.EXPIRED, f"expired at {expires_at:%Y-%m-%d %H:%M} UTC")
    # Under a floor clock the pass may well be younger than the gate's idea of now; decide() then refers to the guard.
    if now.believed and now.utc - now.drift + ahead < issued_at:
        raise StepFailed(Reason.NOT_YET_VALID, f"valid from {issued_at:%Y-%m-%d %H:%M} UTC")


def check_revocation(draft: SignedDraft) -> None:
    """Raises StepFailed where the office took the pass back."""
    if draft.claims[CTI].hex() in draft.trust.revoked:
        raise StepFailed(Reason.REVOKED, TAKEN_BACK)


def instant(seconds: int) -> datetime:
    """Seconds since 1970 as an aware instant, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _verifies(public: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
