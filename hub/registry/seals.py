"""Each row of the office has a twin: a second copy elsewhere in the file, under a checksum, kept by triggers.

SQLite notices hardly a third of all flipped bits by itself. Of what gates send, `record` can tell (a hash of each body,
a checksum of its place), and the tables folded from it can be told again; of everything else the twin tells. `seal` is
put on every connection that writes (hub.registry), `hub.registry.soundness` compares, `hub.registry.salvage` mends.
Rule: a table or column that is added later gets its twin in the same migration, or stands in UNSEALED with the reason.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from zlib import crc32

from msgspec import Struct


class Sealed(Struct, frozen=True):
    """A table with twins. key: what no two rows share. columns: the others. blobs: which of those are bytes."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    blobs: frozenset[str] = frozenset()

    @property
    def all_columns(self) -> tuple[str, ...]:
        return self.key + self.columns


def _sealed(key: str, columns: str, blobs: str = "") -> Sealed:
    return Sealed(tuple(key.split()), tuple(columns.split()), frozenset(blobs.split()))


SEALED: Mapping[str, Sealed] = {
    "meta": _sealed("key", "value"),
    "household": _sealed("id", "building unit room tenure caller"),
    "person": _sealed(
        "id",
        "household name sex birth identity_number telephone relation standing health returnee needs_help note"
        " masked_name initials phone_tail left_at caller until",
    ),
    "pass": _sealed("serial", "person kind key_id issued_at expires_at revoked_at phone_key"),
    "station": _sealed("id", "gate lane direction added_at status status_at"),
    "clerk": _sealed("name", "password_hash created_at"),
    "journal": _sealed("station journal", "through heard_at"),
    "quarantine": _sealed("id", "station journal sequence hash why received_at"),
    "invitation": _sealed("token_hash", "person made_at expires_at serial"),
    "pass_key": _sealed("key_id", "public not_before retired_at trusted_until"),
    "made_pass": _sealed(
        "station journal sequence",
        "arrival at gate serial number expires_at caller person guard confirmed_at revoked_at settled_by",
    ),
    "returnee_case": _sealed(
        "station journal sequence", "id opened_at person place said came_back_on closed_at closed_by"
    ),
    "guard": _sealed("id", "person name salt pin_hash badge added_at removed_at", "salt pin_hash"),
    "permit": _sealed("id", "person kind begins ends return_by granted_at revoked_at"),
    "notice": _sealed("id", "text_zh text_en volume begins ends every_minutes"),
    "gate_key": _sealed("station", "public made_at allowance"),
    "blank": _sealed("serial", ""),
    "recovery": _sealed("id", "what at file backed_up_at mended other read_at read_by"),
    "put_by": _sealed("id", "at clerk"),
}
"""In an order in which each can be written again: whom a row refers to stands before it."""

UNSEALED: Mapping[str, str] = {
    "record": "has its own checksum, and its body a hash",
    "passage": "told again from record",
    "amendment": "told again from record",
    "happening": "told again from record",
    "form": "told again from record",
    "unfolded": "counted again from record",
    "boot": "told again from record",
    "boot_run": "told again from record",
    "redated": "news for screens, gone with their hub",
    "document": "signed; whatever is not in force as it should be is signed anew",
    "twin": "is the twin",
    "tally": "counts the twins",
    "_sqlite_migrations": "compared with what this version knows",
}
FIRST_SEALED = tuple(each for each in SEALED if each not in ("recovery", "put_by"))
"""Those that were there when twins came; each later one gets its own in its own migration."""
REDATED = ("passage", "amendment", "happening")
"""Where the hub set a time right, that time has a twin of its own, since no record tells it: under the name `at_of`."""
UNSEALED_COLUMNS = frozenset({("quarantine", "payload")})
"""Bytes that have their hash beside them."""

TABLES = (
    # said: the row's columns as a JSON list in the order of SEALED, bytes in hex. seal: row_seal of the three others.
    """CREATE TABLE twin (
        tbl TEXT NOT NULL, key TEXT NOT NULL, said TEXT NOT NULL, seal TEXT NOT NULL,
        PRIMARY KEY (tbl, key)) STRICT, WITHOUT ROWID""",
    # How many rows each table has; what a torn-off end of the file took along is missed by it.
    "CREATE TABLE tally (tbl TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT",
)


