"""The registry: one SQLite file that knows the compound's people, passes, stations and passages.

`open_registry` gives the one connection that writes and checkpoints (two of them can corrupt a file: docs of SQLite,
WAL-reset bug); while the hub runs it belongs to the writer's thread. Everybody else reads through `read_only`.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from hub.registry import seals
from hub.registry.instants import read, written
from hub.registry.migrations import MIGRATIONS
from hub.registry.witness import Witness

Result = TypeVar("Result")
Row = tuple[Any, ...]


class RegistryRefused(Exception):
    """The registry file cannot be used; the message says which file, why, and what to do."""


class Change(StrEnum):
    """What an office command touched, so that the bulletin knows what to publish anew."""

    PEOPLE = "people"
    POLICY = "policy"
    TRUST = "trust"
    STAFF = "staff"
    NOTICES = "notices"


class Registry:
    """The owner of the one writing connection. Not for two threads at once.

    touched: what the commands since the last bulletin have changed; whoever publishes it calls `told`. persons: whom
    alone the changes of PEOPLE are about, by pseudonym; None where that may be anybody.
    """

    def __init__(self, path: Path, database: Database, witness: Witness | None = None) -> None:
        self.path = path
        self.database = database
        self._witness = witness or Witness()
        self.touched: set[Change] = set()
        self.persons: frozenset[str] | None = frozenset()

    def run(self, command: "Callable[[Registry], Result]") -> Result:
        """Carry out one command: all of it, committed to the disk, or nothing."""
        before, connection = (set(self.touched), self.persons), self.database.conn
        # Within another transaction it is that one's commit which counts.
        witness = Witness() if connection.in_transaction else self._witness
        try:
            with self.database.atomic():
                result = command(self)
                witness.announce(connection)
        except BaseException:
            self.touched, self.persons = before
            witness.undone()
            raise
        witness.done(connection)
        return result

    def touch(self, change: Change, persons: Iterable[str] | None = None) -> None:
        """persons: of a change of PEOPLE, whom it is about; None for anybody."""
        self.touched.add(change)
        if change is Change.PEOPLE:
            self.persons = None if persons is None or self.persons is None else self.persons.union(persons)

    def told(self) -> None:
        """The gates have been told of all that was touched."""
        self.touched.clear()
        self.persons = frozenset()

    def rows(self, sql: str, parameters: Any = ()) -> list[Row]:  # noqa: ANN401 - whatever sqlite3 binds
        return self.database.conn.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Any = ()) -> Row | None:  # noqa: ANN401
        row: Row | None = self.database.conn.execute(sql, parameters).fetchone()
        return row

    def meta(self, key: str) -> str | None:
        """A fact about the registry itself; None where it was never set."""
        row = self.one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self.database.conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    @property
    def compound(self) -> str:
        return self.meta("compound") or ""

    @property
    def created_at(self) -> datetime:
        return read(self.meta("created_at") or "")

    @property
    def newest_instant(self) -> datetime:
        """The latest time that this registry is sure of: it was made, or a document was signed."""
        row = self.one("SELECT max(published_at) FROM document")
        return max(self.created_at, read(row[0])) if row and row[0] else self.created_at

    @property
    def generation(self) -> int:
        return int(self.meta("generation") or 0)

    def begin_generation(self, now: datetime, above: int = 0) -> int:
        """A larger one than ever before: the gates believe lower numbers, and send again what no receipt covers.

        above: another registry's, which it takes the place of. Inside a transaction.
        """
        generation = max(int(now.timestamp()), self.generation + 1, above + 1)
        self.set_meta("generation", str(generation))
        return generation

    def bear_witness(self) -> None:
        """From now on each commit is noted beside the file, in a new list of its rows. Outside a transaction."""
        seals.seal(self.database.conn, self._witness.touch)
        self._witness.begin(self.database.conn, self.generation)

    def close(self) -> None:
        self._witness.close()
        self.database.close()


def open_registry(path: Path, now: datetime, compound: str | None = None) -> Registry:
    """Open or make the registry, bring its tables up to date, keep a copy first where that changes them.

    A damaged file is set aside and a new one begun with what is whole in it (hub.registry.mending).
    compound: remembered by a new file, compared with an older one. Raises RegistryRefused.
    """
    if not path.exists():
        _begin(path, now, compound)
    from hub.registry import mending  # noqa: PLC0415 - it needs what stands here

    torn = mending.mend(path, now)
    try:
        return _opened(path, now, compound, torn)
    except sqlite3.DatabaseError as cause:
        if not mending.is_damage(cause):
            raise
        # An index, say, into which no quick check looks.
        mending.begin_anew(path, [mending.found(cause)], now)
    return _opened(path, now, compound, torn=False)


def _opened(path: Path, now: datetime, compound: str | None, torn: bool) -> Registry:
    from hub.registry import high_water  # noqa: PLC0415 - it needs what stands here

    registry = Registry(path, Database(_connect(path)), Witness(path))
    try:
        _settle(registry, torn)
        _refuse_a_newer_file(registry)
        _back_up_before_an_upgrade(registry, now)
        MIGRATIONS.apply(registry.database)
        registry.run(lambda each: _remember(each, now, compound))
        ahead = high_water.ahead_of(registry)
        if torn or ahead is not None:
            registry.run(lambda each: each.begin_generation(now, ahead or 0))
        registry.bear_witness()
    except BaseException:
        registry.close()
        raise
    return registry


def _begin(path: Path, now: datetime, compound: str | None) -> None:
    """A whole registry or none: an empty file left by a power cut could not be told from one that lost everything."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    for suffix in ("", "-wal", "-shm", "-journal"):
        unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)
    stray = path.with_name(f"{path.name}-wal")
    if stray.exists():
        # SQLite would lay it over the new file.
        stray.rename(path.with_name(f"{path.name}.stray-{now:%Y%m%dT%H%M%SZ}-wal"))
    # Names and identity numbers will stand here: nobody else's to read from its first byte on.
    os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(Registry(unfinished, Database(_connect(unfinished)))) as registry:
        MIGRATIONS.apply(registry.database)
        registry.run(lambda each: _remember(each, now, compound))
    unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _settle(registry: Registry, torn: bool) -> None:
    """What a killed hub had written and not synced is on the disk before anything is written behind it or said of it.

    Two commits torn by one power cut would look like damage (hub.registry.wal), and so would two that two of them tore:
    of a log whose first commit is torn, SQLite keeps the salts, and what the next does not cover stays behind it. A
    checkpoint begins with just that sync; where the disk is too full for the rest of it, that waits.
    """
    with suppress(sqlite3.OperationalError):
        registry.database.conn.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if torn else 'PASSIVE'})").fetchone()


