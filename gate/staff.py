"""The guards of a compound, as its gates know them: by a PIN typed with a glove on, or by a badge's code.

The hub publishes the list signed and sealed with the roster key, since a PIN of a few digits is soon guessed from its
hash. The kiosk's sign-on asks `guard_of_pin`, from a thread that may wait: each guess costs some 50 ms on purpose.
"""

import hmac
from hashlib import scrypt
from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Pseudonym, Slug

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


def pin_hash(pin: str, salt: bytes) -> bytes:
    """scrypt (RFC 7914) of a PIN, 32 bytes."""
    return scrypt(pin.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=_HASH_BYTES)


def holds(guard: Guard, pin: str) -> bool:
    """Whether this is that guard's PIN."""
    return hmac.compare_digest(pin_hash(pin, guard.salt), guard.pin_hash)
