"""The link of a station to its hub over a real Mosquitto, with the hub's end played."""

import logging
import socket
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import json

from gate import topics
from gate.policy import Direction
from gate.wire import Crossing, Crossings, JournalReceipt, StationStatus
from station.broker_link import Address
from station.inbox import CrossingsHeard, Faulty, LinkChanged, Post, Receipted, SnapshotCame
from station.journal import Journal, JournalReader, open_journal, set_aside
from station.peer_store import load_digests
from station.uplink import BROKEN, REFUSED_LOGIN, REFUSED_RIGHT, SHAKY, TOO_LARGE, UNTRUSTED, Pace, Uplink
from station.view import Link
from station.window import Limits, Row
from tests.broker import Broker, write_passwords
from tests.certificates import make_certificates
from tests.station.played_hub import COMPOUND, STATION, Office, PlayedHub, until

pytestmark = pytest.mark.broker

BODY = b'{"kind":"passage","filler":"%s"}'
JOURNAL_ID = "00000000000000aa"
ACL = f"""
user hub
topic readwrite gate/1/{COMPOUND}/#
user {STATION}
topic read gate/1/{COMPOUND}/hub/#
topic read gate/1/{COMPOUND}/station/+/crossings
topic write gate/1/{COMPOUND}/station/{STATION}/#
user other
topic read gate/1/{COMPOUND}/hub/#
"""


class Station:
    """A journal, its uplink, and what the uplink posts. Receipts mark the journal as the loop does."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        password: str = "secret",
        username: str = STATION,
        limits: Limits | None = None,
        reader: type[JournalReader] = JournalReader,
        tls_ca: str = "",
    ) -> None:
        self.posts: list[Post] = []
        self.journal: Journal = open_journal(folder / "journal.sqlite", lambda: JOURNAL_ID, lambda: datetime.now(UTC))
        self.office = Office()
        self.uplink = Uplink(
            station=STATION,
            gate="west",
            lane="1",
            address=Address(broker.host, broker.port, tls_ca, username, password),
            reader=self.office.reader,
            open_journal=lambda: reader(folder / "journal.sqlite"),
            documents_path=folder / "documents.sqlite",
            peers_path=folder / "peers.sqlite",
            post=self.posts.append,
            clock=time.monotonic,
            jitter=lambda: 1.0,
            limits=limits or Limits(resend_seconds=60),
            pace=Pace(poll=0.05, status=0.4, status_rest=0.05),
        )

    def __enter__(self) -> "Station":
        self.uplink.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.uplink.stop()
        self.journal.close()

    def record(self, count: int, filler: bytes = b"") -> None:
        for _ in range(count):
            self.journal.append("passage", BODY % filler)
        self.uplink.nudge()

    def note_receipts(self) -> None:
        for post in self.posts:
            if isinstance(post, Receipted):
                for journal in post.receipt.journals:
                    self.journal.confirm(journal)

    def links(self) -> list[Link]:
        return [post.link for post in self.posts if isinstance(post, LinkChanged)]

    def link(self) -> Link | None:
        return self.links()[-1] if self.links() else None

    def faults(self) -> list[str]:
        return [post.sentence for post in self.posts if isinstance(post, Faulty) and post.part == "broker"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    acl = folder / "acl"
    acl.write_text(ACL)
    acl.chmod(0o600)
    passwords = write_passwords(folder / "passwords", {"hub": "hub", STATION: "secret", "other": "other"})
    with Broker(folder, password_file=passwords, acl_file=acl) as started:
        yield started


def test_nothing_leaves_while_the_hub_is_down(tmp_path: Path, broker: Broker) -> None:
    """Connected to the broker alone, records stay in the journal; they go as soon as the hub says up."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.say(up=False)
        until(lambda: station.link() is Link.BROKER)
        station.record(3)
        seen = len(hub.statuses)
        # Three heartbeats later the station has surely had its turns.
        until(lambda: len(hub.statuses) >= seen + 3)
        assert hub.heard == []
        hub.say(up=True)
        until(lambda: hub.sequences == [1, 2, 3])
        assert station.link() is Link.HUB
        assert bytes(hub.heard[0].body) == BODY % b""
        assert (hub.heard[0].journal, hub.heard[0].station) == (JOURNAL_ID, STATION)


