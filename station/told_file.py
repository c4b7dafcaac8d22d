"""A database of what others told this station, and would tell it again: the hub's documents, the peers' crossings.

Its owner opens it here. Rule: one connection, WAL, readable by the station alone; a file that is no database any more
is put beside itself, said, and begun anew, since nothing in it is lost for good. The journal is no such file.
"""

import logging
import sqlite3
from pathlib import Path

from station.database import keep_few_pages

log = logging.getLogger(__name__)


def opened(
    path: Path, schema: str, synchronous: str, teller: str, *, to_the_last_page: bool = False
) -> sqlite3.Connection:
    """synchronous: as SQLite's pragma has it. teller: who tells it all again, for the log. to_the_last_page: none of
    it may turn out to be unreadable later.

    Raises sqlite3.OperationalError where the disk is at fault, not the file.
    """
    try:
        return _opened(path, schema, synchronous, to_the_last_page)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as cause:
        # SQLite quotes the bytes that it stumbles over, which need not be text.
        if isinstance(cause, sqlite3.OperationalError):
            raise
        kept = path.with_name(f"{path.name}.unreadable")
        log.error(
            "%s is no readable database any more (%s); kept as %s, %s it all again", path, cause, kept.name, teller
        )
        path.replace(kept)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _opened(path, schema, synchronous, to_the_last_page)


def _opened(path: Path, schema: str, synchronous: str, to_the_last_page: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        keep_few_pages(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.executescript(schema)
        if to_the_last_page:
            _check(connection)
    except (sqlite3.Error, UnicodeDecodeError):
        connection.close()
        raise
    path.chmod(0o600)
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError."""
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)
