"""Three corner marks -> the code laid flat, module by module.

Second step of the second look. The fourth corner is looked for where timing and alignment patterns come out as the
standard says; then the whole grid is drawn to its alignment patterns.
Rule: a grid whose timing does not fit is no code.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from station.cameras import Pixels
from station.qr.marks import Triple
from station.qr.symbol import Layout, layout, side_of

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Tried = Generator[None, None, tuple[Floats, Matrix, Matrix]]
"""Steps, then for each place of the fourth corner: how well its grid fits, the grid, the place."""

PIXELS = 4
"""Pixels a module of the flat picture."""
MARGIN = 2
"""Modules around the code that are kept."""
REACH = 0.26
"""How far the fourth corner may be from where it would be without perspective, in sides."""
LEAST_FIT = 0.3
GOOD_FIT = 0.75
"""No other version is tried; a wrong one never fits so well."""
MIDDLE = 3.5
ROUNDS = 2
TIMING, ALL = 2, 3
"""How many of the groups of modules are looked at whose tone is known."""
BEST = 5
MOST_SAMPLES = 150_000
"""Tones that are looked up in one step of the search; codes up to version 20 have done with one."""


@dataclass(frozen=True, eq=False)
class Flat:
    """A code laid flat. picture: `PIXELS` a module, `MARGIN` modules around. onto: modules -> pixels of the frame.

    fit: how well timing and alignment patterns come out, 1 at best.
    """

    layout: Layout
    picture: Pixels
    onto: Matrix
    fit: float


def flattened(grey: Pixels, triple: Triple) -> Iterator[Flat | None]:
    """The code that these marks belong to: None after each step of the search, at its end the code, if there is one."""
    best = LEAST_FIT
    found = None
    for version in _versions(triple):
        fit, onto = yield from _placed(grey, triple, version)
        if fit > best:
            best, found = fit, (layout(version), onto)
        if fit > GOOD_FIT:
            break
        yield None
    if found is not None:
        yield from _drawn_to_patterns(grey, *found)


def _drawn_to_patterns(grey: Pixels, at: Layout, onto: Matrix) -> Iterator[Flat | None]:
    """The grid moved to where its own fixed patterns are."""
    for _ in range(ROUNDS):
        onto = _drawn(grey, at, onto)
        yield None
    yield Flat(at, laid_flat(grey, at, onto), onto, _fits(grey, at, onto[None])[0])


def laid_flat(grey: Pixels, at: Layout, onto: Matrix) -> Pixels:
    """The picture of the grid as if seen from straight above."""
    room = (at.side + 2 * MARGIN) * PIXELS
    # Pixel middles: pixel p of the flat picture shows module (p + 0.5) / PIXELS - MARGIN.
    to_modules = np.array([[1, 0, 0.5 - MARGIN * PIXELS], [0, 1, 0.5 - MARGIN * PIXELS], [0, 0, PIXELS]]) / PIXELS
    back = onto @ to_modules
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(grey, back, (room, room), flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )


def _versions(triple: Triple) -> Iterator[int]:
    nearest = round((triple.side - 17) / 4)
    spread = 1 + nearest // 8
    likely = sorted(
        range(nearest - spread, nearest + spread + 1), key=lambda version: abs(side_of(version) - triple.side)
    )
    return (each for each in likely if 1 <= each <= 40)


def _placed(grey: Pixels, triple: Triple, version: int) -> Generator[None, None, tuple[float, Matrix]]:
    """In steps, how well the grid fits at best, and that grid: the fourth corner's place coarsely, then finely."""
    at = layout(version)
    three = [mark.at for mark in (triple.top_left, triple.top_right, triple.bottom_left)]
    one, other = (three[1] - three[0]) / (at.side - 7), (three[2] - three[0]) / (at.side - 7)

    def tried(around: Matrix, reach: float, step: float, groups: int) -> Tried:
        count = int(reach / step)
        i, j = (part.ravel()[:, None] * step for part in np.mgrid[-count : count + 1, -count : count + 1])
        corners = around + i * one + j * other
        grids = _homographies(three[0], three[1], corners, three[2], at.side)
        # Where nothing tells, as in version 1, the corner stays where it would be without perspective.
        fits = yield from _fits_in_steps(grey, at, grids, groups)
        return fits - 0.002 * (np.abs(i) + np.abs(j)).ravel(), grids, corners

    # The timing lines are short of detail, so a wide net will do for them; the last alignment pattern wants a fine one.
    fits, _, corners = yield from tried(three[1] + three[2] - three[0], REACH * (at.side - 7), 2.0, TIMING)
    likely = [corners[each] for each in np.argsort(-fits)[:BEST]]
    nearest, corner = -np.inf, likely[0]
    for each in likely:
        fits, _, corners = yield from tried(each, 2.0, 1.0, ALL)
        if fits.max() > nearest:
            nearest, corner = fits.max(), corners[int(np.argmax(fits))]
    fits, grids, _ = yield from tried(corner, 0.7, 0.34, ALL)
    best = int(np.argmax(fits))
    return float(fits[best]), grids[best]


def _homographies(top_left: Matrix, top_right: Matrix, bottom_right: Matrix, bottom_left: Matrix, side: int) -> Matrix:
    """(n, 3, 3): modules -> frame, for n places of the bottom right. P. Heckbert, 1989, 2.2.2: square to quad."""
    x0, y0, x1, y1, x3, y3 = *top_left, *top_right, *bottom_left
    x2, y2 = bottom_right.T
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    one = np.ones_like(g)
    rows = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0 * one, y1 - y0 + g * y1, y3 - y0 + h * y3, y0 * one, g, h, one]
    square = np.stack(rows, axis=1).reshape(-1, 3, 3)
    to_square = np.array([[1, 0, -MIDDLE], [0, 1, -MIDDLE], [0, 0, side - 7]]) / (side - 7)
    return np.asarray(square @ to_square)


