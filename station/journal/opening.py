"""Opens the journal's file, or begins one; sets one aside that cannot be used. Called at the start and by the recorder.

Rule: nothing is ever deleted, and a file is never overwritten blindly: what is no journal any more is kept beside the
new one, under a name that says why.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from gate.names import JournalId
from gate.wire import CHAIN_BEGINS, body_hash, chain_on
from station.journal.rows import EARLIER, SCHEMA, SCHEMA_VERSION, JournalUnusable, checksum_of, journal_id
from station.journal.writer import Journal

log = logging.getLogger(__name__)


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
    with closing(connection.cursor()) as cursor:
        if version == 0:
            cursor.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
            cursor.execute("INSERT INTO meta VALUES ('journal', ?)", (new_id(),))
            cursor.execute("COMMIT")
        elif version == 1:
            _add_checksums(cursor, journal_id(connection))


def _add_checksums(cursor: sqlite3.Cursor, journal: JournalId) -> None:
    """Schema 1, which had a hash of the body alone."""
    cursor.executescript(
        "BEGIN IMMEDIATE;"
        "ALTER TABLE record ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';"
        f"ALTER TABLE record ADD COLUMN chain BLOB NOT NULL DEFAULT x''; {EARLIER}"
    )
    cursor.executemany("UPDATE record SET checksum = ?, chain = ? WHERE sequence = ?", _chained(cursor, journal))
    cursor.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    cursor.execute("COMMIT")


def _chained(cursor: sqlite3.Cursor, journal: JournalId) -> Iterator[tuple[bytes, bytes, int]]:
    """Checksum and chain of each row of schema 1. A row that had changed by then gets no checksum: it is not whole."""
    chain, last = CHAIN_BEGINS, 0
    while rows := cursor.connection.execute(
        "SELECT sequence, kind, written_at, body, hash FROM record WHERE sequence > ? ORDER BY sequence LIMIT 1000",
        (last,),
    ).fetchall():
        for sequence, kind, written_at, body, hash_ in rows:
            chain, last = chain_on(chain, hash_), sequence
            whole = body_hash(body) == hash_
            yield checksum_of(journal, sequence, kind, written_at, body) if whole else b"", bytes.fromhex(chain), last
