"""Opens the journal's file, or begins one; sets one aside that cannot be used. Called at the start and by the recorder.

Rule: nothing is ever deleted, and a file is never overwritten blindly: what is no journal any more is kept beside the
new one, under a name that says why, and the caretaker salvages what is whole in it.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from gate.names import JournalId
from gate.wire import CHAIN_BEGINS, body_hash, chain_on
from station.database import keep_few_pages
from station.journal.aside import DAMAGED, finish_setting_aside, set_aside
from station.journal.check import look_quickly
from station.journal.rows import (
    EARLIER,
    SCHEMA,
    SCHEMA_VERSION,
    Damaged,
    JournalUnusable,
    checksum_of,
    covered_key,
    identity_of,
    is_damage,
    is_full,
    journal_id,
    lenient,
    sealed,
    told_schema,
    write_meta,
)
from station.journal.witness import read_witness
from station.journal.writer import Journal

log = logging.getLogger(__name__)


def open_journal(path: Path, new_id: Callable[[], JournalId], wall: Callable[[], datetime]) -> Journal:
    """Open the journal at `path`, or begin one under a new id.

    A file that is not as it was written is set aside beside itself, loudly, and a new journal begins; what is whole in
    it is for `salvage`. Raises JournalUnusable.
    """
    try:
        finish_setting_aside(path)
    except OSError as refused:
        raise _unusable(path, refused) from refused
    try:
        return _open(path, new_id, wall)
    except _SetAside as done:
        log.error("%s is no longer a readable journal (%s); kept as %s, a new one begins", path, done, done.kept.name)
    try:
        return _open(path, new_id, wall)
    except _SetAside as again:
        raise JournalUnusable(f"{path} cannot be begun anew: {again}; check the disk") from again


class _SetAside(Exception):
    def __init__(self, why: str, kept: Path) -> None:
        super().__init__(why)
        self.kept = kept


def _open(path: Path, new_id: Callable[[], JournalId], wall: Callable[[], datetime]) -> Journal:
    """Raises JournalUnusable, _SetAside."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as cause:
        raise _unusable(path, cause) from cause
    try:
        connection.text_factory = lenient
        connection.execute("PRAGMA busy_timeout = 2000")
        keep_few_pages(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        _prepare(connection, path, new_id)
        # Whether it can be written at all; SQLite opens a file whose header forbids that all the same.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE meta SET value = value")
        connection.execute("ROLLBACK")
        _settle(connection)
        return Journal(connection, wall, path)
    except (sqlite3.Error, MemoryError, OverflowError, TypeError, ValueError) as cause:
        with closing(connection):
            if isinstance(cause, sqlite3.Error) and not _speaks_of_the_file(cause, path):
                raise _unusable(path, cause) from cause
            try:
                kept = set_aside(path, DAMAGED, wall())
            except OSError as refused:
                raise JournalUnusable(
                    f"{path} is damaged and cannot be set aside: {refused}; check the disk"
                ) from cause
            raise _SetAside(str(cause), kept) from cause
    except JournalUnusable:
        connection.close()
        raise


def _settle(connection: sqlite3.Connection) -> None:
    """What a killed station had written and not synced stands in the log like the rest, and is sent like the rest.

    So the log has to be on the disk before anybody reads it, or a power cut could take back what the hub has receipted.
    A checkpoint begins with just that; where the disk is too full for the rest of it, that waits.
    """
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as cause:
        if not is_full(cause):
            raise


def _unusable(path: Path, cause: Exception) -> JournalUnusable:
    return JournalUnusable(f"{path} cannot be opened: {cause}; check the disk and the folder's rights")


def _speaks_of_the_file(cause: sqlite3.Error, path: Path) -> bool:
    """A header with a flipped bit may say that the file is only to be read; then the disk says otherwise."""
    if is_damage(cause):
        return True
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    return code == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _prepare(connection: sqlite3.Connection, path: Path, new_id: Callable[[], JournalId]) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        _begin(connection, path, new_id)
        return
    if version > SCHEMA_VERSION:
        if told_schema(connection) == SCHEMA_VERSION:
            raise Damaged(f"its header names schema {version}")
        raise JournalUnusable(
            f"{path} was written by a newer station (schema {version}, this one knows {SCHEMA_VERSION});"
            " install the newer version, or name another data folder in the settings"
        )
    if version == 1 and told_schema(connection) is None:
        with closing(connection.cursor()) as cursor:
            _add_checksums(cursor, journal_id(connection))
    look_quickly(connection, path)


def _begin(connection: sqlite3.Connection, path: Path, new_id: Callable[[], JournalId]) -> None:
    """In an empty file; raises Damaged where it was not always so."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables:
        raise Damaged("its header names no schema")
    witness = read_witness(path)
    if witness is not None and witness.newest:
        raise Damaged(f"it is empty, and {witness.newest} records were written")
    journal = new_id()
    with closing(connection.cursor()) as cursor:
        cursor.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
        cursor.execute("INSERT INTO meta VALUES ('journal', ?), ('identity', ?)", (journal, identity_of(journal)))
        write_meta(connection, covered_key(journal), sealed(f"covered {journal} 0 []"))
        cursor.execute("COMMIT")


def _add_checksums(cursor: sqlite3.Cursor, journal: JournalId) -> None:
    """Schema 1, which had a hash of the body alone."""
    cursor.executescript(
        "BEGIN IMMEDIATE;"
        "ALTER TABLE record ADD COLUMN checksum BLOB NOT NULL DEFAULT x'';"
        "ALTER TABLE record ADD COLUMN chain BLOB NOT NULL DEFAULT x'';"
        f"ALTER TABLE record ADD COLUMN commit_ms REAL; {EARLIER}"
    )
    cursor.execute("INSERT INTO meta VALUES ('identity', ?)", (identity_of(journal),))
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
