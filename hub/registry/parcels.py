"""What came from the gates, kept once by identity alone: the table `record`, and the quarantine.

`keep` is the one way in, called inside a transaction for a batch of hub.incoming.ingest; a receipt may follow its
commit, since nothing but the identity and the bytes has to be known for that. Nothing here is ever updated but whether
it is set aside.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct, json

from hub.registry import Registry, Row, rows
from hub.registry.rows import Rows
from hub.registry.seals import record_checksum

Identity = tuple[str, str, int]
Run = tuple[str, str, int, int]
"""Station, journal, and the first and last of records that follow each other."""

INSERT = (
    "INSERT INTO record (station, journal, sequence, hash, body, received_at, quarantined, checksum)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
UNREAD = "body unreadable: "
"""How the reason begins for which a record is set aside whose body this version of the hub does not know."""
NOT_FOLDED = "could not be entered: "
"""And how for one that nobody thought of."""


class Parcel(Struct, frozen=True, gc=False):
    """One record as it came. rows: what it says; none where its body cannot be read, or was not read yet.

    why: what speaks against it; it is kept and receipted all the same.
    """

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
    many records were neither passage nor amendment. put_off: how many are kept, and still have to be folded.

    alarms: identities that came with another body than before, each reported once. sealed: forms that stay so, as
    station, sequence and why.
    """

    registered: int = 0
    repeated: int = 0
    quarantined: int = 0
    arrivals: range = range(0)
    amended: frozenset[int] = frozenset()
    besides: int = 0
    put_off: int = 0
    alarms: list[Identity] = field(default_factory=list)
    sealed: list[tuple[str, int, str]] = field(default_factory=list)


def is_of_the_disk(cause: Exception) -> bool:
    """Whether the file is to blame, full, broken or damaged, and not what should be written: it is left for later.

    sqlite3 says of a damaged file nothing more special than DatabaseError.
    """
    return isinstance(cause, sqlite3.OperationalError | OSError) or type(cause) is sqlite3.DatabaseError


def runs_of(identities: Iterable[Identity]) -> Iterator[Run]:
    """The runs in which they come; one that comes twice makes two runs that overlap."""
    station, journal, first, last = "", "", 0, 0
    for its_station, its_journal, sequence in identities:
        if sequence == last + 1 and its_journal == journal and its_station == station:
            last = sequence
            continue
        if first:
            yield station, journal, first, last
        station, journal, first, last = its_station, its_journal, sequence, sequence
    if first:
        yield station, journal, first, last


def keep(
    registry: Registry, parcels: Sequence[Parcel], unnamed: Sequence[Unnamed], at: str
) -> tuple[Sequence[Parcel], Taken]:
    """Keep every identity once; what of it is new, in the order in which it came. It may be called again with the same.

    at: when, as hub.registry.instants writes it.
    """
    taken = Taken()
    fresh = parcels if _all_new(registry, parcels, at) else _sifted(registry, parcels, taken, at)
    taken.registered = len(fresh)
    spoiled = [each for each in fresh if each.why]
    for parcel in spoiled:
        set_aside(registry, parcel, parcel.why, at)
    strange = sum(_set_aside_unnamed(registry, each, at) for each in unnamed)
    taken.quarantined += len(spoiled) + strange
    return fresh, taken


def _all_new(registry: Registry, parcels: Sequence[Parcel], at: str) -> bool:
    """Keep them all, where none of them was ever there: nearly always so, and then nothing has to be looked up."""
    connection = registry.database.conn
    connection.execute("SAVEPOINT parcels")
    try:
        _insert(registry, parcels, at)
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK TO parcels")
        return False
    finally:
        connection.execute("RELEASE parcels")
    return True


def _sifted(registry: Registry, parcels: Sequence[Parcel], taken: Taken, at: str) -> list[Parcel]:
    """Keep what is new; the rest is counted, and set aside where its body is another."""
    known = _known(registry, parcels)
    fresh = []
    for parcel in parcels:
        hash_before = known.setdefault(parcel.identity, None)
        if hash_before is None:
            known[parcel.identity] = parcel.hash
            fresh.append(parcel)
        elif hash_before == parcel.hash:
            taken.repeated += 1
        elif set_aside(registry, parcel, "same identity, other body: a cloned or rolled-back card?", at):
            taken.quarantined += 1
            taken.alarms.append(parcel.identity)
    _insert(registry, fresh, at)
    return fresh


def _known(registry: Registry, parcels: Sequence[Parcel]) -> dict[Identity, str | None]:
    """The hashes of those identities that are in the registry."""
    asked = json.encode([each.identity for each in parcels]).decode()
    found = registry.rows(
        "SELECT station, journal, sequence, hash FROM json_each(?) AS asked CROSS JOIN record"
        " ON station = asked.value ->> 0 AND journal = asked.value ->> 1 AND sequence = asked.value ->> 2",
        (asked,),
    )
    return {(row[0], row[1], row[2]): row[3] for row in found}


def _insert(registry: Registry, parcels: Sequence[Parcel], at: str) -> None:
    registry.database.conn.executemany(INSERT, [row_of(each, at) for each in parcels])


def row_of(parcel: Parcel, at: str) -> Row:
    station, journal, sequence, hash = parcel.station, parcel.journal, parcel.sequence, parcel.hash
    checksum = record_checksum(station, journal, sequence, hash, at)
    return station, journal, sequence, hash, parcel.body, at, 1 if parcel.why else 0, checksum


def set_aside(registry: Registry, parcel: Parcel, why: str, at: str) -> bool:
    """True where exactly this was not in quarantine yet."""
    return _insert_quarantine(registry, (*parcel.identity, parcel.hash, parcel.body, why, at))


def _set_aside_unnamed(registry: Registry, unnamed: Unnamed, at: str) -> bool:
    return _insert_quarantine(registry, (unnamed.station, "", 0, unnamed.hash, unnamed.payload, unnamed.why, at))


def _insert_quarantine(registry: Registry, row: Row) -> bool:
    inserted = registry.database.conn.execute(
        "INSERT OR IGNORE INTO quarantine (station, journal, sequence, hash, payload, why, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    return inserted.rowcount > 0