def test_goes_quiet_when_the_hub_says_down(tmp_path: Path, broker: Broker) -> None:
    """A hub that went down is sent nothing more, though the broker would take it."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.say(up=True)
        until(lambda: station.link() is Link.HUB)
        hub.say(up=False)
        until(lambda: station.link() is Link.BROKER)
        station.record(1)
        seen = len(hub.statuses)
        until(lambda: len(hub.statuses) >= seen + 3)
        assert hub.heard == []


def test_a_receipt_alone_releases(tmp_path: Path, broker: Broker) -> None:
    """The broker acknowledged, the hub did not: records come again, until the receipt; holes come once more."""
    limits = Limits(resend_seconds=0.3)
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, limits=limits) as station:
        hub.say(up=True)
        station.record(3)
        until(lambda: hub.sequences.count(3) >= 2)
        assert not any(isinstance(post, Receipted) for post in station.posts)
        hub.confirm(JOURNAL_ID, 3, holes=((2, 2),))
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        before = len(hub.heard)
        until(lambda: hub.sequences[before:].count(2) >= 2)
        # One sending may have crossed the receipt; after it only the hole is left.
        assert hub.sequences[-1] == 2
        assert station.journal.unconfirmed_count == 3
        station.note_receipts()
        assert station.journal.unconfirmed_count == 1


def test_a_confirmed_journal_is_silent(tmp_path: Path, broker: Broker) -> None:
    """What has its receipt is not sent again, not even by a station that starts anew."""
    with PlayedHub(broker, Office()) as hub:
        hub.say(up=True)
        with Station(tmp_path, broker) as station:
            station.record(2)
            until(lambda: hub.sequences[:2] == [1, 2])
            hub.confirm(JOURNAL_ID, 2)
            until(lambda: any(isinstance(post, Receipted) for post in station.posts))
            station.note_receipts()
        heard = len(hub.heard)
        with Station(tmp_path, broker) as station:
            station.record(1)
            until(lambda: len(hub.heard) > heard)
            assert set(hub.sequences[heard:]) == {3}


def test_everything_comes_after_the_hub_was_away(tmp_path: Path, broker: Broker) -> None:
    """A hub that died with records unconfirmed gets them all again, in order, and what was added since."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.say(up=True)
        station.record(2)
        until(lambda: hub.sequences == [1, 2])
        hub.say(up=False)
        until(lambda: station.link() is Link.BROKER)
        station.record(2)
        hub.say(up=True)
        until(lambda: hub.sequences == [1, 2, 1, 2, 3, 4])


def test_catches_up_after_the_broker_was_killed(tmp_path: Path, broker: Broker) -> None:
    """Broker gone and back, without anybody's hand: the link says so, and the backlog arrives."""
    with Station(tmp_path, broker) as station:
        with PlayedHub(broker, Office()) as hub:
            hub.say(up=True)
            until(lambda: station.link() is Link.HUB)
        broker.kill()
        until(lambda: station.link() is Link.NONE)
        station.record(500)
        broker.start()
        with PlayedHub(broker, Office()) as hub:
            hub.say(up=True)
            until(lambda: set(hub.sequences) == set(range(1, 501)))
            assert hub.sequences[:500] == list(range(1, 501))


def test_a_gate_that_starts_alone_finds_the_broker_later(tmp_path: Path, broker: Broker) -> None:
    """Power comes back everywhere at once, and the broker is the last to start."""
    broker.stop()
    with Station(tmp_path, broker) as station:
        station.record(1)
        broker.start()
        with PlayedHub(broker, Office()) as hub:
            hub.say(up=True)
            until(lambda: 1 in hub.sequences)
        assert station.links()[0] is not Link.NONE


def test_the_window_is_bounded(tmp_path: Path, broker: Broker) -> None:
    """Without receipts no more than the window leaves; each receipt lets the next ones go, in bounded lists."""
    limits = Limits(in_flight=50, in_a_message=20, resend_seconds=60)
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, limits=limits) as station:
        station.record(120)
        hub.say(up=True)
        until(lambda: len(hub.heard) >= 50)
        seen = len(hub.statuses)
        until(lambda: len(hub.statuses) >= seen + 2)
        assert hub.sequences == list(range(1, 51))
        assert len(hub.sizes) == 3
        hub.confirm(JOURNAL_ID, 50)
        until(lambda: len(hub.heard) >= 100)
        hub.confirm(JOURNAL_ID, 100)
        until(lambda: hub.sequences == list(range(1, 121)))


