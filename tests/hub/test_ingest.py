"""From a message to the registry: each record once, nothing lost, nothing in the way, whatever comes."""

import logging
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw, json
from msgspec.structs import replace

from gate import topics
from gate.clock import ClockState
from gate.document import DocumentKind, body_of, open_document
from gate.passage import Amendment, Ground, Passage, Stamp
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.temperature import Measurement
from gate.wire import Envelope, Receipt, body_hash, encode_body, encode_records, envelope
from hub import keys
from hub.incoming.ingest import Ingest, Message
from hub.incoming.receipts import Receipts
from hub.incoming.received import Received
from hub.registry import open_registry
from hub.registry.documents import Editions
from hub.registry.parcels import Taken

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL, NEW_CARD, BOOT, PERSON = "ab" * 8, "cd" * 8, "b0" * 8, "0b" * 8
STAMP = Stamp(NOW, ClockState.SYNCED, BOOT, 12.5)
PASSAGE = Passage(STAMP, "east", "1", Direction.IN, person=PERSON, temperature=Measurement(36.4, 20.0, "mlx90614"))
FEVER = replace(PASSAGE, reasons=(Reason.FEVER,))


class Hub:
    """Ingest with everything behind it but the broker."""

    def __init__(self, folder: Path) -> None:
        self.keys = keys.make(folder / "keys")
        self.path = folder / "registry.sqlite"
        self.receipts: list[Receipt] = []
        self.numbers: list[int] = []
        self.taken: list[Taken] = []
        self.now = NOW
        self.open()

    def open(self) -> None:
        self.registry = open_registry(self.path, NOW, "sunshine")
        self._received = Received.of(self.registry)
        self._sender = Receipts("sunshine", self.keys.document, self._received, Editions(self.registry), self._publish)
        self.ingest = Ingest("sunshine", self._committed, lambda: self.now)

    def _committed(self, identities, taken: Taken) -> None:
        self.taken.append(taken)
        self._sender.committed(identities, NOW)

    def _publish(self, topic: str, payload: bytes) -> None:
        document = open_document(payload, DocumentKind.RECEIPT, "sunshine", [self.keys.document.public])
        receipt = body_of(document, Receipt)
        assert topic == topics.RECEIPT.of("sunshine", document.heading.addressee)
        assert document.heading.addressee == receipt.station
        self.receipts.append(receipt)
        self.numbers.append(document.heading.edition.number)

    def restart(self) -> None:
        self.registry.close()
        self.open()

    def hear(self, *envelopes: Envelope, station: str = "east-1") -> None:
        self.hear_bytes(encode_records(envelopes), station)

    def hear_bytes(self, payload: bytes, station: str = "east-1") -> None:
        self.now += timedelta(seconds=1)
        self.ingest.take(self.registry, [Message(topics.RECORDS.of("sunshine", station), payload)])

    def covers(self, sequence: int, journal: str = JOURNAL) -> bool:
        (mine,) = [each for each in self.receipts[-1].journals if each.journal == journal]
        return mine.covers(sequence)

    def count(self, table: str) -> int:
        return self.registry.rows(f"SELECT count(*) FROM {table}")[0][0]

    def passage(self, sequence: int):
        return self.registry.one(
            "SELECT outcome, final_outcome, ground FROM passage WHERE journal = ? AND sequence = ?", (JOURNAL, sequence)
        )


@pytest.fixture
def hub(tmp_path: Path):
    hub = Hub(tmp_path)
    yield hub
    hub.registry.close()


def passage(sequence: int, what: Passage = PASSAGE, station: str = "east-1", journal: str = JOURNAL) -> Envelope:
    return envelope("sunshine", station, journal, sequence, encode_body(what))


def amendment(sequence: int, of: int, outcome: Outcome, ground: Ground, journal: str = JOURNAL) -> Envelope:
    what = Amendment(STAMP, JOURNAL, of, outcome, ground, guard="li")
    return envelope("sunshine", "east-1", journal, sequence, encode_body(what))


