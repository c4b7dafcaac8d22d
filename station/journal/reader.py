"""A view of the journal for those who do not write it: the uplink, and the check. Read-only, one thread each.

Rule: what is handed out is whole. A row that has changed is left out and named in `damaged`.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from gate.names import JournalId
from station.database import reading
from station.journal.aside import awaiting_salvage
from station.journal.rows import (
    count_unconfirmed,
    earlier_ids,
    is_damage,
    is_whole,
    journal_id,
    lenient,
    oldest_unconfirmed_written_at,
)

_PENDING = "SELECT sequence, kind, written_at, body, checksum FROM record INDEXED BY record_unconfirmed"
_EARLIER = """SELECT journal, sequence, kind, written_at, body, checksum FROM earlier INDEXED BY earlier_unconfirmed
WHERE confirmed = 0 ORDER BY journal, sequence"""


class JournalReader:
    """damaged: sequences of this journal whose rows have changed, as far as they were read.

    suspect: called at the first of them, and where SQLite finds the file damaged.
    """

    def __init__(self, path: Path, suspect: Callable[[], None] = lambda: None) -> None:
        self._path, self._suspect = path, suspect
        self._connection = reading(path)
        self._connection.text_factory = lenient
        self._connection.execute("PRAGMA busy_timeout = 2000")
        self.id: JournalId = journal_id(self._connection)
        self.damaged: set[int] = set()

    def pending(self, after_sequence: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` records without a receipt behind that sequence, in order: (sequence, body)."""
        return self._whole(f"{_PENDING} WHERE confirmed = 0 AND sequence > {after_sequence:d} ORDER BY sequence", limit)

    def pending_newest(self, limit: int) -> list[tuple[int, bytes]]:
        """The newest `limit` records without a receipt, in rising order: (sequence, body)."""
        return self._whole(f"{_PENDING} WHERE confirmed = 0 ORDER BY sequence DESC", limit)[::-1]

    def earlier_pending(self, limit: int) -> list[tuple[JournalId, int, bytes]]:
        """Up to `limit` records without a receipt of journals before this one: (journal, sequence, body)."""
        found: list[tuple[JournalId, int, bytes]] = []
        with self._noticing(), closing(self._connection.execute(_EARLIER)) as rows:
            while len(found) < limit and (row := next(rows, None)) is not None:
                if is_whole(row[0], row[1:]):
                    found.append((row[0], row[1], row[4]))
                else:
                    self._suspect()
        return found

    def awaiting_salvage(self) -> list[Path]:
        """As `Journal.awaiting_salvage`."""
        return awaiting_salvage(self._path, self._connection)

    @property
    def newest(self) -> int:
        newest: int = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM record").fetchone()[0]
        return newest

    @property
    def unconfirmed_count(self) -> int:
        return count_unconfirmed(self._connection)

    @property
    def oldest_unconfirmed_written_at(self) -> datetime | None:
        return oldest_unconfirmed_written_at(self._connection, earlier_ids(self._connection))

    def close(self) -> None:
        self._connection.close()

    def _whole(self, statement: str, limit: int) -> list[tuple[int, bytes]]:
        """A damaged row stays where it is, so it must not fill the place of others."""
        whole: list[tuple[int, bytes]] = []
        with self._noticing(), closing(self._connection.execute(statement)) as rows:
            while len(whole) < limit and (row := next(rows, None)) is not None:
                if is_whole(self.id, row):
                    whole.append((row[0], row[3]))
                elif row[0] not in self.damaged:
                    self.damaged.add(row[0])
                    self._suspect()
        return whole

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as cause:
            if is_damage(cause):
                self._suspect()
            raise
