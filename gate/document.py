"""Signed documents: how the hub's word reaches a gate over a broker that nobody has to trust.

Each kind carries (generation, number); numbers only grow, and a hub restored from a backup begins a new generation.
The signature (Ed25519, RFC 8032) covers kind, compound, addressee and edition besides the body, so no document can be
passed off as another kind's, another compound's or another station's.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Raw, Struct, json

from gate.names import Instant, KeyId, Slug
from gate.trust import key_id_of
from gate.unreadable import UNREADABLE

Signer = Callable[[bytes], bytes]
Body = TypeVar("Body", bound=Struct)


class DocumentKind(StrEnum):
    """What a signed document says; see gate.topics for where each travels."""

    POLICY = "policy"
    TRUST = "trust"
    ROSTER = "roster"
    STAFF = "staff"
    NOTICES = "notices"
    MANIFEST = "manifest"
    RECEIPT = "receipt"


class Edition(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Which issue of a document this is; compared generation first."""

    generation: Annotated[int, Meta(ge=1)]
    number: Annotated[int, Meta(ge=1)]

    def __str__(self) -> str:
        return f"{self.generation}.{self.number}"


class Heading(Struct, frozen=True, forbid_unknown_fields=True):
    """What a document is, before its body. addressee: the station it is for, or "" for every station."""

    kind: DocumentKind
    compound: Slug
    addressee: str
    edition: Edition
    issued_at: Instant
    key: KeyId


class SignedDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """A heading, a body as the exact bytes that were signed, and the signature (64 bytes)."""

    v: Annotated[int, Meta(ge=1, le=1)]
    heading: Heading
    body: Raw
    signature: bytes


class DocumentRefused(Exception):
    """A signed document was not believed; the message says which one and why, and the last good one stays in force."""


def sign(heading: Heading, body: Struct, signer: Signer) -> bytes:
    """Heading and body -> the payload that is published. signer: bytes -> Ed25519 signature of 64 bytes."""
    encoded = json.encode(body, order="deterministic")
    return json.encode(SignedDocument(1, heading, Raw(encoded), signer(_signed_bytes(heading, encoded))))


def open_document(payload: bytes, kind: DocumentKind, compound: Slug, keys: Iterable[bytes]) -> SignedDocument:
    """The payload as a document of that kind and compound, signed by one of the keys (raw public, 32 bytes).

    Raises DocumentRefused.
    """
    try:
        document = json.decode(payload, type=SignedDocument)
    except UNREADABLE as cause:
        raise DocumentRefused(f"{kind} of {compound} is not a signed document: {cause}") from cause
    heading = document.heading
    if (heading.kind, heading.compound) != (kind, compound):
        raise DocumentRefused(f"expected {kind} of {compound}, got {heading.kind} of {heading.compound}")
    signed = _signed_bytes(heading, bytes(document.body))
    candidates = [public for public in keys if key_id_of(public) == heading.key]
    if not any(_is_signed_by(public, document.signature, signed) for public in candidates):
        raise DocumentRefused(
            f"{kind} {heading.edition} of {compound} is not signed by the hub that this station was set up with"
            f" (key {heading.key})"
        )
    return document


def body_of(document: SignedDocument, body_type: type[Body]) -> Body:
    """The body of a document that was opened. Raises DocumentRefused where it does not fit its kind."""
    try:
        return json.decode(document.body, type=body_type)
    except UNREADABLE as cause:
        raise DocumentRefused(f"{document.heading.kind} {document.heading.edition}: {cause}") from cause


def heading_of(
    kind: DocumentKind, compound: Slug, edition: Edition, issued_at: datetime, key: KeyId, addressee: str = ""
) -> Heading:
    """A heading with its instant in UTC."""
    return Heading(kind, compound, addressee, edition, issued_at.astimezone(UTC), key)


def _signed_bytes(heading: Heading, body: bytes) -> bytes:
    return b"gate-checkpoint document v1\n" + json.encode(heading, order="deterministic") + b"\n" + body


def _is_signed_by(public: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
