"""What is whole in a journal that was set aside, and which numbers are not.

The caretaker reads, in its own thread and in small steps; the loop writes what was found into the present journal, from
where it is sent under its old name. Rule: a row is whole if its checksum holds, wherever in the file it stands; what is
neither whole nor known to be in the hub is named by its number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import ValidationError, json

from gate.names import JournalId
from station.journal.pages import Found, Pages, words_in
from station.journal.ranges import Ranges, less, runs
from station.journal.rows import Whole, is_whole, unsealed
from station.journal.witness import read_witness

PAGES_IN_A_STEP = 64
_JOURNAL = re.compile(r"[0-9a-f]{16}\Z")
_SEALED = re.compile(rb"(?:identity|covered|pruned) [0-9a-f]{16}[][0-9, ]*")
_SEAL_BYTES = 33
# A number that stands on a damaged row may be damaged itself.
_MOST_BEHIND = 1000


@dataclass
class Told:
    """What the file says of a journal. own: its own, not an earlier one. covered: by the hub's last receipt."""

    journal: JournalId
    own: bool = False
    covered: Ranges = field(default_factory=list)
    pruned: int = 0
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A file that was gone through. whole: rows; lost: numbers of no whole row that the hub is not known to have."""

    name: str
    journal: JournalId | None
    newest: int
    whole: int
    lost: Ranges

    @property
    def lost_count(self) -> int:
        return sum(last - first + 1 for first, last in self.lost)


class Salvage:
    """Of one file that was set aside; `path` is its main one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        log = path.with_name(path.name + "-wal")
        self._pages = Pages(path, log)
        self._told = {told.journal: told for told in _told(path, log)}
        self._seen: dict[JournalId, bytearray] = {journal: bytearray() for journal in self._told}
        self._unwhole: set[int] = set()
        self._whole = 0

    def steps(self) -> Iterator[list[Whole]]:
        """Whole rows, a few pages at a time; each row once."""
        rows: list[Whole] = []
        for number, page in enumerate(self._pages.each(), 1):
            for found in self._pages.rows_of(page):
                rows += self._take(found)
            if number % PAGES_IN_A_STEP == 0:
                yield rows
                rows = []
        yield rows

    def result(self) -> Salvaged:
        """After the last step."""
        own = [told for told in self._told.values() if told.own]
        told = max(own, key=lambda each: len(self._seen[each.journal]), default=None)
        if told is None:
            return Salvaged(self._path.name, None, 0, self._whole, [])
        seen = self._seen[told.journal]
        newest = self._newest(told, len(seen) - 1)
        whole = runs(number for number, is_there in enumerate(seen) if is_there)
        at_rest = less(told.covered, [(told.pruned + 1, newest)])
        lost = less(less([(1, newest)] if newest > 0 else [], whole), at_rest)
        return Salvaged(self._path.name, told.journal, max(0, newest), self._whole, lost)

    def _newest(self, told: Told, last: int) -> int:
        """The last number that was written, as far as the witness, whole rows and damaged ones tell."""
        if told.newest:
            newest = max(told.newest, last)
            while newest + 1 in self._unwhole:
                newest += 1
            return newest
        return max([last, *(number for number in self._unwhole if last < number <= last + _MOST_BEHIND)])

    def _take(self, found: Found) -> Iterator[Whole]:
        """Zero rows or one."""
        columns = found.columns
        if len(columns) == 8 and isinstance(columns[0], str):
            journal, sequence, kind, body, _, checksum, written_at = columns[:7]
            yield from self._check(journal, sequence, kind, body, checksum, written_at)
        elif len(columns) >= 9:
            _, kind, body, _, written_at, _, _, checksum = columns[:8]
            for journal in self._told:
                yield from self._check(journal, found.number, kind, body, checksum, written_at)
            if not any(found.number < len(seen) and seen[found.number] for seen in self._seen.values()):
                self._unwhole.add(found.number)

    def _check(
        self, journal: object, sequence: object, kind: object, body: object, checksum: object, written_at: object
    ) -> Iterator[Whole]:
        if not (isinstance(journal, str) and _JOURNAL.match(journal) and isinstance(sequence, int)):
            return
        if not (isinstance(kind, str) and isinstance(body, bytes) and isinstance(written_at, str)):
            return
        if not isinstance(checksum, bytes) or not is_whole(journal, (sequence, kind, written_at, body, checksum)):
            return
        seen = self._seen.setdefault(journal, bytearray())
        if len(seen) <= sequence:
            seen.extend(bytes(sequence + 1 - len(seen)))
        if not seen[sequence]:
            seen[sequence] = 1
            self._whole += 1
            yield Whole(journal, sequence, kind, written_at, body, self._is_covered(journal, sequence))

    def _is_covered(self, journal: JournalId, sequence: int) -> bool:
        told = self._told.get(journal)
        return told is not None and any(first <= sequence <= last for first, last in told.covered)


def _told(path: Path, log: Path) -> list[Told]:
    """Of each journal that the file names as its own; a damaged one may have kept more than one word of it."""
    told: dict[JournalId, Told] = {}
    receipts: dict[JournalId, int] = {}
    witness = read_witness(path)
    if witness is not None:
        told[witness.journal] = Told(witness.journal, True, [], witness.pruned, witness.newest)
    for value in set(words_in(path, log, _SEALED, _SEAL_BYTES)):
        # identity JOURNAL; pruned JOURNAL THROUGH; covered JOURNAL NUMBER RANGES
        words = (unsealed(value.rstrip()) or "").split(" ", 3)
        if len(words) < 2:
            continue
        of = told.setdefault(words[1], Told(words[1]))
        if words[0] == "identity":
            of.own = True
        elif words[0] == "pruned" and len(words) == 4:
            of.pruned = max(of.pruned, int(words[2]))
        elif words[0] == "covered" and len(words) == 4 and int(words[2]) > receipts.get(words[1], -1):
            receipts[words[1]], of.covered = int(words[2]), _ranges(words[3])
    return list(told.values())


def _ranges(text: str) -> Ranges:
    try:
        return json.decode(text, type=list[tuple[int, int]])
    except (ValidationError, ValueError):
        return []
