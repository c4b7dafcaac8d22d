"""The inbox: records that are kept and receipted, whose tables still have to be written.

`put_off` notes in the transaction that keeps them which runs of records these are; `fold` takes the next of them,
enters what they say and moves the run's beginning on, all in one transaction, so that a hub that is killed at any point
goes on where it was. Rule: live runs first, those that are least far among them in turns, and within a run in the order
of its journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.unreadable import UNREADABLE
from gate.wire import BodyMalformed
from hub.forms import Opener
from hub.incoming import swift_reading
from hub.registry import Registry
from hub.registry.parcels import UNREAD, Parcel, Taken, Unnamed, keep, runs_of, set_aside
from hub.registry.records import enter
from hub.registry.rows import Rows, rows_of
from hub.registry.second_reading import replay as replay  # noqa: PLC0414 - whoever handles the inbox finds it here

_LENGTHEN = """UPDATE unfolded SET last = :last
    WHERE station = :station AND journal = :journal AND last = :first - 1 AND live = :live"""
_ADD = "INSERT INTO unfolded (station, journal, first, last, live) VALUES (:station, :journal, :first, :last, :live)"
# The gates of a street go on side by side, so that what happened at the same time lands on the same pages of the index
# by time; in slices, since some things are looked up once for each run.
_NEXT = "SELECT id, station, journal, first, last, live FROM unfolded ORDER BY live DESC, first, id LIMIT 1"
SLICE = 1000
_KEPT = """SELECT sequence, hash, body FROM record
    WHERE station = ? AND journal = ? AND sequence BETWEEN ? AND ? AND quarantined = 0 ORDER BY sequence LIMIT ?"""
_ENTERED = " UNION ALL ".join(
    f"SELECT 1 FROM {table} WHERE (station, journal, sequence) = (:station, :journal, :sequence)"  # noqa: S608
    for table in ("passage", "amendment", "happening", "made_pass")
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run of records that are kept and not yet folded."""

    id: int
    station: str
    journal: str
    first: int
    last: int
    live: bool


def put_off(
    registry: Registry, parcels: Sequence[Parcel], unnamed: Sequence[Unnamed], at: str, live: bool = False
) -> Taken:
    """Keep every identity once, and leave what it says for later. Inside a transaction; it may be called again."""
    fresh, taken = keep(registry, parcels, unnamed, at)
    for station, journal, first, last in sorted(runs_of(each.identity for each in fresh)):
        run = {"station": station, "journal": journal, "first": first, "last": last, "live": int(live)}
        if not registry.database.conn.execute(_LENGTHEN, run).rowcount:
            registry.database.conn.execute(_ADD, run)
    taken.put_off = len(fresh)
    return taken


def next_waiting(registry: Registry) -> Waiting | None:
    row = registry.one(_NEXT)
    if row is None:
        return None
    id, station, journal, first, last, live = row
    return Waiting(id, station, journal, first, last, bool(live))


def waiting(registry: Registry) -> int:
    """How many records are kept and not yet folded, at the most: those set aside among them are counted too."""
    return int(registry.rows("SELECT coalesce(sum(last - first + 1), 0) FROM unfolded")[0][0])


def fold(registry: Registry, opener: Opener, most: int, at: str) -> Taken:
    """Enter the next records, at most that many and all of one run or of live ones, and say what became of them.

    Inside a transaction. put_off says how many were looked at; 0 where there is nothing left.
    """
    taken, said = Taken(), []
    late = None
    while taken.put_off < most and (run := next_waiting(registry)) is not None and late in (None, not run.live):
        late = not run.live
        said += _read_next(registry, run, opener, min(SLICE, most - taken.put_off), at, taken)
    taken.registered = len(said)
    enter(registry, said, taken, late=bool(late))
    return taken


def _read_next(registry: Registry, run: Waiting, opener: Opener, most: int, at: str, taken: Taken) -> list[Rows]:
    """What the next records of a run say; the run begins behind them from now on."""
    kept = registry.rows(_KEPT, (run.station, run.journal, run.first, run.last, most))
    _go_on(registry, run, kept[-1][0] if len(kept) == most else run.last)
    said = []
    for sequence, hash, body in kept:
        try:
            said.append(rows_of(run.station, run.journal, sequence, swift_reading.record(body), opener))
        except (BodyMalformed, *UNREADABLE, OverflowError, ValueError) as cause:
            parcel = Parcel(run.station, run.journal, sequence, hash, body)
            taken.quarantined += _not_entered(registry, parcel, f"{UNREAD}{cause}", at)
    taken.put_off += len(kept)
    return said


def _go_on(registry: Registry, run: Waiting, behind: int) -> None:
    if behind >= run.last:
        registry.database.conn.execute("DELETE FROM unfolded WHERE id = ?", (run.id,))
    else:
        registry.database.conn.execute("UPDATE unfolded SET first = ? WHERE id = ?", (behind + 1, run.id))


def pass_over(registry: Registry, why: str, at: str) -> Taken:
    """The next record cannot be folded, for a reason that nobody thought of: it is set aside, so that others can."""
    run = next_waiting(registry)
    if run is None:
        return Taken()
    kept = registry.rows(_KEPT, (run.station, run.journal, run.first, run.last, 1))
    _go_on(registry, run, kept[0][0] if kept else run.last)
    aside = 0
    for sequence, hash, body in kept:
        parcel = Parcel(run.station, run.journal, sequence, hash, body)
        place = {"station": run.station, "journal": run.journal, "sequence": sequence}
        # What was entered already needs no second entry, whatever counted it as unfolded.
        if registry.one(_ENTERED, place) is None:
            aside += _not_entered(registry, parcel, why, at)
    return Taken(quarantined=aside, put_off=1)


def _not_entered(registry: Registry, parcel: Parcel, why: str, at: str) -> bool:
    registry.database.conn.execute(
        "UPDATE record SET quarantined = 1 WHERE (station, journal, sequence) = (?, ?, ?)", parcel.identity
    )
    return set_aside(registry, parcel, why, at)
