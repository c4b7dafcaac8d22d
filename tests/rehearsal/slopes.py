"""How much a process or a page grows in an hour: samples of its memory while it works, and a line through them.

`lane_hour` measures by it. Rule: the slope is the median of the slopes of all pairs of samples (Theil and Sen), after
the first sixth of the time: neither what is loaded at the start nor a single peak makes memory look as if it grew.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from statistics import median

Sample = tuple[float, float]
"""Seconds since the beginning, megabytes (10^6 bytes)."""

WARM_UP_SHARE = 1 / 6
LEAST_SAMPLES = 4
MEGABYTE = 1_000_000


def resident_megabytes(pid: int) -> float:
    """What a process holds of the machine's memory: VmRSS of /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    raise ProcessLookupError(f"process {pid} has ended")


def megabytes_an_hour(samples: Sequence[Sample]) -> float | None:
    """The slope; None where there are too few samples to say."""
    warm = settled(samples)
    if len(warm) < LEAST_SAMPLES:
        return None
    slopes = [(after - before) / (late - early) for (early, before), (late, after) in combinations(warm, 2)]
    return round(median(slopes) * 3600, 2)


def course(samples: Sequence[Sample], parts: int = 10) -> list[float]:
    """The median of each tenth of the time, from the beginning on: whether it grew and came to rest, or goes on."""
    ends = samples[-1][0] if samples else 0.0
    tenths: list[list[float]] = [[] for _ in range(parts)]
    for seconds, megabytes in samples:
        tenths[min(parts - 1, int(seconds * parts / ends) if ends else 0)].append(megabytes)
    return [round(median(each), 1) for each in tenths if each]


def settled(samples: Sequence[Sample]) -> list[Sample]:
    """Those after the warm-up."""
    if not samples:
        return []
    began, ended = samples[0][0], samples[-1][0]
    return [each for each in samples if each[0] >= began + (ended - began) * WARM_UP_SHARE]
