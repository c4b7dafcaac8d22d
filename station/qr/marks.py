"""The corner squares of QR codes in a grey picture, and which three of them belong together.

First step of the second look (`station/qr`). A line through a corner square's middle, at any angle, meets dark, light,
dark, light, dark as 1:1:3:1:1 (ISO/IEC 18004, 5.3.3). Rule: too many marks are better than one too few; whether three
belong to a code is for `flat` to find out.
"""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from station.cameras import Pixels

Point = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

RAYS = 24
LEAST_RAYS = 11
STEPS_A_MODULE = 6
MOST_MARKS = 9
MOST_CANDIDATES = 60
MOST_TRIPLES = 8
MOST_EDGES = 160_000
"""Of one binarised picture; what has more is noise, and too dear."""


@dataclass(frozen=True, eq=False)
class Mark:
    """One corner square: its middle (x, y) and the size of one module, in pixels. rays: how many bear it out."""

    at: Point
    module: float
    rays: int


@dataclass(frozen=True, eq=False)
class Triple:
    """Three marks as a code has them, not mirrored, and about how many modules lie along its sides."""

    top_left: Mark
    top_right: Mark
    bottom_left: Mark
    side: float
    odd: float
    """How far from a square, 0 at best."""

    @property
    def marks(self) -> tuple[Mark, Mark, Mark]:
        return self.top_left, self.top_right, self.bottom_left


def binarised(grey: Pixels, window: int, offset: int = 4) -> Pixels:
    """1 where darker than its surroundings of `window` pixels, else 0."""
    mean = cv2.boxFilter(grey, cv2.CV_8U, (window, window))
    below = cv2.subtract(mean, grey)
    return np.asarray(cv2.threshold(below, offset, 1, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def find_marks(dark: Pixels) -> Generator[None, None, list[Mark]]:
    """In steps, the likeliest marks of a binarised picture (1 dark, 0 light), the surest first; some `MOST_MARKS`."""
    across = _crossings(dark)
    yield None
    down = _crossings(np.ascontiguousarray(dark.T))
    if across is None or down is None or not len(across) or not len(down):
        return []
    down[:, :2] = down[:, 1::-1]
    places = _agreed(across, down, dark.shape)
    yield None
    return _borne_out(places, dark)


def find_triples(marks: list[Mark], dark: Pixels) -> list[Triple]:
    """Which marks may be the three of one code, the squarest first, at most `MOST_TRIPLES`."""
    found = []
    reaches = _towards_each_other(marks, dark) if len(marks) >= 3 else np.zeros((0, 0))
    for three in combinations(range(len(marks)), 3):
        modules = [marks[each].module for each in three]
        if max(modules) > 2.3 * min(modules):
            continue
        triple = _triple(three, marks, reaches)
        if triple is not None:
            found.append(triple)
    found.sort(key=lambda triple: triple.odd)
    return found[:MOST_TRIPLES]


def _crossings(dark: Pixels) -> Floats | None:
    """Rows of (x, y, width) where a row of the picture meets 1:1:3:1:1; None when there is too much going on."""
    padded = cv2.copyMakeBorder(dark, 0, 0, 1, 1, cv2.BORDER_CONSTANT, value=0)
    flat = padded.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]).astype(np.int32) + 1
    if len(edges) > MOST_EDGES:
        return None
    # The border is light, so every other edge, from the first, begins a dark run.
    usable = max(0, len(edges) - 5)
    begins = np.arange(0, usable, 2)
    runs = [edges[begins + step + 1] - edges[begins + step] for step in range(5)]
    width = edges[begins + 5] - edges[begins]
    module = width / 7
    fits = width >= 7
    for run, modules in zip(runs, (1, 1, 3, 1, 1), strict=True):
        fits &= np.abs(run - modules * module) < module * (0.8 if modules == 1 else 1.2) + 0.3
    begins, width = begins[fits], width[fits]
    middle = (edges[begins + 2] + edges[begins + 3]) / 2
    row, column = np.divmod(middle - 0.5, padded.shape[1])
    return np.stack([column - 1, row, width.astype(np.float64)], axis=1)


def _agreed(across: Floats, down: Floats, shape: tuple[int, ...]) -> Floats:
    """Where crossings of rows and of columns have the same middle: rows of (x, y, module), most crossings first."""
    touched = [np.zeros(shape[:2], np.uint8) for _ in range(2)]
    for ground, crossings in zip(touched, (across, down), strict=True):
        x, y = _pixels(crossings[:, :2], shape)
        ground[y, x] = 1
        cv2.dilate(ground, np.ones((5, 5), np.uint8), dst=ground)
    count, labels = cv2.connectedComponents(cv2.bitwise_and(*touched), connectivity=8, ltype=cv2.CV_16U)
    both = np.concatenate([across, down])
    x, y = _pixels(both[:, :2], shape)
    label = labels[y, x]
    votes = np.bincount(label, minlength=count)[1:]
    sums = [np.bincount(label, weights=both[:, column], minlength=count)[1:] for column in range(3)]
    met = np.flatnonzero(votes)
    places = np.stack([sums[0][met], sums[1][met], sums[2][met] / 7], axis=1) / votes[met, None]
    return places[np.argsort(-votes[met] / (places[:, 2] + 1))][:MOST_CANDIDATES]


