"""Which sequence numbers of each journal are safe in the registry, kept in memory so that a receipt costs nothing.

Rebuilt from `record` when the hub starts, added to after every commit, read by hub.receipts. Belongs to the writer's
thread.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable

from gate.wire import MOST_HOLES, JournalReceipt, Receipt
from hub.registry import Registry

# A station writes one journal; a few older ones may still have rows to release after a card was changed.
MOST_JOURNALS = 8

# The runs of numbers without a gap, and when the last of each was received.
_ISLANDS = """
    SELECT station, journal, min(sequence), max(sequence), max(received_at)
    FROM (SELECT station, journal, sequence, received_at,
                 sequence - row_number() OVER (PARTITION BY station, journal ORDER BY sequence) AS island
          FROM record)
    GROUP BY station, journal, island ORDER BY 5, 4
"""


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

    def note(self, identities: Iterable[tuple[str, str, int]]) -> set[str]:
        """Add (station, journal, sequence) that were committed; the stations that they came from."""
        stations = set()
        for station, journal, sequence in identities:
            self._journal(station, journal).add(sequence, sequence)
            stations.add(station)
        return stations

    def stations(self) -> list[str]:
        return list(self._stations)

    def receipt(self, station: str) -> Receipt:
        """What is safe of the station's newest journals, those heard last at the end."""
        journals = list(self._stations.get(station, OrderedDict()).items())[-MOST_JOURNALS:]
        return Receipt(station, tuple(islands.receipt(journal) for journal, islands in journals))

    def _journal(self, station: str, journal: str) -> Islands:
        journals = self._stations.setdefault(station, OrderedDict())
        islands = journals.setdefault(journal, Islands())
        journals.move_to_end(journal)
        return islands

    @classmethod
    def of(cls, registry: Registry) -> "Received":
        """As the registry has it."""
        received = cls()
        for station, journal, first, last, _ in registry.rows(_ISLANDS):
            received._journal(station, journal).add(first, last)
        return received
