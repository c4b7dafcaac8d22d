"""A running hub of one station, a real Mosquitto, and somebody who hears all of it and speaks as the station would.

Used by every test of the hub on its broker. Rule: a test file names the fixtures that it takes from here in `__all__`.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition

import pytest
from msgspec import json
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate import topics
from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction, Policy
from gate.roster import BUCKETS, Manifest, digest
from gate.wire import Envelope, HubStatus, Receipt, encode_body, encode_records, envelope
from hub import keys
from hub.registry import documents, open_registry, opened, read_only, stations
from hub.running import RunningHub
from hub.settings import BrokerSettings, Settings
from tests.broker import Broker

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL = "ab" * 8
SECONDS = 30
TO_HUB = topics.RECORDS.of("sunshine", "east-1")


class Post:
    """Somebody who listens to everything, and speaks as a station would."""

    def __init__(self, port: int) -> None:
        self._changed = Condition()
        self.board: dict[str, bytes] = {}
        self.heard: list[tuple[str, bytes]] = []
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *rest: client.subscribe("gate/#", 1)
        self._client.on_socket_open = lambda client, data, line: line.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _hear(self, client, data, message) -> None:
        with self._changed:
            self.board[message.topic] = message.payload
            self.heard.append((message.topic, message.payload))
            self._changed.notify_all()

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, 1)

    def retain(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, 1, retain=True).wait_for_publish(SECONDS)

    def until(self, what: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(what, SECONDS), sorted(self.board)

    def forget(self) -> None:
        with self._changed:
            self.board.clear()
            self.heard.clear()

    @property
    def order(self) -> list[str]:
        with self._changed:
            return [topic for topic, _ in self.heard]

    def numbers(self, topic: str) -> list[int]:
        """Of the documents that came there, one after the other."""
        with self._changed:
            payloads = [payload for each, payload in self.heard if each == topic]
        return [json.decode(payload)["heading"]["edition"]["number"] for payload in payloads]

    def hub_is(self, up: bool) -> bool:
        payload = self.board.get(topics.HUB_STATUS.of("sunshine"))
        return payload is not None and json.decode(payload, type=HubStatus).up is up

    def receipt(self, station: str = "east-1") -> Receipt | None:
        payload = self.board.get(topics.RECEIPT.of("sunshine", station))
        return None if payload is None else json.decode(_body(payload), type=Receipt)

    def covers(self, sequence: int) -> bool:
        receipt = self.receipt()
        return receipt is not None and any(each.covers(sequence) for each in receipt.journals)

    def is_whole(self) -> bool:
        """Everything is there and fits the manifest."""
        try:
            manifest = json.decode(_body(self.board[topics.MANIFEST.of("sunshine")]), type=Manifest)
            buckets = [self.board[topics.ROSTER.of("sunshine", bucket=number)] for number in range(BUCKETS)]
            policy = self.board[topics.POLICY.of("sunshine")]
        except KeyError:
            return False
        return manifest.policy == digest(policy) and list(manifest.roster) == [digest(each) for each in buckets]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _body(payload: bytes) -> bytes:
    return json.encode(json.decode(payload)["body"])


class Office:
    """A data folder in which a hub can be started, and killed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.settings = Settings("sunshine", str(folder), broker=BrokerSettings(port=port))
        keys.make(self.settings.keys)
        with opened(self.settings.registry, NOW, "sunshine") as registry:
            registry.run(lambda each: documents.set_policy(each, Policy(title="平时")))
            registry.run(lambda each: stations.add(each, stations.Station("east-1", "east", "1", "both"), NOW))

    @contextmanager
    def hub(self):
        registry = open_registry(self.settings.registry, NOW, "sunshine")
        hub = RunningHub(self.settings, registry, keys.load(self.settings.keys), None, lambda: NOW)
        hub.start()
        try:
            yield hub
        finally:
            hub.stop()
            registry.close()

    def ask(self, sql: str):
        reader = read_only(self.settings.registry)
        try:
            return [tuple(row) for row in reader.execute(sql)]
        finally:
            reader.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def post(broker: Broker) -> Iterator[Post]:
    post = Post(broker.port)
    yield post
    post.close()


@pytest.fixture
def office(tmp_path: Path, broker: Broker) -> Office:
    return Office(tmp_path / "data", broker.port)


def envelopes(*sequences: int) -> list[Envelope]:
    body = encode_body(Passage(Stamp(NOW, ClockState.SYNCED, "b0" * 8, 1.0), "east", "1", Direction.IN))
    return [envelope("sunshine", "east-1", JOURNAL, each, body) for each in sequences]


def records(*sequences: int) -> bytes:
    return encode_records(envelopes(*sequences))
