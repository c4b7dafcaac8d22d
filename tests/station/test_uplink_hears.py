"""What reaches a station over a real Mosquitto: the hub's documents and receipts, and the digests of its peers."""

import logging
from pathlib import Path

import pytest
from msgspec import json

from gate import topics
from gate.wire import JournalReceipt
from station.inbox import CrossingsHeard, Faulty, Receipted, SnapshotCame
from station.peers.store import load_digests
from station.view import Link
from tests.broker import Broker
from tests.station.linked_station import DIGEST, JOURNAL_ID, Station
from tests.station.played_hub import COMPOUND, STATION, Office, PlayedHub, until

pytestmark = pytest.mark.broker


def test_the_hubs_set_is_posted_whole(tmp_path: Path, broker: Broker) -> None:
    """Retained documents of a hub that is away still reach a gate that starts now."""
    with PlayedHub(broker, Office()) as hub:
        hub.publish_set(hub.office.whole_set())
    with Station(tmp_path, broker) as station:
        until(lambda: any(isinstance(post, SnapshotCame) for post in station.posts))
        (came,) = (post for post in station.posts if isinstance(post, SnapshotCame))
        assert came.snapshot.rules is not None
        assert came.snapshot.rules.policy.title == "第一版"


def test_a_refused_document_is_one_clear_line(tmp_path: Path, broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """A forged policy on the right topic changes nothing and is logged by its topic and reason."""
    with PlayedHub(broker, Office(seed=2)) as forger, Station(tmp_path, broker) as station:
        forger.publish(topics.POLICY.of(COMPOUND), forger.office.policy())
        until(lambda: "not signed by the hub" in caplog.text)
        (line,) = (record for record in caplog.records if record.levelno >= logging.WARNING)
        assert "hub/policy" in line.getMessage()
        assert not any(isinstance(post, SnapshotCame) for post in station.posts)


def test_a_refused_document_is_a_fault_until_a_good_one_comes(tmp_path: Path, broker: Broker) -> None:
    """The guard reads which document is not believed; the hub's own word on that topic, and no other, ends it."""
    policy, roster = topics.POLICY.of(COMPOUND), topics.ROSTER.of(COMPOUND, bucket=7)
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        forger = Office(seed=2)
        hub.publish(policy, forger.policy())
        until(lambda: _of_documents(station))
        hub.publish(roster, b"[]")
        until(lambda: "list of residents" in _of_documents(station)[-1])
        hub.publish(policy, hub.office.policy())
        until(lambda: "rules" not in _of_documents(station)[-1])
        hub.publish(roster, hub.office.bucket(7, ()))
        until(lambda: _of_documents(station)[-1] == "")
        assert len(_of_documents(station)) == 4


def _of_documents(station: Station) -> list[str]:
    return [post.sentence for post in station.posts if isinstance(post, Faulty) and post.part == "documents"]


def _forged(office: Office) -> bytes:
    return Office(seed=2).receipt(JournalReceipt(JOURNAL_ID, 9), number=90)


def _of_another_compound(office: Office) -> bytes:
    return Office(compound="cedar-court").receipt(JournalReceipt(JOURNAL_ID, 9), number=90)


def _of_another_station(office: Office) -> bytes:
    return office.receipt(JournalReceipt(JOURNAL_ID, 9), number=90, addressee="east-1", station="east-1")


def _older(office: Office) -> bytes:
    return office.receipt(JournalReceipt(JOURNAL_ID, 9), number=1)


@pytest.mark.parametrize("make", [_forged, _of_another_compound, _of_another_station, _older])
def test_a_receipt_that_is_not_ours_releases_nothing(
    tmp_path: Path, broker: Broker, make: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Forged, of another compound, of another station, or older than the last: none of these is posted."""
    assert callable(make)
    topic = topics.RECEIPT.of(COMPOUND, STATION)
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.office.number = 10
        hub.confirm(JOURNAL_ID, 1)
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        hub.publish(topic, make(hub.office))
        until(lambda: "is not believed" in caplog.text)
        receipts = [post.receipt.journals[0].through for post in station.posts if isinstance(post, Receipted)]
        assert set(receipts) == {1}


def test_whom_the_gate_let_through_is_told_its_peers(tmp_path: Path, broker: Broker) -> None:
    """Live, on the gate's own topic, hub or no hub; nothing of it is retained for whoever comes later."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        until(lambda: station.link() is Link.BROKER)
        station.uplink.tell_peers(DIGEST)
        until(lambda: hub.digests == [DIGEST])
        with PlayedHub(broker, Office()) as later:
            until(lambda: later.statuses)
            assert later.digests == []


def test_a_peer_is_heard_and_its_own_echo_is_not(
    tmp_path: Path, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """Another gate's digest reaches the loop and the disk; rubbish is a line in the log."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        until(lambda: station.link() is Link.BROKER)
        station.uplink.tell_peers(DIGEST)
        until(lambda: hub.digests == [DIGEST])
        hub.publish(topics.CROSSINGS.of(COMPOUND, "south-1"), b"[]")
        hub.publish(topics.CROSSINGS.of(COMPOUND, "east-1"), json.encode(DIGEST))
        until(lambda: any(isinstance(post, CrossingsHeard) for post in station.posts))
        assert [post for post in station.posts if isinstance(post, CrossingsHeard)] == [
            CrossingsHeard("east-1", DIGEST)
        ]
        assert "what south-1 tells its peers cannot be read" in caplog.text
    assert list(load_digests(tmp_path / "peers.sqlite")) == [("east-1", DIGEST)]
