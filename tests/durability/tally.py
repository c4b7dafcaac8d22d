"""What became of every row of a gate's journal, by the files alone: in the hub's registry once, twice, changed, or not.

The campaigns on the uplink count by it once everything has ended and the hub has folded what it received.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_HELD = "EXISTS (SELECT 1 FROM hub.record AS its WHERE {same} AND its.sequence = mine.sequence)"
_SAME = "its.station = :station AND its.journal = :journal"
_CHANGED = f"""SELECT count(*) FROM record AS mine JOIN hub.record AS its ON {_SAME} AND its.sequence = mine.sequence
WHERE its.body <> mine.body OR its.hash <> mine.hash OR its.quarantined"""


@dataclass(frozen=True)
class Tally:
    """written: rows of the journal. lost: of these, not in the registry. released: of the lost, marked as confirmed.

    doubled: passages that the registry's table has once too often. corrupt: rows that are there and are others, that
    nobody wrote, or that never came as far as the table.
    """

    written: int = 0
    lost: int = 0
    released: int = 0
    doubled: int = 0
    corrupt: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        names = ("written", "lost", "released", "doubled", "corrupt")
        return Tally(*(getattr(self, name) + getattr(other, name) for name in names))


def tally(journal: Path, registry: Path, station: str) -> Tally:
    """One station's journal against the registry."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute(f"ATTACH '{registry.as_uri()}?mode=ro' AS hub")
        ((mine,),) = connection.execute("SELECT value FROM meta WHERE key = 'journal'")
        whose = {"station": station, "journal": mine}

        def count(statement: str) -> int:
            return int(connection.execute(statement, whose).fetchone()[0])

        not_held = f"FROM record AS mine WHERE NOT {_HELD.format(same=_SAME)}"
        written = count("SELECT count(*) FROM record")
        lost = count(f"SELECT count(*) {not_held}")
        released = count(f"SELECT count(*) {not_held} AND mine.confirmed = 1")
        foreign = count("SELECT count(*) FROM hub.record WHERE station = :station") - (written - lost)
        rows = count("SELECT count(*) FROM hub.passage WHERE station = :station")
        distinct = count("SELECT count(*) FROM (SELECT DISTINCT journal, sequence FROM hub.passage"
                         " WHERE station = :station)")  # fmt: skip
        return Tally(written, lost, released, rows - distinct, count(_CHANGED) + foreign + (written - lost - distinct))
