"""Cells that a workbook's merged blocks hide below their first row: empty in the file, and not to those who look at it.

hub.sheet.cells asks row by row, since openpyxl tells of no merging while it streams. Rule: whoever merged 居家隔离 over
four people has isolated four, so that the three below are never read as nothing.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import IO

_BLOCK = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 2**20
# No list of people has as many; the file is then as good as damaged.
_MOST_BLOCKS = 200_000
# Longer than any such element, so that none is cut in two.
_OVERLAP = 512

Block = tuple[int, int, int, int]
"""First and last row, first and last column; from 1."""


class MergedDown:
    """part: a sheet's XML. most_columns: how far to the right anybody looks. Raises ValueError for endless blocks."""

    def __init__(self, part: IO[bytes], most_columns: int) -> None:
        self._most = most_columns
        self._waiting = sorted(islice(_blocks(part), _MOST_BLOCKS + 1), reverse=True)
        if len(self._waiting) > _MOST_BLOCKS:
            raise ValueError("more merged blocks than a list of people has")
        self._until: dict[int, int] = {}

    def columns(self, row: int) -> list[int]:
        """Which columns, from 1, are hidden in that row; to be asked for one row after the other."""
        while self._waiting and self._waiting[-1][0] < row:
            _, bottom, left, right = self._waiting.pop()
            for column in range(left, min(right, self._most) + 1):
                self._until[column] = max(bottom, self._until.get(column, 0))
        return [column for column, bottom in self._until.items() if row <= bottom]


def _blocks(part: IO[bytes]) -> Iterator[Block]:
    """Those of more than one row."""
    before = b""
    while chunk := part.read(_CHUNK):
        for left, top, right, bottom in _BLOCK.findall(before + chunk):
            if int(bottom) > int(top):
                yield int(top), int(bottom), _number(left), _number(right)
        before = (before + chunk)[-_OVERLAP:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
