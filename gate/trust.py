"""Which key may say what, and which passes are void.

The office's hub signs the trust list; a station believes it through the one document key that it was given when it
was set up. Several keys may share a key id (it is only a hint), so a look-up returns all that match.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Instant, KeyId, Slug
from gate.passage import Caller
from gate.revocations import Revocations, revocations_of, unpack
from gate.sealing import KEY_BYTES

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


class GateKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A station's certificate: its Ed25519 public key (32 raw bytes), and which temporary passes it may sign.

    callers: for whom. longest_hours: a pass's life at most. most: how many passes in all, counted from the first. What
    was signed from not_before to not_after is believed.
    """

    public: bytes
    station: Slug
    callers: frozenset[Caller]
    longest_hours: Annotated[int, Meta(ge=1, le=24 * 14)]
    most: Annotated[int, Meta(ge=0)]
    not_before: Instant
    not_after: Instant

    @property
    def key_id(self) -> KeyId:
        return key_id_of(self.public)


class TrustList(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of the signed trust document: keys, passes that were revoked, foreign issuers, gates that make passes.

    form_key: the hub's public key for gate.sealing, 32 raw bytes; empty from a hub that has none. revoked: as
    gate.revocations packs them; anything else is refused when the document is read.
    """

    keys: tuple[TrustedKey, ...] = ()
    revoked: bytes = b""
    issuers: tuple[IssuerKey, ...] = ()
    form_key: bytes = b""
    gates: tuple[GateKey, ...] = ()

    def __post_init__(self) -> None:
        unpack(self.revoked)
        if len(self.form_key) not in (0, KEY_BYTES):
            raise ValueError(f"form_key has {len(self.form_key)} bytes, an X25519 key has {KEY_BYTES}")

    @property
    def revocations(self) -> Revocations:
        return unpack(self.revoked)


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust list ready for look-ups, for the compound whose gate asks. form_key: as in TrustList."""

    compound: str
    by_key_id: dict[str, tuple[TrustedKey, ...]]
    revoked: Revocations
    issuers: Mapping[str, tuple[IssuerKey, ...]] = field(default_factory=dict)
    form_key: bytes = b""
    gates: tuple[GateKey, ...] = ()

    def keys_for(self, key_id: str, usage: Usage) -> tuple[TrustedKey, ...]:
        """All keys that may be meant; none where the id is unknown or none of them may sign such a thing."""
        return tuple(key for key in self.by_key_id.get(key_id, ()) if usage in key.usages)

    def issuers_for(self, key_id: str) -> tuple[IssuerKey, ...]:
        """All keys of foreign issuers that may be meant; an id is only a hint, and several keys may share one."""
        return (*self.issuers.get(key_id, ()), *self.issuers.get(ANY_KEY_ID, ()))

    def gate_keys_for(self, key_id: str) -> tuple[GateKey, ...]:
        """The stations with a key of that id which may make temporary passes."""
        return tuple(key for key in self.gates if key.key_id == key_id)


def key_id_of(public: bytes) -> KeyId:
    """The first 8 bytes of the SHA-256 of a raw public key, in hex."""
    return sha256(public).digest()[:8].hex()


def index(
    compound: str,
    keys: Iterable[TrustedKey],
    revoked: Revocations | Iterable[str] = (),
    issuers: Iterable[IssuerKey] = (),
    form_key: bytes = b"",
    gates: Iterable[GateKey] = (),
) -> Trust:
    """Build the look-up that `credential.read` takes. revoked: those of a trust list, or serials of 16 hex digits."""
    by_key_id: dict[str, tuple[TrustedKey, ...]] = {}
    for key in keys:
        by_key_id[key.key_id] = (*by_key_id.get(key.key_id, ()), key)
    issuers_by_key_id: dict[str, tuple[IssuerKey, ...]] = {}
    for issuer in issuers:
        issuers_by_key_id[issuer.key_id] = (*issuers_by_key_id.get(issuer.key_id, ()), issuer)
    looked_up = revoked if isinstance(revoked, Revocations) else revocations_of(revoked)
    return Trust(compound, by_key_id, looked_up, issuers_by_key_id, form_key, tuple(gates))
