"""Which copy of each of the office's rows goes into a new registry, and what has to be said of it.

`hub.registry.salvage` brings what it found of a damaged one: rows, twins, the newest backup's, and the list of rows
that lay beside the file (hub.registry.witness). Rule: what is not whole twice is named, row by row, also where no copy
of it is left.
"""

from collections.abc import Iterator

from msgspec import Struct, json

from hub.registry import witness
from hub.registry.seals import SEALED, row_seal
from hub.registry.soundness import Copies, Finding
from hub.registry.witness import Known

Said = dict[str, str]

MENDED = "mended: its other copy is whole"
VOUCHED = "mended: the list of rows vouches for it"
UNVOUCHED = "kept as it stands: the copy that would vouch for it is gone, so look it over"
FROM_BACKUP = "lost, and taken from the backup: what was changed since is lost"
LAST_FROM_BACKUP = "mended: the backup has it as it was written last"
OLDER = "it is older than what was written last: what was changed then is lost, so look it over"
UNLISTED = "kept though the list of rows does not have it: it had been removed, so look it over"
LOST, GONE = "lost", "lost: of neither copy is there a trace"
PERHAPS = "perhaps lost: it was being written when the hub ended, and it may never have been done"


class Found(Struct, frozen=True):
    """What there is of one table. twins: by key, those that were looked for page by page too. older: the backup's."""

    table: str
    copies: Copies
    twins: Said
    older: Said
    known: dict[str, Known]
    is_known: bool

    def listed(self, key: str) -> Known | None:
        return self.known.get(witness.listed(self.table, key))

    def is_other(self, key: str, said: str) -> bool:
        """Whether the row said something else last, by the list."""
        known = self.listed(key)
        return known is not None and bool(known.digest) and not self._digest(key, said).startswith(known.digest)

    def vouches_for(self, key: str, said: str) -> bool:
        """Whether that is what the row said last, by the list."""
        known = self.listed(key)
        return known is not None and bool(known.digest) and self._digest(key, said).startswith(known.digest)

    def _digest(self, key: str, said: str) -> str:
        return row_seal(self.table, key, said)


def settled(found: Found) -> tuple[Said, list[Finding]]:
    """The rows that go into the new registry, by key; what has to be said of those that were not whole twice."""
    rows: Said = {}
    said: dict[str, str] = {}
    for key in sorted(found.twins.keys() | found.copies.rows.keys() | found.copies.broken):
        row, what = _chosen(found, key)
        if row is not None:
            rows[key] = row
        if what:
            said[key] = what
    said |= dict(_missing(found, rows))
    findings = [Finding(found.table, key, what) for key, what in said.items()]
    findings += _uncounted(found, rows, sum(what in (LOST, GONE) for what in said.values()))
    return rows, findings


def _chosen(found: Found, key: str) -> tuple[str | None, str]:
    """Of a row that left any trace: what it shall say, None for nothing; what has to be said of it, "" for nothing."""
    row, twin, older = found.copies.rows.get(key), found.twins.get(key), found.older.get(key)
    row = row if row is not None and _is_row(found, row) else None
    if found.is_known and found.listed(key) is None and (twin or row):
        return twin or row, UNLISTED
    if twin is not None and not found.is_other(key, twin):
        return twin, "" if row == twin else MENDED
    if row is not None and found.vouches_for(key, row):
        return row, VOUCHED
    if older is not None and found.vouches_for(key, older):
        return older, LAST_FROM_BACKUP
    if twin is not None:
        return twin, OLDER
    if row is not None:
        return row, "" if older == row else UNVOUCHED
    return (older, FROM_BACKUP) if older is not None else (None, LOST)


def _missing(found: Found, rows: Said) -> Iterator[tuple[str, str]]:
    """Of rows that left no trace, as far as the list or the backup knows them; takes them from there."""
    for key in sorted(found.older.keys() - rows.keys()):
        if found.listed(key) is not None:
            rows[key] = found.older[key]
            yield key, LAST_FROM_BACKUP if found.vouches_for(key, rows[key]) else FROM_BACKUP
    there = {witness.listed(found.table, key) for key in rows.keys() | found.copies.broken}
    for key in sorted(found.known.keys() - there):
        yield key, GONE if found.known[key].certain else PERHAPS
    if not found.is_known and _short(found, rows, 0) != 0:
        for key in sorted(found.older.keys() - rows.keys()):
            rows[key] = found.older[key]
            yield key, "taken from the backup: it was gone without a trace, or had been removed since"


def _uncounted(found: Found, rows: Said, lost: int) -> Iterator[Finding]:
    """Of rows that nobody can name."""
    short = _short(found, rows, lost)
    if short is None:
        is_newer = found.copies.complaint == f"no such table: {found.table}" and not found.known
        if not found.is_known and not is_newer:
            yield Finding(found.table, "", "the count of its rows is lost: there may have been more, without a trace")
    elif short > 0:
        yield Finding(found.table, "", f"lost: {short} more, of which there is no trace")


def _short(found: Found, rows: Said, lost: int) -> int | None:
    return None if found.copies.tally is None else max(0, found.copies.tally - len(rows) - lost)


def _is_row(found: Found, said: str) -> bool:
    try:
        values = json.decode(said.encode())
    except (ValueError, UnicodeError):
        return False
    return isinstance(values, list) and len(values) == len(SEALED[found.table].all_columns)
