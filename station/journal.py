"""The journal: every passage and amendment of this station, on the disk before anything speaks of it.

Written by the loop's thread alone, over one connection that also makes all checkpoints (two that do so at once can
corrupt a SQLite older than 3.51.3). The uplink reads through a `JournalReader` of its own.
Rule: append only. A body never changes and is never deleted; `confirmed` is the one column that does, and only a
receipt of the hub sets it.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from gate.names import JournalId
from gate.wire import JournalReceipt, body_hash

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
"""In `PRAGMA user_version`; a file with a higher one was written by a newer station and is left alone."""

_SCHEMA = """
CREATE TABLE record(
  sequence   INTEGER PRIMARY KEY,          -- 1, 2, 3 ... without a gap
  kind       TEXT NOT NULL,                -- passage | amendment | happening | made_pass
  body       BLOB NOT NULL,                -- exactly the bytes that travel
  hash       TEXT NOT NULL,                -- of the body, as on its envelope; shows a flipped bit as well
  written_at TEXT NOT NULL,                -- UTC wall time immediately before the commit
  took_ms    REAL,                         -- evidence in hand -> just before the commit; NULL for an amendment
  confirmed  INTEGER NOT NULL DEFAULT 0    -- 1: the hub's receipt covers it
) STRICT;
CREATE INDEX record_unconfirmed ON record(sequence) WHERE confirmed = 0;
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""

_CONFIRM = """UPDATE record INDEXED BY record_unconfirmed SET confirmed = 1
WHERE confirmed = 0 AND sequence BETWEEN ? AND ?"""
_RECALL = "UPDATE record SET confirmed = 0 WHERE confirmed = 1 AND sequence BETWEEN ? AND ?"


class JournalUnusable(Exception):
    """The journal's file cannot be used as it is; the message says which, why and what to do."""


class JournalBroken(Exception):
    """A record could not be written: nothing is admitted until one can be again."""


