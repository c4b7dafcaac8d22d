"""The second look at one picture, step by step, so that its caller may spread it over several frames.

`station/codes.py` calls it. Rule: each step is short (some 10 ms at 720p, however great the code), and a step that
reads nothing says so.
"""

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from station.cameras import Pixels
from station.qr.flat import Flat, flattened, laid_flat
from station.qr.marks import Point, binarised, find_marks, find_triples
from station.qr.mend import mended
from station.qr.modules import Floats, softly
from station.qr.symbol import Layout

Corner = tuple[int, int]
Corners = tuple[Corner, Corner, Corner, Corner]

LOOKS = ((25, 1.0), (101, 1.0), (51, 2.0))
"""Window of the binarisation and blur before it, in pixels: fine print, soft light, noise."""
FULL_CONTRAST = 190
LEAST_TO_REMEMBER = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A code that was read: as zxing-cpp put it, and its corners in the frame, clockwise from its own top left."""

    barcode: zxingcpp.Barcode
    corners: Corners


class Memory:
    """What several frames showed of a code that none of them gave whole: where one was burnt out another was not.

    Rule: only what has the same version is taken together; that it is the same code, the mended blocks must prove.
    """

    FRAMES = 4

    def __init__(self) -> None:
        self._seen: deque[tuple[Layout, Floats]] = deque(maxlen=self.FRAMES)

    def forget(self) -> None:
        self._seen.clear()

    def with_earlier(self, at: Layout, soft: Floats) -> Floats | None:
        """This frame's modules and those of earlier frames together; None where there were none. Remembers it."""
        earlier = [before for layout, before in self._seen if layout is at]
        self._seen.append((at, soft))
        return np.asarray(sum(earlier, soft), np.float32) if earlier else None


def second_look(grey: Pixels, memory: Memory | None = None, *, brief: bool = False) -> Iterator[Read | Flat | None]:
    """Steps of looking: a Read where one succeeded, a Flat where a code is seen that cannot be read, None otherwise.

    brief: end where no three corner marks belong together at first sight.
    """
    clear = stretched(grey)
    soft = np.asarray(cv2.GaussianBlur(clear, (0, 0), 1.0), np.uint8)
    done: list[Point] = []
    for window, blur in LOOKS:
        smooth = soft if blur == 1.0 else np.asarray(cv2.GaussianBlur(clear, (0, 0), blur), np.uint8)
        dark = binarised(smooth, window)
        marks = yield from find_marks(dark)
        yield None
        triples = find_triples(marks, dark)
        if brief and not triples:
            return
        for triple in triples:
            if any(np.hypot(*(mark.at - at)) < mark.module for mark in triple.marks for at in done):
                continue
            for flat in flattened(soft, triple):
                if flat is None:
                    yield None
                    continue
                sharp = Flat(flat.layout, laid_flat(clear, flat.layout, flat.onto), flat.onto, flat.fit)
                yield None
                read = yield from _read(sharp, memory)
                if read is not None:
                    done += [mark.at for mark in triple.marks]
                yield read or sharp


def stretched(grey: Pixels) -> Pixels:
    """A dark or pale picture with its whole range of tones."""
    samples = np.ascontiguousarray(grey[::8, ::8])
    low, high = (float(each) for each in np.percentile(samples, (0.5, 99.5)))
    if high - low >= FULL_CONTRAST:
        return grey
    gain = 255 / max(20.0, high - low)
    return np.asarray(cv2.convertScaleAbs(np.maximum(grey, round(low)) - round(low), alpha=gain), dtype=np.uint8)


def _read(flat: Flat, memory: Memory | None) -> Generator[None, None, Read | None]:
    """From this frame alone, or else with what earlier ones showed."""
    soft = yield from softly(flat)
    read = yield from _mended(soft, flat)
    if read is not None or memory is None or flat.fit < LEAST_TO_REMEMBER:
        return read
    together = memory.with_earlier(flat.layout, soft)
    if together is None:
        return None
    return (yield from _mended(together, flat))


def _mended(soft: Floats, flat: Flat) -> Generator[None, None, Read | None]:
    """A code held before a mirror has its rows for columns."""
    for mirrored in (False, True):
        found = yield from mended(soft.T if mirrored else soft, flat.layout)
        if found:
            return Read(found[0], corners_of(flat, mirrored=mirrored))
    return None


def corners_of(flat: Flat, *, mirrored: bool = False) -> Corners:
    """Where the code's own corners are in the frame."""
    side = flat.layout.side
    square = np.array([[[0, 0], [side, 0], [side, side], [0, side]]], np.float64)
    top_left, top_right, bottom_right, bottom_left = (
        (round(float(x)), round(float(y))) for x, y in cv2.perspectiveTransform(square, flat.onto)[0]
    )
    if mirrored:
        top_right, bottom_left = bottom_left, top_right
    return top_left, top_right, bottom_right, bottom_left
