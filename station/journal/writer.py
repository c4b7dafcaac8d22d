"""The loop's hand at the journal: appends records, notes receipts. For the loop's thread alone.

Rule: when `append` returns, the record survives a power cut. What the hub's receipt covers is marked, and what it does
not cover any more is to be sent again; nothing else releases a row.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import json

from gate.names import Digest, JournalId
from gate.wire import CHAIN_BEGINS, JournalReceipt, body_hash, chain_on
from station.journal.aside import awaiting_salvage, note_salvaged
from station.journal.ranges import Ranges, covered, less, runs
from station.journal.retention import empty_log, prune_step, pruned_of
from station.journal.rows import (
    DiskFull,
    JournalBroken,
    JournalDamaged,
    Whole,
    checksum_of,
    count_unconfirmed,
    covered_key,
    earlier_ids,
    is_damage,
    is_full,
    is_whole,
    journal_id,
    oldest_unconfirmed_written_at,
    read_meta,
    sealed,
    text_of,
    unsealed,
    write_meta,
)
from station.journal.witness import Noted, Witness, witness_path

log = logging.getLogger(__name__)

# SQLite's own, and what a full disk leaves.
LOG_PAGES = 1000
LOG_PAGES_WHERE_SCARCE = 8

_APPEND = """INSERT INTO record(sequence, kind, body, hash, written_at, took_ms, checksum, chain, commit_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_CONFIRM = """UPDATE record INDEXED BY record_unconfirmed SET confirmed = 1
WHERE confirmed = 0 AND sequence BETWEEN ? AND ?"""
_RECALL = "UPDATE record SET confirmed = 0 WHERE confirmed = 1 AND sequence BETWEEN ? AND ?"
_UNCONFIRMED = "SELECT sequence FROM record INDEXED BY record_unconfirmed WHERE confirmed = 0 ORDER BY sequence"
_KEEP = """INSERT OR IGNORE INTO earlier(journal, sequence, kind, body, hash, checksum, written_at, confirmed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_CONFIRM_EARLIER = """UPDATE earlier INDEXED BY earlier_unconfirmed SET confirmed = 1
WHERE confirmed = 0 AND journal = ? AND sequence BETWEEN ? AND ?"""
_RECALL_EARLIER = """UPDATE earlier SET confirmed = 0
WHERE confirmed = 1 AND journal = ? AND sequence BETWEEN ? AND ?"""


class Journal:
    """An open journal. `open_journal` opens one.

    id: drawn when the file was made. newest: the last sequence; chain: through it. unconfirmed_count: records without
    a receipt, those of earlier journals counted. earlier: the ids of these. took_ms: of the newest record that was
    timed, its commit included.
    """

    def __init__(self, connection: sqlite3.Connection, wall: Callable[[], datetime], path: Path) -> None:
        self._connection = connection
        self._wall = wall
        self.path = path
        self.id: JournalId = journal_id(connection)
        self.newest, self.chain = _end_of(connection)
        self.unconfirmed_count: int = count_unconfirmed(connection)
        self.earlier: list[JournalId] = earlier_ids(connection)
        self.took_ms: float | None = None
        self._commit_ms: float | None = None
        self._covered: dict[JournalId, Ranges] = {}
        self._receipts: dict[JournalId, int] = {}
        self._pruned = pruned_of(connection, self.id).through
        self._witness = Witness(witness_path(path))
        self._bear_witness()

    def append(self, kind: str, body: bytes, took_ms: Callable[[], float] | None = None) -> int:
        """Commit one record and return its sequence; when this returns, it survives a power cut.

        kind: "passage", "amendment", "happening" or "made_pass". took_ms: asked immediately before the commit.
        Raises JournalBroken.
        """
        sequence, hash_ = self.newest + 1, body_hash(body)
        chain = chain_on(self.chain, hash_)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            written_at = text_of(self._wall())
            checksum = checksum_of(self.id, sequence, kind, written_at, body)
            took = took_ms() if took_ms else None
            row = (sequence, kind, body, hash_, written_at, took, checksum, bytes.fromhex(chain), self._commit_ms)
            self._connection.execute(_APPEND, row)
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            raise self._broken("the journal cannot be written", cause) from cause
        self.newest, self.chain = sequence, chain
        self.unconfirmed_count += 1
        self.took_ms = took_ms() if took_ms else None
        self._commit_ms = self.took_ms - took if self.took_ms is not None and took is not None else None
        self._bear_witness()
        return sequence

    def confirm(self, receipt: JournalReceipt) -> int:
        """Mark what the hub's receipt covers; how many rows that newly released. Raises JournalBroken.

        What it does not cover counts as unconfirmed again: a hub restored from a backup knows less than before, and
        its receipt asks for the rest anew (rule 10). A receipt for a journal of which nothing is here, or for more
        than was ever written here, is not ours to apply: see `outrun_by`.
        """
        known = receipt.journal == self.id or receipt.journal in self.earlier
        if not known or self.outrun_by(receipt):
            return 0
        try:
            # A receipt that a power cut forgets comes again; it need not make a resident wait for the disk.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            released, recalled = self._note(receipt.journal, covered(receipt))
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            self._covered.pop(receipt.journal, None)
            raise self._broken("the hub's receipt cannot be noted", cause) from cause
        finally:
            self._connection.execute("PRAGMA synchronous = FULL")
        self.unconfirmed_count += recalled - released
        return released

    def keep_earlier(self, rows: Sequence[Whole]) -> int:
        """Commit rows of journals that were set aside, under their own names; how many were new. Raises JournalBroken.

        They wait for the hub's receipt like this journal's own.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            kept = sum(self._connection.execute(_KEEP, _as_kept(row)).rowcount for row in rows)
            for journal in {row.journal for row in rows}:
                # A receipt that came before them has not marked them: the next one looks at every row.
                self._connection.execute("DELETE FROM meta WHERE key = ?", (covered_key(journal),))
                self._covered.pop(journal, None)
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            raise self._broken("what is whole of an earlier journal cannot be kept", cause) from cause
        self.unconfirmed_count = count_unconfirmed(self._connection)
        self.earlier = earlier_ids(self._connection)
        return kept

    def prune(self, now: datetime, keep: timedelta) -> int:
        """Take away some of what the hub has had for so long; how many rows. Raises JournalBroken.

        now: the hub's time, since a station's clock may be off by years.
        """
        try:
            # What a power cut brings back is pruned again.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            gone, reached = prune_step(self._connection, self.id, now, keep)
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            raise self._broken("what the hub has cannot be pruned", cause) from cause
        finally:
            self._connection.execute("PRAGMA synchronous = FULL")
        if reached.through > self._pruned:
            self._pruned = reached.through
            self._bear_witness()
        return gone

    def empty_log(self) -> bool:
        """Nothing of what was pruned is left in it, nor room taken. False where a reader or the disk is in the way."""
        return empty_log(self._connection)

    def keep_log_short(self, *, short: bool) -> None:
        """Where every page counts, the log may not take them all: what is in it has to fit into the file as well."""
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES_WHERE_SCARCE if short else LOG_PAGES}")

    def probe(self) -> None:
        """Find out whether the disk takes a commit. Raises JournalBroken."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            write_meta(self._connection, "probed_at", text_of(self._wall()))
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            raise self._broken("the journal cannot be written", cause) from cause

    def awaiting_salvage(self) -> list[Path]:
        """Damaged journals beside this one, of which it has not taken over what is whole."""
        return awaiting_salvage(self.path, self._connection)

    def note_salvaged(self, name: str, result: str) -> bool:
        """All that is whole in the file of that name is here now; True. Raises JournalBroken."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            note_salvaged(self._connection, name, result)
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            raise self._broken("what was salvaged cannot be noted", cause) from cause
        return True

    def outrun_by(self, receipt: JournalReceipt) -> bool:
        """Whether the hub has more of this journal than it holds: the card was cloned or rolled back (rule 8)."""
        return receipt.journal == self.id and receipt.through > self.newest

    def last(self, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` of the newest records, in order: (sequence, body); less those whose bytes have changed."""
        rows = self._connection.execute(
            "SELECT sequence, kind, written_at, body, checksum FROM record WHERE sequence > ? ORDER BY sequence",
            (self.newest - limit,),
        )
        return [(row[0], row[3]) for row in rows if is_whole(self.id, row)]

    def oldest_unconfirmed_written_at(self) -> datetime | None:
        """When the oldest record without a receipt was written; None where there is none, or the disk cannot tell."""
        try:
            return oldest_unconfirmed_written_at(self._connection, self.earlier) if self.unconfirmed_count else None
        except sqlite3.Error:
            return None

    def close(self) -> None:
        self._connection.close()
        self._witness.close()

    def _note(self, journal: JournalId, now: Ranges) -> tuple[int, int]:
        """Rows released and recalled. Just the difference to the receipt before is marked, however much waits."""
        before = self._covered_before(journal)
        ours = journal == self.id
        confirm, recall = (_CONFIRM, _RECALL) if ours else (_CONFIRM_EARLIER, _RECALL_EARLIER)
        whose = () if ours else (journal,)
        released = self._mark(confirm, whose, less(now, before))
        recalled = self._mark(recall, whose, less(before, now))
        if now != before:
            self._receipts[journal] += 1
            told = f"covered {journal} {self._receipts[journal]} {json.encode(now).decode()}"
            write_meta(self._connection, covered_key(journal), sealed(told))
            self._covered[journal] = now
        return released, recalled

    def _covered_before(self, journal: JournalId) -> Ranges:
        """What the receipt before covered; where nobody wrote that down, what is marked."""
        if journal not in self._covered:
            words = (unsealed(read_meta(self._connection, covered_key(journal))) or "").split(" ", 3)
            known = len(words) == 4 and words[:2] == ["covered", journal]
            self._receipts[journal] = int(words[2]) if known else 0
            self._covered[journal] = json.decode(words[3], type=Ranges) if known else self._marked(journal)
        return self._covered[journal]

    def _marked(self, journal: JournalId) -> Ranges:
        if journal == self.id:
            waiting = runs(sequence for (sequence,) in self._connection.execute(_UNCONFIRMED))
            return less([(1, self.newest)] if self.newest else [], waiting)
        marked = "SELECT sequence FROM earlier WHERE confirmed = 1 AND journal = ? ORDER BY sequence"
        return runs(sequence for (sequence,) in self._connection.execute(marked, (journal,)))

    def _mark(self, statement: str, whose: tuple[str, ...], ranges: Iterable[tuple[int, int]]) -> int:
        return sum(self._connection.execute(statement, (*whose, *reach)).rowcount for reach in ranges)

    def _bear_witness(self) -> None:
        self._witness.note(Noted(self.id, self.newest, self._pruned))

    def _broken(self, what: str, cause: sqlite3.Error) -> JournalBroken:
        """What to raise of SQLite's error; nothing of what was begun stays."""
        self._undo()
        kind = JournalDamaged if is_damage(cause) else DiskFull if is_full(cause) else JournalBroken
        return kind(f"{what}: {cause}")

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as cause:
            log.error("the journal cannot even be rolled back: %s", cause)


def _as_kept(row: Whole) -> tuple[object, ...]:
    checksum = checksum_of(row.journal, row.sequence, row.kind, row.written_at, row.body)
    hash_ = body_hash(row.body)
    return row.journal, row.sequence, row.kind, row.body, hash_, checksum, row.written_at, int(row.confirmed)


def _end_of(connection: sqlite3.Connection) -> tuple[int, Digest]:
    row = connection.execute("SELECT sequence, chain FROM record ORDER BY sequence DESC LIMIT 1").fetchone()
    return (row[0], bytes(row[1]).hex()) if row else (0, CHAIN_BEGINS)
