"""The rows that stand in the pages of a SQLite file and of its write-ahead log, read without SQLite.

For `salvage` alone: a damaged header, schema, tree or page keeps SQLite from rows whose own bytes are as they were
written. They are found by what a row of ours begins with, wherever it stands. Rule: nothing here is believed; whoever
calls holds each row against its checksum. Source: "Database File Format" and "WAL-mode File Format" at sqlite.org.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Value = int | float | str | bytes | None
Row = tuple[Value, ...]

PAGE = 4096
"""Of every journal; SQLite's own default."""
_WAL_HEADER, _FRAME = 32, 24
_AT_A_TIME = 256
_MOST_BYTES = 16 * 2**20
# The length of a row's header, then the types of its first columns: of `record`, NULL for the number and a kind of 7
# or 9 letters; of `earlier`, a journal of 16, a number, and such a kind.
_RECORD = rb"[\x08-\x20]\x00[\x1b\x1f]"
_EARLIER = rb"[\x08-\x20]\x2d[\x01-\x06\x08\x09][\x1b\x1f]"
_BEGINS = re.compile(rb"(?=" + _RECORD + rb"|" + _EARLIER + rb")")
_WIDTHS = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)
_REAL, _ZERO, _FIRST_BLOB = 7, 8, 12


@dataclass(frozen=True, slots=True)
class Found:
    """What looks like a row. number: SQLite's own for it; of a record, its sequence."""

    number: int
    columns: Row


class Unreadable(Exception):
    """Here is no row after all."""


class Pages:
    """A file and its log; each may be missing, cut short, or full of anything."""

    def __init__(self, main: Path, log: Path) -> None:
        self._main, self._log = main, log
        self._frames = _frames(log)

    def each(self) -> Iterator[bytes]:
        """Every page: those of the file, then those of the log, the newest first."""
        for number in range(-(-_size(self._main) // PAGE)):
            yield _read(self._main, number * PAGE)
        for _, offset in reversed(self._frames):
            yield _read(self._log, offset)

    def rows_of(self, page: bytes) -> Iterator[Found]:
        """What looks like a row of ours on that page."""
        for match in _BEGINS.finditer(page):
            for start in _starts(page, match.start()):
                try:
                    yield self._row(page, start)
                except (Unreadable, IndexError, struct.error):
                    continue

    def _row(self, page: bytes, start: int) -> Found:
        length, at = _varint(page, start)
        number, at = _varint(page, at)
        return Found(number, _columns(self._payload(page, at, length)))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        if length > _MOST_BYTES:
            raise Unreadable
        if length <= PAGE - 35:
            return page[at : at + length]
        least = (PAGE - 12) * 32 // 255 - 23
        here = least + (length - least) % (PAGE - 4)
        here = here if here <= PAGE - 35 else least
        parts, left = [page[at : at + here]], length - here
        (following,) = struct.unpack_from(">I", page, at + here)
        while left > 0:
            overflow = self._page(following)
            parts.append(overflow[4 : 4 + min(left, PAGE - 4)])
            left -= PAGE - 4
            (following,) = struct.unpack_from(">I", overflow)
        return b"".join(parts)

    def _page(self, number: int) -> bytes:
        """The newest of that number."""
        for known, offset in reversed(self._frames):
            if known == number:
                return _read(self._log, offset)
        if not 0 < number <= -(-_size(self._main) // PAGE):
            raise Unreadable
        return _read(self._main, (number - 1) * PAGE)


def words_in(main: Path, log: Path, pattern: re.Pattern[bytes], before: int) -> Iterator[str]:
    """Whatever in the two files matches, wherever it stands, with so many bytes before it."""
    for path in (main, log):
        if not path.exists():
            continue
        with path.open("rb") as file:
            last = b""
            while block := file.read(PAGE * _AT_A_TIME):
                data = last + block
                for match in pattern.finditer(data):
                    yield data[max(0, match.start() - before) : match.end()].decode(errors="replace")
                last = block[-PAGE:]


def _frames(log: Path) -> list[tuple[int, int]]:
    """Number and place of each page of the log's present round: what is left of an older one is not."""
    size, frames, salts = _size(log), [], set()
    for offset in range(_WAL_HEADER, size - _FRAME, _FRAME + PAGE):
        header = _read(log, offset, _FRAME)
        if offset == _WAL_HEADER:
            salts = {header[8:16], _read(log, 16, 8)}
        if header[8:16] in salts:
            frames.append((int.from_bytes(header[:4]), offset + _FRAME))
    return frames


def _starts(page: bytes, header: int) -> Iterator[int]:
    """Where a cell may begin whose row's header is there: before it stand two numbers, its length and its own."""
    for before in range(2, 13):
        start = header - before
        if start < 0:
            return
        try:
            if _varint(page, _varint(page, start)[1])[1] == header:
                yield start
        except IndexError:
            continue


def _columns(payload: bytes) -> Row:
    end, at = _varint(payload, 0)
    types, columns = [], []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    for kind in types:
        width = _WIDTHS[kind] if kind < len(_WIDTHS) else (kind - _FIRST_BLOB) // 2
        part = payload[at : at + width]
        if len(part) != width or width < 0:
            raise Unreadable
        columns.append(_value(kind, part))
        at += width
    return tuple(columns)


def _value(kind: int, part: bytes) -> Value:
    if kind >= _FIRST_BLOB:
        return part if kind % 2 == 0 else part.decode(errors="replace")
    if kind == 0:
        return None
    if kind == _REAL:
        value: float = struct.unpack(">d", part)[0]
        return value
    return kind - _ZERO if kind >= _ZERO else int.from_bytes(part, signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number, and what comes after it."""
    number = 0
    for count in range(8):
        byte = data[at + count]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + count + 1
    return number << 8 | data[at + 8], at + 9


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path, offset: int, length: int = PAGE) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length).ljust(length, b"\0")
