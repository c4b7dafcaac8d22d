"""The campaign on a street's backlog: forty-one gates come back after 72 hours, and people go on coming meanwhile.

Called by `make soak` and, in small, by the tests. The gates' journals are written
beforehand (filled_journal); then everything is real: broker, hub, forty-one uplinks in two processes, one of them with
one gate alone, whose memory is taken, and a clerk who leaves the feed open. Rule: it is drained when every gate has its
receipts, and folded when the hub's tables say all that its inbox holds. The control is a gate that takes the broker's
acknowledgement for the hub's, beside one that does not, when the hub freezes and dies in the middle of it.
"""

import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.durability.believers import CONTROL_ROWS, hub_dies
from tests.durability.filled_journal import fill
from tests.durability.gates import journal_of
from tests.durability.street import CLERK, PASSWORD, Crowd, Street, cpu_seconds, most_resident_mb
from tests.durability.tally import Tally, tally
from tests.rehearsal.gates import until
from tests.rehearsal.office import FeedRow, Office
from tests.rehearsal.progress import Progress

PASSAGES, GATES, HOURS = 3_200_000, 41, 72
LIVE_RATE = 20.0
# What is promised on 2 cores: receipted a second, seconds until all is in the tables, milliseconds from gate to feed,
# megabytes.
LEAST_DRAIN, LONGEST_FOLD, LONGEST_LIVE_MS, MOST_HUB_MB, MOST_STATION_MB = 25_000, 600.0, 2000.0, 256.0, 160.0
# A shorter backlog is over before the gates have found the rate of their hub.
LEAST_JUDGED = 300_000
LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class Drained:
    """Seconds from the moment when all gates are up; live_ms: rising, of each live passage that the clerk has seen.

    hub_cpu, gates_cpu: seconds of a core until it was drained; what a machine shared with others does not change.
    """

    seconds: float
    folded_after: float
    live_ms: list[float]
    hub_mb: float
    station_mb: float
    ended: bool
    hub_cpu: float
    gates_cpu: float


class Clerk(Office):
    """Looks at live passages alone: those behind the backlog of their gates."""

    def __init__(self, url: str, waited: int) -> None:
        super().__init__(url, CLERK, PASSWORD)
        self._waited = waited

    def _note(self, row: FeedRow, arrived: float) -> None:
        if row.sequence > self._waited:
            self.seen.setdefault(row.identity, arrived)


def street_backlog(scale: float, gates: int = GATES) -> dict[str, object]:
    """Drain it, fold it, count it; and show what a gate that believes the broker would have lost."""
    each = max(250, round(PASSAGES * scale / gates))
    progress = Progress(sys.stderr)
    with Street(gates + 2) as street:
        *ours, careful, believing = street.stations
        _fill(street, ours, each, progress)
        street.broker.start()
        drained = _drain(street, ours, each, progress)
        control = hub_dies(street, careful, believing)
        ended = street.await_folded(LONGEST_FOLD)
        street.end_hub()
        counts = sum((tally(street.journal(one), street.registry, one) for one in (*ours, careful)), Tally())
        lost = tally(street.journal(believing), street.registry, believing).released
    figures = _figures(drained, each * gates)
    return {
        "trials": counts.written, "lost": counts.lost, "doubled": counts.doubled, "corrupt": counts.corrupt,
        "not_ended": (not drained.ended) + (not ended) + (not control), **figures, "control_trials": CONTROL_ROWS,
        "control_lost": lost, "control_unharmed": int(not lost),
    }  # fmt: skip


