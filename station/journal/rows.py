"""What stands in a journal's file: its tables, the checksum of a row, and the small words of its meta table.

Rule: a row is whole if its checksum holds; it covers all of a row that never changes, and whose row it is. SQLite
itself notices about a third of all flipped bits, and hands out the rest as if they had been written.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from gate.names import JournalId
from gate.wire import body_hash, chain_on

SCHEMA_VERSION = 2
"""In `PRAGMA user_version`; a file with a higher one was written by a newer station and is left alone."""

RECORD = """
CREATE TABLE record(
  sequence   INTEGER PRIMARY KEY,          -- 1, 2, 3 ... without a gap
  kind       TEXT NOT NULL,                -- passage | amendment | happening | made_pass
  body       BLOB NOT NULL,                -- exactly the bytes that travel
  hash       TEXT NOT NULL,                -- of the body, as on its envelope
  written_at TEXT NOT NULL,                -- UTC wall time immediately before the commit
  took_ms    REAL,                         -- evidence in hand -> just before the commit; NULL for an amendment
  confirmed  INTEGER NOT NULL DEFAULT 0,   -- 1: the hub's receipt covers it
  checksum   BLOB NOT NULL DEFAULT x'',    -- see checksum_of; 16 bytes
  chain      BLOB NOT NULL DEFAULT x'',    -- of the hashes of rows 1 to this one, see gate.wire.chain_on; 16 bytes
  commit_ms  REAL                          -- how long the commit of the row before took; NULL for the first of a run
) STRICT;
CREATE INDEX record_unconfirmed ON record(sequence) WHERE confirmed = 0;
"""
META = "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
# What was whole in journals that were set aside, under their own ids and numbers.
EARLIER = """
CREATE TABLE earlier(
  journal    TEXT NOT NULL,
  sequence   INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  body       BLOB NOT NULL,
  hash       TEXT NOT NULL,
  checksum   BLOB NOT NULL,
  written_at TEXT NOT NULL,
  confirmed  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (journal, sequence)
) STRICT;
CREATE INDEX earlier_unconfirmed ON earlier(journal, sequence) WHERE confirmed = 0;
"""
SCHEMA = f"{RECORD}{META}{EARLIER}"

Checked = tuple[int, str, str, bytes, bytes]
"""sequence, kind, written_at, body, checksum; of a damaged row, each may be anything"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A row of a journal that was set aside, and whose checksum holds."""

    journal: JournalId
    sequence: int
    kind: str
    written_at: str
    body: bytes
    confirmed: bool = False


class JournalUnusable(Exception):
    """The journal's file cannot be used as it is; the message says which, why and what to do."""


class JournalBroken(Exception):
    """A record could not be written: nothing is admitted until one can be again."""


class JournalDamaged(JournalBroken):
    """The file is not as it was written: it is to be set aside, and a new one begun."""


class DiskFull(JournalBroken):
    """No room for one more record."""


class Damaged(sqlite3.DatabaseError):
    """The file is not as it was written; the message says in what."""


_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)


def is_damage(cause: BaseException) -> bool:
    """Whether an error speaks of what is in the file, and not of the disk or of another who holds it."""
    code = getattr(cause, "sqlite_errorcode", None)
    return isinstance(cause, Damaged) or (code is not None and code & 0xFF not in _OF_THE_DISK)


