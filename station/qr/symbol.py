"""What ISO/IEC 18004:2015 says of a QR code's layout: which module means what, for each version and level.

Rule: pure tables and geometry, made once for each version and kept. Arrays are indexed [row, column] from the top left.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]
Places = npt.NDArray[np.intp]

VERSIONS = range(1, 41)
LEVELS = "LMQH"
_LEVEL_BITS = {"L": 1, "M": 0, "Q": 3, "H": 2}


def _row(figures: str) -> tuple[int, ...]:
    return tuple(int(each) for each in figures.split())


# Table 9: correction codewords in each block, and how many blocks, by level and version.
_CORRECTION = {
    "L": _row(
        "7 10 15 20 26 18 20 24 30 18 20 24 26 30 22 24 28 30 28 28 "
        "28 28 30 30 26 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30"
    ),
    "M": _row(
        "10 16 26 18 24 16 18 22 22 26 30 22 22 24 24 28 28 26 26 26 "
        "26 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28"
    ),
    "Q": _row(
        "13 22 18 26 18 24 18 22 20 24 28 26 24 20 30 24 28 28 26 30 "
        "28 30 30 30 30 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30"
    ),
    "H": _row(
        "17 28 22 16 22 28 26 26 24 28 24 28 22 24 24 30 28 28 26 28 "
        "30 24 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30"
    ),
}
_BLOCKS = {
    "L": _row("1 1 1 1 1 2 2 2 2 4 4 4 4 4 6 6 6 6 7 8 8 9 9 10 12 12 12 13 14 15 16 17 18 19 19 20 21 22 24 25"),
    "M": _row(
        "1 1 1 2 2 4 4 4 5 5 5 8 9 9 10 10 11 13 14 16 17 17 18 20 21 23 25 26 28 29 31 33 35 37 38 40 43 45 47 49"
    ),
    "Q": _row(
        "1 1 2 2 4 4 6 6 8 8 8 10 12 16 12 17 16 18 21 20 23 23 25 27 29 34 34 35 38 40 43 45 48 51 53 56 59 62 65 68"
    ),
    "H": _row(
        "1 1 2 4 4 4 5 6 8 8 11 11 16 16 18 16 19 21 25 25 25 34 30 32 35 37 40 42 45 48 51 54 57 60 63 66 70 74 77 81"
    ),
}
_FINDER = np.ones((7, 7), np.int8)
_FINDER[1:6, 1:6] = -1
_FINDER[2:5, 2:5] = 1
_ALIGNMENT = np.ones((5, 5), np.int8)
_ALIGNMENT[1:4, 1:4] = -1
_ALIGNMENT[2, 2] = 1


@dataclass(frozen=True, eq=False)
class Layout:
    """One version.

    known: +1 dark, -1 light, 0 not fixed. reserved: 1 where no data bit lies. order: flat index of each data bit, in
    reading order. alignments: (row, column) of each alignment pattern's middle.
    """

    version: int
    known: Signs
    reserved: Bits
    order: Places
    alignments: tuple[tuple[int, int], ...]

    @property
    def side(self) -> int:
        return len(self.known)

    @property
    def codewords(self) -> int:
        return len(self.order) // 8


@dataclass(frozen=True, slots=True)
class Block:
    """Where one block's codewords stand in the whole sequence, data first; the last `correction` of them correct."""

    places: tuple[int, ...]
    correction: int


def side_of(version: int) -> int:
    """Modules along one side."""
    return 17 + 4 * version


@lru_cache(maxsize=40)
def layout(version: int) -> Layout:
    """The layout of a version, 1 to 40."""
    side = side_of(version)
    known, reserved = np.zeros((side, side), np.int8), np.zeros((side, side), np.uint8)
    known[6, :] = known[:, 6] = np.where(np.arange(side) % 2 == 0, 1, -1)
    reserved[6, :] = reserved[:, 6] = 1
    middles = _alignments(version)
    for row, column in middles:
        known[row - 2 : row + 3, column - 2 : column + 3] = _ALIGNMENT
        reserved[row - 2 : row + 3, column - 2 : column + 3] = 1
    _corners(known, reserved)
    if version >= 7:
        reserved[:6, side - 11 : side - 8] = reserved[side - 11 : side - 8, :6] = 1
    return Layout(version, known, reserved, _reading_order(reserved), middles)


