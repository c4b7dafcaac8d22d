"""Three cheap questions about a frame, asked before any decoder is: what moved, where, and may it be a code?

The decoder cascade (`codes.py`) asks them, so that an empty lane costs next to nothing.
Rule: a wrong answer may cost time, never a code for good; the cascade looks again in any case.
"""

import cv2
import numpy as np
import numpy.typing as npt

from station.cameras import Pixels

Crowd = npt.NDArray[np.bool_]

BLOCK = 32
STRIDE = 8
"""Every 8th pixel of every 8th row: 14,400 samples of a 720p frame."""
MOVED_LEVELS = 24
"""Well above a sensor's noise by day (3 levels); in the dark noise counts as movement, and is looked at."""
MOVED_SAMPLES = 6
"""The smallest code a decoder reads is about 5 x 5 samples, and another code in its place changes half of them."""

CHANGED_LEVELS = 12
"""As faint as an edge of a crowd may be."""

CROWD_STRIDE = 4
CROWD_LEVELS = 12
CROWD_BLOCK = 8
CROWD_EDGES = 16
"""Of 64 neighbours: half of the weakest among the 300 codes, read by libzbar, that this was measured on."""


class Stillness:
    """Remembers the last frame that had moved, so a change that creeps in slowly adds up until it shows."""

    def __init__(self) -> None:
        self._reference: Pixels | None = None
        self.samples: Pixels = np.zeros((0, 0), np.uint8)
        """Of the last frame, for `changed`."""

    def moved(self, pixels: Pixels) -> bool:
        """Whether this frame, grey or BGR, differs from the last one that had moved. The first frame has."""
        samples = self.samples = _sample(pixels)
        if self._reference is not None and _same(self._reference, samples):
            return False
        self._reference = samples
        return True


def crowd(grey: Pixels) -> Crowd:
    """Which blocks of 32 x 32 pixels are near so many edges, both ways, as a code has, and much else in the world."""
    samples = np.ascontiguousarray(grey[::CROWD_STRIDE, ::CROWD_STRIDE])
    if min(samples.shape) < 2:
        return np.zeros((0, 0), np.bool_)
    across = _edges(samples[:, 1:], samples[:, :-1])[:-1]
    down = _edges(samples[1:], samples[:-1])[:, :-1]
    most = cv2.dilate(np.minimum(across, down), np.ones((CROWD_BLOCK, CROWD_BLOCK), np.uint8))
    return np.asarray(most[::CROWD_BLOCK, ::CROWD_BLOCK] >= CROWD_EDGES)


def changed(before: Pixels, now: Pixels) -> Crowd:
    """Near which blocks of 32 x 32 pixels the samples of two frames differ; everywhere if their sizes do."""
    if before.shape != now.shape:
        return np.ones([-(-side * STRIDE // BLOCK) for side in now.shape], np.bool_)
    differ = cv2.threshold(cv2.absdiff(before, now), CHANGED_LEVELS, 1, cv2.THRESH_BINARY)[1]
    step = BLOCK // STRIDE
    near = cv2.dilate(differ, np.ones((2 * step + 1, 2 * step + 1), np.uint8))
    return np.asarray(near[::step, ::step] > 0)


def area_of(blocks: Crowd, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the pixels within which all these blocks lie, of which there is one at least."""
    rows, columns = (np.flatnonzero(blocks.any(axis=axis)) for axis in (1, 0))
    down, across = (
        slice(max(0, int(each[0]) * BLOCK - margin), (int(each[-1]) + 1) * BLOCK + margin) for each in (rows, columns)
    )
    return down, across


def crowded(grey: Pixels) -> bool:
    """Whether any block is."""
    return bool(crowd(grey).any())


def _sample(pixels: Pixels) -> Pixels:
    """Of a colour frame the green channel, which is most of its brightness."""
    plane = pixels if pixels.ndim == 2 else pixels[:, :, 1]
    return np.ascontiguousarray(plane[::STRIDE, ::STRIDE])


def _same(before: Pixels, after: Pixels) -> bool:
    if before.shape != after.shape:
        return False
    changed = cv2.threshold(cv2.absdiff(before, after), MOVED_LEVELS, 255, cv2.THRESH_BINARY)[1]
    return cv2.countNonZero(changed) < MOVED_SAMPLES


def _edges(here: Pixels, beside: Pixels) -> Pixels:
    """How many of the 64 neighbours around each sample differ from the next one."""
    _, edge = cv2.threshold(cv2.absdiff(here, beside), CROWD_LEVELS, 1, cv2.THRESH_BINARY)
    return np.asarray(cv2.boxFilter(edge, cv2.CV_8U, (CROWD_BLOCK, CROWD_BLOCK), normalize=False), dtype=np.uint8)
