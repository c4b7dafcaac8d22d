"""`make soak` and `make bench`: the campaigns that there are, by name; each ends with one line of JSON.

Called by `__main__`. Rule: a bench says how fast as a ratio to a bare piece of work measured in the same run, since
absolute figures speak of the machine; a soak counts in both databases, and fails like smoke.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import json

from tests.durability.bit_flips import bit_flips
from tests.durability.clocks import clocks
from tests.durability.disk_full import disk_full
from tests.durability.feed_latency import feed_latency
from tests.durability.hostile_broker import hostile_broker
from tests.durability.kills import kills
from tests.durability.namespaces import namespaces
from tests.durability.outage import outage
from tests.durability.power_cuts import power_cuts
from tests.durability.roster_push import roster_push
from tests.durability.street_backlog import street_backlog
from tests.faults.matrix import faults
from tests.guard_day.soak import guard_day
from tests.rehearsal import settings
from tests.rehearsal.bare import bare_decisions_ms, empty_lane_ms
from tests.rehearsal.forgery import forgery
from tests.rehearsal.fuzz import fuzz
from tests.rehearsal.lane_hour import lane_hour
from tests.rehearsal.reading_bench import reading
from tests.rehearsal.scenario import CASES, Cast, Visit
from tests.rehearsal.smoke import FRAMES_PER_SECOND, SEED, percentiles
from tests.rehearsal.town import Town, everybody
from tests.rehearsal.verdicts import account
from tests.rehearsal.verification import verification
from tests.rehearsal.visitors import Coming
from tests.station.mutants import mutants

# Counts of what may not happen, and lists of promises that were missed; a campaign that tells one of them fails.
FAILINGS = (
    *("lost", "doubled", "corrupt", "wrong", "not_ended", "control_unharmed", "reordered", "admitted_unknowing"),
    *("false_accepts", "false_refusals", "wrong_step", "crashes", "slow", "grown", "missed"),
)
Figures = dict[str, object]


def campaign(kind: str, only: str, scale: float) -> int:
    """Run the campaigns of that kind, or the one that is named; the exit status."""
    known = CAMPAIGNS[kind]
    if only and only not in known:
        print(f"no {kind} is called {only!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    status = 0
    for name in [only] if only else known:
        figures = known[name](scale)
        print(json.encode({kind: name, **figures}).decode(), flush=True)
        status = max(status, any(figures.get(count) for count in FAILINGS))
    return int(status)


def decision(scale: float) -> Figures:
    """The gate's whole way from frame to commit, beside a bare script that decodes, verifies and commits."""
    count, rng = max(20, round(400 * scale)), random.Random(SEED)
    cast = Cast(everybody())
    goes_home = CASES[0]
    planned = [Visit(number, goes_home, rng.choice(cast.of("free"))) for number in range(count)]
    with Town(cast.people, settings.BRISK_POLICY, frames_per_second=FRAMES_PER_SECOND) as town:
        town.await_rules()
        with Coming(town, planned, SEED) as coming:
            while not coming.all_gone:
                time.sleep(0.05)
        bare = bare_decisions_ms(town, planned, rng)
        town.end_processes()
        whole = account(town.databases, town.registry, coming.told).took_ms
    return {"visits": count, "gate_ms": percentiles(whole), "bare_ms": percentiles(bare), "ratio": _ratio(whole, bare)}


def decode_empty(scale: float) -> Figures:
    """What a frame of an empty, still lane costs the cascade of decoders, beside its first decoder alone."""
    count = max(50, round(2000 * scale))
    cascade, first = empty_lane_ms(count, random.Random(SEED))
    return {
        "frames": count, "cascade_ms": percentiles(cascade), "first_decoder_ms": percentiles(first),
        "ratio": round(sum(cascade) / sum(first), 2),
    }  # fmt: skip


def ingest(scale: float) -> Figures:
    """Records a second through the hub's ingest, beside the bare insertion of the same rows."""
    return _measured("tests.hub.ingest_rate", max(1000, round(50_000 * scale)))


def drain(scale: float) -> Figures:
    """A backlog into the hub's own parts, without a broker: receipted, folded, and who waits meanwhile."""
    return _measured("tests.hub.drain_rate", max(20_000, round(400_000 * scale)))


def _measured(module: str, count: int) -> Figures:
    """By a process of its own, so that only what it needs is in its memory."""
    command = [sys.executable, "-m", module, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return json.decode(done.stdout, type=Figures)


CAMPAIGNS: Mapping[str, Mapping[str, Callable[[float], Figures]]] = {
    "soak": {
        "outage": outage,
        "forgery": forgery,
        "fuzz": fuzz,
        "lane_hour": lane_hour,
        "faults": faults,
        "guard_day": guard_day,
        "mutants": mutants,
        "power_cuts": power_cuts,
        "disk_full": disk_full,
        "kills": kills,
        "bit_flips": bit_flips,
        "hostile_broker": hostile_broker,
        "street_backlog": street_backlog,
        "clocks": clocks,
        "namespaces": namespaces,
    },
    "bench": {
        "decision": decision,
        "decode_empty": decode_empty,
        "drain": drain,
        "feed_latency": feed_latency,
        "ingest": ingest,
        "reading": reading,
        "roster_push": roster_push,
        "verification": verification,
    },
}


def _ratio(whole: list[float], bare: list[float]) -> float:
    """Of the medians: a machine shared with others spoils a mean."""
    return round(sorted(whole)[len(whole) // 2] / sorted(bare)[len(bare) // 2], 2)