def test_a_passage_becomes_a_row_with_all_that_it_says(hub: Hub):
    hub.hear(passage(1, FEVER))
    row = hub.registry.one(
        "SELECT station, sequence, at, gate, direction, outcome, reasons, person, celsius FROM passage"
    )
    assert row == (
        "east-1", 1, "2026-11-22T04:00:00.000000+00:00", "east", "in", "refuse", '["fever"]', PERSON, 36.4,
    )  # fmt: skip


def test_the_body_is_kept_as_it_came(hub: Hub):
    hub.hear(passage(1))
    assert hub.registry.one("SELECT body, quarantined FROM record") == (encode_body(PASSAGE), 0)


def test_the_receipt_covers_what_was_committed_and_names_the_holes(hub: Hub):
    hub.hear(passage(1), passage(2), passage(5))
    (journal,) = hub.receipts[-1].journals
    assert (journal.through, journal.holes) == (5, ((3, 4),))


def test_the_receipt_is_spoken_only_after_the_commit(hub: Hub):
    """Whoever looks from outside at the moment of the receipt finds the rows."""
    from hub.registry import read_only

    seen: list[int] = []

    def committed(identities, taken) -> None:
        with closing(read_only(hub.path)) as reader:
            seen.append(reader.execute("SELECT count(*) FROM passage").fetchone()[0])

    Ingest("sunshine", committed, lambda: NOW).take(
        hub.registry, [Message(topics.RECORDS.of("sunshine", "east-1"), encode_records([passage(1), passage(2)]))]
    )
    assert seen == [2]


def test_a_record_that_comes_again_is_kept_once_and_receipted_again(hub: Hub):
    hub.hear(passage(1))
    hub.hear(passage(1))
    assert hub.count("passage") == hub.count("record") == 1
    assert len(hub.receipts) == 2
    assert hub.receipts[0] == hub.receipts[1]
    assert hub.numbers[1] > hub.numbers[0]
    assert hub.taken[1].repeated == 1


def test_twice_in_one_message_is_once_in_the_registry(hub: Hub):
    hub.hear(passage(1), passage(1), passage(2))
    assert hub.count("passage") == 2


def test_receipts_still_rise_and_cover_everything_after_a_restart(hub: Hub):
    hub.hear(passage(1), passage(3))
    hub.restart()
    hub.hear(passage(4))
    (journal,) = hub.receipts[-1].journals
    assert (journal.through, journal.holes) == (4, ((2, 2),))
    assert hub.numbers[1] > hub.numbers[0]


def test_a_restart_knows_everything_whatever_was_saved_before(hub: Hub):
    """Saved or not, in either journal, in the order in which they were heard."""
    hub.hear(passage(1), passage(2), passage(4))
    hub.hear(passage(2, journal=NEW_CARD))
    hub._received.save(hub.registry, hub.now)
    hub.hear(passage(3), passage(5), passage(9))
    before = hub._received.receipt("east-1")
    hub.restart()
    assert hub._received.receipt("east-1") == before
    assert [(each.through, each.holes) for each in before.journals] == [(2, ((1, 1),)), (9, ((6, 8),))]
    assert hub.registry.rows("SELECT journal, through FROM journal") == [(JOURNAL, 2), (NEW_CARD, 0)]


def test_same_identity_with_another_body_is_quarantined_with_an_alarm(hub: Hub, caplog):
    hub.hear(passage(1))
    with caplog.at_level(logging.ERROR):
        hub.hear(passage(1, FEVER))
        hub.hear(passage(1, FEVER))
    assert hub.passage(1) == ("admit", None, None)
    assert hub.count("quarantine") == 1
    assert [record.message.startswith("ALARM station east-1: record 1") for record in caplog.records] == [True]
    assert hub.covers(1)


def test_a_cloned_card_shows_within_one_message_too(hub: Hub):
    hub.hear(passage(1), passage(1, FEVER))
    assert hub.taken[0].alarms == [("east-1", JOURNAL, 1)]
    assert hub.count("passage") == 1


