"""A code laid flat -> how dark each of its modules is, and how surely.

Third step of the second look. What blur and shaking did to the picture is learned from the modules whose tone is known
(corner squares, timing, alignment) and undone for the others: a linear equaliser, fitted anew for each picture.
Rule: a module where nothing can be seen, as under a lamp's reflection, weighs next to nothing.
"""

from collections.abc import Generator

import cv2
import numpy as np
import numpy.typing as npt

from station.cameras import Pixels
from station.qr.flat import MARGIN, PIXELS, Flat

Floats = npt.NDArray[np.float32]

HALVES = 3
"""Half modules to each side that the equaliser looks at."""
SURROUNDINGS = 9
"""Modules across, within which both tones are expected."""
DAMPING = 0.02
ROUNDS = 3


def softly(flat: Flat) -> Generator[None, None, Floats]:
    """In steps, (side, side): above 0 dark, below 0 light; the further from 0 the surer, about 1 when clear."""
    side = flat.layout.side
    levelled, worth = _levelled(flat.picture)
    looks = _neighbourhoods(levelled, side)
    known = flat.layout.known.ravel().astype(np.float32)
    weight = worth[MARGIN:-MARGIN, MARGIN:-MARGIN].ravel()
    wanted, trust = known, (known != 0) * weight
    soft = known
    for _ in range(ROUNDS):
        yield None
        soft = looks @ _fitted(looks, wanted, trust)
        # What came out clearly teaches the next round.
        wanted = np.where(known != 0, known, np.sign(soft))
        trust = np.where(known != 0, 1.0, np.clip(np.abs(soft) - 0.3, 0, 0.7)).astype(np.float32) * weight
    return np.asarray((np.clip(soft, -1.5, 1.5) * weight).reshape(side, side), np.float32)


def _levelled(picture: Pixels) -> tuple[Floats, Floats]:
    """Shade and shine taken out: half modules, +1 dark to -1 light; and how much each module tells, 0 to 1."""
    modules = len(picture) // PIXELS
    small = cv2.resize(picture, (2 * modules, 2 * modules), interpolation=cv2.INTER_AREA).astype(np.float32)
    whole = cv2.resize(picture, (modules, modules), interpolation=cv2.INTER_AREA).astype(np.float32)
    around = np.ones((SURROUNDINGS, SURROUNDINGS), np.uint8)
    smooth = (SURROUNDINGS, SURROUNDINGS)
    light = cv2.blur(cv2.dilate(whole, around), smooth)
    dark = cv2.blur(cv2.erode(whole, around), smooth)
    middle, half = (light + dark) / 2, np.maximum((light - dark) / 2, 1.0)
    usual = max(1.0, float(np.median(half)))
    size = (2 * modules, 2 * modules)
    levelled = (cv2.resize(middle, size) - small) / cv2.resize(half, size)
    near = np.ones((3, 3), np.uint8)
    contrast = (cv2.dilate(whole, near) - cv2.erode(whole, near)) / 2
    blind = contrast < 0.12 * usual
    burnt = blind & ((whole > 250) | (whole < 2))
    worth = np.clip(half / usual, 0.1, 1.0) * np.where(burnt, 0.05, 1.0)
    return np.asarray(levelled, np.float32), np.asarray(worth, np.float32)


def _neighbourhoods(levelled: Floats, side: int) -> Floats:
    """(modules, features): the half modules around each module's four, and a constant."""
    across = 2 * HALVES
    start = 2 * MARGIN - HALVES + 1
    windows = np.lib.stride_tricks.sliding_window_view(levelled, (across, across))
    taken = windows[start : start + 2 * side : 2, start : start + 2 * side : 2]
    looks = taken.reshape(side * side, across * across)
    return np.concatenate([looks, np.ones((len(looks), 1), np.float32)], axis=1)


def _fitted(looks: Floats, wanted: Floats, trust: Floats) -> Floats:
    """Weighted least squares, held back towards the plain mean of the module itself."""
    used = trust > 0
    rows, weight = looks[used], trust[used, None]
    count = looks.shape[1]
    plain = np.zeros(count, np.float32)
    across = 2 * HALVES
    inner = [(HALVES - 1 + down) * across + HALVES - 1 + right for down in (0, 1) for right in (0, 1)]
    plain[inner] = 0.25
    squares = rows.T @ (rows * weight)
    damping = DAMPING * float(weight.sum())
    squares[np.diag_indices(count)] += damping
    sums = rows.T @ (wanted[used] * weight[:, 0]) + damping * plain
    return np.asarray(np.linalg.solve(squares, sums), np.float32)
