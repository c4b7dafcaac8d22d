"""Records carried over from a registry that was set aside, page by page, while the hub runs.

`plan` is called by whoever set it aside (hub.registry.salvage, hub.keeping.restore), `step` by the hub's writer until
nothing is left. Rules: only records whose checksums fit are taken, each identity once; the order of the files is kept
over a kill; what a gate sends again meanwhile is the same record.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, json, structs

from hub.registry import Registry
from hub.registry.pages import Pages
from hub.registry.parcels import Identity, Run, runs_of
from hub.registry.soundness import is_whole

PAGES_AT_ONCE = 400
COLUMNS = 8
_KEY = "carrying"
_BELIEVED = 100_000
_INSERT = """INSERT OR IGNORE INTO record
    (station, journal, sequence, hash, body, received_at, quarantined, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_ASIDE = "SELECT 1 FROM quarantine WHERE (station, journal, sequence, hash) = (?, ?, ?, ?)"
_UNFOLDED = "INSERT INTO unfolded (station, journal, first, last, live) VALUES (?, ?, ?, ?, 0)"
_KNOWN = """SELECT station, journal, sequence FROM json_each(?) AS asked CROSS JOIN record
    ON station = asked.value ->> 0 AND journal = asked.value ->> 1 AND sequence = asked.value ->> 2"""
_NEWEST = "SELECT station, journal, max(sequence) FROM record GROUP BY station, journal"
_HOLES = """SELECT before + 1, sequence - 1 FROM (
        SELECT sequence, lag(sequence, 1, 0) OVER (ORDER BY sequence) AS before
        FROM record WHERE station = ? AND journal = ?)
    WHERE sequence > before + 1"""

log = logging.getLogger(__name__)
Row = tuple[Any, ...]


class Carrying(Struct, frozen=True):
    """What is still to be looked through: files, by their names beside the registry, and the next page of the first.

    report: to be told in the end what is missing; "" for nobody. told: how far journals had come, as far as anybody
    knew: station, journal, sequence.
    """

    files: tuple[str, ...]
    page: int = 1
    carried: int = 0
    report: str = ""
    told: tuple[tuple[str, str, int], ...] = ()


class Carried(Struct, frozen=True):
    """What one step brought. identities: of records that are in the registry now. done: nothing is left."""

    identities: tuple[Identity, ...]
    done: bool


def plan(
    registry: Registry, files: Iterable[Path], report: str = "", told: Iterable[tuple[str, str, int]] = ()
) -> None:
    """Inside a transaction; these files, in this order, after what was planned before."""
    before = planned(registry) or Carrying(())
    names = tuple(str(each) for each in files)
    _note(
        registry,
        structs.replace(
            before, files=(*before.files, *names), report=report or before.report, told=(*before.told, *told)
        ),
    )


def planned(registry: Registry) -> Carrying | None:
    text = registry.meta(_KEY)
    return None if text is None else json.decode(text, type=Carrying)


def carry_on(registry: Registry, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> int:
    """Step after step until nothing is left, or for so long; how many records came."""
    until = None if seconds is None else clock() + seconds
    came = 0
    while planned(registry) is not None and (until is None or clock() < until):
        came += len(step(registry).identities)
    return came


def step(registry: Registry) -> Carried:
    """The next pages, in a transaction of their own."""
    return registry.run(_step)


def _step(registry: Registry) -> Carried:
    at = planned(registry)
    if at is None:
        return Carried((), done=True)
    try:
        with Pages(registry.path.parent / at.files[0]) as pages:
            behind = min(at.page + PAGES_AT_ONCE, pages.count + 1)
            found = [row for number in range(at.page, behind) for row in pages.rows(number, COLUMNS, _is_whole, True)]
            over = behind > pages.count
    except OSError:
        # Somebody took the file away; what it held is with the gates, or gone.
        found, behind, over = [], 1, True
    fresh = _take(registry, found)
    files, page = (at.files[1:], 1) if over else (at.files, behind)
    behind_it = structs.replace(at, files=files, page=page, carried=at.carried + len(fresh))
    _note(registry, behind_it)
    if not files:
        _tell(registry, behind_it)
    return Carried(tuple(fresh), done=not files)


def _is_whole(row: Row) -> bool:
    station, journal, sequence, found, _, received_at, quarantined, checksum = row
    texts = all(isinstance(each, str) for each in (station, journal, found, received_at))
    return texts and all(isinstance(each, int) for each in (sequence, quarantined, checksum)) and is_whole(row)


def _take(registry: Registry, found: Sequence[Row]) -> list[Identity]:
    """Whether a record was set aside is not read from the file: the quarantine says it."""
    rows = {(row[0], row[1], row[2]): row for row in found}
    asked = json.encode(list(rows)).decode()
    known = {(row[0], row[1], row[2]) for row in registry.rows(_KNOWN, (asked,))}
    fresh = sorted(each for each in rows if each not in known)
    registry.database.conn.executemany(_INSERT, _as_they_stand(registry, [rows[each] for each in fresh]))
    registry.database.conn.executemany(_UNFOLDED, list(runs_of(fresh)))
    return fresh


def _as_they_stand(registry: Registry, rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        aside = registry.one(_ASIDE, row[:4])
        yield (*row[:6], int(aside is not None), row[7])


def missing(registry: Registry, told: Iterable[tuple[str, str, int]] = ()) -> list[Run]:
    """Runs of records that are not in the registry although later ones of their journal are, or were told of."""
    known = {(row[0], row[1]): row[2] for row in registry.rows(_NEWEST)}
    ends = dict(known)
    for station, journal, newest in told:
        end = ends.get((station, journal))
        # A number that is far off was damaged itself.
        if end is not None and end < newest <= end + _BELIEVED:
            ends[station, journal] = newest
    found: list[Run] = []
    for (station, journal), end in sorted(ends.items()):
        found += [(station, journal, first, last) for first, last in registry.rows(_HOLES, (station, journal))]
        if end > known[station, journal]:
            found.append((station, journal, known[station, journal] + 1, end))
    return found


def _tell(registry: Registry, at: Carrying) -> None:
    """Into the report, and the log."""
    holes = missing(registry, at.told)
    count = sum(last - first + 1 for _, _, first, last in holes)
    log.warning("records carried over from damaged files: %d; not found there: %d", at.carried, count)
    if not at.report:
        return
    lines = ["Records of the gates that are not whole any more; each comes again if its gate still holds it:"]
    lines += [
        f"  station {station} journal {journal}: {first}" + (f" to {last}" if last > first else "")
        for station, journal, first, last in holes
    ]
    with (registry.path.parent / at.report).open("a", encoding="utf-8") as report:
        report.write("\n".join(lines if holes else ["Every record of the gates is whole."]) + "\n")


def _note(registry: Registry, at: Carrying) -> None:
    if at.files:
        registry.set_meta(_KEY, json.encode(at).decode())
    else:
        registry.database.conn.execute("DELETE FROM meta WHERE key = ?", (_KEY,))
