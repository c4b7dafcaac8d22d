"""A street's backlog, in small: all of it arrives, what happens meanwhile too, and the control loses."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.wire import body_hash, chain_on
from station.journal import JournalReader, open_journal
from tests.durability.believers import CONTROL_ROWS
from tests.durability.filled_journal import fill, passage
from tests.durability.gates import journal_of
from tests.durability.street_backlog import street_backlog
from tests.durability.tally import tally


@pytest.mark.broker
def test_a_street_comes_back_and_nothing_is_lost() -> None:
    """Three gates, their backlog, and people who go on coming: each record is in the registry once."""
    figures = street_backlog(0, gates=3)
    assert (figures["lost"], figures["doubled"], figures["corrupt"], figures["not_ended"]) == (0, 0, 0, 0), figures
    assert figures["trials"] >= 3 * 250 + CONTROL_ROWS
    assert figures["live"] >= 20
    assert figures["control_unharmed"] == 0, figures


def test_a_journal_that_was_filled_is_one_that_was_written(tmp_path: Path) -> None:
    """Checksums, hashes and chain are those of `Journal.append`, row by row, and a passage can follow."""
    ends, journal = datetime(2026, 11, 22, 4, 0, tzinfo=UTC), journal_of("east-1")
    fill(tmp_path / "a" / "journal.sqlite", journal, "east", 40, ends, timedelta(seconds=3))
    filled = open_journal(tmp_path / "a" / "journal.sqlite", lambda: "", lambda: ends)
    written = open_journal(tmp_path / "b.sqlite", lambda: journal, lambda: ends)
    with closing(filled), closing(written), closing(JournalReader(tmp_path / "a" / "journal.sqlite")) as reader:
        rows = reader.pending(0, 100)
        assert [sequence for sequence, _ in rows] == list(range(1, 41))
        for _, body in rows:
            written.append("passage", body)
        assert filled.chain == written.chain
        filled.append("passage", rows[0][1])
        assert filled.chain == chain_on(written.chain, body_hash(rows[0][1]))


def test_people_of_a_filled_journal_go_in_and_out() -> None:
    """Of some fifteen hundred, so that the hub's tables are as full as a compound's."""
    at = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    people = {passage("east", at, number).person for number in range(5000)}
    assert 1000 < len(people) < 1600


def test_the_tally_tells_lost_doubled_changed_and_strange_rows(tmp_path: Path) -> None:
    """A campaign that counts nothing proves nothing."""
    path, registry = tmp_path / "journal.sqlite", tmp_path / "registry.sqlite"
    fill(path, journal_of("east-1"), "east", 10, datetime(2026, 11, 22, tzinfo=UTC), timedelta(seconds=3))
    with closing(sqlite3.connect(registry, isolation_level=None)) as hub:
        hub.execute("CREATE TABLE record(station, journal, sequence, body, hash, quarantined)")
        hub.execute("CREATE TABLE passage(station, journal, sequence)")
        with closing(sqlite3.connect(path, isolation_level=None)) as journal:
            rows = journal.execute("SELECT sequence, body, hash FROM record").fetchall()
            journal.execute("UPDATE record SET confirmed = 1 WHERE sequence IN (1, 2)")
        whose = ("east-1", journal_of("east-1"))
        hub.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, 0)", [(*whose, *row) for row in rows])
        hub.executemany("INSERT INTO passage VALUES (?, ?, ?)", [(*whose, row[0]) for row in rows])
        whole = tally(path, registry, "east-1")
        assert (whole.written, whole.lost, whole.doubled, whole.corrupt) == (10, 0, 0, 0)
        for table in ("record", "passage"):
            hub.execute(f"DELETE FROM {table} WHERE sequence IN (1, 7)")
        found = tally(path, registry, "east-1")
        assert (found.lost, found.released, found.doubled, found.corrupt) == (2, 1, 0, 0)
        hub.execute("INSERT INTO passage VALUES (?, ?, 3)", whose)
        hub.execute("UPDATE record SET body = x'00' WHERE sequence = 4")
        hub.execute("INSERT INTO record VALUES ('east-1', 'cd', 1, x'00', '', 0)")
        found = tally(path, registry, "east-1")
        assert (found.lost, found.doubled, found.corrupt) == (2, 1, 2)
