"""How much the decoder cascade reads, and what it costs, beside zxing-cpp and libzbar alone in the same run.

`make bench ONLY=reading` calls it, or `python -m tests.rehearsal.reading_bench [SCALE]`. Rule: counts and ratios;
what is read with another text than was drawn counts as wrong. Times are the process's own, so that what else runs on
the machine does not count.
"""

import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable

import cv2
import numpy as np
import zxingcpp

from station.cameras import Pixels
from station.codes import Cascade, zbar, zxing
from tests.rehearsal.backdrop import Frame
from tests.rehearsal.pictures import blank
from tests.rehearsal.rendered import frames

SEED = 7
HELD_FRAMES = 40
"""How many frames a code is held still for, at the most: under three seconds."""
Figures = dict[str, object]


def reading(scale: float) -> Figures:
    """Rendered frames read by the cascade and by zxing-cpp then libzbar, and what frames cost."""
    ours, theirs, shown, wrong = Counter[str](), Counter[str](), Counter[str](), 0
    dear: list[float] = []
    for each in frames(SEED, max(1, round(4 * scale))):
        shown[each.trouble] += 1
        known = {code.data for code in zxing(each.grey) or zbar(each.grey)}
        read = _held(each.grey, dear)
        theirs[each.trouble] += known == {each.data}
        ours[each.trouble] += read == {each.data}
        wrong += bool(read - {each.data})
    return {
        "frames": shown.total(), "read": ours.total(), "zxing_then_zbar": theirs.total(), "wrong": wrong,
        "ratio": round(ours.total() / max(1, theirs.total()), 3),
        "by_trouble": {name: [ours[name], theirs[name], count] for name, count in shown.items()},
        "dear_ms_a_frame": {"p99": round(float(np.percentile(dear, 99)), 1), "most": round(max(dear), 1)},
        **_costs(max(40, round(200 * scale))),
    }  # fmt: skip


def _held(grey: Pixels, dear: list[float]) -> set[bytes]:
    """What the cascade reads of a code that is held still; the time of every frame beyond its cheap look is noted."""
    cascade = Cascade(seconds=time.process_time)
    for number in range(HELD_FRAMES):
        started = time.process_time()
        seen = cascade.look(grey)
        if not seen:
            spent = time.process_time() - started
            dear.append(1000 * (spent - (_once(zxing, grey) if number == 0 else 0)))
        else:
            return {code.data for code in seen}
    return set()


def _once(look: Callable[[Pixels], object], grey: Pixels) -> float:
    started = time.process_time()
    look(grey)
    return time.process_time() - started


def _costs(count: int) -> Figures:
    """Milliseconds at 720p: an empty lane, one where somebody walks by, and zxing-cpp alone on that."""
    rng = random.Random(SEED)
    view = blank(rng, view=1)
    noise = [np.random.default_rng(seed).integers(-3, 4, view.shape, dtype=np.int16) for seed in range(4)]
    still = [np.clip(view + grain, 0, 255).astype(np.uint8) for grain in noise]
    moving = [_with_somebody(each, 100 * step) for step, each in enumerate(still * 3)]
    return {
        "still_ms": _told(Cascade(seconds=time.process_time).look, still, count),
        "moved_ms": _told(Cascade(seconds=time.process_time).look, moving, count),
        "zxing_alone_ms": _told(_bare, moving, count),
    }


def _with_somebody(view: Frame, left: int) -> Frame:
    """Somebody in a plain coat who walks by."""
    seen = view.copy()
    cv2.ellipse(seen, (left, 560), (90, 260), 0, 0, 360, (70, 60, 50), -1)
    cv2.circle(seen, (left, 260), 60, (140, 170, 210), -1)
    return seen


def _bare(pixels: Pixels) -> list[zxingcpp.Barcode]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return list(zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)))


def _told(look: Callable[[Pixels], object], views: list[Pixels], count: int) -> dict[str, float]:
    """After a first round, in which a dear look becomes familiar with the scene."""
    spent = [1000 * _once(look, views[turn % len(views)]) for turn in range(count + 2 * len(views))][2 * len(views) :]
    return {"median": round(statistics.median(spent), 2), "mean": round(statistics.fmean(spent), 2)}


if __name__ == "__main__":
    print(json.dumps(reading(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)))
