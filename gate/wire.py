"""Everything that may cross the wire between station and hub, versioned, by name.

A message of records is a list of envelopes, so one passage and ten thousand take the same road. The envelope stands
apart from the body: what cannot be read inside can still be named, quarantined and receipted, and is never in the way
of its neighbours (rule 9). The structs are the whitelist: a field that is not written here cannot travel.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from msgspec import Meta, Raw, Struct, json

from gate.names import Digest, DocumentName, Instant, JournalId, Pseudonym, Sequence, Slug
from gate.passage import Record
from gate.policy import Direction
from gate.unreadable import UNREADABLE

VERSION = 1
# Crossings that one digest tells; the newest ones, where there are more.
MOST_CROSSINGS = 256
MOST_PEERS = 64
# Holes that one receipt lists; where there are more, it reaches less far.
MOST_HOLES = 64
# How many records, which is never more than the newest one's number can be.
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
# Documents that one status names as lacking; the hub sees to these, and a later status names the others.
MOST_LACKING = 16
# Of a journal without a record.
CHAIN_BEGINS = "0" * 32
# What a message of backlog may inflate to; a station's own lists stay far below it.
MOST_INFLATED_BYTES = 8 * 2**20
# The fastest level; the next ones save little on lists of records, and a gate has other work.
_LEVEL = 1


class Envelope(Struct, frozen=True, forbid_unknown_fields=True):
    """One record on its way: whose it is, where it stands in which journal, and the hash of its body as it stands."""

    v: Annotated[int, Meta(ge=1, le=VERSION)]
    compound: Slug
    station: Slug
    journal: JournalId
    sequence: Sequence
    hash: Digest
    body: Raw


class JournalReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """What of one journal is in the registry (or in quarantine) for good: 1 to `through`, less the holes.

    holes: inclusive (first, last) ranges, rising.
    """

    journal: JournalId
    through: Annotated[int, Meta(ge=0)]
    holes: Annotated[tuple[tuple[Sequence, Sequence], ...], Meta(max_length=MOST_HOLES)] = ()

    def covers(self, sequence: int) -> bool:
        return sequence <= self.through and not any(first <= sequence <= last for first, last in self.holes)


class Receipt(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the signed receipt of one station: its newest journals, the only word that releases a row."""

    station: Slug
    journals: tuple[JournalReceipt, ...]


class HubStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """Retained, with the hub's last will: a station sends only while this says up."""

    v: Annotated[int, Meta(ge=1, le=VERSION)]
    up: bool
    generation: int


