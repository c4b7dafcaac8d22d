"""Whether a registry's file still says what was written to it: structure, tables, the office's rows, records, and what
was folded from them. Reads alone.

`hub.registry` asks `at_opening` before it writes, `gate-hub backup` and `verify` ask the rest. Rule: SQLite's own check
comes first and is believed only where it complains.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlite_utils import Database

from gate.wire import body_hash
from hub.registry import RegistryRefused, seals
from hub.registry.migrations import MIGRATIONS
from hub.registry.seals import SEALED, record_checksum, row_seal
from hub.registry.wal import wal_of

# A hub must be up within 10 s, whatever it has to look through; what is left over is looked at while it runs.
QUICK_SECONDS = 4.0
_INSTRUCTIONS = 100_000
# What SQLite says where it cannot make the small file by which it shares a log.
_NO_ROOM = (
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP,
)  # fmt: skip
_MOST_COMPLAINTS = 20
_SINCE = "0010_checksums"


class Finding(Struct, frozen=True):
    """Something that is not as it was written. key: of the row, as a JSON list; "" where it is about a whole table."""

    table: str
    key: str
    what: str

    @property
    def in_a_log(self) -> str:
        """Without the key, which may be somebody's name."""
        return f"{self.table}: {self.what}"

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.what}" if self.key else f"{self.table}: {self.what}"


def reading(path: Path, immutable: bool = False) -> sqlite3.Connection:
    """A connection that reads whatever is there, also text that is none any more.

    Raises RegistryRefused where the disk has no room for what SQLite needs beside the file, which is not to blame.
    """
    mode = "ro&immutable=1" if immutable else "ro"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=5.0)
    connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
    # Of a file that lost its end SQLite would otherwise show nothing at all.
    connection.execute("PRAGMA writable_schema = ON")
    _refuse_a_full_disk(connection, path)
    return connection


def _refuse_a_full_disk(connection: sqlite3.Connection, path: Path) -> None:
    """Whatever else is odd shows when it is looked for."""
    try:
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    except sqlite3.DatabaseError as cause:
        if getattr(cause, "sqlite_errorcode", 0) in _NO_ROOM:
            connection.close()
            raise RegistryRefused(
                f"{path} cannot be opened ({cause}); is its disk full? Make room on it, and try again"
            ) from cause


def at_opening(path: Path) -> list[Finding]:
    """What is wrong with a file that is about to be opened, as far as that can be told within seconds."""
    if not path.stat().st_size:
        return [Finding("file", "", "it is empty")]
    wal = wal_of(path)
    if wal is not None and wal.is_damaged:
        what = f"its log is damaged behind {wal.whole_frames} pages, {wal.missing} that were committed are not whole"
        return [Finding("file", "", what)]
    try:
        with closing(reading(path)) as connection:
            found = list(structure(connection, QUICK_SECONDS))
            return found or [*schema(connection), *office(connection)]
    except sqlite3.DatabaseError as cause:
        return [Finding("file", "", str(cause))]


def structure(connection: sqlite3.Connection, seconds: float | None = None) -> Iterator[Finding]:
    """SQLite's own check. seconds: a quick one, given up after so long; None: the thorough one."""
    if seconds is not None:
        deadline = time.monotonic() + seconds
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _INSTRUCTIONS)
    check = "integrity_check" if seconds is None else "quick_check"
    try:
        for (line,) in connection.execute(f"PRAGMA {check}({_MOST_COMPLAINTS})"):
            if line != "ok":
                yield Finding("file", "", line)
    except sqlite3.OperationalError as cause:
        if str(cause) != "interrupted":
            yield Finding("file", "", str(cause))
    except sqlite3.DatabaseError as cause:
        yield Finding("file", "", str(cause))
    finally:
        connection.set_progress_handler(None, 0)


def is_sealed(connection: sqlite3.Connection) -> bool:
    """Whether the file has twins at all; one that an older hub wrote has none yet."""
    return _SINCE in _applied(connection) or "twin" in {name for _, name in _names(connection)}