@lru_cache(maxsize=40)
def _tested(version: int) -> tuple[tuple[Floats, Floats], ...]:
    """Groups of (middles of modules as (n, 2), what they should be): two timing lines, the last alignment."""
    at = layout(version)
    along = np.arange(7, at.side - 7)
    groups = [(np.full_like(along, 6), along), (along, np.full_like(along, 6))]
    if at.alignments:
        patches = [
            np.mgrid[row - 2 : row + 3, column - 2 : column + 3].reshape(2, -1) for row, column in at.alignments[-1:]
        ]
        groups += [(patch[0], patch[1]) for patch in patches]
    return tuple(
        (
            np.stack([columns + 0.5, rows + 0.5], axis=1).astype(np.float32),
            at.known[rows, columns].astype(np.float32),
        )
        for rows, columns in groups
    )


def _fits_in_steps(grey: Pixels, at: Layout, grids: Matrix, count: int) -> Generator[None, None, Floats]:
    """`_fits`, so many grids at a time that a step is short for the greatest code too."""
    points = sum(len(points) for points, _ in _tested(at.version)[:count])
    most = max(1, MOST_SAMPLES // points)
    found = [_fits(grey, at, grids[:most], count)]
    for start in range(most, len(grids), most):
        yield None
        found.append(_fits(grey, at, grids[start : start + most], count))
    return np.concatenate(found)


def _fits(grey: Pixels, at: Layout, grids: Matrix, count: int = 3) -> Floats:
    """For each grid, how well the first so many groups correlate with what they should be, 1 at best."""
    groups = _tested(at.version)[:count]
    points = np.concatenate([points for points, _ in groups])
    seen = _sampled(grey, grids, points)
    total = np.zeros(len(grids), np.float32)
    start = 0
    for points, wanted in groups:
        part = seen[:, start : start + len(points)]
        start += len(points)
        part = part - part.mean(axis=1, keepdims=True)
        meant = -(wanted - wanted.mean())
        spread = np.sqrt((part**2).sum(axis=1) * (meant**2).sum()) + 1e-3
        total += (part @ meant) / spread
    return np.asarray(total / len(groups), np.float32)


def _sampled(grey: Pixels, grids: Matrix, points: Floats) -> Floats:
    """(grids, points): the picture's tone at each point of each grid."""
    to = (np.concatenate([points, np.ones((len(points), 1), np.float32)], axis=1) @ grids.transpose(0, 2, 1)).astype(
        np.float32
    )
    depth = np.where(np.abs(to[..., 2]) < 1e-6, 1e-6, to[..., 2])
    tones = cv2.remap(grey, to[..., 0] / depth, to[..., 1] / depth, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(tones, np.float32)


def _drawn(grey: Pixels, at: Layout, onto: Matrix) -> Matrix:
    """One step: each fixed pattern pulls its part of the grid by as much as it is off; the grid stays a plane."""
    flat = laid_flat(grey, at, onto)
    off_by = [(MIDDLE, MIDDLE), (at.side - MIDDLE, MIDDLE), (MIDDLE, at.side - MIDDLE)]
    patterns = [(x, y, 3, 2.0) for x, y in off_by] + [(c + 0.5, r + 0.5, 2, 1.0) for r, c in at.alignments]
    pulls = [(x, y, weight, *_off(flat, at, x, y, half)) for x, y, half, weight in patterns]
    sure = np.array([(x, y, x + dx, y + dy, weight) for x, y, weight, dx, dy, fit in pulls if fit > 0.45])
    if len(sure) < 4:
        return onto
    moved, _ = cv2.findHomography(sure[:, :2], sure[:, 2:4], cv2.LMEDS if len(sure) > 6 else 0)
    return onto if moved is None else np.asarray(onto @ moved)


def _off(flat: Pixels, at: Layout, x: float, y: float, half: int) -> tuple[float, float, float]:
    """How far, in modules, a pattern of 2 * half + 1 modules lies from (x, y), and how like itself it looks there."""
    row, column = int(y), int(x)
    meant = at.known[row - half : row + half + 1, column - half : column + half + 1]
    pattern = np.kron(np.where(meant > 0, 0, 255), np.ones((PIXELS, PIXELS))).astype(np.uint8)
    slack = int(1.6 * PIXELS)
    top, left = (round((value - half - 0.5 + MARGIN) * PIXELS) - slack for value in (y, x))
    top, left = max(0, top), max(0, left)
    area = flat[top : top + len(pattern) + 2 * slack, left : left + len(pattern) + 2 * slack]
    scores = cv2.matchTemplate(area, pattern, cv2.TM_CCOEFF_NORMED)
    _, best, _, (across, down) = cv2.minMaxLoc(scores)
    across_fine, down_fine = _peak(scores[down], across), _peak(scores[:, across], down)
    dx = (left + across_fine) / PIXELS - MARGIN - (x - half - 0.5)
    dy = (top + down_fine) / PIXELS - MARGIN - (y - half - 0.5)
    return dx, dy, best


def _peak(line: cv2.typing.MatLike, at: int) -> float:
    """The top of a parabola through the greatest value and its neighbours."""
    if not 0 < at < len(line) - 1:
        return float(at)
    before, here, after = (float(each) for each in line[at - 1 : at + 2])
    bend = before - 2 * here + after
    return at + (0.5 * (before - after) / bend if bend < -1e-9 else 0.0)
