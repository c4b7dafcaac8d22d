"""The pages of a damaged database, read by ourselves: SQLite reaches a row through its tree alone, so one bit in a
branch hides thousands that are whole.

`hub.registry.salvage` and `carrying` look for rows that carry a checksum of their own, wherever they stand. Rule: what
is found here counts only where that checksum fits. Format: https://www.sqlite.org/fileformat2.html
"""

import struct
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any

from msgspec import Struct

from hub.registry.wal import Wal, wal_of

Row = tuple[Any, ...]
_BRANCH, _LEAF = 0x02, 0x0A
_TREES = (0x02, 0x05, 0x0A, 0x0D)
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
USUAL_PAGE = 4096


class Torn(Exception):
    """These bytes are no row."""


class Version(Struct, frozen=True):
    """One of a page in the log. commit: which one wrote it, counted from 1."""

    commit: int
    offset: int


class Pages:
    """A database file and what its log holds of later pages that were committed, whether or not SQLite would believe
    that log.

    What is read is as the last commit left it, or for `_as_of`, an earlier one.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        told = int.from_bytes(self._file.read(18)[16:18], "big")
        self.size = told if told in (512 << n for n in range(7)) else USUAL_PAGE
        self._count = self._file.seek(0, 2) // self.size
        wal = wal_of(path)
        self._later: dict[int, list[Version]] = {}
        if wal is not None and wal.page_size == self.size:
            self._later = _versions(wal)
        self._log = wal.path.open("rb") if wal is not None and self._later else None
        self._until: int | None = None

    def __enter__(self) -> "Pages":
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        if self._log is not None:
            self._log.close()

    @property
    def count(self) -> int:
        """Pages; what the log tells of pages far behind the end cannot be meant."""
        return max([self._count, *(each for each in self._later if each <= self._count + len(self._later))])

    def page(self, number: int) -> bytes:
        """Counted from 1; b"" where there is none."""
        later = next((each for each in reversed(self._later.get(number, ())) if self._is_asked_for(each)), None)
        if self._log is not None and later is not None:
            self._log.seek(later.offset)
            return self._log.read(self.size)
        if not 0 < number <= self._count:
            return b""
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)

    def rows(self, number: int, columns: int, is_whole: Callable[[Row], bool], everywhere: bool) -> list[Row]:
        """The rows of so many columns on a page of a table without rowids, as far as they are whole.

        everywhere: also on each earlier version of the page, in the log and in the file, and where one is damaged, at
        each of its bytes. What a page no longer needs may stand there still, so that is right only for rows that never
        change.
        """
        found = self._rows(number, columns, is_whole, everywhere)
        if everywhere and number in self._later:
            # The newest version may be what a power cut tore, or a bit flipped in; an older one is whole all the same.
            for commit in (0, *(each.commit for each in self._later[number][:-1])):
                found += self._as_of(commit)._rows(number, columns, is_whole, everywhere)
        return found

    def _as_of(self, commit: int) -> "Pages":
        older = copy(self)
        older._until = commit
        return older

    def _is_asked_for(self, version: Version) -> bool:
        return self._until is None or version.commit <= self._until

    def _rows(self, number: int, columns: int, is_whole: Callable[[Row], bool], everywhere: bool) -> list[Row]:
        page = self.page(number)
        if number == 1 or len(page) < self.size or not any(page):
            return []
        tried = [self._row_at(page, at, columns) for at in _cells(page, page[0])]
        found = [row for row in tried if row is not None and is_whole(row)]
        if everywhere and (self._is_strange(page, columns, is_whole) if not found else len(found) < len(tried)):
            return self._anywhere(page, columns, is_whole)
        return found

    def _is_strange(self, page: bytes, columns: int, is_whole: Callable[[Row], bool]) -> bool:
        """Whether a page on which no row was found is one of another table, or has lost its head."""
        if page[0] in _TREES and page[3:5] == bytes(2):
            # Without a cell; only a page that says so wrongly holds anything.
            return any(page[12:])
        if page[0] == _LEAF:
            return False
        as_leaf = (self._row_at(page, at, columns) for at in _cells(page, _LEAF))
        return page[0] not in _TREES or any(row is not None and is_whole(row) for row in as_leaf)

    def _anywhere(self, page: bytes, columns: int, is_whole: Callable[[Row], bool]) -> list[Row]:
        # Behind the length, of one to three bytes, stands how long the row's head is.
        heads = frozenset(range(columns + 1, 2 * columns + 2))
        places = (at for at in range(8, len(page) - 4) if not heads.isdisjoint(page[at + 1 : at + 4]))
        tried = (self._row_at(page, at, columns) for at in places)
        return [row for row in tried if row is not None and is_whole(row)]

    def _row_at(self, page: bytes, at: int, columns: int) -> Row | None:
        try:
            length, start = _varint(page, at)
            head, kinds = _varint(page, start)
            # Cheap refusals first: nearly every place that is tried holds something else.
            if not columns < head <= 1 + 9 * columns or length < head or length > 2**30:
                return None
            payload = self._payload(page, start, length)
            return _decoded(payload, kinds - start, head, columns)
        except (Torn, IndexError, struct.error, UnicodeDecodeError):
            return None

    def _payload(self, page: bytes, start: int, length: int) -> bytes:
        """With what flows over onto other pages."""
        most = (self.size - 12) * 64 // 255 - 23
        if length <= most:
            return page[start : start + length]
        least = (self.size - 12) * 32 // 255 - 23
        local = least + (length - least) % (self.size - 4)
        local = local if local <= most else least
        parts, left = [page[start : start + local]], length - local
        following = int.from_bytes(page[start + local : start + local + 4], "big")
        while left > 0:
            more = self.page(following)
            if not more:
                raise Torn
            parts.append(more[4 : 4 + left])
            left -= self.size - 4
            following = int.from_bytes(more[:4], "big")
        return b"".join(parts)


def _versions(wal: Wal) -> dict[int, list[Version]]:
    """By page, in the order of the log."""
    versions: dict[int, list[Version]] = {}
    commit = 1
    for frame in wal.committed:
        versions.setdefault(frame.page, []).append(Version(commit, frame.offset))
        commit += frame.ends
    return versions


def _cells(page: bytes, kind: int) -> Iterator[int]:
    """Where the payloads of a page's cells begin, if it is of that kind."""
    if kind not in (_BRANCH, _LEAF):
        return
    head, child = (12, 4) if kind == _BRANCH else (8, 0)
    for cell in range(int.from_bytes(page[3:5], "big")):
        place = page[head + 2 * cell : head + 2 * cell + 2]
        if len(place) < 2:
            return
        yield int.from_bytes(place, "big") + child


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number, and where it ends."""
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def _decoded(payload: bytes, at: int, head: int, columns: int) -> Row:
    kinds = []
    while at < head:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if len(kinds) != columns or at != head:
        raise Torn
    row: list[Any] = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        row.append(value)
    if at != len(payload):
        raise Torn
    return tuple(row)


def _value(payload: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in _INTEGER_BYTES:
        end = at + _INTEGER_BYTES[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind in (8, 9):
        return kind - 8, at
    if kind < 12:
        raise Torn
    end = at + (kind - 12) // 2
    return (payload[at:end].decode() if kind % 2 else payload[at:end]), end