class Journal:
    """An open journal. `open_journal` opens one."""

    def __init__(self, connection: sqlite3.Connection, wall: Callable[[], datetime]) -> None:
        self._connection = connection
        self._wall = wall
        self.id: JournalId = _meta(connection, "journal")
        self.newest: int = connection.execute("SELECT coalesce(max(sequence), 0) FROM record").fetchone()[0]
        self.unconfirmed_count: int = _count_unconfirmed(connection)

    def append(self, kind: str, body: bytes, took_ms: Callable[[], float] | None = None) -> int:
        """Commit one record and return its sequence; when this returns, it survives a power cut.

        kind: "passage", "amendment", "happening" or "made_pass". took_ms: asked immediately before the commit.
        Raises JournalBroken.
        """
        sequence = self.newest + 1
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT INTO record(sequence, kind, body, hash, written_at, took_ms) VALUES (?, ?, ?, ?, ?, ?)",
                (sequence, kind, body, body_hash(body), _text(self._wall()), took_ms() if took_ms else None),
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            self._undo()
            raise JournalBroken(f"the journal cannot be written: {cause}") from cause
        self.newest = sequence
        self.unconfirmed_count += 1
        return sequence

    def confirm(self, receipt: JournalReceipt) -> int:
        """Mark what the hub's receipt covers; how many rows that newly released. Raises JournalBroken.

        What it does not cover counts as unconfirmed again: a hub restored from a backup knows less than before, and
        its receipt asks for the rest anew (rule 10). A receipt for another journal, or for more than was ever written
        here, is not ours to apply: see `outrun_by`.
        """
        if receipt.journal != self.id or self.outrun_by(receipt):
            return 0
        try:
            # A receipt that a power cut forgets comes again; it need not make a resident wait for the disk.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            released = sum(self._mark(_CONFIRM, *reach) for reach in _covered(receipt))
            recalled = sum(
                self._mark(_RECALL, *reach) for reach in (*receipt.holes, (receipt.through + 1, self.newest))
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            self._undo()
            raise JournalBroken(f"the hub's receipt cannot be noted: {cause}") from cause
        finally:
            self._connection.execute("PRAGMA synchronous = FULL")
        self.unconfirmed_count += recalled - released
        return released

    def probe(self) -> None:
        """Find out whether the disk takes a commit. Raises JournalBroken."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("REPLACE INTO meta VALUES ('probed_at', ?)", (_text(self._wall()),))
            self._connection.execute("COMMIT")
        except sqlite3.Error as cause:
            self._undo()
            raise JournalBroken(f"the journal cannot be written: {cause}") from cause

    def outrun_by(self, receipt: JournalReceipt) -> bool:
        """Whether the hub has more of this journal than it holds: the card was cloned or rolled back (rule 8)."""
        return receipt.journal == self.id and receipt.through > self.newest

    def last(self, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` of the newest records, in order: (sequence, body); less those whose bytes have changed."""
        rows = self._connection.execute(
            "SELECT sequence, body, hash FROM record WHERE sequence > ? ORDER BY sequence", (self.newest - limit,)
        )
        return [(sequence, body) for sequence, body, told in rows if body_hash(body) == told]

    def oldest_unconfirmed_written_at(self) -> datetime | None:
        """When the oldest record without a receipt was written; None where there is none, or the disk cannot tell."""
        try:
            return _oldest_unconfirmed_written_at(self._connection) if self.unconfirmed_count else None
        except sqlite3.Error:
            return None

    def close(self) -> None:
        self._connection.close()

    def _mark(self, statement: str, first: int, last: int) -> int:
        return self._connection.execute(statement, (first, last)).rowcount if first <= last else 0

    def _undo(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as cause:
            log.error("the journal cannot even be rolled back: %s", cause)


class JournalReader:
    """The uplink's own view of a journal, for its thread alone; read-only."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._connection.execute("PRAGMA busy_timeout = 2000")
        self.id: JournalId = _meta(self._connection, "journal")

    def pending(self, after_sequence: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` records without a receipt behind that sequence, in order: (sequence, body)."""
        return self._connection.execute(
            "SELECT sequence, body FROM record INDEXED BY record_unconfirmed"
            " WHERE confirmed = 0 AND sequence > ? ORDER BY sequence LIMIT ?",
            (after_sequence, limit),
        ).fetchall()

    @property
    def newest(self) -> int:
        newest: int = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM record").fetchone()[0]
        return newest

    @property
    def unconfirmed_count(self) -> int:
        return _count_unconfirmed(self._connection)

    @property
    def oldest_unconfirmed_written_at(self) -> datetime | None:
        return _oldest_unconfirmed_written_at(self._connection)

    def close(self) -> None:
        self._connection.close()


def open_journal(path: Path, new_id: Callable[[], JournalId], wall: Callable[[], datetime]) -> Journal:
    """Open the journal at `path`, or begin one under a new id.

    A file that is no database any more is set aside beside itself, loudly, and a new journal begins; its records are
    still in it for whoever can read them. Raises JournalUnusable.
    """
    try:
        return _open(path, new_id, wall)
    except sqlite3.DatabaseError as cause:
        if isinstance(cause, sqlite3.OperationalError):
            raise JournalUnusable(
                f"{path} cannot be opened: {cause}; check the disk and the folder's rights"
            ) from cause
        kept = set_aside(path, "unreadable", wall())
        log.error("%s is no longer a readable journal (%s); kept as %s, a new one begins", path, cause, kept.name)
        return _open(path, new_id, wall)


def set_aside(path: Path, why: str, now: datetime) -> Path:
    """Rename a journal with all that belongs to it; the new name of its main file."""
    kept = path.with_name(f"{path.name}.{why}-{now:%Y%m%dT%H%M%S%f}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    return kept


def _open(path: Path, new_id: Callable[[], JournalId], wall: Callable[[], datetime]) -> Journal:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 2000")
        _prepare(connection, path, new_id)
        return Journal(connection, wall)
    except BaseException:
        connection.close()
        raise


def _prepare(connection: sqlite3.Connection, path: Path, new_id: Callable[[], JournalId]) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise JournalUnusable(
            f"{path} was written by a newer station (schema {version}, this one knows {SCHEMA_VERSION});"
            " install the newer version, or name another data folder in the settings"
        )
    if version == SCHEMA_VERSION:
        return
    with closing(connection.cursor()) as cursor:
        cursor.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
        cursor.execute("INSERT INTO meta VALUES ('journal', ?)", (new_id(),))
        cursor.execute("COMMIT")


def _meta(connection: sqlite3.Connection, key: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise sqlite3.DatabaseError(f"it has no {key} in its meta table")
    return str(row[0])


def _count_unconfirmed(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("SELECT count(*) FROM record WHERE confirmed = 0").fetchone()[0]
    return count


def _oldest_unconfirmed_written_at(connection: sqlite3.Connection) -> datetime | None:
    row = connection.execute("SELECT written_at FROM record WHERE confirmed = 0 ORDER BY sequence LIMIT 1").fetchone()
    return datetime.fromisoformat(row[0]) if row else None


def _covered(receipt: JournalReceipt) -> list[tuple[int, int]]:
    """The ranges between a receipt's holes."""
    ranges, start = [], 1
    for first, last in receipt.holes:
        ranges.append((start, min(first - 1, receipt.through)))
        start = max(start, last + 1)
    ranges.append((start, receipt.through))
    return [(first, last) for first, last in ranges if first <= last]


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
