"""What arrived from the gates: the inbox `record`, what it says in tables of their own, and the quarantine.

`take` is the one way in, called by hub.ingest inside a transaction. Nothing here is ever updated but the fold of
amendments, which stands beside the passage's own columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import json

from hub.registry import Registry, Row, blanks, rows
from hub.registry.instants import written
from hub.registry.rows import Rows
from hub.registry.seals import record_checksum

Identity = tuple[str, str, int]
# The columns of a passage of which there is nothing besides, and its arrival.
_PLAIN = rows.PASSAGE.count(",") + 2
MADE_SERIAL = rows.MADE.split(", ").index("serial")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One record as it came. rows: what it says; none where the body cannot be read, and why."""

    station: str
    journal: str
    sequence: int
    hash: str
    body: bytes
    rows: Rows = rows.NONE
    why: str = ""

    @property
    def identity(self) -> Identity:
        return self.station, self.journal, self.sequence


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Something that has no identity of its own, so no receipt can ever cover it."""

    station: str
    hash: str
    payload: bytes
    why: str


@dataclass(slots=True)
class Taken:
    """What a batch brought. arrivals: of its passages. amended: arrivals of older passages that changed. besides: how
    many records were neither passage nor amendment.

    alarms: identities that came with another body than before, each reported once.
    """

    registered: int = 0
    repeated: int = 0
    quarantined: int = 0
    arrivals: range = range(0)
    amended: frozenset[int] = frozenset()
    besides: int = 0
    alarms: list[Identity] = field(default_factory=list)


def take(registry: Registry, parcels: Sequence[Parcel], unnamed: Sequence[Unnamed], now: datetime) -> Taken:
    """Keep every identity once. Inside a transaction; it may be called again with the same parcels."""
    taken, at = Taken(), written(now)
    fresh = _sift(registry, parcels, taken, at)
    _insert_records(registry, fresh, at)
    enter(registry, [each.rows for each in fresh], taken)
    taken.registered = len(fresh)
    spoiled = [each for each in fresh if each.why]
    for parcel in spoiled:
        _quarantine(registry, parcel, parcel.why, at)
    strange = sum(_quarantine_unnamed(registry, each, at) for each in unnamed)
    taken.quarantined += len(spoiled) + strange
    return taken


def enter(registry: Registry, said: Sequence[Rows], taken: Taken) -> None:
    """What new records say, in the tables of their kinds; what became of it is noted in taken."""
    _insert(registry, "amendment", rows.AMENDMENT, [each.amendment for each in said if each.amendment is not None])
    taken.arrivals = insert_passages(registry, [each.passage for each in said if each.passage is not None])
    taken.amended = _fold(registry, said, taken.arrivals)
    taken.besides = _insert_besides(registry, said)


def _sift(registry: Registry, parcels: Sequence[Parcel], taken: Taken, at: str) -> list[Parcel]:
    """What is new, in the order it came; the rest is counted, and quarantined where its body is another."""
    known = _known(registry, parcels)
    fresh = []
    for parcel in parcels:
        hash_before = known.setdefault(parcel.identity, None)
        if hash_before is None:
            known[parcel.identity] = parcel.hash
            fresh.append(parcel)
        elif hash_before == parcel.hash:
            taken.repeated += 1
        elif _quarantine(registry, parcel, "same identity, other body: a cloned or rolled-back card?", at):
            taken.quarantined += 1
            taken.alarms.append(parcel.identity)
    return fresh


def _known(registry: Registry, parcels: Sequence[Parcel]) -> dict[Identity, str | None]:
    """The hashes of those identities that are in the registry."""
    asked = json.encode([each.identity for each in parcels]).decode()
    rows = registry.rows(
        "SELECT station, journal, sequence, hash FROM json_each(?) AS asked CROSS JOIN record"
        " ON station = asked.value ->> 0 AND journal = asked.value ->> 1 AND sequence = asked.value ->> 2",
        (asked,),
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _insert_records(registry: Registry, fresh: Sequence[Parcel], at: str) -> None:
    registry.database.conn.executemany(
        "INSERT INTO record (station, journal, sequence, hash, body, received_at, quarantined, checksum)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (*each.identity, each.hash, each.body, at, bool(each.why), record_checksum(*each.identity, each.hash, at))
            for each in fresh
        ],
    )


def insert_passages(registry: Registry, said: Sequence[Row]) -> range:
    """The arrivals that they were given, in the order of the rows."""
    newest = registry.rows("SELECT coalesce(max(arrival), 0) FROM passage")[0][0]
    arrivals = range(newest + 1, newest + 1 + len(said))
    numbered = [(arrival, *row) for arrival, row in zip(arrivals, said, strict=True)]
    plain = [row for row in numbered if len(row) == _PLAIN]
    _insert(registry, "passage", f"arrival, {rows.PASSAGE}", plain)
    if len(plain) < len(numbered):
        fuller = [row for row in numbered if len(row) != _PLAIN]
        _insert(registry, "passage", f"arrival, {rows.PASSAGE}, {rows.BESIDES}", fuller)
    return arrivals


def _insert_besides(registry: Registry, said: Sequence[Rows]) -> int:
    """What is no passage and no amendment, and what came sealed with any of them."""
    happenings = [each.happening for each in said if each.happening is not None]
    made = [each.made_pass for each in said if each.made_pass is not None]
    _insert(registry, "happening", rows.HAPPENING, happenings)
    _insert(registry, "made_pass", rows.MADE, made)
    if made:
        blanks.touch(registry, (row[MADE_SERIAL] for row in made))
    _insert(registry, "form", rows.FORM, [each.form for each in said if each.form is not None])
    _insert(registry, "returnee_case", rows.CASE, [each.case for each in said if each.case is not None])
    return len(happenings) + len(made)


def _insert(registry: Registry, table: str, columns: str, said: Sequence[Row]) -> None:
    if said:
        marks = ", ".join("?" * len(said[0]))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - our own words
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


def _quarantine(registry: Registry, parcel: Parcel, why: str, at: str) -> bool:
    """True where exactly this was not there yet."""
    row = (*parcel.identity, parcel.hash, parcel.body, why, at)
    return _insert_quarantine(registry, row)


def _quarantine_unnamed(registry: Registry, unnamed: Unnamed, at: str) -> bool:
    return _insert_quarantine(registry, (unnamed.station, "", 0, unnamed.hash, unnamed.payload, unnamed.why, at))


def _insert_quarantine(registry: Registry, row: Row) -> bool:
    inserted = registry.database.conn.execute(
        "INSERT OR IGNORE INTO quarantine (station, journal, sequence, hash, payload, why, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    return inserted.rowcount > 0