class StationStatus(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Retained, with the station's last will, which carries `online` false and nothing else that changed.

    queue: records without a receipt. newest: the last sequence written; chain: of all its hashes, see `chain_on`.
    at: the station's clock. faults: what is out of order ("camera", "thermometer", "disk", "clock"). lacks: documents
    of the hub, as their topics end ("manifest", "roster/07"), that the broker was asked for in vain.
    """

    v: Annotated[int, Meta(ge=1, le=VERSION)]
    online: bool
    gate: Slug
    lane: Slug
    journal: JournalId | None = None
    newest: Count = 0
    queue: Count = 0
    policy: str | None = None
    roster: str | None = None
    at: Instant | None = None
    faults: tuple[Slug, ...] = ()
    chain: Digest | None = None
    lacks: Annotated[tuple[DocumentName, ...], Meta(max_length=MOST_LACKING)] = ()


class Crossing(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody crossed at a gate; or did not after all, since its guard took it back (`crossed` false).

    at: when, by that gate's believed clock. sequence: of the record that says so; passage: of the passage it is about.
    permit: the one that the passage used. Whose household it is, each gate reads in its own roster.
    """

    person: Pseudonym
    direction: Direction
    at: Instant
    sequence: Sequence
    passage: Sequence
    crossed: bool = True
    fresh_id: Digest | None = None
    permit: Pseudonym | None = None


class Crossings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A digest for the peers: every crossing of that journal behind the record `after`, up to the record `through`.

    at: when it was told, by the gate's believed clock. hello: this gate has just come; its peers tell what they have.
    beat: the time that stands on this gate's last beat; no more than a name for it. heard: of each peer's station the
    last beat that had come by then, so that the peer knows since when this digest is what there was to tell.
    """

    v: Annotated[int, Meta(ge=1, le=VERSION)]
    gate: Slug
    journal: JournalId
    after: Annotated[int, Meta(ge=0)]
    through: Annotated[int, Meta(ge=0)]
    at: Instant
    crossings: Annotated[tuple[Crossing, ...], Meta(max_length=MOST_CROSSINGS)] = ()
    hello: bool = False
    beat: Instant | None = None
    heard: Annotated[dict[Slug, Instant], Meta(max_length=MOST_PEERS)] = {}


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something on the wire that is not one of ours: the bytes as they came, and why they cannot be read."""

    payload: bytes
    why: str


class BodyMalformed(Exception):
    """The body of a record cannot be read by this version, or is not the one that its envelope was made for."""


def envelope(compound: Slug, station: Slug, journal: JournalId, sequence: int, body: bytes) -> Envelope:
    """Wrap a body that was encoded once, when it was journaled."""
    return Envelope(VERSION, compound, station, journal, sequence, body_hash(body), Raw(body))


def body_hash(body: bytes) -> Digest:
    """The first 16 bytes of the SHA-256 of the body's bytes as they stand, in hex."""
    return sha256(body).digest()[:16].hex()


def chain_on(chain: Digest, hash_: Digest) -> Digest:
    """The chain of a journal's hashes, one record further: whoever holds records 1 to n finds the same in them all."""
    return sha256(bytes.fromhex(chain) + bytes.fromhex(hash_)).digest()[:16].hex()


def encode_body(record: Record) -> bytes:
    return json.encode(record)


def decode_body(body: bytes | Raw) -> Record:
    """Raises BodyMalformed."""
    try:
        return _BODY.decode(body)
    except UNREADABLE as cause:
        raise BodyMalformed(str(cause)) from cause


def encode_records(envelopes: Iterable[Envelope]) -> bytes:
    return json.encode(list(envelopes))


def decode_records(payload: bytes) -> list[Envelope | Malformed]:
    """A message -> its envelopes, in order; what cannot be read is Malformed and leaves its neighbours alone."""
    try:
        return list(_ENVELOPES.decode(payload))
    except UNREADABLE:
        return _decode_one_by_one(payload)


def pack_backlog(envelopes: Iterable[Envelope]) -> bytes:
    """Records that waited -> a message: the list of `encode_records` as a zlib stream (RFC 1950)."""
    return zlib.compress(encode_records(envelopes), _LEVEL)


def unpack_backlog(payload: bytes) -> list[Envelope | Malformed]:
    """Such a message -> its envelopes, as `decode_records` gives them."""
    inflated = inflate_backlog(payload)
    return [inflated] if isinstance(inflated, Malformed) else decode_records(inflated)


def inflate_backlog(payload: bytes) -> bytes | Malformed:
    """Such a message -> the same as it would be if it were live, of MOST_INFLATED_BYTES at the most."""
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(payload, MOST_INFLATED_BYTES)
    except zlib.error as cause:
        return Malformed(payload, f"not compressed records: {cause}")
    if not stream.eof or stream.unused_data:
        why = "more follows" if stream.unused_data else f"cut short, or larger than {MOST_INFLATED_BYTES} bytes"
        return Malformed(payload, f"not one whole list of compressed records: {why}")
    return inflated


def decode_crossings(payload: bytes) -> Crossings | Malformed:
    """What a peer told."""
    try:
        return _CROSSINGS.decode(payload)
    except UNREADABLE as cause:
        return Malformed(payload, str(cause))


def _decode_one_by_one(payload: bytes) -> list[Envelope | Malformed]:
    try:
        parts = json.decode(payload, type=list[Raw])
    except UNREADABLE as cause:
        return [Malformed(payload, f"not a list of records: {cause}")]
    return [_decode_one(bytes(part)) for part in parts]


def _decode_one(part: bytes) -> Envelope | Malformed:
    try:
        return json.decode(part, type=Envelope)
    except UNREADABLE as cause:
        return Malformed(part, str(cause))


_BODY: json.Decoder[Record] = json.Decoder(Record)
_CROSSINGS: json.Decoder[Crossings] = json.Decoder(Crossings)
_ENVELOPES: json.Decoder[list[Envelope]] = json.Decoder(list[Envelope])
