"""How much the decoder cascade reads, and what it costs, beside zxing-cpp and libzbar alone in the same run.

`make bench ONLY=reading` calls it, or `python -m tests.rehearsal.reading_bench [SCALE]`. Rule: counts and ratios;
what is read with another text than was drawn counts as wrong. Ratios are of the thread's own time, so that what else
runs on the machine does not count; of the dear look, which must leave the next frame its time, both that and the time
on the wall are told, and its budget is the wall's, as at a gate. OpenCV gets one thread, so that both mean the same.
"""

import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import zxingcpp

from station.cameras import Pixels
from station.codes import Cascade, SeenCode, zbar, zxing
from tests.rehearsal.backdrop import Frame
from tests.rehearsal.pictures import blank
from tests.rehearsal.rendered import frames

SEED = 7
HELD_FRAMES = 40
"""How many frames a code is held still for, at the most: under three seconds."""
FAMILIAR = 4
"""Rounds of a scene before its cost counts."""
REPEATS = 5
"""The picture that cost most is held up so often again: what it costs every time is not the machine's other work."""
Figures = dict[str, object]


@dataclass(slots=True)
class Dear:
    """Milliseconds of each frame beyond its cheap look, on the wall and of the thread."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def most(self) -> tuple[float, float]:
        return max(self.wall, default=0.0), max(self.cpu, default=0.0)


class Cheap:
    """zxing-cpp as the cascade's first decoder, and how long it took in all."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __call__(self, pixels: Pixels) -> list[SeenCode]:
        wall, cpu = time.perf_counter(), time.thread_time()
        seen = zxing(pixels)
        self.wall += time.perf_counter() - wall
        self.cpu += time.thread_time() - cpu
        return seen


def reading(scale: float) -> Figures:
    """Rendered frames read by the cascade and by zxing-cpp then libzbar, and what frames cost."""
    with _one_thread():
        return _reading(scale)


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _reading(scale: float) -> Figures:
    ours, theirs, shown, wrong = Counter[str](), Counter[str](), Counter[str](), 0
    dear: list[tuple[Dear, Pixels]] = []
    for each in frames(SEED, max(1, round(4 * scale))):
        shown[each.trouble] += 1
        known = {code.data for code in zxing(each.grey) or zbar(each.grey)}
        read, spent = _held(each.grey)
        dear.append((spent, each.grey))
        theirs[each.trouble] += known == {each.data}
        ours[each.trouble] += read == {each.data}
        wrong += bool(read - {each.data})
    return {
        "frames": shown.total(), "read": ours.total(), "zxing_then_zbar": theirs.total(), "wrong": wrong,
        "ratio": round(ours.total() / max(1, theirs.total()), 3),
        "by_trouble": {name: [ours[name], theirs[name], count] for name, count in shown.items()},
        "dear_ms_a_frame": _dearest(dear),
        **_costs(max(40, round(400 * scale))),
    }  # fmt: skip


def _held(grey: Pixels) -> tuple[set[bytes], Dear]:
    """What the cascade reads of a code that is held still, and the time of every frame beyond its cheap look."""
    cheap, dear = Cheap(), Dear()
    cascade = Cascade(cheap)
    for _ in range(HELD_FRAMES):
        cheap.wall = cheap.cpu = 0.0
        wall, cpu = time.perf_counter(), time.thread_time()
        seen = cascade.look(grey)
        dear.cpu.append(1000 * (time.thread_time() - cpu - cheap.cpu))
        dear.wall.append(1000 * (time.perf_counter() - wall - cheap.wall))
        if seen:
            return {code.data for code in seen}, dear
    return set(), dear


def _dearest(dear: list[tuple[Dear, Pixels]]) -> Figures:
    """By wall and thread: the 99th percentile, the most, and the most that the dearest picture costs every time."""
    told: Figures = {}
    for at, clock in enumerate(("wall", "cpu")):
        every = [each for spent, _ in dear for each in (spent.wall, spent.cpu)[at]]
        _, picture = max(dear, key=lambda each: each[0].most()[at])
        again = min(_held(picture)[1].most()[at] for _ in range(REPEATS))
        told[clock] = {
            "p99": round(float(np.percentile(every, 99)), 1),
            "most": round(max(every), 1),
            "most_every_time": round(again, 1),
        }
    return told


def _once(look: Callable[[Pixels], object], grey: Pixels) -> float:
    started = time.thread_time()
    look(grey)
    return time.thread_time() - started


def _costs(count: int) -> Figures:
    """Milliseconds at 720p: an empty lane, one where somebody walks by, and zxing-cpp alone on that, by turns."""
    rng = random.Random(SEED)
    view = blank(rng, view=1)
    noise = [np.random.default_rng(seed).integers(-3, 4, view.shape, dtype=np.int16) for seed in range(4)]
    still = [np.clip(view + grain, 0, 255).astype(np.uint8) for grain in noise]
    moving = [_with_somebody(each, 100 * step) for step, each in enumerate(still * 3)]
    (quiet,) = _spent(still, count, Cascade(seconds=time.thread_time).look)
    moved, alone = _spent(moving, count, Cascade(seconds=time.thread_time).look, _bare)
    return {
        "still_ms": _told(quiet), "moved_ms": _told(moved), "zxing_alone_ms": _told(alone),
        "moved_ratio": round(statistics.fmean(moved) / statistics.fmean(alone), 2),
    }  # fmt: skip


def _with_somebody(view: Frame, left: int) -> Frame:
    """Somebody in a plain coat who walks by."""
    seen = view.copy()
    cv2.ellipse(seen, (left, 560), (90, 260), 0, 0, 360, (70, 60, 50), -1)
    cv2.circle(seen, (left, 260), 60, (140, 170, 210), -1)
    return seen


def _bare(pixels: Pixels) -> list[zxingcpp.Barcode]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return list(zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)))


def _spent(views: list[Pixels], count: int, *looks: Callable[[Pixels], object]) -> list[list[float]]:
    """Of each look, after some rounds of all views, in which a dear look becomes familiar with the scene."""
    before = FAMILIAR * len(views)
    turns = [[1000 * _once(look, views[turn % len(views)]) for look in looks] for turn in range(before + count)]
    return [list(each) for each in zip(*turns[before:], strict=True)]


def _told(spent: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(spent), 2), "mean": round(statistics.fmean(spent), 2)}


if __name__ == "__main__":
    print(json.dumps(reading(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)))
