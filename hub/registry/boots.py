"""Which boots of which stations are known by which of their records, and the times of records set right by them.

`redate` is called with every batch that was laid into the registry's tables, inside that transaction; `go_on` looks at
older records again whose boot has become known meanwhile, a few at a time, and goes on after a crash where it was.
Rule: hub.redating decides; here is only what it has to know, and what it said.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter

from msgspec import Struct, json

from gate.clock import ClockState
from gate.passage import Stamp
from gate.unreadable import UNREADABLE
from hub.redating import CLOCKS_APART, Boot, Told, anchored, began_by, is_count, no_later, time_of
from hub.registry import Registry, boot_rows
from hub.registry.boot_rows import Run
from hub.registry.instants import read, written
from hub.registry.rows import Rows

# Records that one look takes; what a gate wrote in a month must not hold up the others.
MOST_AT_ONCE = 500
# What a bound has to gain before anything is dated by it anew: more than one message takes longer than another.
WORTH_SECONDS = 2.0
# A gate makes no pass while it does not know the time.
_TABLES = ("passage", "amendment", "happening")


class Stamped(Struct, frozen=True, gc=False):
    """One record as it was laid into `table`. began: when its boot did, by the two clocks of the stamp."""

    table: str
    station: str
    journal: str
    sequence: int
    stamp: Stamp
    began: float

    @property
    def identity(self) -> tuple[str, str, int]:
        return self.station, self.journal, self.sequence


def stamped(said: Iterable[Rows]) -> Iterator[Stamped]:
    """What of new rows may get another time."""
    for each in said:
        stamp = each.stamp
        if stamp is None:
            continue
        if (row := each.passage) is not None:
            table = "passage"
        elif (row := each.amendment) is not None:
            table = "amendment"
        elif (row := each.happening) is not None:
            table = "happening"
        else:
            continue
        yield Stamped(table, row[0], row[1], row[2], stamp, stamp.at.timestamp() - stamp.boot_seconds)


class _Body(Struct):
    """As much of a record's body as is needed here."""

    kind: str
    stamp: Stamp


def redate(registry: Registry, heard: Iterable[Stamped]) -> frozenset[int]:
    """Set right what came, and some of what came before; the arrivals of older passages that have another time now."""
    boots: dict[tuple[str, str], list[Stamped]] = {}
    for each in heard:
        boots.setdefault((each.station, each.stamp.boot), []).append(each)
    # Each of them has to be heard.
    doubtful = [_hear(registry, *boot, some) for boot, some in boots.items()]
    if not any(doubtful):
        return frozenset()
    for journal in sorted({(each.station, each.journal) for some in boots.values() for each in some}):
        _bound_by_what_follows(registry, *journal)
    return go_on(registry)[0]


def go_on(registry: Registry, most: int = MOST_AT_ONCE) -> tuple[frozenset[int], bool]:
    """Look at older records again: the arrivals of passages that have another time now, and whether there is more."""
    changed: set[int] = set()
    for _ in range(most):
        run = boot_rows.unfinished(registry)
        if run is None or most <= 0:
            break
        most -= _look_again(registry, run, most, changed)
    marked = [(each,) for each in sorted(changed)]
    registry.database.conn.executemany("INSERT INTO redated (arrival) VALUES (?)", marked)
    return frozenset(changed), boot_rows.unfinished(registry) is not None


def _hear(registry: Registry, station: str, name: str, heard: Sequence[Stamped]) -> bool:
    """One boot's new records; whether there was anything to doubt, or a doubt may be over."""
    known = boot_rows.boot(registry, station, name)
    boot = _learnt(registry, known, heard)
    runs = {run.journal: run for run in boot_rows.runs_of_boot(registry, station, name)}
    doubted = _in_doubt(heard, boot)
    dated = [_date_new(registry, each, boot) for each in doubted]
    for journal, some in _by_journal(heard).items():
        first, last = min(some, key=_sequence), max(some, key=_sequence)
        run = runs.get(journal) or Run(station, journal, name, first.sequence, 0, 0.0)
        runs[journal] = run.with_records(first.sequence, last.sequence, last.stamp.boot_seconds)
    for journal, some in _by_journal([] if boot.confirmed else doubted).items():
        sequences = [each.sequence for each in some]
        runs[journal] = runs[journal].with_doubt(min(sequences), max(sequences))
    news = _is_news(boot, known)
    for run in runs.values():
        boot_rows.save_run(registry, _reconsidered(run, known, boot) if news else run)
    if boot != known:
        boot_rows.save_boot(registry, station, name, boot)
    return news or any(dated)