def _figures(drained: Drained, records: int) -> dict[str, object]:
    per_second, live = round(records / drained.seconds), drained.live_ms
    p99 = live[len(live) * 99 // 100] if live else 0.0
    judged = records >= LEAST_JUDGED
    missed = {
        "drain": judged and per_second < LEAST_DRAIN, "fold": drained.folded_after > LONGEST_FOLD,
        "live": judged and p99 > LONGEST_LIVE_MS, "seen": not live,
        "hub": drained.hub_mb > MOST_HUB_MB, "station": drained.station_mb > MOST_STATION_MB,
    }  # fmt: skip
    return {
        "drain_per_second": per_second, "drain_seconds": round(drained.seconds, 1),
        "fold_seconds": round(drained.folded_after, 1), "live": len(live),
        "live_p50_ms": round(live[len(live) // 2]) if live else None, "live_p99_ms": round(p99),
        "hub_cpu_us": round(drained.hub_cpu / records * 1e6, 1),
        "gates_cpu_us": round(drained.gates_cpu / records * 1e6, 1),
        "hub_mb": drained.hub_mb, "station_mb": drained.station_mb,
        "missed": [name for name, it_is in missed.items() if it_is],
    }  # fmt: skip


def _fill(street: Street, stations: list[str], each: int, progress: Progress) -> None:
    now = datetime.now(UTC)
    for number, station in enumerate(stations, 1):
        fill(street.journal(station), journal_of(station), station, each, now, timedelta(hours=HOURS) / each)
        progress.draw(f"street backlog: {number} of {len(stations)} journals are written")


def _drain(street: Street, stations: list[str], each: int, progress: Progress) -> Drained:
    clerk = Clerk(street.start_hub(), each)
    with clerk.follow():
        alone = street.crowd("alone", stations[:1])
        others = street.crowd("others", stations[1:], rate=LIVE_RATE, passages=10**9)
        crowds = (alone, others)
        assert until(lambda: all(crowd.owes() >= 0 for crowd in crowds), 60, pause=0.02)
        began, before = time.monotonic(), [cpu_seconds(each) for each in _pids(street, crowds)]
        drained = until(lambda: _owed(crowds, progress) <= len(stations), LONGEST_SECONDS, pause=0.05)
        seconds = time.monotonic() - began
        after = [cpu_seconds(each) for each in _pids(street, crowds)]
        hub_cpu, *gates_cpu = (late - early for early, late in zip(before, after, strict=True))
        folded = street.await_folded(LONGEST_SECONDS)
        folded_after = time.monotonic() - began
        # A short backlog is over before anybody has come.
        until(lambda: len(clerk.seen) >= 20, 30, pause=0.1)
        others.end_recording()
        ended = until(lambda: _owed(crowds, progress) == 0, 60, pause=0.1)
        seen = _live_ms(street, stations, each, clerk)
        hub_mb = most_resident_mb(street.hub.pid) if street.hub is not None else 0.0
        station_mb = most_resident_mb(alone.pid)
        for crowd in crowds:
            crowd.end()
    return Drained(
        seconds, folded_after, seen, hub_mb, station_mb, drained and folded and ended, hub_cpu, sum(gates_cpu)
    )


def _pids(street: Street, crowds: tuple[Crowd, ...]) -> list[int]:
    return [street.hub.pid if street.hub is not None else 0, *(crowd.pid for crowd in crowds)]


def _owed(crowds: tuple[Crowd, ...], progress: Progress) -> int:
    owed = sum(crowd.owes() for crowd in crowds)
    progress.draw(f"street backlog: {owed} records wait for their receipt")
    return owed


def _live_ms(street: Street, stations: list[str], each: int, clerk: Clerk) -> list[float]:
    """From the commit at the gate to the clerk's screen."""
    until(lambda: False, 1.0, pause=0.1)
    took = []
    for station in stations:
        with closing(sqlite3.connect(f"{street.journal(station).as_uri()}?mode=ro", uri=True)) as journal:
            rows = journal.execute("SELECT sequence, written_at FROM record WHERE sequence > ?", (each,)).fetchall()
        for sequence, written_at in rows:
            seen = clerk.seen.get((station, journal_of(station), sequence))
            if seen is not None:
                took.append((seen - datetime.fromisoformat(written_at).timestamp()) * 1000)
    return sorted(took)