def _pixels(points: Floats, shape: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """(..., 2) coordinates -> x and y of the nearest pixels."""
    nearest = np.rint(points).astype(np.intp)
    return np.stack([nearest[..., 0].clip(0, shape[1] - 1), nearest[..., 1].clip(0, shape[0] - 1)])


def _borne_out(places: Floats, dark: Pixels) -> list[Mark]:
    """In squares about one middle every ray changes its tone at 3:5:7, however the code is turned or tilted."""
    turns = np.arange(RAYS) * (2 * np.pi / RAYS)
    ways = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    reaches, good = _reaches(places, ways, dark)
    rays = good.sum(axis=1)
    modules = (reaches * good).sum(axis=1) / np.maximum(rays, 1) / 3.5
    # Rays go as far as to the corners of the square; lines through its middle went as far as to its sides.
    marks = [
        Mark(place[:2], float(module / 1.12), int(votes))
        for place, module, votes in zip(places, modules, rays, strict=True)
        if votes >= LEAST_RAYS
    ]
    marks.sort(key=lambda mark: -mark.rays)
    return _apart(marks)[:MOST_MARKS]


def _reaches(places: Floats, ways: Floats, dark: Pixels) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """For each place (x, y, module) and way: pixels to the third change of tone, and whether the first two fit it."""
    steps = np.arange(0, 7.5, 1 / STEPS_A_MODULE)
    along = places[:, None, None, :2] + places[:, None, None, 2:] * steps[:, None] * ways[None, :, None, :]
    x, y = _pixels(along, dark.shape)
    tones = dark[y, x]
    changes = np.cumsum(tones[..., 1:] != tones[..., :-1], axis=-1)
    first, second, third = (np.argmax(changes >= nth, axis=-1) + 0.5 for nth in (1, 2, 3))
    good = (changes[..., -1] >= 3) & (tones[..., 0] == 1)
    good &= (np.abs(first / third - 3 / 7) < 0.13) & (np.abs(second / third - 5 / 7) < 0.12)
    return third / STEPS_A_MODULE * places[:, None, 2], good


def _apart(marks: list[Mark]) -> list[Mark]:
    kept: list[Mark] = []
    for mark in marks:
        if all(np.hypot(*(mark.at - other.at)) > 2 * mark.module for other in kept):
            kept.append(mark)
    return kept


def _triple(three: tuple[int, ...], marks: list[Mark], reaches: Floats) -> Triple | None:
    """The corner is the mark opposite the longest side."""
    spans = [_span(marks[three[i]], marks[three[j]]) for i, j in ((1, 2), (0, 2), (0, 1))]
    corner = int(np.argmax(spans))
    one, other = (three[at] for at in range(3) if at != corner)
    top_left = marks[three[corner]]
    a, b = marks[one].at - top_left.at, marks[other].at - top_left.at
    if a[0] * b[1] - a[1] * b[0] < 0:
        one, other, a, b = other, one, b, a
    legs = float(np.hypot(*a)), float(np.hypot(*b))
    cosine = abs(float(a @ b)) / max(1e-9, legs[0] * legs[1])
    if cosine > 0.75 or max(legs) > 2.8 * min(legs):
        return None
    sides = [_modules_between(three[corner], far, marks, reaches) for far in (one, other)]
    if min(sides) < 10 or max(sides) > 1.9 * min(sides) or max(sides) > 190:
        return None
    odd = cosine + abs(np.log(legs[0] / legs[1])) * 0.5 + abs(np.log(sides[0] / sides[1]))
    return Triple(top_left, marks[one], marks[other], (sides[0] + sides[1]) / 2 + 7, float(odd))


def _span(one: Mark, other: Mark) -> float:
    return float(np.hypot(*(other.at - one.at)))


def _towards_each_other(marks: list[Mark], dark: Pixels) -> Floats:
    """[one, other]: pixels that a mark reaches towards another, nan where the ray does not bear it out."""
    places = np.array([(*mark.at, mark.module) for mark in marks])
    table = np.full((len(marks), len(marks)), np.nan)
    for number, place in enumerate(places):
        others = np.arange(len(marks)) != number
        ways = places[others, :2] - place[:2]
        reaches, good = _reaches(place[None], ways / np.hypot(*ways.T)[:, None], dark)
        table[number, others] = np.where(good[0], reaches[0], np.nan)
    return table


def _modules_between(near: int, far: int, marks: list[Mark], reaches: Floats) -> float:
    """Modules from middle to middle, by how far each mark reaches towards the other."""
    reached = [reach for reach in (reaches[near, far], reaches[far, near]) if not np.isnan(reach)]
    one, other = marks[near], marks[far]
    module = float(np.mean(reached)) / 3.5 if reached else (one.module + other.module) / 2
    return _span(one, other) / max(0.5, module)