def _by_journal(heard: Iterable[Stamped]) -> dict[str, list[Stamped]]:
    """One but for a boot in which the journal's file was replaced."""
    found: dict[str, list[Stamped]] = {}
    for each in heard:
        found.setdefault(each.journal, []).append(each)
    return found


def _is_news(boot: Boot, known: Boot) -> bool:
    """Whether what was in doubt before can be dated better now."""
    if _is_another(boot, known) or boot.confirmed > known.confirmed:
        return True
    if boot.synced_at is not None or known.latest is None or boot.latest is None:
        return False
    return known.latest - boot.latest > WORTH_SECONDS


def _is_another(boot: Boot, known: Boot) -> bool:
    return (boot.synced_at, boot.synced_seconds) != (known.synced_at, known.synced_seconds)


def _reconsidered(run: Run, known: Boot, boot: Boot) -> Run:
    """What was in doubt is looked at; everything after an anchor that gave way, to another one or to a dispute."""
    replaced = known.synced_at is not None and _is_another(boot, known)
    return (run.with_doubt(run.first, run.last) if replaced else run).again()


def _learnt(registry: Registry, known: Boot, heard: Sequence[Stamped]) -> Boot:
    if known.confirmed:
        return known
    counted = sorted((each for each in heard if is_count(each.stamp.boot_seconds)), key=_seconds)
    synced = [each for each in counted if each.stamp.clock is ClockState.SYNCED]
    boot = _heard_out(registry, known, synced)
    for each in [] if boot.confirmed else _newest_of_each_receipt(registry, counted):
        boot = no_later(boot, began_by(_received_at(registry, each), each.stamp.boot_seconds))
    return boot


def _heard_out(registry: Registry, known: Boot, synced: Sequence[Stamped]) -> Boot:
    """Asks whether the hub had them at once: of those that agree and came together, the newest alone."""
    boot = _asked(registry, known, synced[-1:])
    boot = _asked(registry, boot, _in_doubt(synced, boot))
    if boot.disputed and not known.disputed:
        # Which of them agreed with the anchor that there was has not been asked.
        return _asked(registry, boot, synced)
    if boot.confirmed or boot.disputed:
        return boot
    agreed = [each for each in synced if _vouches_for_itself(each, boot)]
    return _asked(registry, boot, _newest_of_each_receipt(registry, agreed))


def _newest_of_each_receipt(registry: Registry, counted: Sequence[Stamped]) -> list[Stamped]:
    """The last one of each that came at one time."""
    asked = json.encode([each.identity for each in counted]).decode()
    return [counted[newest] for (newest,) in registry.rows(_NEWEST, (asked,))]


def _asked(registry: Registry, boot: Boot, synced: Iterable[Stamped]) -> Boot:
    for each in synced:
        if boot.confirmed:
            break
        boot = anchored(boot, each.stamp, _received_at(registry, each))
    return boot


def _in_doubt(heard: Sequence[Stamped], boot: Boot) -> list[Stamped]:
    """Those that do not vouch for themselves: hardly ever any, so first all of them are looked at in one go."""
    began = [each.began for each in heard if each.stamp.clock is ClockState.SYNCED]
    if len(began) == len(heard) and (not began or (_agree(min(began), boot) and _agree(max(began), boot))):
        return []
    return [each for each in heard if not _vouches_for_itself(each, boot)]


def _vouches_for_itself(stamped: Stamped, boot: Boot) -> bool:
    """What needs no second look, which is nearly everything."""
    return stamped.stamp.clock is ClockState.SYNCED and _agree(stamped.began, boot)


def _agree(began: float, boot: Boot) -> bool:
    """Whether a boot that began so is the one that is known."""
    return boot.synced_at is not None and abs(began - boot.synced_at + boot.synced_seconds) <= CLOCKS_APART


