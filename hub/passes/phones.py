"""How a pass comes onto a phone: an invitation on a card, then the phone's own key, certified once.

`gate-hub phone` draws invitations; the page in hub/resident brings a token and a key, and `enrol` answers with the
pass. Rule: a token works for one key only, and again for that key, since an answer may get lost on its way; one phone
more than the settings allow revokes the oldest.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from msgspec import Struct

from gate.formats import community_pass
from gate.formats.chain import Credential
from gate.names import Pseudonym
from hub.keys import SigningKey
from hub.passes.issue import draw_credential
from hub.registry import Registry, invitations, passes, people
from hub.registry.people import Household, Person
from hub.settings import ResidentSettings

USUAL_HOURS = 72
LONGEST_HOURS = 90 * 24
# Crockford's base 32: no letter that is mistaken for a digit, none for another.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LETTERS = 16
_READ_AS = str.maketrans("OIL", "011", " -")


class Invitation(Struct, frozen=True):
    """A card on its way to the printer, and for whom. link: what its QR code holds, the token behind a `#`."""

    token: str
    person: Pseudonym
    link: str
    name: str
    building: str
    unit: str
    room: str
    expires_at: datetime


class Why(StrEnum):
    """Why a phone gets no pass; the page says it in words."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    MOVED = "moved"
    KEY = "key"


class EnrolmentRefused(Exception):
    """A phone gets no pass."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class Enrolled(Struct, frozen=True):
    """What a phone keeps. cose: the certified pass. masked_name: whose it is, on a phone that holds several."""

    cose: bytes
    serial: Pseudonym
    masked_name: str
    issued_at: datetime
    expires_at: datetime


def address(resident: ResidentSettings) -> str | None:
    """Where a card sends a phone, with a slash at its end; None where the page is not served or has no fixed place."""
    if not resident.serve or not (resident.address or resident.port):
        return None
    if resident.address:
        return resident.address.rstrip("/") + "/"
    host = f"[{resident.host}]" if ":" in resident.host else resident.host
    return f"{'https' if resident.tls_certificate else 'http'}://{host}:{resident.port}/"


def draw_invitation(
    person: Person, home: Household, page: str, expires_at: datetime, randomness: Callable[[int], bytes]
) -> Invitation:
    """page: see `address`. The token is drawn from the randomness: 80 bits, 16 letters that can also be typed."""
    number = int.from_bytes(randomness(10), "big")
    token = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(TOKEN_LETTERS)))
    where = (home.building, home.unit, home.room)
    return Invitation(token, person.id, f"{page}#{token}", person.name, *where, expires_at)


def read_token(text: str) -> str:
    """A token as it was drawn, from what somebody typed: small letters, spaces, dashes, O for 0."""
    return text.upper().translate(_READ_AS)


def enrol(
    registry: Registry,
    token: str,
    phone_key: bytes,
    key: SigningKey,
    resident: ResidentSettings,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> Enrolled:
    """A token and a phone's key (P-256, 33 bytes, compressed) -> its pass. Raises EnrolmentRefused."""
    _refuse_a_bad_key(phone_key)
    known = invitations.find(registry, read_token(token))
    if known is None:
        raise EnrolmentRefused(Why.UNKNOWN)
    if known.serial is not None:
        return _once_more(registry, known.serial, phone_key, key)
    if now >= known.expires_at:
        raise EnrolmentRefused(Why.EXPIRED)
    if people.masked_name(registry, known.person) is None:
        raise EnrolmentRefused(Why.MOVED)
    credential = draw_credential(registry.compound, known.person, key.key_id, now, resident.pass_days, randomness)
    surplus = passes.phones_of(registry, known.person, now)[resident.phones_per_person - 1 :]
    if surplus:
        passes.revoke(registry, surplus, now)
    passes.add(registry, [credential], phone_key)
    invitations.use(registry, read_token(token), credential.serial)
    return _enrolled(registry, credential, phone_key, key)


def _once_more(registry: Registry, serial: str, phone_key: bytes, key: SigningKey) -> Enrolled:
    """The phone asks again because no answer came: the same bytes, for Ed25519 signs the same each time."""
    found = passes.on_phone(registry, serial)
    if found is None or found[1] != phone_key or found[0].key_id != key.key_id:
        raise EnrolmentRefused(Why.USED)
    return _enrolled(registry, found[0], phone_key, key)


def _enrolled(registry: Registry, credential: Credential, phone_key: bytes, key: SigningKey) -> Enrolled:
    assert credential.person is not None
    assert credential.expires_at is not None
    cose = community_pass.certify(credential, key.sign, phone_key)
    name = people.masked_name(registry, credential.person) or ""
    return Enrolled(cose, credential.serial, name, credential.issued_at, credential.expires_at)


def _refuse_a_bad_key(phone_key: bytes) -> None:
    try:
        if len(phone_key) != community_pass.HOLDER_KEY_BYTES:
            raise EnrolmentRefused(Why.KEY)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), phone_key)
    except ValueError:
        raise EnrolmentRefused(Why.KEY) from None
