"""Which sequence numbers of each journal are safe in the registry, kept in memory so that a receipt costs nothing.

Rebuilt from `record` when the hub starts (from where `journal` says it is whole), added to after every commit, read by
hub.incoming.receipts, asked for gaps. Belongs to the writer's thread.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from gate.wire import MOST_HOLES, JournalReceipt, Receipt
from hub.registry import Registry, Row
from hub.registry.instants import read, written
from hub.registry.parcels import Identity, runs_of

# A station writes one journal; a few older ones may still have rows to release after a card was changed.
MOST_JOURNALS = 8

# The runs of numbers without a gap behind a known beginning, when the last of each was received, and when its first.
_ISLANDS = """
    SELECT first, last, heard_at, (SELECT received_at FROM record
        WHERE station = :station AND journal = :journal AND sequence = first)
    FROM (SELECT min(sequence) AS first, max(sequence) AS last, max(received_at) AS heard_at
        FROM (SELECT sequence, received_at, sequence - row_number() OVER (ORDER BY sequence) AS island
              FROM record WHERE station = :station AND journal = :journal AND sequence > :through)
        GROUP BY island)
    ORDER BY first
"""
_NEXT_JOURNAL = "SELECT station, journal FROM record WHERE (station, journal) > (?, ?) ORDER BY 1, 2 LIMIT 1"
_SAVE = "INSERT OR REPLACE INTO journal (station, journal, through, heard_at) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Gap:
    """Records `first` to `last` of a journal have not come, though later ones have.

    since: when the first of the later ones came. While a gate's backlog drains behind its live records there is always
    such a hole; it is the age that tells.
    """

    station: str
    journal: str
    first: int
    last: int
    since: datetime


class Islands:
    """A set of sequence numbers as rising, disjoint, inclusive runs; and since when each is known to be an island."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        self._since: list[datetime] = []

    def add(self, first: int, last: int, now: datetime) -> None:
        """Add the run first to last, whatever of it is known. What is left of a hole is as old as all of it was."""
        start = bisect_left(self._last, first - 1)
        end = bisect_right(self._first, last + 1)
        since = self._since[start] if start < len(self._since) else now
        if start < end:
            first, last = min(first, self._first[start]), max(last, self._last[end - 1])
        self._first[start:end], self._last[start:end], self._since[start:end] = [first], [last], [since]

    def holes(self) -> Iterator[tuple[int, int, datetime]]:
        """Rising (first, last, since)."""
        for end, first, since in zip((0, *self._last), self._first, self._since, strict=False):
            if first > end + 1:
                yield end + 1, first - 1, since

    @property
    def last(self) -> int:
        """The greatest number that is there."""
        return self._last[-1] if self._last else 0

    @property
    def through(self) -> int:
        """1 to this is there without a hole."""
        return self._last[0] if self._first and self._first[0] == 1 else 0

    def receipt(self, journal: str) -> JournalReceipt:
        """As far as the holes that one receipt may list."""
        found = [(first, last) for first, last, _ in islice(self.holes(), MOST_HOLES + 1)]
        if len(found) > MOST_HOLES:
            return JournalReceipt(journal, found.pop()[0] - 1, tuple(found))
        return JournalReceipt(journal, self._last[-1] if self._last else 0, tuple(found))


class Received:
    """Every journal of every station."""

    def __init__(self) -> None:
        self._stations: dict[str, OrderedDict[str, Islands]] = {}
        self._unsaved: set[tuple[str, str]] = set()

    def note(self, identities: Iterable[Identity], now: datetime) -> set[str]:
        """Add (station, journal, sequence) that were committed; the stations that they came from."""
        stations = set()
        for station, journal, first, last in runs_of(identities):
            self._journal(station, journal).add(first, last, now)
            self._unsaved.add((station, journal))
            stations.add(station)
        return stations

    def gaps(self, now: datetime) -> list[Gap]:
        """Every hole in every journal. now: none of them can be younger, wherever the clock has been."""
        return [
            Gap(station, journal, first, last, min(since, now))
            for station, journals in self._stations.items()
            for journal, islands in journals.items()
            for first, last, since in islands.holes()
        ]

    def newest(self, station: str) -> dict[str, int]:
        """The last number of each of the station's journals that is here, over all their holes."""
        return {journal: islands.last for journal, islands in self._stations.get(station, {}).items()}

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
            runs = registry.rows(_ISLANDS, {"station": station, "journal": journal, "through": through})
            found.append((max([heard_at, *(run[2] for run in runs)]), station, journal, through, runs))
        received = cls()
        for heard_at, station, journal, through, runs in sorted(found):
            islands = received._journal(station, journal)
            if through:
                islands.add(1, through, read(heard_at))
            for first, last, _, since in runs:
                islands.add(first, last, read(since))
        return received


def _journals(registry: Registry) -> Iterator[tuple[str, str]]:
    """Every journal there is, from one to the next by the primary key, without counting its records."""
    place: Row | None = ("", "")
    while place is not None:
        place = registry.one(_NEXT_JOURNAL, place)
        if place is not None:
            yield place[0], place[1]
