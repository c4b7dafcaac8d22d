"""What leaves a station for its hub, and when, over a real Mosquitto with the hub's end played."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from gate.wire import StationStatus
from station.inbox import Receipted
from station.journal import JournalReader, open_journal, set_aside
from station.uplink import Pace
from station.uplink.broker_link import Arrived, LinkEvent
from station.uplink.broker_reasons import BROKEN
from station.uplink.window import Limits, Row
from station.view import Link
from tests.broker import Broker
from tests.station.linked_station import BODY, JOURNAL_ID, Station
from tests.station.played_hub import STATION, Office, PlayedHub, until

pytestmark = pytest.mark.broker


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


class ReaderThatNotesWhereItBegins(JournalReader):
    """After which sequences it was asked for rows."""

    began: ClassVar[list[int]] = []

    def pending(self, after_sequence: int, limit: int) -> list[Row]:
        self.began.append(after_sequence)
        return super().pending(after_sequence, limit)


def test_what_a_receipt_covers_is_not_even_read_again(tmp_path: Path, broker: Broker) -> None:
    """Whoever marks the journal may be long behind the receipts; a hub that is back is sent what is left at once."""
    began = ReaderThatNotesWhereItBegins.began
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, reader=ReaderThatNotesWhereItBegins) as station:
        hub.say(up=True)
        station.record(5)
        until(lambda: hub.sequences[-1:] == [5])
        hub.confirm(JOURNAL_ID, 4, holes=((3, 3),))
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        hub.say(up=False)
        until(lambda: station.link() is Link.BROKER)
        before, heard = len(began), len(hub.heard)
        hub.say(up=True)
        until(lambda: hub.sequences[heard:] == [3, 5])
        assert station.journal.unconfirmed_count == 5, "nothing is marked"
        assert min(began[before:]) == 2, "the first two are safe, and nothing is known of the third"


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


def test_what_happens_now_goes_ahead_of_what_waited(tmp_path: Path, broker: Broker) -> None:
    """A gate with a day's backlog and a silent hub still sends the next passage at once, and as a live one."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker) as station:
        station.record(1000)
        hub.say(up=True)
        until(lambda: len(hub.heard) >= 100)
        station.record(1)
        until(lambda: 1001 in hub.sequences)
        assert 1001 not in hub.waited
        assert len(hub.waited) < 1000
        assert hub.waited == list(range(1, len(hub.waited) + 1))


def test_live_records_and_a_backlog_make_one_hole(tmp_path: Path, broker: Broker) -> None:
    """While both lanes are confirmed by turns, each record comes once and nothing between them is left out."""
    limits = Limits(in_a_message=20, resend_seconds=60)
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, limits=limits) as station:
        station.record(600)
        hub.say(up=True)
        until(lambda: len(hub.waited) >= 20)
        for live in (601, 602, 603):
            station.record(1)
            until(lambda live=live: live in hub.sequences)
            waited = max(hub.waited)
            hub.confirm(JOURNAL_ID, live, holes=((waited + 1, 600),))
            until(lambda waited=waited: max(hub.waited) > waited)
        while max(hub.waited) < 600:
            waited = max(hub.waited)
            hub.confirm(JOURNAL_ID, 603, holes=((waited + 1, 600),))
            until(lambda waited=waited: max(hub.waited) > waited)
        assert sorted(hub.sequences) == list(range(1, 604))


def test_a_lost_message_goes_again_without_waiting(tmp_path: Path, broker: Broker) -> None:
    """A receipt that passes over a message is enough: nobody waits for the minute of silence."""
    limits = Limits(in_a_message=50, resend_seconds=600)
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, limits=limits) as station:
        station.record(300)
        hub.say(up=True)
        until(lambda: len(hub.waited) >= 150)
        hub.confirm(JOURNAL_ID, 150, holes=((51, 100),))
        until(lambda: hub.sequences.count(51) == 2)
        until(lambda: hub.sequences.count(100) == 2)
        assert hub.sequences.count(1) == hub.sequences.count(150) == 1


class ReaderWithThePast(JournalReader):
    """A journal that holds rows of one that was set aside."""

    past: ClassVar = [("00000000000000bb", 7, BODY % b"7"), ("00000000000000bb", 9, BODY % b"9")]

    def earlier_pending(self, limit: int) -> list[tuple[str, int, bytes]]:
        return self.past[:limit]


def test_rows_of_earlier_journals_go_under_their_own_name(tmp_path: Path, broker: Broker) -> None:
    """As backlog, before that of the present journal, and not once more after their receipt."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, reader=ReaderWithThePast) as station:
        station.record(300)
        hub.say(up=True)
        until(lambda: len(hub.waited) >= 100)
        first, second = hub.heard[:2]
        assert [(each.journal, each.sequence) for each in (first, second)] == [
            ("00000000000000bb", 7),
            ("00000000000000bb", 9),
        ]
        hub.confirm("00000000000000bb", 9, holes=((1, 6), (8, 8)))
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        seen = len(hub.statuses)
        until(lambda: len(hub.statuses) >= seen + 3)
        assert [each.sequence for each in hub.heard if each.journal != JOURNAL_ID] == [7, 9]


def test_a_hub_whose_word_was_lost_is_asked_for(tmp_path: Path, broker: Broker) -> None:
    """Whether the hub is up is retained; a gate that has not heard it asks the broker again by itself."""
    with PlayedHub(broker, Office()) as hub:
        hub.say(up=True)
        station = Station(tmp_path, broker)
        station.uplink._pace = Pace(poll=0.05, hub_silent=0.2)
        report, lost = station.uplink._broker._report, list[str]()

        def deaf_at_first(event: LinkEvent) -> None:
            if isinstance(event, Arrived) and event.topic.endswith("hub/status") and not lost:
                lost.append(event.topic)
            else:
                report(event)

        station.uplink._broker._report = deaf_at_first
        with station:
            until(lambda: station.link() is Link.HUB)
            assert len(lost) == 1


class ReaderOfEvenNumbers(JournalReader):
    """A journal in which every other of the first hundred rows cannot be sent."""

    def pending(self, after_sequence: int, limit: int) -> list[Row]:
        rows = super().pending(after_sequence, limit + 100)
        return [row for row in rows if row[0] > 100 or row[0] % 2 == 0][:limit]


def test_holes_that_nobody_can_close_do_not_stop_what_happens_now(tmp_path: Path, broker: Broker) -> None:
    """A receipt with more holes than a gate likes is a reason to wait only while something is left to fill them."""
    with PlayedHub(broker, Office()) as hub, Station(tmp_path, broker, reader=ReaderOfEvenNumbers) as station:
        station.record(400)
        hub.say(up=True)
        until(lambda: len(hub.waited) >= 100)
        holes = tuple((each, each) for each in range(1, 100, 2))
        hub.confirm(JOURNAL_ID, max(hub.waited), holes=holes)
        until(lambda: max(hub.waited) == 400)
        hub.confirm(JOURNAL_ID, 400, holes=holes)
        until(lambda: any(isinstance(post, Receipted) for post in station.posts))
        station.record(1)
        until(lambda: 401 in hub.sequences)
