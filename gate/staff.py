"""The guards of a compound, as its gates know them: by a PIN typed with a glove on, or by a badge's code.

The hub publishes the list signed and sealed with the roster key, since a PIN of a few digits is soon guessed from its
hash. A station's sign-on asks `whose`, from a thread that may wait: a guess costs some 50 ms on purpose.
"""

import hmac
from collections.abc import Iterable
from hashlib import scrypt
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import Meta, Struct, json

from gate.names import Pseudonym, Slug
from gate.unreadable import UNREADABLE

PIN_DIGITS = 6
SALT_BYTES = 16
# RFC 7914: 16 MiB a guess.
_COST, _BLOCK, _PARALLEL, _HASH_BYTES = 2**14, 8, 1, 32
MOST_GUARDS = 64


class Guard(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """id: as it stands on passages. name: for the kiosk. pin_hash: scrypt, 32 bytes. badge: the serial of his badge."""

    id: Slug
    name: Annotated[str, Meta(min_length=1, max_length=24)]
    salt: bytes
    pin_hash: bytes
    badge: Pseudonym | None = None


class Staff(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the sealed staff document."""

    guards: Annotated[tuple[Guard, ...], Meta(max_length=MOST_GUARDS)] = ()


class SealedStaff(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies on the staff topic: a nonce of 12 bytes and the sealed signed document."""

    nonce: bytes
    sealed: bytes


class StaffUnreadable(Exception):
    """The staff document cannot be opened: it was sealed with another roster key, or was changed on the way."""


def pin_hash(pin: str, salt: bytes) -> bytes:
    """scrypt (RFC 7914) of a PIN, 32 bytes."""
    return scrypt(pin.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=_HASH_BYTES)


def whose(guards: Iterable[Guard], pin: str) -> Guard | None:
    """Whose PIN it is; None for nobody's. As slow as one guess, however many guards share their salt."""
    hashes: dict[bytes, bytes] = {}
    for guard in guards:
        if guard.salt not in hashes:
            hashes[guard.salt] = pin_hash(pin, guard.salt)
        if hmac.compare_digest(hashes[guard.salt], guard.pin_hash):
            return guard
    return None


def seal(document: bytes, compound: Slug, key: bytes, nonce: bytes) -> bytes:
    """The signed document -> what is published. key: the roster's, 32 bytes; nonce: 12 bytes, never used twice."""
    return json.encode(SealedStaff(nonce, ChaCha20Poly1305(key).encrypt(nonce, document, _bound_to(compound))))


def unseal(payload: bytes, compound: Slug, key: bytes) -> bytes:
    """What was published -> the signed document. Raises StaffUnreadable."""
    try:
        parcel = json.decode(payload, type=SealedStaff)
        return ChaCha20Poly1305(key).decrypt(parcel.nonce, parcel.sealed, _bound_to(compound))
    except (*UNREADABLE, InvalidTag, ValueError) as cause:
        why = "another roster key, or changed on the way" if isinstance(cause, InvalidTag) else str(cause)
        raise StaffUnreadable(f"the staff of {compound} cannot be opened: {why}") from cause


def _bound_to(compound: Slug) -> bytes:
    return f"gate/1/{compound}/staff".encode()