def test_a_wrong_password_is_an_alarm(tmp_path: Path, broker: Broker) -> None:
    """'Not authorised' at the door is a sentence for the guard, never silence; it goes when the door opens."""
    with Station(tmp_path, broker, password="wrong") as station:
        until(lambda: station.faults() == [REFUSED_LOGIN])
        assert station.links() == []
        write_passwords(broker.folder / "passwords", {STATION: "wrong"})
        broker.reload()
        until(lambda: station.faults() == [REFUSED_LOGIN, ""])


def test_a_missing_right_is_an_alarm(tmp_path: Path, broker: Broker) -> None:
    """A station that may not publish is told so by MQTT 5, and tells the guard."""
    with Station(tmp_path, broker, username="other", password="other") as station:
        until(lambda: REFUSED_RIGHT in station.faults())


def test_a_second_machine_with_our_identity_is_an_alarm(tmp_path: Path, broker: Broker) -> None:
    """A copied card cannot share the link unnoticed."""
    with Station(tmp_path, broker) as station:
        until(lambda: station.link() is Link.BROKER)
        (tmp_path / "copy").mkdir()
        with Station(tmp_path / "copy", broker):
            until(lambda: SHAKY in station.faults())


@pytest.mark.parametrize("limit", ["message_size_limit 20000", "max_packet_size 20000"])
def test_a_broker_that_takes_little_gets_small_messages(tmp_path: Path, limit: str) -> None:
    """Lists that are too large for the broker are cut smaller by themselves, and everything arrives."""
    with (
        Broker(tmp_path / "broker", limit) as broker,
        PlayedHub(broker, Office()) as hub,
        Station(tmp_path, broker) as station,
    ):
        station.record(100, filler=b"x" * 900)
        hub.say(up=True)
        until(lambda: set(hub.sequences) == set(range(1, 101)))
        assert max(hub.sizes) <= 20000


def test_a_record_too_large_for_the_broker_is_said_and_not_in_the_way(tmp_path: Path) -> None:
    """One impossible record is an alarm; its neighbours arrive."""
    with (
        Broker(tmp_path / "broker", "max_packet_size 20000") as broker,
        PlayedHub(broker, Office()) as hub,
        Station(tmp_path, broker) as station,
    ):
        station.record(1, filler=b"x" * 30000)
        station.record(2)
        hub.say(up=True)
        until(lambda: set(hub.sequences) == {2, 3})
        until(lambda: TOO_LARGE in station.faults())


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


def test_a_restored_hub_may_ask_again(tmp_path: Path, broker: Broker) -> None:
    """Under a new generation a lower receipt is believed, carries its generation, and what it lacks is sent again."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.say(up=True)
        station.record(3)
        until(lambda: 3 in hub.sequences)
        hub.confirm(JOURNAL_ID, 3)
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        hub.office.generation += 1
        hub.office.number = 0
        before = len(hub.heard)
        hub.confirm(JOURNAL_ID, 1)
        until(lambda: {2, 3} <= set(hub.sequences[before:]))
        until(lambda: len([post for post in station.posts if isinstance(post, Receipted)]) == 2)
        generations = [post.generation for post in station.posts if isinstance(post, Receipted)]
        assert generations[-1] == generations[0] + 1


def test_the_hub_hears_how_the_station_is(tmp_path: Path, broker: Broker) -> None:
    """Online at once, changes soon, and off when it ends."""
    with PlayedHub(broker, Office()) as hub:
        with Station(tmp_path, broker) as station:
            until(lambda: hub.statuses)
            assert hub.statuses[0].online
            station.uplink.report(StationStatus(1, True, "west", "1", JOURNAL_ID, newest=7, queue=2))
            until(lambda: hub.statuses[-1].newest == 7)
        until(lambda: not hub.statuses[-1].online)
        assert hub.statuses[-1].queue == 2


def test_the_last_will_tells_of_a_cut(tmp_path: Path, broker: Broker) -> None:
    """A station whose link breaks without a goodbye is shown as off, with what it last said of itself."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        station.uplink.report(StationStatus(1, True, "west", "1", JOURNAL_ID, newest=7))
        until(lambda: hub.statuses and hub.statuses[-1].newest == 7)
        station.uplink._broker._client.socket().shutdown(2)  # type: ignore[union-attr]
        until(lambda: any(not status.online for status in hub.statuses))