def is_full(cause: BaseException) -> bool:
    """SQLite calls some of a full disk's refusals an error of reading or writing."""
    code = getattr(cause, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def checksum_of(journal: JournalId, sequence: int, kind: str, written_at: str, body: bytes) -> bytes:
    """16 bytes."""
    return sha256(f"{journal}\n{sequence}\n{kind}\n{written_at}\n".encode() + body).digest()[:16]


def is_whole(journal: JournalId, row: Checked) -> bool:
    sequence, kind, written_at, body, checksum = row
    return isinstance(body, bytes) and checksum_of(journal, sequence, kind, written_at, body) == checksum


def lenient(text: bytes) -> str:
    """For `text_factory`: a flipped bit must not keep the rows beside it from being read."""
    return text.decode(errors="replace")


def text_of(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def read_meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def write_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("REPLACE INTO meta VALUES (?, ?)", (key, value))


def sealed(text: str) -> str:
    """A word of the meta table with its hash before it, so that a flipped bit shows."""
    return f"{body_hash(text.encode())} {text}"


def unsealed(value: str | None) -> str | None:
    """None where there is none, or where it has changed."""
    if value is None:
        return None
    told, _, text = value.partition(" ")
    return text if body_hash(text.encode()) == told else None


def journal_id(connection: sqlite3.Connection) -> JournalId:
    """Raises Damaged where the file does not say."""
    found = read_meta(connection, "journal")
    if found is None:
        raise Damaged("it has no journal in its meta table")
    return found


def identity_of(journal: JournalId) -> str:
    """The journal's id, once more, so that a changed one is known for what it is."""
    return sealed(f"identity {journal} {SCHEMA_VERSION}")


def told_schema(connection: sqlite3.Connection) -> int | None:
    """The schema that the file names beside its header; None where nobody can tell."""
    words = (unsealed(read_meta(connection, "identity")) or "").split()
    return int(words[2]) if len(words) == 3 and words[2].isdecimal() else None


def covered_key(journal: JournalId) -> str:
    return f"covered {journal}"


def unwhole_in(
    connection: sqlite3.Connection, journal: JournalId, pruned: int, after: int, limit: int
) -> tuple[int, str]:
    """Look at so many rows behind that sequence: the last one, and what is wrong with the first that is not whole.

    pruned: through which number rows may be missing. Any other that is missing is as wrong as one that has changed;
    behind the last row, `after` itself comes back.
    """
    statement = "SELECT sequence, kind, written_at, body, checksum, hash, chain, confirmed FROM record"
    rows = connection.execute(f"{statement} WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit)).fetchall()
    before = connection.execute("SELECT chain FROM record WHERE sequence = ?", (after,)).fetchone()
    chain = before[0] if before else bytes(16) if after == 0 else None
    expected = after + 1
    for row in rows:
        sequence, (hash_, told, confirmed) = row[0], row[5:]
        if sequence != expected:
            if sequence > pruned + 1:
                return sequence, f"records {expected} to {sequence - 1} are missing"
            chain = None
        if not is_whole(journal, row[:5]) or body_hash(row[3]) != hash_:
            return sequence, f"record {sequence} has changed"
        if confirmed not in (0, 1):
            return sequence, f"nobody can tell whether record {sequence} was confirmed"
        if not isinstance(told, bytes) or (chain is not None and chain_on(chain.hex(), hash_) != told.hex()):
            return sequence, f"the chain is broken at record {sequence}"
        chain, expected = told, sequence + 1
    return expected - 1, ""


def earlier_ids(connection: sqlite3.Connection) -> list[JournalId]:
    """The journals of which `earlier` has rows."""
    found: list[JournalId] = []
    last: JournalId | None = ""
    while last is not None:
        last = connection.execute("SELECT min(journal) FROM earlier WHERE journal > ?", (last,)).fetchone()[0]
        found += [last] if last is not None else []
    return found


def count_unconfirmed(connection: sqlite3.Connection) -> int:
    """Of this journal and of those before it."""
    count: int = connection.execute(
        "SELECT (SELECT count(*) FROM record WHERE confirmed = 0) + (SELECT count(*) FROM earlier WHERE confirmed = 0)"
    ).fetchone()[0]
    return count


def oldest_unconfirmed_written_at(connection: sqlite3.Connection, earlier: Iterable[JournalId]) -> datetime | None:
    """earlier: the journals to look at beside this one."""
    rows = [
        connection.execute("SELECT written_at FROM record WHERE confirmed = 0 ORDER BY sequence LIMIT 1").fetchone(),
        *(
            connection.execute(
                "SELECT written_at FROM earlier WHERE journal = ? AND confirmed = 0 ORDER BY sequence LIMIT 1", (each,)
            ).fetchone()
            for each in earlier
        ),
    ]
    return min((datetime.fromisoformat(row[0]) for row in rows if row), default=None)
