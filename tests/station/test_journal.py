"""The journal: what it was given survives, what cannot be written is said, and only receipts release a row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.wire import CHAIN_BEGINS, JournalReceipt, body_hash, chain_on
from station.journal import SCHEMA_VERSION, Journal, JournalBroken, JournalReader, JournalUnusable, Whole, open_journal

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def ids() -> Iterator[str]:
    for number in range(1, 100):
        yield f"{number:016x}"


class Shelf:
    """A folder with a journal in it, opened anew as after a restart."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite"
        self._ids = ids()

    def open(self) -> Journal:
        return open_journal(self.path, lambda: next(self._ids), lambda: NOON)

    def rows(self, columns: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(f"SELECT {columns} FROM record ORDER BY sequence").fetchall()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def filled(shelf: Shelf, count: int) -> Journal:
    journal = shelf.open()
    for number in range(1, count + 1):
        journal.append("passage", b"%d" % number)
    return journal


class TestAppend:
    def test_sequences_begin_with_one_and_have_no_gap_across_restarts(self, shelf):
        """A restart continues the same journal where it ended."""
        with closing(shelf.open()) as journal:
            assert [journal.append("passage", b"{}"), journal.append("amendment", b"{}")] == [1, 2]
            first_id = journal.id
        with closing(shelf.open()) as journal:
            assert (journal.id, journal.newest, journal.append("passage", b"{}")) == (first_id, 2, 3)

    def test_a_record_is_kept_as_the_bytes_that_travel(self, shelf):
        """Body, hash, times and kind stand in the row; an amendment took no time."""
        with closing(shelf.open()) as journal:
            journal.append("passage", b'{"a":1}', lambda: 5.5)
            journal.append("amendment", b'{"b":2}')
        assert shelf.rows("kind, body, hash, written_at, took_ms, confirmed") == [
            ("passage", b'{"a":1}', body_hash(b'{"a":1}'), "2026-03-01T04:00:00.000000+00:00", 5.5, 0),
            ("amendment", b'{"b":2}', body_hash(b'{"b":2}'), "2026-03-01T04:00:00.000000+00:00", None, 0),
        ]

    def test_another_connection_sees_a_record_as_soon_as_append_returns(self, shelf):
        """Committed means committed: nothing is held back in a transaction."""
        with closing(shelf.open()) as journal, closing(JournalReader(shelf.path)) as reader:
            for sequence in (1, 2, 3):
                journal.append("passage", b"%d" % sequence)
                assert reader.newest == sequence

    def test_every_commit_reaches_the_disk(self, shelf):
        """WAL and synchronous FULL, also after a receipt was noted: a power cut takes nothing acknowledged."""
        with closing(filled(shelf, 3)) as journal:
            journal.confirm(JournalReceipt(journal.id, 2))
            assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_a_disk_that_refuses_is_said_and_leaves_no_trace(self, shelf):
        """A failed append raises, uses up no sequence, and the next one works when the disk does."""
        with closing(shelf.open()) as journal:
            journal.append("passage", b"1")
            journal._connection.execute("PRAGMA query_only = ON")
            with pytest.raises(JournalBroken, match="cannot be written"):
                journal.append("passage", b"2")
            with pytest.raises(JournalBroken, match="cannot be written"):
                journal.probe()
            journal._connection.execute("PRAGMA query_only = OFF")
            journal.probe()
            assert journal.append("passage", b"3") == 2
            assert journal.unconfirmed_count == 2

    def test_a_full_disk_is_said(self, shelf):
        """SQLITE_FULL is a broken journal like any other, and the journal lives on once there is room."""
        with closing(shelf.open()) as journal:
            pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
            journal._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
            with pytest.raises(JournalBroken, match="full"):
                journal.append("passage", bytes(100_000))
            journal._connection.execute("PRAGMA max_page_count = 1000000")
            assert journal.append("passage", bytes(100_000)) == 1


class TestTheChain:
    def test_it_follows_from_the_bodies_alone_and_goes_on_after_a_restart(self, shelf):
        """So the hub, which has the hashes, can tell that it holds all of 1 to n and no other body."""
        chain = CHAIN_BEGINS
        with closing(shelf.open()) as journal:
            assert journal.chain == chain
        for number in range(1, 6):
            with closing(shelf.open()) as journal:
                journal.append("passage", b"%d" % number)
                chain = chain_on(chain, body_hash(b"%d" % number))
                assert journal.chain == chain

    def test_a_record_that_could_not_be_written_is_no_part_of_it(self, shelf):
        """What has no number has no place in the chain."""
        with closing(filled(shelf, 2)) as journal:
            before = journal.chain
            journal._connection.execute("PRAGMA query_only = ON")
            with pytest.raises(JournalBroken):
                journal.append("passage", b"{}")
            assert journal.chain == before


class TestChangedRows:
    @pytest.mark.parametrize(
        "change",
        ["body = x'7b'", "kind = 'amendment'", "written_at = '1970'", "checksum = x'00'", "kind = cast(x'ff' AS TEXT)"],
    )
    def test_a_row_that_changed_on_the_disk_is_handed_to_nobody(self, shelf, change):
        """Neither to the uplink, in either order, nor to those who read the newest at the start; it is named."""
        with closing(filled(shelf, 3)) as journal:
            journal._connection.execute(f"UPDATE record SET {change} WHERE sequence = 2")
            with closing(JournalReader(shelf.path)) as reader:
                assert reader.pending(0, 2) == [(1, b"1"), (3, b"3")]
                assert reader.pending_newest(2) == [(1, b"1"), (3, b"3")]
                assert reader.damaged == {2}
            assert journal.last(3) == [(1, b"1"), (3, b"3")]

    def test_a_row_that_stands_under_another_number_is_not_believed(self, shelf):
        """The checksum says whose row it is, and which."""
        with closing(filled(shelf, 3)) as journal, closing(JournalReader(shelf.path)) as reader:
            journal._connection.execute("UPDATE record SET sequence = 9 WHERE sequence = 3")
            assert reader.pending(0, 9) == [(1, b"1"), (2, b"2")]


class TestEarlierJournals:
    ROWS = (Whole("e" * 16, 7, "passage", "2026-02-01T00:00:00+00:00", b"7"), Whole("e" * 16, 9, "passage", "x", b"9"))

    def test_their_rows_wait_under_their_own_names_until_a_receipt_covers_them(self, shelf):
        """Salvaged rows are in the queue like any other, once, however often they are found."""
        with closing(filled(shelf, 1)) as journal, closing(JournalReader(shelf.path)) as reader:
            assert journal.keep_earlier(self.ROWS[:1]) + journal.keep_earlier(self.ROWS) == 2
            assert reader.earlier_pending(1) == [("e" * 16, 7, b"7")]
            assert reader.earlier_pending(9) == [("e" * 16, 7, b"7"), ("e" * 16, 9, b"9")]
            assert reader.unconfirmed_count == journal.unconfirmed_count == 3
            assert journal.confirm(JournalReceipt("e" * 16, 9, ((8, 9),))) == 1
            assert reader.earlier_pending(9) == [("e" * 16, 9, b"9")]
            assert journal.unconfirmed_count == 2

    def test_a_hub_that_forgot_them_gets_them_again(self, shelf):
        """A receipt that covers less than the one before asks for the rest, also of an earlier journal."""
        with closing(filled(shelf, 1)) as journal, closing(JournalReader(shelf.path)) as reader:
            journal.keep_earlier(self.ROWS)
            journal.confirm(JournalReceipt("e" * 16, 9))
            assert reader.earlier_pending(9) == []
            journal.confirm(JournalReceipt("e" * 16, 8))
            assert reader.earlier_pending(9) == [("e" * 16, 9, b"9")]

    def test_what_is_found_after_a_receipt_is_covered_by_the_next_one_like_it(self, shelf):
        """Salvage takes its time, and the hub's word on a journal that ended does not change any more."""
        with closing(filled(shelf, 1)) as journal, closing(JournalReader(shelf.path)) as reader:
            journal.keep_earlier(self.ROWS[:1])
            journal.confirm(JournalReceipt("e" * 16, 9))
            journal.keep_earlier(self.ROWS)
            assert reader.earlier_pending(9) == [("e" * 16, 9, b"9")]
            assert journal.confirm(JournalReceipt("e" * 16, 9)) == 1
            assert reader.earlier_pending(9) == []

    def test_the_oldest_of_them_counts_as_the_oldest_that_waits(self, shelf):
        """What the screen says of the queue's age speaks of all that waits."""
        with closing(filled(shelf, 1)) as journal:
            journal.keep_earlier(self.ROWS[:1])
            assert journal.oldest_unconfirmed_written_at() == datetime(2026, 2, 1, tzinfo=UTC)


class TestReceipts:
    def test_only_what_the_receipt_covers_is_released(self, shelf):
        """Holes and what lies behind `through` stay in the queue."""
        with closing(filled(shelf, 10)) as journal, closing(JournalReader(shelf.path)) as reader:
            assert journal.confirm(JournalReceipt(journal.id, 7, ((2, 3), (5, 5)))) == 4
            assert [sequence for sequence, _ in reader.pending(0, 100)] == [2, 3, 5, 8, 9, 10]
            assert reader.unconfirmed_count == journal.unconfirmed_count == 6

    # Each example makes a file and commits to it.
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 20), st.sets(st.integers(1, 20), max_size=8)),
            min_size=1,
            max_size=4,
        )
    )
    def test_confirmed_is_exactly_what_the_newest_receipt_covers(self, tmp_path_factory, receipts):
        """Whatever came before: a hub restored from a backup gets all that it does not name anew."""
        shelf = Shelf(tmp_path_factory.mktemp("journal"))
        with closing(filled(shelf, 20)) as journal:
            for through, missing in receipts:
                holes = tuple((gap, gap) for gap in sorted(missing) if gap <= through)
                receipt = JournalReceipt(journal.id, through, holes)
                journal.confirm(receipt)
            expected = [(int(receipt.covers(sequence)),) for sequence in range(1, 21)]
            assert journal.unconfirmed_count == expected.count((0,))
        assert shelf.rows("confirmed") == expected

    def test_a_receipt_of_another_journal_releases_nothing(self, shelf):
        """Identity is journal and sequence; a number alone means nothing."""
        with closing(filled(shelf, 3)) as journal:
            assert journal.confirm(JournalReceipt("f" * 16, 3)) == 0
            assert journal.unconfirmed_count == 3

    def test_a_receipt_beyond_the_last_record_is_noticed_and_not_applied(self, shelf):
        """A hub that holds more of this journal than the card does speaks of a copied or set-back card."""
        with closing(filled(shelf, 3)) as journal:
            beyond = JournalReceipt(journal.id, 4)
            assert journal.outrun_by(beyond)
            assert journal.confirm(beyond) == 0
            assert not journal.outrun_by(JournalReceipt(journal.id, 3))
            assert not journal.outrun_by(JournalReceipt("f" * 16, 99))

    def test_a_restart_between_two_receipts_changes_nothing(self, shelf):
        """What the receipt before covered is known again, so the next one marks the difference alone."""
        with closing(filled(shelf, 9)) as journal:
            journal.confirm(JournalReceipt(journal.id, 8, ((3, 5),)))
        with closing(shelf.open()) as journal:
            assert journal.confirm(JournalReceipt(journal.id, 6, ((4, 4),))) == 2
            assert journal.unconfirmed_count == 4
        assert [row[0] for row in shelf.rows("confirmed")] == [1, 1, 1, 0, 1, 1, 0, 0, 0]

    def test_the_newest_that_wait_come_in_rising_order(self, shelf):
        """Live records go ahead of what waited long."""
        with closing(filled(shelf, 5)) as journal, closing(JournalReader(shelf.path)) as reader:
            journal.confirm(JournalReceipt(journal.id, 4, ((1, 3),)))
            assert reader.pending_newest(2) == [(3, b"3"), (5, b"5")]

    def test_pending_pages_through_the_queue(self, shelf):
        """The uplink reads in order, from behind the last it sent, as much as it asked for."""
        with closing(filled(shelf, 5)), closing(JournalReader(shelf.path)) as reader:
            assert reader.pending(0, 2) == [(1, b"1"), (2, b"2")]
            assert reader.pending(2, 9) == [(3, b"3"), (4, b"4"), (5, b"5")]
            assert reader.oldest_unconfirmed_written_at == NOON

    def test_the_reader_cannot_write(self, shelf):
        """Only the loop's thread writes a journal."""
        with (
            closing(filled(shelf, 1)),
            closing(JournalReader(shelf.path)) as reader,
            pytest.raises(sqlite3.OperationalError, match="readonly"),
        ):
            reader._connection.execute("UPDATE record SET confirmed = 1")


