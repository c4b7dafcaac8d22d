"""What the records of the gates say, in tables of their own, indexed for whoever asks.

`take` keeps live records and enters them in one go; hub.registry.inbox enters what was kept before. Nothing here is
ever updated but the fold of amendments, which stands beside the passage's own columns.
"""

from collections.abc import Sequence
from datetime import datetime

from hub.registry import Registry, Row, blanks, boots, rows
from hub.registry.instants import written
from hub.registry.parcels import Parcel, Taken, Unnamed, keep
from hub.registry.rows import Rows

# The columns of a passage of which there is nothing besides, its arrival, and whether it was late.
_PLAIN = rows.PASSAGE.count(",") + 3
# With what the office decided of them they outlive a registry that was damaged, and are told of once more afterwards.
_UNLESS_THERE = " ON CONFLICT (station, journal, sequence) DO NOTHING"
MADE_SERIAL = rows.MADE.split(", ").index("serial")


def take(registry: Registry, parcels: Sequence[Parcel], unnamed: Sequence[Unnamed], now: datetime) -> Taken:
    """Keep every identity once, and enter what is new. Inside a transaction; it may be called again with the same."""
    fresh, taken = keep(registry, parcels, unnamed, written(now))
    enter(registry, [each.rows for each in fresh], taken)
    return taken


def enter(registry: Registry, said: Sequence[Rows], taken: Taken, late: bool = False) -> None:
    """What new records say, in the tables of their kinds; what became of it is noted in taken.

    late: they had waited, so that screens may pass them over.
    """
    _insert(registry, "amendment", rows.AMENDMENT, [each.amendment for each in said if each.amendment is not None])
    taken.arrivals = insert_passages(registry, [each.passage for each in said if each.passage is not None], late)
    taken.amended = _fold(registry, said, taken.arrivals)
    taken.besides = _insert_besides(registry, said)
    taken.sealed += [(row[0], row[2], row[-1]) for each in said if (row := each.form) is not None and row[-1]]
    taken.amended |= boots.redate(registry, boots.stamped(said))


def insert_passages(registry: Registry, said: Sequence[Row], late: bool = False) -> range:
    """The arrivals that they were given, in the order of the rows."""
    newest = registry.rows("SELECT coalesce(max(arrival), 0) FROM passage")[0][0]
    arrivals = range(newest + 1, newest + 1 + len(said))
    numbered = [(arrival, int(late), *row) for arrival, row in zip(arrivals, said, strict=True)]
    plain = [row for row in numbered if len(row) == _PLAIN]
    _insert(registry, "passage", f"arrival, late, {rows.PASSAGE}", plain)
    if len(plain) < len(numbered):
        fuller = [row for row in numbered if len(row) != _PLAIN]
        _insert(registry, "passage", f"arrival, late, {rows.PASSAGE}, {rows.BESIDES}", fuller)
    return arrivals


def _insert_besides(registry: Registry, said: Sequence[Rows]) -> int:
    """What is no passage and no amendment, and what came sealed with any of them."""
    happenings = [each.happening for each in said if each.happening is not None]
    made = [each.made_pass for each in said if each.made_pass is not None]
    _insert(registry, "happening", rows.HAPPENING, happenings)
    _insert(registry, "made_pass", rows.MADE, made, _UNLESS_THERE)
    if made:
        blanks.touch(registry, (row[MADE_SERIAL] for row in made))
    _insert(registry, "form", rows.FORM, [each.form for each in said if each.form is not None])
    cases = [each.case for each in said if each.case is not None]
    _insert(registry, "returnee_case", rows.CASE, cases, _UNLESS_THERE)
    return len(happenings) + len(made)


def _insert(registry: Registry, table: str, columns: str, said: Sequence[Row], otherwise: str = "") -> None:
    if said:
        marks = ", ".join("?" * len(said[0]))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks}){otherwise}"  # noqa: S608 - our own words
        registry.database.conn.executemany(statement, said)


# The last word on a passage: an amendment of a later journal (a changed card) counts after those of the passage's own.
_AMENDED = """FROM amendment
    WHERE amendment.station = passage.station AND passage_journal = passage.journal
      AND passage_sequence = passage.sequence"""
_NEWEST_FIRST = "ORDER BY amendment.journal = passage_journal, amendment.sequence DESC LIMIT 1"
# Each statement binds which passages are meant. Whom the guard found and what was measured again is not unsaid by an
# amendment that does not speak of it.
_FOLD = f"""UPDATE passage SET
    (final_outcome, ground, settled_by) = (SELECT outcome, ground, amendment.guard {_AMENDED} {_NEWEST_FIRST}),
    who = coalesce((SELECT amendment.person {_AMENDED} AND amendment.person IS NOT NULL {_NEWEST_FIRST}), person),
    retest = (SELECT readings {_AMENDED} AND readings IS NOT NULL {_NEWEST_FIRST})"""  # noqa: S608 - our own words


def _fold(registry: Registry, said: Sequence[Rows], arrivals: range) -> frozenset[int]:
    """Lay the newest amendment beside its passage, whichever of the two came first; older arrivals that changed."""
    targets = [(each.amendment[0], each.amendment[4], each.amendment[5]) for each in said if each.amendment]
    if arrivals:
        registry.database.conn.execute(
            f"{_FOLD} WHERE arrival >= ? AND EXISTS (SELECT 1 {_AMENDED})",
            (arrivals.start,),
        )
    registry.database.conn.executemany(f"{_FOLD} WHERE station = ? AND journal = ? AND sequence = ?", targets)
    changed = [
        registry.one("SELECT arrival FROM passage WHERE (station, journal, sequence) = (?, ?, ?)", each)
        for each in targets
    ]
    return frozenset(row[0] for row in changed if row is not None and row[0] not in arrivals)
