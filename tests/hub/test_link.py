"""The hub on a real Mosquitto: what it hears, what it leaves retained, what outlives a broker or a hub."""

import os
import socket
import time
from collections.abc import Callable
from threading import Event

import pytest
from msgspec import json

from gate import topics
from gate.document import DocumentKind, body_of, open_document
from gate.policy import Policy
from gate.wire import Receipt, StationStatus, pack_backlog
from hub import keys
from hub.incoming.link import Hearers, Link
from hub.registry import documents
from hub.settings import BrokerSettings
from tests.broker import Broker
from tests.hub.hub_on_a_broker import SECONDS, TO_HUB, Office, Post, broker, envelopes, office, post, records
from tests.station.scripted_broker import Script, ScriptedBroker

__all__ = ["broker", "office", "post"]
pytestmark = pytest.mark.broker


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
    topic = topics.RECEIPT.of("sunshine", "east-1")
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(1))
        post.until(lambda: post.covers(1))
        first = post.numbers(topic)[-1]
    post.forget()
    with office.hub():
        post.until(lambda: post.hub_is(up=True) and post.covers(1))
        assert post.numbers(topic)[-1] > first


def test_a_broker_that_is_not_there_is_said_with_where_it_was_looked_for(caplog: pytest.LogCaptureFixture):
    """A hub alone serves its pages; why no gate is heard stands in its log."""
    hearers = Hearers(records=lambda *_: None, status=lambda *_: None, greet=list, overwritten=lambda *_: None)
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        link = Link("sunshine", 1, BrokerSettings(port=port), None, hearers)
        link.start()
        try:
            _until(lambda: f"no broker at 127.0.0.1:{port} ([Errno 111] Connection refused)" in caplog.text)
        finally:
            link.stop()


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