@contextmanager
def opened(path: Path, now: datetime, compound: str | None = None) -> Iterator[Registry]:
    """`open_registry` for the length of a block."""
    with closing(open_registry(path, now, compound)) as registry:
        yield registry


def read_only(path: Path) -> sqlite3.Connection:
    """A reader's own connection; rows by name; for one thread. Raises RegistryRefused where there is no registry."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as cause:
        raise RegistryRefused(f"{path}: no registry here ({cause}); run `gate-hub init` first") from cause
    connection.row_factory = sqlite3.Row
    return connection


# While a street's backlog is folded in, each record touches a page of its own: 16 MiB of them in memory, and 16 MiB in
# the WAL before they are copied home, are a third fewer syncs and a quarter less work for the system.
_PRAGMAS = (
    *("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"),
    *("cache_size = -16384", "wal_autocheckpoint = 4096"),
)


def _connect(path: Path) -> sqlite3.Connection:
    """One writer, handed from the main thread to the writer's."""
    connection = sqlite3.connect(path, check_same_thread=False, timeout=5.0)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        seals.seal(connection)
    except sqlite3.DatabaseError as cause:
        connection.close()
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            why = f"{path} is not a registry: {cause}; put a backup in its place: gate-hub restore FILE"
        else:
            why = f"{path} cannot be opened ({cause}); is its disk full? Make room on it, and try again"
        raise RegistryRefused(why) from cause
    return connection


def _refuse_a_newer_file(registry: Registry) -> None:
    known = _all_known()
    foreign = [each.name for each in MIGRATIONS.applied(registry.database) if each.name not in known]
    if foreign:
        raise RegistryRefused(
            f"{registry.path} was written by a newer version of gate-hub (it knows {foreign[0]});"
            " install that version again, or put a backup from before the upgrade in its place"
        )


def _all_known() -> set[str]:
    with closing(Database(memory=True)) as empty:
        return {migration.name for migration in MIGRATIONS.pending(empty)}


def _back_up_before_an_upgrade(registry: Registry, now: datetime) -> None:
    pending = MIGRATIONS.pending(registry.database)
    if not pending or not MIGRATIONS.applied(registry.database):
        return
    copy = registry.path.with_name(f"{registry.path.name}.before-{pending[0].name}-{now:%Y%m%dT%H%M%SZ}")
    os.close(os.open(copy, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(copy)) as target:
        registry.database.conn.backup(target)


def _remember(registry: Registry, now: datetime, compound: str | None) -> None:
    if registry.meta("generation") is None:
        registry.set_meta("generation", str(int(now.timestamp())))
        registry.set_meta("created_at", written(now))
    known = registry.meta("compound")
    if known is None and compound is not None:
        registry.set_meta("compound", compound)
    elif compound is not None and known != compound:
        raise RegistryRefused(
            f"{registry.path} belongs to compound {known!r}, the settings name {compound!r};"
            " correct `compound` or `data` in hub.toml"
        )