WITNESSED = (
    "CREATE TRIGGER twin_written AFTER INSERT ON twin BEGIN SELECT row_touched(new.tbl, new.key, 1); END",
    "CREATE TRIGGER twin_removed AFTER DELETE ON twin BEGIN SELECT row_touched(old.tbl, old.key, 0); END",
)
"""So that hub.registry.witness hears which rows a transaction is about."""
Touch = Callable[[str, str, int], None]
"""Table and key of a twin; 1 where it was written, 0 where it was removed."""


def deaf(_table: str, _key: str, _written: int) -> None:
    """For a connection that nobody bears witness to."""


def row_seal(table: str, key: str, said: str) -> str:
    """64 bits over a row and its place, in hex."""
    return blake2b(f"{table}\n{key}\n{said}".encode(), digest_size=8).hexdigest()


def record_checksum(station: str, journal: str, sequence: int, body_hash: str, received_at: str) -> int:
    """32 bits over the place of a record, its body's hash and when it came."""
    return crc32(f"{station}\n{journal}\n{sequence}\n{body_hash}\n{received_at}".encode())


def seal(connection: sqlite3.Connection, touch: Touch = deaf) -> None:
    """Let this connection write sealed rows, or compare them. touch: is told of each twin that it writes or removes."""
    connection.create_function("row_seal", 3, row_seal, deterministic=True)
    connection.create_function("record_checksum", 5, record_checksum, deterministic=True)
    connection.create_function("row_touched", 3, touch)


def key_of(table: str, row: str = "") -> str:
    """SQL for the key of a row's twin. row: its alias with a dot, such as "new."."""
    return f"json_array({', '.join(row + each for each in SEALED[table].key)})"


def said_of(table: str, row: str = "") -> str:
    """SQL for what a row's twin says."""
    sealed = SEALED[table]
    told = (f"hex({row}{each})" if each in sealed.blobs else row + each for each in sealed.all_columns)
    return f"json_array({', '.join(told)})"


def triggers(table: str) -> Iterator[str]:
    """What keeps the twins of a table. Whatever `INSERT OR ...` the statement outside says, these must not obey it."""
    new, old = key_of(table, "new."), key_of(table, "old.")
    is_new = f"NOT EXISTS (SELECT 1 FROM twin WHERE tbl = '{table}' AND key = {new})"  # noqa: S608 - our own words
    forget = f"DELETE FROM twin WHERE tbl = '{table}' AND key ="  # noqa: S608
    write = _write(table, "new.")
    count = "UPDATE tally SET rows = rows"
    yield (
        f"CREATE TRIGGER {table}_sealed AFTER INSERT ON {table} BEGIN"
        f" {count} + 1 WHERE tbl = '{table}' AND {is_new}; {forget} {new}; {write}; END"
    )
    yield f"CREATE TRIGGER {table}_resealed AFTER UPDATE ON {table} BEGIN {forget} {old}; {forget} {new}; {write}; END"
    yield (
        f"CREATE TRIGGER {table}_unsealed AFTER DELETE ON {table} BEGIN"
        f" {count} - 1 WHERE tbl = '{table}'; {forget} {old}; END"
    )


def at_of(table: str) -> tuple[str, str, str]:
    """Under which table name the twins of times that were set right stand; SQL for their key, and for what they say."""
    return (
        f"at of {table}",
        "json_array({0}station, {0}journal, {0}sequence)",
        "json_array({0}at, {0}told_at, {0}dated)",
    )


def redating_trigger(table: str) -> str:
    name, key, said = at_of(table)
    new_key, new_said = key.format("new."), said.format("new.")
    forget = f"DELETE FROM twin WHERE tbl = '{name}' AND key = {new_key}"  # noqa: S608 - our own words
    write = f"INSERT INTO twin SELECT '{name}', {new_key}, {new_said}, row_seal('{name}', {new_key}, {new_said})"
    return (
        f"CREATE TRIGGER {table}_redated AFTER UPDATE OF at, told_at, dated ON {table} WHEN new.told_at IS NOT NULL"
        f" BEGIN {forget}; {write}; END"
    )


def first_twins(table: str) -> Iterator[str]:
    """For the rows that were there before there were twins."""
    yield f"INSERT INTO twin SELECT {_written(table)} FROM {table}"  # noqa: S608 - our own words
    yield f"INSERT INTO tally SELECT '{table}', count(*) FROM {table}"  # noqa: S608


def _write(table: str, row: str) -> str:
    return f"INSERT INTO twin SELECT {_written(table, row)}"


def _written(table: str, row: str = "") -> str:
    key, said = key_of(table, row), said_of(table, row)
    return f"'{table}', {key}, {said}, row_seal('{table}', {key}, {said})"
