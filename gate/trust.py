"""Which key may say what, and which passes are void.

The office's hub signs the trust list; a station believes it through the one document key that it was given when it
was set up. Several keys may share a key id (it is only a hint), so a look-up returns all that match.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from gate.names import Instant, KeyId, Slug
from gate.revocations import Revocations, revocations_of, unpack

# Under this id stand bare keys of foreign issuers, which are tried for every certificate whatever key it names.
ANY_KEY_ID = ""


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


class IssuerKey(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The public key of somebody whose certificates are believed though they are not the compound's.

    spki: SubjectPublicKeyInfo in DER. key_id: as the format spells it (EU: 16 hex digits; SMART Health Cards: the JWK
    thumbprint). uses: what it may sign, in words of the format; empty for anything. not_before, not_after: the days
    of its certificate, where it has one. name: who it is, for people.
    """

    spki: bytes
    key_id: str
    uses: frozenset[str] = frozenset()
    not_before: Instant | None = None
    not_after: Instant | None = None
    name: str = ""


class TrustList(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of the signed trust document: keys, passes that were revoked, and foreign issuers.

    form_key: the hub's public key for gate.sealing, 32 raw bytes; empty from a hub that has none. revoked: as
    gate.revocations packs them; anything else is refused when the document is read.
    """

    keys: tuple[TrustedKey, ...] = ()
    revoked: bytes = b""
    issuers: tuple[IssuerKey, ...] = ()
    form_key: bytes = b""

    def __post_init__(self) -> None:
        unpack(self.revoked)

    @property
    def revocations(self) -> Revocations:
        return unpack(self.revoked)


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust list ready for look-ups, for the compound whose gate asks."""

    compound: str
    by_key_id: dict[str, tuple[TrustedKey, ...]]
    revoked: Revocations
    issuers: Mapping[str, tuple[IssuerKey, ...]] = field(default_factory=dict)

    def keys_for(self, key_id: str, usage: Usage) -> tuple[TrustedKey, ...]:
        """All keys that may be meant; none where the id is unknown or none of them may sign such a thing."""
        return tuple(key for key in self.by_key_id.get(key_id, ()) if usage in key.usages)

    def issuers_for(self, key_id: str) -> tuple[IssuerKey, ...]:
        """All keys of foreign issuers that may be meant; an id is only a hint, and several keys may share one."""
        return (*self.issuers.get(key_id, ()), *self.issuers.get(ANY_KEY_ID, ()))


def key_id_of(public: bytes) -> KeyId:
    """The first 8 bytes of the SHA-256 of a raw public key, in hex."""
    return sha256(public).digest()[:8].hex()


def index(
    compound: str,
    keys: Iterable[TrustedKey],
    revoked: Revocations | Iterable[str] = (),
    issuers: Iterable[IssuerKey] = (),
) -> Trust:
    """Build the look-up that `credential.read` takes. revoked: those of a trust list, or serials of 16 hex digits."""
    by_key_id: dict[str, tuple[TrustedKey, ...]] = {}
    for key in keys:
        by_key_id[key.key_id] = (*by_key_id.get(key.key_id, ()), key)
    issuers_by_key_id: dict[str, tuple[IssuerKey, ...]] = {}
    for issuer in issuers:
        issuers_by_key_id[issuer.key_id] = (*issuers_by_key_id.get(issuer.key_id, ()), issuer)
    looked_up = revoked if isinstance(revoked, Revocations) else revocations_of(revoked)
    return Trust(compound, by_key_id, looked_up, issuers_by_key_id)