def _corners(known: Signs, reserved: Bits) -> None:
    side = len(known)
    for top, left in ((0, 0), (0, side - 7), (side - 7, 0)):
        around = np.s_[max(0, top - 1) : top + 8, max(0, left - 1) : left + 8]
        known[around], reserved[around] = -1, 1
        known[top : top + 7, left : left + 7] = _FINDER
    reserved[:9, :9] = reserved[:9, side - 8 :] = reserved[side - 8 :, :9] = 1
    known[side - 8, 8] = 1


def _alignments(version: int) -> tuple[tuple[int, int], ...]:
    """Annex E, as the formula that its table follows."""
    if version == 1:
        return ()
    count, side = version // 7 + 2, side_of(version)
    step = (version * 8 + count * 3 + 5) // (count * 4 - 4) * 2
    at = [6, *(side - 7 - step * back for back in reversed(range(count - 1)))]
    corners = {(at[0], at[0]), (at[0], at[-1]), (at[-1], at[0])}
    return tuple((row, column) for row in at for column in at if (row, column) not in corners)


def _reading_order(reserved: Bits) -> Places:
    """7.7.3: pairs of columns from the right, up and down by turns, over the vertical timing pattern."""
    side = len(reserved)
    rights = [right if right > 6 else right - 1 for right in range(side - 1, 0, -2)]
    places = []
    for turn, right in enumerate(rights):
        rows = range(side - 1, -1, -1) if turn % 2 == 0 else range(side)
        places += [row * side + column for row in rows for column in (right, right - 1) if not reserved[row, column]]
    return np.array(places[: len(places) // 8 * 8], np.intp)


@lru_cache(maxsize=160)
def blocks(version: int, level: str) -> tuple[Block, ...]:
    """7.6: data codewords are dealt out to the blocks one by one, then the correction codewords."""
    total = layout(version).codewords
    count, correction = _BLOCKS[level][version - 1], _CORRECTION[level][version - 1]
    short, longer = divmod(total - correction * count, count)
    sizes = [short + (number >= count - longer) for number in range(count)]
    dealt: list[list[int]] = [[] for _ in range(count)]
    at = 0
    for turn in range(short + 1 + correction):
        for number in range(count):
            if turn == short and sizes[number] == short:
                continue
            dealt[number].append(at)
            at += 1
    return tuple(Block(tuple(places), correction) for places in dealt)


@lru_cache(maxsize=8)
def mask_rule(number: int, side: int) -> Bits:
    """7.8.2: 1 where the mask turns a module over."""
    i, j = np.indices((side, side))
    rule = (
        lambda: (i + j) % 2,
        lambda: i % 2,
        lambda: j % 3,
        lambda: (i + j) % 3,
        lambda: (i // 2 + j // 3) % 2,
        lambda: i * j % 2 + i * j % 3,
        lambda: (i * j % 2 + i * j % 3) % 2,
        lambda: ((i + j) % 2 + i * j % 3) % 2,
    )[number]
    return np.asarray(rule() == 0, np.uint8)


@lru_cache(maxsize=1)
def format_words() -> tuple[tuple[str, int, Signs], ...]:
    """7.9: level, mask, and the 15 bits (+1 dark, -1 light; bit 0 first) of each of the 32 format words."""
    words = []
    for level in LEVELS:
        for mask in range(8):
            data = rest = _LEVEL_BITS[level] << 3 | mask
            for _ in range(10):
                rest = rest << 1 ^ (rest >> 9) * 0x537
            word = (data << 10 | rest) ^ 0x5412
            words.append((level, mask, np.array([1 if word >> bit & 1 else -1 for bit in range(15)], np.int8)))
    return tuple(words)


def format_places(side: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """(row, column) of the 15 format bits, bit 0 first, in both places where they are written."""
    first = [*((row, 8) for row in range(6)), (7, 8), (8, 8), (8, 7), *((8, column) for column in range(5, -1, -1))]
    second = [*((8, side - 1 - bit) for bit in range(8)), *((side - 15 + bit, 8) for bit in range(8, 15))]
    return tuple(first), tuple(second)
