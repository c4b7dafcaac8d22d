"""Which key may say what, and which passes are void.

The office's hub signs the trust list; a station believes it through the one document key that it was given when it
was set up. Several keys may share a key id (it is only a hint), so a look-up returns all that match.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from gate.names import Instant, KeyId, Pseudonym, Slug


class Usage(StrEnum):
    """What a key may sign."""

    PASS = "pass"  # noqa: S105 - a community pass is no password
    DOCUMENT = "document"


class TrustedKey(Struct, frozen=True, forbid_unknown_fields=True):
    """An Ed25519 public key (32 raw bytes) of one compound, what it may sign, and from when until when."""

    public: bytes
    compound: Slug
    usages: frozenset[Usage]
    not_before: Instant
    not_after: Instant

    @property
    def key_id(self) -> KeyId:
        return key_id_of(self.public)


class TrustList(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the signed trust document: keys, and the serials of passes that were revoked."""

    keys: tuple[TrustedKey, ...] = ()
    revoked: frozenset[Pseudonym] = frozenset()


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust list ready for look-ups, for the compound whose gate asks."""

    compound: str
    by_key_id: dict[str, tuple[TrustedKey, ...]]
    revoked: frozenset[str]

    def keys_for(self, key_id: str, usage: Usage) -> tuple[TrustedKey, ...]:
        """All keys that may be meant; none where the id is unknown or none of them may sign such a thing."""
        return tuple(key for key in self.by_key_id.get(key_id, ()) if usage in key.usages)


def key_id_of(public: bytes) -> KeyId:
    """The first 8 bytes of the SHA-256 of a raw public key, in hex."""
    return sha256(public).digest()[:8].hex()


def index(compound: str, keys: Iterable[TrustedKey], revoked: Iterable[str] = ()) -> Trust:
    """Build the look-up that `credential.read` takes."""
    by_key_id: dict[str, tuple[TrustedKey, ...]] = {}
    for key in keys:
        by_key_id[key.key_id] = (*by_key_id.get(key.key_id, ()), key)
    return Trust(compound, by_key_id, frozenset(revoked))
