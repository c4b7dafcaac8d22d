"""What the hub has is kept a while longer, in case it loses it, and then pruned: a few rows at a time, in idle moments.

The writer's connection does it, asked by the recorder. Rules: what has no receipt is never pruned, nor the newest row,
so that numbers and chain go on; rows go in the order in which they came, so that what is missing behind the last one
pruned is damage and nothing else; and what is pruned leaves no trace in the file.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gate.names import JournalId
from station.journal.rows import read_meta, sealed, unsealed, write_meta

ROWS_IN_A_STEP = 100
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_NEXT = """SELECT sequence, written_at, confirmed FROM record
WHERE sequence > ? AND sequence < (SELECT max(sequence) FROM record) ORDER BY sequence LIMIT ?"""
_PRUNE = "DELETE FROM record WHERE sequence > ? AND sequence <= ? AND confirmed = 1"
_PRUNE_EARLIER = """DELETE FROM earlier WHERE rowid IN
(SELECT rowid FROM earlier WHERE confirmed = 1 AND written_at < ? LIMIT ?)"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """through: the last sequence that is gone. at: until when its rows were written, as far as clocks were right."""

    through: int = 0
    at: datetime = _NEVER


def pruned_of(connection: sqlite3.Connection, journal: JournalId) -> Pruned:
    """Nothing, where the file does not say."""
    words = (unsealed(read_meta(connection, "pruned")) or "").split()
    if len(words) != 4 or words[:2] != ["pruned", journal]:
        return Pruned()
    return Pruned(int(words[2]), datetime.fromtimestamp(int(words[3]), UTC))


def prune_step(
    connection: sqlite3.Connection, journal: JournalId, now: datetime, keep: timedelta
) -> tuple[int, Pruned]:
    """Prune so many rows at the most, within the caller's transaction: how many are gone, and through which.

    now: the hub's time. A row from before the one before it, or from after now, was written by a wrong clock; it goes
    with the next one behind it whose time can be believed.
    """
    before = pruned_of(connection, journal)
    reached = before
    for sequence, written_at, confirmed in connection.execute(_NEXT, (before.through, ROWS_IN_A_STEP)).fetchall():
        written = datetime.fromisoformat(written_at)
        believed = reached.at <= written <= now
        if not confirmed or (believed and written >= now - keep):
            break
        reached = Pruned(sequence, written) if believed else reached
    gone = connection.execute(_PRUNE, (before.through, reached.through)).rowcount
    if reached != before:
        text = f"pruned {journal} {reached.through} {int(reached.at.timestamp())}"
        write_meta(connection, "pruned", sealed(text))
    limit = (now - keep).astimezone(UTC).isoformat(timespec="microseconds")
    return gone + connection.execute(_PRUNE_EARLIER, (limit, ROWS_IN_A_STEP)).rowcount, reached


def empty_log(connection: sqlite3.Connection) -> bool:
    """Move all of it into the file and cut it to nothing; False where a reader or the disk is in the way."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute("PRAGMA busy_timeout = 2000")
    return not busy