def test_an_unreadable_body_is_quarantined_receipted_and_in_nobodys_way(hub: Hub):
    hub.hear(passage(1), envelope("sunshine", "east-1", JOURNAL, 2, b'{"kind":"parade"}'), passage(3))
    assert hub.count("passage") == 2
    assert hub.registry.rows("SELECT sequence FROM quarantine") == [(2,)]
    assert hub.registry.rows("SELECT sequence FROM record WHERE quarantined") == [(2,)]
    assert hub.covers(2)
    assert hub.covers(3)


def test_a_time_off_the_calendar_is_an_unreadable_body(hub: Hub):
    body = encode_body(PASSAGE).replace(b"2026-11-22T04:00:00Z", b"0001-01-01T00:00:00+23:59")
    assert b"0001-01-01" in body
    hub.hear(envelope("sunshine", "east-1", JOURNAL, 1, body), passage(2))
    assert (hub.count("quarantine"), hub.count("passage")) == (1, 1)
    assert hub.covers(1)


def test_a_body_that_is_not_the_one_of_its_envelope_is_quarantined_and_receipted(hub: Hub):
    hub.hear(replace(passage(1), body=Raw(encode_body(FEVER))))
    assert (hub.count("passage"), hub.count("quarantine")) == (0, 1)
    assert hub.covers(1)


def test_a_malformed_envelope_is_quarantined_once_and_its_neighbours_pass(hub: Hub):
    good = json.encode(passage(1))
    for _ in range(3):
        hub.hear_bytes(b'[{"v":9},' + good + b"]")
    assert hub.registry.rows("SELECT station, journal, sequence, payload FROM quarantine") == [
        ("east-1", "", 0, b'{"v":9}')
    ]
    assert hub.count("passage") == 1


def test_an_envelope_whose_hash_is_none_at_all_has_no_name_and_gets_no_receipt(hub: Hub):
    """Unlike one whose hash is another body's, which is kept under its name."""
    odd = passage(2, FEVER)
    hub.hear_bytes(encode_records([passage(1), odd]).replace(odd.hash.encode(), b"not a digest"))
    assert hub.registry.rows("SELECT journal, sequence FROM quarantine") == [("", 0)]
    assert hub.registry.rows("SELECT sequence FROM record") == [(1,)]
    assert not hub.covers(2)


@pytest.mark.parametrize("spoken_for", [passage(1, station="west-1"), replace(passage(1), compound="moonlight")])
def test_a_station_speaks_for_itself_alone(hub: Hub, spoken_for: Envelope):
    hub.hear(spoken_for)
    assert (hub.count("record"), hub.count("quarantine"), hub.receipts) == (0, 1, [])


def test_an_amendment_is_laid_beside_its_passage(hub: Hub):
    hub.hear(passage(1, FEVER))
    hub.hear(amendment(2, of=1, outcome=Outcome.ADMIT, ground=Ground.MEASURED_AGAIN))
    assert hub.passage(1) == ("refuse", "admit", "measured_again")
    assert hub.taken[-1].amended == {1}


def test_an_amendment_may_come_before_its_passage(hub: Hub):
    hub.hear(amendment(2, of=1, outcome=Outcome.ADMIT, ground=Ground.MEASURED_AGAIN))
    hub.hear(passage(1, FEVER))
    assert hub.passage(1) == ("refuse", "admit", "measured_again")
    assert hub.taken[-1].amended == frozenset()


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
def test_the_last_amendment_counts_in_whatever_order_they_come(hub: Hub, order):
    words = {
        2: amendment(2, of=1, outcome=Outcome.ADMIT, ground=Ground.MISTAKE),
        3: amendment(3, of=1, outcome=Outcome.REFUSE, ground=Ground.SENT_BACK),
    }
    hub.hear(passage(1, FEVER))
    for sequence in order:
        hub.hear(words[sequence])
    assert hub.passage(1) == ("refuse", "refuse", "sent_back")


