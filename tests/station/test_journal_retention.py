"""Retention: the hub's own copy is waited for, then seven days, and then nothing is left of a row but its number."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.wire import JournalReceipt
from station.journal import Journal, JournalReader, Whole, check_fully, open_journal

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


class Shelf:
    """A journal into which one row is written a day. now: as far as its days have gone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite"
        self.now = NOON
        self.journal = self._open()

    def write(self, days: int, *, clock_off: timedelta = timedelta(0)) -> None:
        for _ in range(days):
            self.now += timedelta(days=1) + clock_off
            self.journal.append("passage", b"row %d secret" % (self.journal.newest + 1))
            self.now -= clock_off

    def confirm(self, through: int, *holes: tuple[int, int]) -> None:
        self.journal.confirm(JournalReceipt(self.journal.id, through, holes))

    def prune(self) -> int:
        return self.journal.prune(self.now, WEEK)

    def restart(self) -> None:
        self.journal.close()
        self.journal = self._open()

    def sequences(self) -> list[int]:
        with closing(sqlite3.connect(self.path)) as connection:
            return [row[0] for row in connection.execute("SELECT sequence FROM record ORDER BY sequence")]

    def _open(self) -> Journal:
        return open_journal(self.path, lambda: "a" * 16, lambda: self.now)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.journal.close()


def test_what_the_hub_has_stays_for_seven_days_and_goes_then(shelf):
    """Rows 1 to 13 are more than a week old on day 20; the rest, confirmed or not, is there."""
    shelf.write(20)
    shelf.confirm(20)
    assert shelf.prune() == 12
    assert shelf.sequences() == list(range(13, 21))
    assert shelf.prune() == 0


def test_what_has_no_receipt_is_never_pruned(shelf):
    """However old: a year without a hub takes nothing away."""
    shelf.write(30)
    shelf.now += timedelta(days=365)
    assert shelf.prune() == 0
    shelf.confirm(30, (5, 5))
    assert shelf.prune() == 4
    assert shelf.sequences() == list(range(5, 31))


def test_numbers_and_chain_go_on_when_all_but_the_newest_is_gone(shelf):
    """No number is given twice, also after a restart."""
    shelf.write(9)
    shelf.confirm(9)
    chain = shelf.journal.chain
    shelf.now += timedelta(days=30)
    assert shelf.prune() == 8
    shelf.restart()
    assert (shelf.journal.newest, shelf.journal.chain, shelf.sequences()) == (9, chain, [9])
    assert shelf.journal.append("passage", b"{}") == 10
    assert list(check_fully(shelf.path))[-1] == ""


def test_a_restored_hub_gets_again_what_is_still_there(shelf):
    """A receipt that covers less asks for the rest; what was pruned is not there any more, and nothing else is lost."""
    shelf.write(20)
    shelf.confirm(20)
    shelf.prune()
    shelf.confirm(10)
    with closing(JournalReader(shelf.path)) as reader:
        assert [sequence for sequence, _ in reader.pending(0, 99)] == list(range(13, 21))
    assert shelf.journal.unconfirmed_count == 8


def test_nothing_of_a_pruned_row_is_left_in_the_file_or_its_log(shelf):
    """Deleted text stays in a SQLite file unless it is overwritten, and in its log until that is emptied."""
    shelf.write(20)
    shelf.confirm(20)
    shelf.prune()
    assert shelf.journal.empty_log()
    left = b"".join(path.read_bytes() for path in shelf.path.parent.glob("journal.sqlite*"))
    assert b"row 12 secret" not in left
    assert b"row 13 secret" in left


def test_a_row_of_a_wrong_clock_is_as_old_as_those_around_it(shelf):
    """Written in 1970 it goes no earlier than its neighbours; written next year, it keeps nobody for a year."""
    shelf.write(3)
    shelf.write(1, clock_off=timedelta(days=-20000))
    shelf.write(1, clock_off=timedelta(days=400))
    shelf.write(3)
    shelf.confirm(8)
    shelf.now = NOON + timedelta(days=10, hours=1)
    shelf.prune()
    assert shelf.sequences() == [4, 5, 6, 7, 8]
    shelf.now = NOON + timedelta(days=13, hours=1)
    shelf.prune()
    assert shelf.sequences() == [7, 8]


def test_of_many_a_few_go_at_a_time(shelf):
    """Nobody in the lane waits for a whole month's rows."""
    shelf.write(250)
    shelf.confirm(250)
    assert [shelf.prune() for _ in range(4)] == [100, 100, 42, 0]


def test_rows_of_an_earlier_journal_go_by_the_same_rule(shelf):
    """Salvaged, confirmed and old."""
    rows = [Whole("e" * 16, number, "passage", "2026-01-01T00:00:00.000000+00:00", b"{}") for number in (1, 2)]
    shelf.journal.keep_earlier(rows)
    shelf.journal.confirm(JournalReceipt("e" * 16, 1))
    assert shelf.prune() == 1
    with closing(JournalReader(shelf.path)) as reader:
        assert [sequence for _, sequence, _ in reader.earlier_pending(9)] == [2]


def test_a_row_that_vanished_behind_the_pruned_ones_is_damage(shelf):
    """What is missing is either pruned, and the file says through where, or lost."""
    shelf.write(20)
    shelf.confirm(20)
    shelf.prune()
    assert list(check_fully(shelf.path))[-1] == ""
    shelf.journal._connection.execute("DELETE FROM record WHERE sequence IN (15, 16)")
    assert list(check_fully(shelf.path))[-1] == "records 15 to 16 are missing"
