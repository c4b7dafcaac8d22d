"""What comes to this station over the broker, told apart: the hub's status, its documents, receipts, peers' digests.

The uplink hands it every message, on its own thread. Rule: only what is signed by the hub and newer than what came
before changes anything; what is not believed is said, and what is here stays in force.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import json

from gate import topics
from gate.document import DocumentKind, DocumentRefused, Edition, body_of, open_document
from gate.unreadable import UNREADABLE
from gate.wire import HubStatus, Malformed, Receipt, decode_crossings
from station.documents import Documents
from station.inbox import CrossingsHeard, Post, Receipted, SnapshotCame
from station.peers.store import PeerStore
from station.roster import MANIFEST, NOTICES, POLICY, STAFF, TRUST, Part, Reader
from station.uplink.disbelief import Disbelief

log = logging.getLogger(__name__)

DOCUMENTS = {
    topics.POLICY: POLICY,
    topics.TRUST: TRUST,
    topics.STAFF: STAFF,
    topics.NOTICES: NOTICES,
    topics.MANIFEST: MANIFEST,
}


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a message concerns besides the loop. hub_is: up or down. receipt: one that is believed. restored: the hub
    was, from a backup, so that what was safe may not be."""

    hub_is: Callable[[bool], None]
    receipt: Callable[[Receipt], None]
    restored: Callable[[], None]


class Hearing:
    """post: the loop's inbox."""

    def __init__(
        self,
        station: str,
        reader: Reader,
        documents: Documents,
        peers: PeerStore,
        post: Callable[[Post], None],
        told: Told,
    ) -> None:
        self._station, self._reader = station, reader
        self._documents, self._peers = documents, peers
        self._post, self._told = post, told
        self._disbelief = Disbelief(post)
        self._receipt_edition: Edition | None = None

    def hear(self, topic: str, payload: bytes) -> None:
        """A peer's digest, or a retained message of the hub; what is not believed changes nothing."""
        if topic.endswith("/crossings"):
            self._hear_peer(topic, payload)
            return
        try:
            if topic == topics.HUB_STATUS.of(self._reader.compound):
                self._hear_status(payload)
            elif not payload:
                log.warning("somebody emptied %s; what is here stays in force", topic)
            elif topic == topics.RECEIPT.of(self._reader.compound, self._station):
                self._hear_receipt(payload)
            elif (part := _part_of(topic, self._reader.compound)) is not None:
                snapshot = self._documents.take(part, payload)
                if snapshot is not None:
                    self._post(SnapshotCame(snapshot))
        except DocumentRefused as refused:
            log.warning("%s is not believed, what is here stays in force: %s", topic, refused)
            self._disbelief.refused(topic)
        else:
            self._disbelief.believed(topic)

    def _hear_peer(self, topic: str, payload: bytes) -> None:
        """The broker's access list vouches for the station that a topic names."""
        station, digest = topics.station_of(topic), decode_crossings(payload)
        if station is None or station == self._station:
            return
        if isinstance(digest, Malformed):
            log.warning("what %s tells its peers cannot be read: %s", station, digest.why)
            return
        self._peers.keep(station, payload, digest)
        self._post(CrossingsHeard(station, digest))

    def _hear_status(self, payload: bytes) -> None:
        up = False
        try:
            up = bool(payload) and json.decode(payload, type=HubStatus).up
        except UNREADABLE as cause:
            log.warning("the hub's status cannot be read, so it counts as down: %s", cause)
        self._told.hub_is(up)

    def _hear_receipt(self, payload: bytes) -> None:
        document = open_document(payload, DocumentKind.RECEIPT, self._reader.compound, [self._reader.hub_key])
        receipt = body_of(document, Receipt)
        heading = document.heading
        if (heading.addressee, receipt.station) != (self._station, self._station):
            raise DocumentRefused(f"receipt {heading.edition} is for another station, {heading.addressee}")
        self._check_edition(heading.edition)
        self._told.receipt(receipt)
        self._post(Receipted(receipt, heading.edition.generation))

    def _check_edition(self, edition: Edition) -> None:
        """Receipts only grow; a new generation is a hub restored from a backup, which may know less than before."""
        floor = self._documents.receipt_floor() if self._receipt_edition is None else self._receipt_edition.generation
        if edition.generation < floor or (self._receipt_edition is not None and edition < self._receipt_edition):
            raise DocumentRefused(f"receipt {edition} is older than one that came before")
        if edition.generation > floor:
            self._documents.raise_receipt_floor(edition.generation)
            if floor:
                self._told.restored()
        self._receipt_edition = edition


def _part_of(topic: str, compound: str) -> Part | None:
    """Which document a topic carries; None for any other topic."""
    bucket = topics.bucket_of_topic(topic)
    if bucket is not None:
        return Part(DocumentKind.ROSTER, bucket)
    return next((part for kind, part in DOCUMENTS.items() if topic == kind.of(compound)), None)