def test_records_leave_as_soon_as_they_are_nudged(tmp_path: Path, broker: Broker) -> None:
    """A nudge, not the poll, sends a passage: with a poll of an hour it still arrives."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        station.uplink._pace = Pace(poll=3600, status=3600, status_rest=3600)
        hub.say(up=True)
        until(lambda: station.link() is Link.HUB)
        station.record(1)
        until(lambda: 1 in hub.sequences)


class StumblingReader(JournalReader):
    """A journal that cannot be read the first two times."""

    stumbles = 2

    def pending(self, after_sequence: int, limit: int) -> list[Row]:
        if self.stumbles:
            self.stumbles -= 1
            raise sqlite3.OperationalError("disk I/O error")
        return super().pending(after_sequence, limit)


def test_gets_up_after_a_stumble(tmp_path: Path, broker: Broker) -> None:
    """A journal that cannot be read for a moment is an alarm, not the end of the link."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, reader=StumblingReader) as station:
        station.record(2)
        hub.say(up=True)
        until(lambda: hub.sequences[:2] == [1, 2])
        assert station.faults() == [BROKEN]
        hub.confirm(JOURNAL_ID, 2)
        until(lambda: station.faults() == [BROKEN, ""])


def test_a_new_journal_is_sent_under_its_own_name(tmp_path: Path, broker: Broker) -> None:
    """When the loop begins another journal, the uplink follows it and forgets the old one's receipts."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        hub.say(up=True)
        station.record(1)
        until(lambda: hub.sequences == [1])
        hub.confirm(JOURNAL_ID, 1)
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        station.journal.close()
        set_aside(tmp_path / "journal.sqlite", "test", datetime(2026, 11, 22, tzinfo=UTC))
        another = "00000000000000bb"
        station.journal = open_journal(tmp_path / "journal.sqlite", lambda: another, lambda: datetime.now(UTC))
        station.uplink.journal_replaced()
        station.record(1)
        until(lambda: [(each.journal, each.sequence) for each in hub.heard][1:2] == [(another, 1)])


def test_speaks_tls_with_a_broker_of_its_authority(tmp_path: Path) -> None:
    """With the authority's file the link is encrypted and works."""
    with (
        Broker(tmp_path / "broker", make_certificates(tmp_path)) as broker,
        Station(tmp_path, broker, tls_ca=str(tmp_path / "ca.pem")) as station,
    ):
        until(lambda: station.link() is Link.BROKER)
        assert station.faults() == []


WENT_IN = Crossing("0a" * 8, Direction.IN, datetime(2026, 11, 22, 4, 0, tzinfo=UTC), 7, 7)
DIGEST = Crossings(1, "west", JOURNAL_ID, 0, 7, WENT_IN.at, (WENT_IN,))


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


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_broker_of_another_authority_is_an_alarm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that cannot prove itself gets neither password nor records, and the guard reads why."""
    (tmp_path / "other").mkdir()
    make_certificates(tmp_path / "other")
    with (
        Broker(tmp_path / "broker", make_certificates(tmp_path)) as broker,
        Station(tmp_path, broker, tls_ca=str(tmp_path / "other" / "ca.pem")) as station,
    ):
        until(lambda: station.faults() == [UNTRUSTED])
        assert station.links() == []
        assert "certificate verify failed" in caplog.text


def test_ends_soon_though_the_broker_hangs(tmp_path: Path) -> None:
    """Ending a station does not wait for a broker that accepts connections and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        hung = Broker(tmp_path, port=mute.getsockname()[1])
        with Station(tmp_path, hung) as station:
            line, _ = mute.accept()
        with line:
            until(lambda: not station.uplink.alive)
