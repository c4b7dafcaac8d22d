"""Which sequence numbers of each journal are safe in the registry, kept in memory so that a receipt costs nothing.

Rebuilt from `record` when the hub starts (from where `journal` says it is whole), added to after every commit, read by
hub.receipts. Belongs to the writer's
thread.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime

from gate.wire import MOST_HOLES, JournalReceipt, Receipt
from hub.registry import Registry, Row
from hub.registry.instants import written

# A station writes one journal; a few older ones may still have rows to release after a card was changed.
MOST_JOURNALS = 8

# The runs of numbers without a gap behind a known beginning, and when the last of each was received.
_ISLANDS = """
    SELECT min(sequence), max(sequence), max(received_at)
    FROM (SELECT sequence, received_at, sequence - row_number() OVER (ORDER BY sequence) AS island
          FROM record WHERE station = ? AND journal = ? AND sequence > ?)
    GROUP BY island ORDER BY 1
"""
_NEXT_JOURNAL = "SELECT station, journal FROM record WHERE (station, journal) > (?, ?) ORDER BY 1, 2 LIMIT 1"
_SAVE = "INSERT OR REPLACE INTO journal (station, journal, through, heard_at) VALUES (?, ?, ?, ?)"


class Islands:
    """A set of sequence numbers as rising, disjoint, inclusive runs."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []

    def add(self, first: int, last: int) -> None:
        """Add the run first to last; where a part of it is known, that part must be a whole run or a piece of one."""
        at = bisect_right(self._first, first)
        if at and last <= self._last[at - 1]:
            return
        touches_left = bool(at) and self._last[at - 1] >= first - 1
        touches_right = at < len(self._first) and self._first[at] <= last + 1
        if touches_left and touches_right:
            self._last[at - 1] = self._last.pop(at)
            del self._first[at]
        elif touches_left:
            self._last[at - 1] = last
        elif touches_right:
            self._first[at] = first
        else:
            self._first.insert(at, first)
            self._last.insert(at, last)

    @property
    def through(self) -> int:
        """1 to this is there without a hole."""
        return self._last[0] if self._first and self._first[0] == 1 else 0

    def receipt(self, journal: str) -> JournalReceipt:
        """As far as the holes that one receipt may list."""
        before = [0, *self._last]
        holes: list[tuple[int, int]] = []
        through = 0
        for end, first, last in zip(before, self._first, self._last, strict=False):
            if first > end + 1:
                if len(holes) == MOST_HOLES:
                    break
                holes.append((end + 1, first - 1))
            through = last
        return JournalReceipt(journal, through, tuple(holes))


class Received:
    """Every journal of every station."""

    def __init__(self) -> None:
        self._stations: dict[str, OrderedDict[str, Islands]] = {}
        self._unsaved: set[tuple[str, str]] = set()

    def note(self, identities: Iterable[tuple[str, str, int]]) -> set[str]:
        """Add (station, journal, sequence) that were committed; the stations that they came from."""
        stations = set()
        for station, journal, sequence in identities:
            self._journal(station, journal).add(sequence, sequence)
            self._unsaved.add((station, journal))
            stations.add(station)
        return stations

    def stations(self) -> list[str]:
        return list(self._stations)

    def receipt(self, station: str) -> Receipt:
        """What is safe of the station's newest journals, those heard last at the end."""
        journals = list(self._stations.get(station, OrderedDict()).items())[-MOST_JOURNALS:]
        return Receipt(station, tuple(islands.receipt(journal) for journal, islands in journals))

    def save(self, registry: Registry, now: datetime) -> None:
        """Remember how far each journal is whole, so that the next start counts only what came after."""
        at = written(now)
        rows = [(*each, self._stations[each[0]][each[1]].through, at) for each in sorted(self._unsaved)]
        if rows:
            registry.run(lambda one: one.database.conn.executemany(_SAVE, rows))
        self._unsaved.clear()

    def _journal(self, station: str, journal: str) -> Islands:
        journals = self._stations.setdefault(station, OrderedDict())
        islands = journals.setdefault(journal, Islands())
        journals.move_to_end(journal)
        return islands

    @classmethod
    def of(cls, registry: Registry) -> "Received":
        """As the registry has it."""
        saved = {(row[0], row[1]): (row[2], row[3]) for row in registry.rows("SELECT * FROM journal")}
        found = []
        for station, journal in _journals(registry):
            through, heard_at = saved.get((station, journal), (0, ""))
            runs = registry.rows(_ISLANDS, (station, journal, through))
            found.append((max([heard_at, *(run[2] for run in runs)]), station, journal, through, runs))
        received = cls()
        for _, station, journal, through, runs in sorted(found):
            islands = received._journal(station, journal)
            for first, last in [(1, through)] * bool(through) + [run[:2] for run in runs]:
                islands.add(first, last)
        return received


def _journals(registry: Registry) -> Iterator[tuple[str, str]]:
    """Every journal there is, from one to the next by the primary key, without counting its records."""
    place: Row | None = ("", "")
    while place is not None:
        place = registry.one(_NEXT_JOURNAL, place)
        if place is not None:
            yield place[0], place[1]