class TestTheFile:
    def test_a_file_that_is_no_database_is_set_aside_and_a_new_journal_begins(self, shelf, caplog):
        """Rubbish in place of the journal is kept beside it, said loudly, and the gate records again."""
        shelf.path.write_bytes(b"rubbish " * 1000)
        with closing(shelf.open()) as journal:
            assert journal.append("passage", b"{}") == 1
        (kept,) = shelf.path.parent.glob("journal.sqlite.damaged-*")
        assert kept.read_bytes()[:7] == b"rubbish"
        assert "no longer a readable journal" in caplog.text

    def test_a_newer_schema_is_refused_with_what_to_do(self, shelf):
        """A station that was set back to an older version does not touch the newer one's records."""
        filled(shelf, 1).close()
        with closing(sqlite3.connect(shelf.path)) as connection:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
            connection.execute("DELETE FROM meta WHERE key = 'identity'")
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = shelf.path.read_bytes()
        with pytest.raises(JournalUnusable, match=r"newer station .* install the newer version"):
            shelf.open()
        assert shelf.path.read_bytes() == before

    def test_a_file_of_schema_1_gets_its_checksums_and_chain(self, shelf):
        """An upgrade in place: what was confirmed stays so, and the numbers go on."""
        with closing(sqlite3.connect(shelf.path)) as old:
            old.executescript("""CREATE TABLE record(sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL,
                body BLOB NOT NULL, hash TEXT NOT NULL, written_at TEXT NOT NULL, took_ms REAL,
                confirmed INTEGER NOT NULL DEFAULT 0) STRICT;
                CREATE INDEX record_unconfirmed ON record(sequence) WHERE confirmed = 0;
                CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                INSERT INTO meta VALUES ('journal', 'abcdabcdabcdabcd'); PRAGMA user_version = 1;""")
            rows = [(1, b"1", body_hash(b"1"), 1), (2, b"2", body_hash(b"2"), 0), (3, b"3", body_hash(b"3"), 0)]
            old.executemany("INSERT INTO record VALUES (?, 'passage', ?, ?, '2026', NULL, ?)", rows)
            old.commit()
        with closing(shelf.open()) as journal, closing(JournalReader(shelf.path)) as reader:
            assert (journal.id, journal.newest, journal.unconfirmed_count) == ("abcd" * 4, 3, 2)
            assert journal.chain == chain_on(chain_on(chain_on(CHAIN_BEGINS, rows[0][2]), rows[1][2]), rows[2][2])
            assert reader.pending(0, 9) == [(2, b"2"), (3, b"3")]
            assert journal.confirm(JournalReceipt(journal.id, 2)) == 1
            assert journal.append("passage", b"4") == 4

    def test_a_file_that_cannot_be_opened_is_refused(self, shelf):
        """What stands where the journal belongs is never overwritten blindly."""
        shelf.path.mkdir()
        with pytest.raises(JournalUnusable, match="cannot be opened"):
            shelf.open()