def _names(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT type, name FROM sqlite_schema").fetchall()


def _applied(connection: sqlite3.Connection) -> set[str]:
    """The names of all steps that its tables have been through."""
    if ("table", "_sqlite_migrations") not in _names(connection):
        return set()
    return {
        name if set_ == MIGRATIONS.name else f"{set_}.{name}"
        for set_, name in connection.execute("SELECT migration_set, name FROM _sqlite_migrations")
    }


def schema(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Against that of a new file: a trigger or an index that is another would do its damage later."""
    applied = _applied(connection)
    known = _known()
    if known - applied and applied - known:
        yield Finding("_sqlite_migrations", "", "it names steps that no hub knows")
    if known != applied:
        # Written by an older hub, or by a newer one, whose tables are not known here.
        return
    wanted, here = _as_new(known), _definitions(connection)
    for name in sorted(wanted.keys() - {each for each, sql in here.items() if wanted.get(each) == sql}):
        yield Finding("file", "", f"the definition of {name} is not what it should be")


def _known() -> frozenset[str]:
    with closing(Database(memory=True)) as empty:
        return frozenset(each.name for each in MIGRATIONS.pending(empty))


@cache
def _as_new(_known: frozenset[str]) -> dict[str, str]:
    """The definitions in a new file that has been through all steps."""
    with closing(Database(memory=True)) as fresh:
        MIGRATIONS.apply(fresh)
        return _definitions(fresh.conn)


def _definitions(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute("SELECT type || ' ' || name || ' on ' || tbl_name, sql FROM sqlite_schema")
    # How a statement that altered a table was laid out is SQLite's affair, from one version to the next.
    # What is no text any more is told apart from all texts.
    return {name: " ".join(str(sql or "").split()) for name, sql in rows if "sqlite_" not in str(name)}


class Copies(Struct, frozen=True):
    """The rows of a table as they stand, and their twins under a seal that fits; by key. broken: twins whose seal does
    not fit. complaint: why not all of it could be read, "" where it could. tally: how many there should be."""

    rows: dict[str, str]
    twins: dict[str, str]
    broken: frozenset[str]
    tally: int | None
    complaint: str = ""

    @property
    def agree(self) -> bool:
        return not self.complaint and not self.broken and self.rows == self.twins and len(self.rows) == self.tally


def copies(connection: sqlite3.Connection, table: str) -> Copies:
    """Both copies of every row of a sealed table, as far as they can be read."""
    complaints: list[str] = []

    def told(sql: str, *values: str) -> Iterator[Any]:
        try:
            yield from connection.execute(sql, values)
        except (sqlite3.DatabaseError, UnicodeError) as cause:
            complaints.append(str(cause))

    statement = f"SELECT {seals.key_of(table)}, {seals.said_of(table)} FROM {table} NOT INDEXED"  # noqa: S608
    rows = dict(told(statement))
    twins, broken = {}, set()
    for key, said, seal in told("SELECT key, said, seal FROM twin WHERE tbl = ?", table):
        if _fits(table, key, said, seal):
            twins[key] = said
        else:
            broken.add(str(key))
    tally = [count for (count,) in told("SELECT rows FROM tally WHERE tbl = ?", table)]
    return Copies(rows, twins, frozenset(broken), tally[0] if tally else None, "; ".join(complaints))


def office(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Every row of the office against its twin."""
    if not is_sealed(connection):
        return
    for table in SEALED:
        found = copies(connection, table)
        if found.agree:
            continue
        if found.complaint:
            yield Finding(table, "", found.complaint)
        for key in sorted(found.rows.keys() | found.twins.keys() | found.broken):
            row, twin = found.rows.get(key), found.twins.get(key)
            if row != twin:
                yield Finding(table, key, "its two copies differ" if row and twin else "one of its two copies is gone")
        if found.rows == found.twins and len(found.rows) != found.tally:
            yield Finding(table, "", f"{len(found.rows)} rows, where {found.tally} were counted")


def _fits(table: str, key: object, said: object, seal: object) -> bool:
    try:
        return row_seal(table, str(key), str(said)) == seal
    except UnicodeError:
        return False


def is_whole(row: tuple[Any, ...]) -> bool:
    """A record's columns in their order: whether place and body are what they were."""
    station, journal, sequence, found, body, received_at, quarantined, checksum = row
    if not isinstance(body, bytes) or quarantined not in (0, 1) or body_hash(body) != found:
        return False
    try:
        return bool(record_checksum(station, journal, sequence, found, received_at) == checksum)
    except UnicodeError:
        return False


def records(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Every record against its checksums."""
    if not is_sealed(connection):
        return
    last: tuple[Any, ...] = ()
    try:
        for row in connection.execute("SELECT * FROM record"):
            if not is_whole(row):
                yield Finding("record", _key(row), "it is not what came")
            elif row[:3] <= last:
                yield Finding("record", _key(row), "it stands in the wrong place")
            last = row[:3] if is_whole(row) else last
    except (sqlite3.DatabaseError, UnicodeError) as cause:
        yield Finding("record", "", str(cause))


def _key(row: tuple[Any, ...]) -> str:
    return f"{row[0]} {row[1]} {row[2]}".encode(errors="replace").decode()