def test_an_amendment_from_a_changed_card_is_the_last_word(hub: Hub):
    hub.hear(passage(1, FEVER), amendment(9, of=1, outcome=Outcome.ADMIT, ground=Ground.MEDICAL))
    hub.hear(amendment(1, of=1, outcome=Outcome.REFUSE, ground=Ground.SENT_BACK, journal=NEW_CARD))
    assert hub.passage(1) == ("refuse", "refuse", "sent_back")


def test_an_amendment_never_touches_another_stations_passage(hub: Hub):
    hub.hear(passage(1, FEVER, station="west-1"), station="west-1")
    hub.hear(amendment(2, of=1, outcome=Outcome.ADMIT, ground=Ground.MISTAKE))
    assert hub.registry.rows("SELECT station, final_outcome FROM passage") == [("west-1", None)]


def test_arrivals_rise_in_the_order_of_the_message(hub: Hub):
    hub.hear(passage(3), passage(1))
    hub.hear(passage(2))
    assert hub.registry.rows("SELECT sequence FROM passage ORDER BY arrival") == [(3,), (1,), (2,)]
    assert [each.arrivals for each in hub.taken] == [range(1, 3), range(3, 4)]


def test_a_disk_that_fails_gives_no_receipt_and_the_same_message_passes_later(hub: Hub):
    hub.registry.database.execute("PRAGMA query_only = ON")
    hub.hear(passage(1))
    assert hub.receipts == []
    hub.registry.database.execute("PRAGMA query_only = OFF")
    hub.hear(passage(1))
    assert hub.covers(1)


def test_a_batch_that_breaks_is_taken_message_by_message(hub: Hub):
    """A text that SQLite cannot store stands for whatever nobody thought of."""
    topic = topics.RECORDS.of("sunshine", "east-1")
    strange = Message(f"{topics.ROOT}/sunshine/station/\ud800/records", b"[]")
    hub.ingest.take(hub.registry, [strange, Message(topic, encode_records([passage(1)]))])
    assert hub.count("passage") == 1
    assert hub.covers(1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary() | JSON.map(json.encode) | st.lists(JSON, max_size=3).map(json.encode))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_station_sends_the_hub_goes_on(hub: Hub, payload: bytes):
    """After any bytes at all, the next passage is registered and receipted."""
    hub.hear_bytes(payload)
    hub.hear(passage(7))
    assert hub.covers(7)
    assert hub.passage(7) is not None


@given(JSON)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_body_holds_its_identity_is_receipted(hub: Hub, value):
    body = json.encode(value)
    journal = body_hash(body)[:16]
    hub.hear(envelope("sunshine", "east-1", journal, 1, body))
    assert hub.covers(1, journal)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_received_numbers_become_the_same_receipt_in_any_order(numbers):
    """The holes and the reach say exactly what is there."""
    received = Received()
    for number in numbers:
        received.note([("east-1", JOURNAL, number)], NOW)
    (journal,) = received.receipt("east-1").journals
    assert [number for number in range(1, 50) if journal.covers(number)] == sorted(set(numbers))


def test_a_receipt_with_too_many_holes_reaches_less_far():
    received = Received()
    received.note((("east-1", JOURNAL, number) for number in range(2, 400, 2)), NOW)
    (journal,) = received.receipt("east-1").journals
    assert len(journal.holes) == 64
    assert journal.through == 128
    assert all(journal.covers(number) for number in range(2, 129, 2))


def test_a_receipt_speaks_of_the_journals_heard_last():
    received = Received()
    for number in range(20):
        received.note([("east-1", f"{number:016x}", 1)], NOW)
    assert [int(each.journal, 16) for each in received.receipt("east-1").journals] == list(range(12, 20))


def test_receipts_for_all_are_sent_when_the_broker_comes_back(hub: Hub):
    hub.hear(passage(1))
    hub.hear(passage(1, station="west-1"), station="west-1")
    hub.receipts.clear()
    hub._sender.send_all(NOW + timedelta(hours=1))
    assert [each.station for each in hub.receipts] == ["east-1", "west-1"]
