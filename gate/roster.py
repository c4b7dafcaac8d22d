"""Who lives here and how they stand, as the hub tells the gates: entries, buckets, manifest.

A person belongs to a bucket by the head of his pseudonym; a bucket is a signed document, sealed (ChaCha20-Poly1305,
RFC 8439) with the compound's roster key, so neither the broker nor a stolen backup of it can read it. The signed
manifest names the digest of every document that is in force; a station acts on a whole set only.
"""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import Meta, Struct, json

from gate.names import Digest, Instant, Pseudonym, Slug
from gate.passage import Caller, EditionText
from gate.permit import Permits
from gate.unreadable import UNREADABLE

BUCKETS = 64
NONCE_BYTES = 12


class Standing(StrEnum):
    """How a resident stands: free, in home isolation, or watched after it (may cross)."""

    NORMAL = "normal"
    ISOLATED = "isolated"
    MONITORED = "monitored"


class Health(StrEnum):
    """The colour of the provincial health code, as the office last learned it."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"


# gc: a gate holds thousands, and none of them holds another; the collector need not walk through them.
class Resident(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One person on the roster, only ever sealed or in a station's memory.

    masked_name: as a guard may see it (王*明). initials: pinyin initials, for the search by name. phone_tail: last four
    digits. needs_help: shown as a mark; the cause stays in the office. caller: visitors, couriers and staff that the
    office knows are on the roster too, a visitor with the building of his host. permits: what leave the office gave.
    until: nobody's entry from then on, whatever the gate heard since. stands_for: of a blank card that a guard made
    count as that resident's pass; whose entry says all else of him.
    """

    person: Pseudonym
    household: Pseudonym
    masked_name: str
    building: str
    unit: str = ""
    room: str = ""
    initials: str = ""
    phone_tail: str = ""
    standing: Standing = Standing.NORMAL
    health: Health = Health.UNKNOWN
    needs_help: bool = False
    caller: Caller = Caller.RESIDENT
    permits: Permits = ()
    until: Instant | None = None
    stands_for: Pseudonym | None = None


class RosterBucket(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a bucket's signed document: its residents, in the order of pseudonyms."""

    residents: tuple[Resident, ...]


class SealedBucket(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies on a bucket's topic: a nonce of 12 bytes and the sealed signed document."""

    bucket: Annotated[int, Meta(ge=0, lt=BUCKETS)]
    nonce: bytes
    sealed: bytes


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of the signed manifest: what is in force, by the digest of each retained payload.

    roster: one digest a bucket, in order. edition: of the roster as a whole; it names it on a passage. staff, notices:
    None where the hub has published no such document.
    """

    policy: Digest
    trust: Digest
    roster: Annotated[tuple[Digest, ...], Meta(min_length=BUCKETS, max_length=BUCKETS)]
    roster_edition: EditionText
    people: Annotated[int, Meta(ge=0)]
    staff: Digest | None = None
    notices: Digest | None = None


class BucketUnreadable(Exception):
    """A roster bucket cannot be opened: it was sealed with another roster key, or was changed on the way."""


def bucket_of(person: Pseudonym) -> int:
    """The bucket (0 to 63) of a pseudonym: its first byte modulo the number of buckets."""
    return int(person[:2], 16) % BUCKETS


def heads_of(bucket: int) -> frozenset[str]:
    """The two characters with which the pseudonyms of a bucket begin: to look through thousands by."""
    return frozenset(f"{head:02x}" for head in range(bucket, 256, BUCKETS))


def digest(payload: bytes) -> Digest:
    """The first 16 bytes of the SHA-256 of a payload, in hex."""
    return sha256(payload).digest()[:16].hex()


def seal(document: bytes, bucket: int, compound: Slug, key: bytes, nonce: bytes) -> bytes:
    """A bucket's signed document -> what is published. key: 32 bytes; nonce: 12 bytes, never used twice."""
    sealed = ChaCha20Poly1305(key).encrypt(nonce, document, _bound_to(compound, bucket))
    return json.encode(SealedBucket(bucket, nonce, sealed))


def unseal(payload: bytes, bucket: int, compound: Slug, key: bytes) -> bytes:
    """What was published -> the signed document. Raises BucketUnreadable."""
    try:
        parcel = json.decode(payload, type=SealedBucket)
        return ChaCha20Poly1305(key).decrypt(parcel.nonce, parcel.sealed, _bound_to(compound, bucket))
    except (*UNREADABLE, InvalidTag, ValueError) as cause:
        raise BucketUnreadable(f"roster bucket {bucket} of {compound} cannot be opened: {_why(cause)}") from cause


def fill(residents: Iterable[Resident]) -> tuple[tuple[Resident, ...], ...]:
    """Residents -> 64 buckets, each in the order of pseudonyms."""
    buckets: list[list[Resident]] = [[] for _ in range(BUCKETS)]
    for resident in sorted(residents, key=lambda each: each.person):
        buckets[bucket_of(resident.person)].append(resident)
    return tuple(tuple(bucket) for bucket in buckets)


def _bound_to(compound: Slug, bucket: int) -> bytes:
    """A sealed bucket cannot be passed off as another one, nor as another compound's."""
    return f"gate/1/{compound}/roster/{bucket}".encode()


def _why(cause: Exception) -> str:
    return "another roster key, or changed on the way" if isinstance(cause, InvalidTag) else str(cause)
