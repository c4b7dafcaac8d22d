"""The hub as a station meets it, played over a real broker: signs, seals, publishes, and keeps what it hears.

Used by the uplink's tests, since station and hub never meet in one process.
"""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct, json
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate import topics
from gate.document import DocumentKind, Edition, heading_of, sign
from gate.notices import Notice, Notices
from gate.policy import Policy
from gate.revocations import pack, revocations_of
from gate.roster import BUCKETS, Health, Manifest, Resident, RosterBucket, digest, fill, seal
from gate.staff import Guard, Staff
from gate.staff import seal as seal_staff
from gate.trust import TrustList, key_id_of
from gate.wire import (
    Crossings,
    Envelope,
    HubStatus,
    JournalReceipt,
    Malformed,
    Receipt,
    StationStatus,
    decode_crossings,
    decode_records,
    unpack_backlog,
)
from station.roster import MANIFEST, NOTICES, POLICY, STAFF, TRUST, Part, Reader
from tests.broker import Broker

COMPOUND = "willow-court"
STATION = "west-1"
GENERATION = 1763800000
ISSUED_AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ROSTER_KEY = bytes(range(32))


def resident(person: str, health: Health = Health.GREEN) -> Resident:
    """An invented resident; person: 16 hex digits."""
    return Resident(person, "00000000000000aa", "王*明", "3", health=health)


PEOPLE = tuple(resident(f"{number:02x}00000000000000") for number in range(0, 256, 3))


class Office:
    """The hub's signing table: makes documents, each with a number of its own. seed: which hub it is."""

    def __init__(self, compound: str = COMPOUND, seed: int = 1, roster_key: bytes = ROSTER_KEY) -> None:
        self.compound = compound
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._key.public_key().public_bytes_raw()
        self._roster_key = roster_key
        self.generation = GENERATION
        self.number = 0

    @property
    def reader(self) -> Reader:
        return Reader(self.compound, self.public, self._roster_key)

    def signed(
        self,
        kind: DocumentKind,
        body: Struct,
        number: int | None = None,
        addressee: str = "",
        issued_at: datetime = ISSUED_AT,
    ) -> bytes:
        if number is None:
            self.number += 1
            number = self.number
        edition = Edition(self.generation, number)
        heading = heading_of(kind, self.compound, edition, issued_at, key_id_of(self.public), addressee)
        return sign(heading, body, self._key.sign)

    def policy(self, title: str = "第一版", number: int | None = None) -> bytes:
        return self.signed(DocumentKind.POLICY, Policy(title), number)

    def bucket(self, bucket: int, residents: Iterable[Resident], number: int | None = None) -> bytes:
        document = self.signed(DocumentKind.ROSTER, RosterBucket(tuple(residents)), number)
        nonce = self.number.to_bytes(12, "big")
        return seal(document, bucket, self.compound, self._roster_key, nonce)

    def trust(self, revoked: Iterable[str]) -> bytes:
        return self.signed(DocumentKind.TRUST, TrustList(revoked=pack(revocations_of(revoked))))

    def staff(self, *guards: Guard) -> bytes:
        document = self.signed(DocumentKind.STAFF, Staff(guards))
        return seal_staff(document, self.compound, self._roster_key, self.number.to_bytes(12, "big"))

    def notices(self, *notices: Notice) -> bytes:
        return self.signed(DocumentKind.NOTICES, Notices(notices))

    def receipt(
        self,
        *journals: JournalReceipt,
        number: int | None = None,
        addressee: str = STATION,
        station: str = STATION,
    ) -> bytes:
        return self.signed(DocumentKind.RECEIPT, Receipt(station, journals), number, addressee)

    def manifest(
        self, documents: dict[Part, bytes], number: int | None = None, issued_at: datetime = ISSUED_AT
    ) -> bytes:
        digests = tuple(digest(documents[Part(DocumentKind.ROSTER, bucket)]) for bucket in range(BUCKETS))
        staff, notices = (digest(documents[part]) if part in documents else None for part in (STAFF, NOTICES))
        policy, trust = digest(documents[POLICY]), digest(documents[TRUST])
        body = Manifest(policy, trust, digests, f"{GENERATION}.1", len(PEOPLE), staff, notices)
        return self.signed(DocumentKind.MANIFEST, body, number, issued_at=issued_at)

    def whole_set(self, people: Iterable[Resident] = PEOPLE, title: str = "第一版") -> dict[Part, bytes]:
        """Policy, trust, 64 buckets and, last, their manifest."""
        documents = {POLICY: self.policy(title), TRUST: self.signed(DocumentKind.TRUST, TrustList())}
        for bucket, residents in enumerate(fill(people)):
            documents[Part(DocumentKind.ROSTER, bucket)] = self.bucket(bucket, residents)
        return {**documents, MANIFEST: self.manifest(documents)}


def topic_of(part: Part) -> str:
    kinds = {
        POLICY: topics.POLICY, TRUST: topics.TRUST, STAFF: topics.STAFF, NOTICES: topics.NOTICES,
        MANIFEST: topics.MANIFEST,
    }  # fmt: skip
    return kinds.get(part, topics.ROSTER).of(COMPOUND, bucket=part.bucket)


class PlayedHub:
    """The hub's end of the broker."""

    def __init__(self, broker: Broker, office: Office, password: str = "hub") -> None:
        self.office = office
        self.heard: list[Envelope] = []
        self.heard_at: list[float] = []
        self.sizes: list[int] = []
        self.waited: list[int] = []
        self.statuses: list[StationStatus] = []
        self.digests: list[Crossings | Malformed] = []
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set("hub", password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"gate/1/{COMPOUND}/station/#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def __enter__(self) -> "PlayedHub":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, up: bool) -> None:
        body = json.encode(HubStatus(1, up, self.office.generation))
        self.publish(topics.HUB_STATUS.of(COMPOUND), body)

    def confirm(self, journal: str, through: int, holes: tuple[tuple[int, int], ...] = ()) -> None:
        receipt = self.office.receipt(JournalReceipt(journal, through, holes))
        self.publish(topics.RECEIPT.of(COMPOUND, STATION), receipt)

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)

    def publish_set(self, documents: dict[Part, bytes]) -> None:
        for part, payload in documents.items():
            self.publish(topic_of(part), payload)

    @property
    def sequences(self) -> list[int]:
        return [each.sequence for each in self.heard]

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/status"):
            self.statuses.append(json.decode(message.payload, type=StationStatus))
            return
        if message.topic.endswith("/crossings"):
            self.digests.append(decode_crossings(bytes(message.payload)))
            return
        live = message.topic.endswith("/records")
        self.sizes.append(len(message.payload))
        for each in (decode_records if live else unpack_backlog)(bytes(message.payload)):
            assert isinstance(each, Envelope)
            self.heard.append(each)
            self.heard_at.append(time.perf_counter())
            if not live:
                self.waited.append(each.sequence)


def until(met: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for something to become true; fails loudly where it never does."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.005)
