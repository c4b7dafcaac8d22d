"""Whether a journal's file is as it was written: a quick look before it is used, the whole of it later and slowly.

`opening` takes the quick look, whose cost does not grow with the file; the caretaker makes the full check as a reader,
step by step, while the lane works. Rule: the first thing that is wrong is enough; `salvage` then says what is left.
"""

import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path

from station.database import keep_few_pages
from station.journal.retention import pruned_of
from station.journal.rows import (
    Damaged,
    identity_of,
    is_damage,
    is_whole,
    journal_id,
    lenient,
    read_meta,
    unwhole_in,
)
from station.journal.witness import read_witness

ROWS_AT_OPENING = 300
ROWS_IN_A_STEP = 200

_IN_INDEX = """SELECT count(*) FROM record INDEXED BY record_unconfirmed
WHERE confirmed = 0 AND sequence > ? AND sequence <= ?"""
_IN_TABLE = "SELECT count(*) FROM record NOT INDEXED WHERE +confirmed = 0 AND sequence > ? AND sequence <= ?"
_EARLIER = """SELECT rowid, journal, sequence, kind, written_at, body, checksum FROM earlier NOT INDEXED
WHERE rowid > ? ORDER BY rowid LIMIT ?"""


def look_quickly(connection: sqlite3.Connection, path: Path) -> None:
    """The newest rows, and whether they are the newest that there were. Reads only. Raises Damaged, sqlite3.Error."""
    journal = journal_id(connection)
    if read_meta(connection, "identity") != identity_of(journal):
        raise Damaged("its own name has changed")
    newest: int = connection.execute("SELECT coalesce(max(sequence), 0) FROM record").fetchone()[0]
    witness = read_witness(path)
    if witness is not None and witness.journal == journal and witness.newest > newest:
        raise Damaged(f"it ends at record {newest}, and {witness.newest} were written")
    pruned = pruned_of(connection, journal).through
    _, wrong = unwhole_in(connection, journal, pruned, max(0, newest - ROWS_AT_OPENING), ROWS_AT_OPENING)
    if wrong:
        raise Damaged(wrong)


def check_fully(path: Path) -> Generator[str, None, None]:
    """Look at everything, a step at a time: "" after each; the first thing that is wrong ends it."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.text_factory = lenient
        connection.execute("PRAGMA busy_timeout = 2000")
        keep_few_pages(connection)
        for wrong in _steps(connection):
            yield wrong
            if wrong:
                return
    except sqlite3.OperationalError as cause:
        # The disk, or somebody who holds the file: of its contents that says nothing, unless SQLite says so itself.
        yield f"SQLite says: {cause}" if is_damage(cause) else ""
    except (sqlite3.DatabaseError, MemoryError, OverflowError) as cause:
        yield f"SQLite says: {cause}"
    finally:
        connection.close()


def _steps(connection: sqlite3.Connection) -> Iterator[str]:
    journal = journal_id(connection)
    after: int = 0
    while True:
        connection.execute("BEGIN")
        last, wrong = unwhole_in(connection, journal, pruned_of(connection, journal).through, after, ROWS_IN_A_STEP)
        counts = [connection.execute(statement, (after, last)).fetchone()[0] for statement in (_IN_INDEX, _IN_TABLE)]
        connection.execute("COMMIT")
        if not wrong and counts[0] != counts[1]:
            wrong = f"the list of what waits is wrong between records {after + 1} and {last}"
        yield wrong
        if last == after:
            break
        after = last
    yield from _earlier_steps(connection)
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    yield "" if said == "ok" else f"SQLite says: {said}"


def _earlier_steps(connection: sqlite3.Connection) -> Iterator[str]:
    last = 0
    while rows := connection.execute(_EARLIER, (last, ROWS_IN_A_STEP)).fetchall():
        for row in rows:
            if not is_whole(row[1], row[2:]):
                yield f"record {row[2]} of the earlier journal {row[1]} has changed"
        last = rows[-1][0]
        yield ""
