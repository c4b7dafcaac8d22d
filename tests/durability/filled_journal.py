"""Writes a gate's journal as if it had stood alone for days: millions of passages in seconds, not one commit each.

The campaigns on backlogs call it before a station starts. Rule: the file is what `Journal.append` would have left:
its tables and their version come from the journal itself, every row has its hash, its checksum and its link in the
chain, and the journal is opened once more at the end, which looks it over. Only the commits are left out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.temperature import Measurement
from gate.wire import CHAIN_BEGINS, body_hash, chain_on, encode_body
from station.journal import open_journal
from station.journal.rows import checksum_of, text_of

_INSERT = """INSERT INTO record(sequence, kind, body, hash, written_at, took_ms, checksum, chain)
VALUES (?, 'passage', ?, ?, ?, 5.0, ?, ?)"""
# Every machine has run since then, and its own count agrees with its clock: nothing is to be set right.
BOOTED = datetime(2020, 1, 1, tzinfo=UTC)


def passage(gate: str, at: datetime, number: int) -> Passage:
    """The `number`th of some 1,500 people comes through, in and out by turns."""
    stamp = Stamp(at, ClockState.SYNCED, "b0" * 8, (at - BOOTED).total_seconds())
    person = f"{number * 2654435761 % 1502:016x}"
    warm = Measurement(36.4, 20.0, "mlx90614")
    way = (Direction.IN, Direction.OUT)[number % 2]
    return Passage(
        stamp, gate, "1", way, person=person, pass_serial=person, temperature=warm,
        policy="1763000000.4", roster="1763000000.9",
    )  # fmt: skip


def fill(path: Path, journal: str, gate: str, count: int, ends: datetime, apart: timedelta) -> None:
    """`count` passages without a receipt, the last one just before `ends`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    open_journal(path, lambda: journal, lambda: ends).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, _rows(journal, gate, count, ends - apart * count, apart))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with closing(open_journal(path, lambda: journal, lambda: ends)) as opened:
        assert (opened.id, opened.newest, opened.unconfirmed_count) == (journal, count, count)


def _rows(
    journal: str, gate: str, count: int, begins: datetime, apart: timedelta
) -> Iterator[tuple[int, bytes, str, str, bytes, bytes]]:
    chain = CHAIN_BEGINS
    for sequence in range(1, count + 1):
        at = (begins + apart * sequence).astimezone(UTC)
        body, written_at = encode_body(passage(gate, at, sequence)), text_of(at)
        hash_ = body_hash(body)
        chain = chain_on(chain, hash_)
        checksum = checksum_of(journal, sequence, "passage", written_at, body)
        yield sequence, body, hash_, written_at, checksum, bytes.fromhex(chain)