def _bound_by_what_follows(registry: Registry, station: str, journal: str) -> None:
    """A boot was over before the next one of its journal began."""
    ended_by: float | None = None
    for run in reversed(boot_rows.runs_of_journal(registry, station, journal)):
        boot = boot_rows.boot(registry, station, run.boot)
        if not boot.confirmed and ended_by is not None and is_count(run.last_seconds):
            bounded = no_later(boot, began_by(ended_by, run.last_seconds))
            if bounded != boot:
                boot_rows.save_boot(registry, station, run.boot, bounded)
            if boot.synced_at is None and (boot.latest is None or _is_news(bounded, boot)):
                boot_rows.save_run(registry, run.again())
            boot = bounded
        ended_by = boot.began_by


def _look_again(registry: Registry, run: Run, most: int, changed: set[int]) -> int:
    """Date up to `most` records of the run anew, and remember where to go on; how many were looked at."""
    boot = boot_rows.boot(registry, run.station, run.boot)
    rows = registry.rows(_AGAIN, (run.station, run.journal, run.todo, run.unsure_last, most))
    for sequence, body, received_at in rows:
        with suppress(*UNREADABLE):
            said = _BODY.decode(body)
            if said.stamp.boot == run.boot and said.kind in _TABLES:
                told = time_of(said.stamp, boot, read(received_at).timestamp())
                changed.update(_date(registry, said.kind, (run.station, run.journal, sequence), told))
    todo = rows[-1][0] + 1 if len(rows) == most else None
    boot_rows.save_run(registry, replace(run, todo=todo))
    return max(1, len(rows))


def _date_new(registry: Registry, stamped: Stamped, boot: Boot) -> bool:
    told = time_of(stamped.stamp, boot, _received_at(registry, stamped))
    if told is not None:
        _date(registry, stamped.table, stamped.identity, told)
    return told is not None


def _date(registry: Registry, table: str, identity: tuple[str, str, int], told: Told | None) -> list[int]:
    """Give a record that time, or its gate's own again; the arrival of a passage where this changed anything."""
    if told is None:
        found = registry.rows(_UNDATE.format(table), identity)
    else:
        at = written(told.at)
        found = registry.rows(_DATE.format(table), (at, told.dated, *identity, at, told.dated))
    if table == "passage" and found:
        registry.database.conn.execute(_OPENED, identity)
        return [row[0] for row in found]
    return []


def _received_at(registry: Registry, stamped: Stamped) -> float:
    row = registry.one(_RECEIVED, stamped.identity)
    assert row is not None, "it is kept before it is laid into its table"
    return read(row[0]).timestamp()


_BODY = json.Decoder(_Body)
_sequence = attrgetter("sequence")
_seconds = attrgetter("stamp.boot_seconds")
_RECEIVED = "SELECT received_at FROM record WHERE (station, journal, sequence) = (?, ?, ?)"
_NEWEST = """SELECT max(asked.key) FROM json_each(?) AS asked CROSS JOIN record
    ON station = asked.value ->> 0 AND journal = asked.value ->> 1 AND sequence = asked.value ->> 2
    GROUP BY received_at"""
_AGAIN = """SELECT sequence, body, received_at FROM record
    WHERE station = ? AND journal = ? AND sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?"""
# What the gate said is kept, whatever the hub makes of it.
_DATE = """UPDATE {} SET told_at = coalesce(told_at, at), at = ?, dated = ?
    WHERE (station, journal, sequence) = (?, ?, ?) AND (at, dated) IS NOT (?, ?) RETURNING arrival"""
_UNDATE = """UPDATE {} SET at = told_at, told_at = NULL, dated = NULL
    WHERE (station, journal, sequence) = (?, ?, ?) AND told_at IS NOT NULL RETURNING arrival"""
_OPENED = """UPDATE returnee_case SET opened_at = passage.at FROM passage
    WHERE (returnee_case.station, returnee_case.journal, returnee_case.sequence) = (?, ?, ?)
      AND (passage.station, passage.journal, passage.sequence) =
          (returnee_case.station, returnee_case.journal, returnee_case.sequence)"""
