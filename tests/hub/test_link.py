"""The hub on a real Mosquitto: what it hears, what it leaves retained, what outlives a broker or a hub."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Event

import pytest
from msgspec import json
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate import topics
from gate.clock import ClockState
from gate.document import DocumentKind, body_of, open_document
from gate.passage import Passage, Stamp
from gate.policy import Direction, Policy
from gate.roster import BUCKETS, Manifest, digest
from gate.wire import Envelope, HubStatus, Receipt, StationStatus, encode_body, encode_records, envelope, pack_backlog
from hub import keys
from hub.link import Hearers, Link
from hub.registry import documents, open_registry, opened, read_only, stations
from hub.running import RunningHub
from hub.settings import BrokerSettings, Settings
from tests.broker import Broker
from tests.station.scripted_broker import Script, ScriptedBroker

pytestmark = pytest.mark.broker
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL = "ab" * 8
SECONDS = 30


class Post:
    """Somebody who listens to everything, and speaks as a station would."""

    def __init__(self, port: int) -> None:
        self._changed = Condition()
        self.board: dict[str, bytes] = {}
        self.order: list[str] = []
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
            self.order.append(message.topic)
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
            self.order.clear()

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
def broker(tmp_path: Path):
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def post(broker: Broker):
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


TO_HUB = topics.RECORDS.of("sunshine", "east-1")


def test_the_hub_says_up_only_after_everything_else_lies_on_the_board(office: Office, post: Post):
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        assert post.is_whole()
        assert post.order[-1] == topics.HUB_STATUS.of("sunshine")


def test_a_passage_is_registered_and_its_receipt_is_the_hubs_own(office: Office, post: Post):
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(1, 2))
        post.until(lambda: post.covers(2))
        assert office.ask("SELECT sequence FROM passage ORDER BY arrival") == [(1,), (2,)]
        public = keys.load(office.settings.keys).document.public
        payload = post.board[topics.RECEIPT.of("sunshine", "east-1")]
        document = open_document(payload, DocumentKind.RECEIPT, "sunshine", [public])
        assert body_of(document, Receipt).station == document.heading.addressee == "east-1"


def test_what_waited_at_a_gate_is_registered_as_well(office: Office, post: Post):
    """Compressed on its own topic, beside what is live; one receipt speaks of both."""
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(9))
        post.say(topics.BACKLOG.of("sunshine", "east-1"), pack_backlog(envelopes(1, 2, 3)))
        post.until(lambda: post.covers(3) and post.covers(9) and not post.covers(4))


def test_a_station_that_says_how_it_is_is_remembered(office: Office, post: Post):
    status = StationStatus(1, True, "east", "1", queue=7)
    with office.hub() as hub:
        post.until(lambda: post.hub_is(up=True))
        post.say(topics.STATUS.of("sunshine", "east-1"), json.encode(status))
        post.say(topics.STATUS.of("sunshine", "east-1"), b"{not a status")
        post.say(TO_HUB, records(1))
        post.until(lambda: post.covers(1))
        hub.writer.submit(lambda registry: None).result(SECONDS)
    ((kept,),) = office.ask("SELECT status FROM station WHERE id = 'east-1'")
    assert json.decode(kept, type=StationStatus) == status


def test_a_clean_end_says_down(office: Office, post: Post):
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
    post.until(lambda: post.hub_is(up=False))


def test_a_hub_that_loses_its_line_is_said_down_by_its_last_will(office: Office, post: Post):
    with office.hub() as hub:
        post.until(lambda: post.hub_is(up=True))
        hub._link._client._sock_close()
        post.until(lambda: post.hub_is(up=False))


def test_a_broker_that_forgot_everything_gets_everything_back(office: Office, broker: Broker, post: Post):
    """A Mosquitto without persistence loses what was retained; the hub puts documents and receipts back by itself."""
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(1, 2, 4))
        post.until(lambda: post.covers(4))
        broker.kill()
        post.forget()
        broker.start()
        post.until(lambda: post.hub_is(up=True) and post.is_whole())
        post.until(lambda: post.covers(4) and not post.covers(3))


def test_the_hub_starts_before_its_broker(office: Office, broker: Broker, post: Post):
    broker.kill()
    post.forget()
    with office.hub():
        broker.start()
        post.until(lambda: post.hub_is(up=True) and post.is_whole())


def test_an_office_command_reaches_the_gates(office: Office, post: Post):
    with office.hub() as hub:
        post.until(lambda: post.hub_is(up=True))
        before = post.board[topics.POLICY.of("sunshine")]
        hub.writer.submit(lambda registry: documents.set_policy(registry, Policy(title="封控"))).result(SECONDS)
        post.until(lambda: post.board[topics.POLICY.of("sunshine")] != before and post.is_whole())


def test_any_message_at_all_leaves_the_hub_hearing(office: Office, post: Post):
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        for payload in (b"", b"\xff\x00", b"[" * 100_000, b"[{}]", os.urandom(2_000), b'{"v":1}', b"[null, 1e999]"):
            post.say(TO_HUB, payload)
            post.say(topics.STATUS.of("sunshine", "east-1"), payload)
        post.say(TO_HUB, records(1))
        post.until(lambda: post.covers(1))


def test_receipts_of_the_next_run_are_newer_than_those_of_the_last(office: Office, post: Post):
    def number() -> int:
        return json.decode(post.board[topics.RECEIPT.of("sunshine", "east-1")])["heading"]["edition"]["number"]

    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(1))
        post.until(lambda: post.covers(1))
        first = number()
    post.forget()
    with office.hub():
        post.until(lambda: post.hub_is(up=True) and post.covers(1))
        assert number() > first


def test_nothing_old_is_put_back_over_what_is_new():
    """A broker that was lost before it had acknowledged a receipt does not get that one again after a newer one."""
    greeted = Event()
    with ScriptedBroker(Script(), answers=False) as silent:
        hearers = Hearers(
            records=lambda *_: None, status=lambda *_: None, greet=greeted.set, overwritten=lambda *_: None
        )
        link = Link("sunshine", 1, BrokerSettings(port=silent.port), None, hearers)
        link.start()
        try:
            assert greeted.wait(SECONDS)
            link.publish("a", b"older")
            _until(lambda: silent.published == 1)
            greeted.clear()
            silent.cut()
            assert greeted.wait(SECONDS)
            link.publish("a", b"newer")
            _until(lambda: silent.published == 2)
            link.publish("a", b"newest")
            _until(lambda: silent.published == 3)
        finally:
            link.stop()


def _until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)
