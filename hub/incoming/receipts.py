"""Receipts: the signed word that lets a station release rows (rule 8); spoken only after the commit.

Called on the writer's thread. A record that comes again gets its station's receipt again, with a higher number, since
the first may have been lost.
"""

from collections.abc import Callable, Container, Iterable
from datetime import datetime

from gate import topics
from gate.document import DocumentKind, heading_of, sign
from gate.names import Slug
from hub.incoming.received import Received
from hub.keys import SigningKey
from hub.registry.documents import Editions
from hub.registry.parcels import Identity

Publish = Callable[[str, bytes], None]


class Receipts:
    """publish: topic and payload, retained. sent_at: by station, its last receipt."""

    def __init__(
        self, compound: Slug, key: SigningKey, received: Received, editions: Editions, publish: Publish
    ) -> None:
        self._compound = compound
        self._key, self._key_id = key, key.key_id
        self._received = received
        self._editions = editions
        self._publish = publish
        self.sent_at: dict[str, datetime] = {}

    def committed(self, identities: Iterable[Identity], now: datetime) -> None:
        """These are in the registry, new or once more: one receipt for each station that sent some."""
        self._send(sorted(self._received.note(identities, now)), now)

    def send_all(self, now: datetime) -> None:
        """To every station ever heard: the broker may have lost what it retained."""
        self._send(sorted(self._received.stations()), now)

    def send_again(self, wanted: Container[str], now: datetime) -> frozenset[str]:
        """The receipts that belong on these topics; on which there was one."""
        places = {each: topics.RECEIPT.of(self._compound, each) for each in sorted(self._received.stations())}
        known = {station: topic for station, topic in places.items() if topic in wanted}
        self._send(known, now)
        return frozenset(known.values())

    def _send(self, stations: Iterable[str], now: datetime) -> None:
        for station in stations:
            heading = heading_of(
                DocumentKind.RECEIPT, self._compound, self._editions.draw(), now, self._key_id, addressee=station
            )
            payload = sign(heading, self._received.receipt(station), self._key.sign)
            self._publish(topics.RECEIPT.of(self._compound, station), payload)
            self.sent_at[station] = now
