"""What SQLite's write-ahead log holds, read by ourselves: SQLite takes the first frame whose checksum does not fit for
the end of the log, so a flipped bit there would cost every commit behind it without a word.

Asked before a registry is opened. Format: https://www.sqlite.org/fileformat2.html#walformat
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

HEADER, FRAME = 32, 24
_LITTLE, _BIG = 0x377F0682, 0x377F0683


class Frame(Struct, frozen=True):
    """One page in the log. offset: of its bytes in the file. ends: whether a commit ends with it."""

    page: int
    offset: int
    ends: bool
    whole: bool


class Wal(Struct, frozen=True):
    """frames: those of this log, in order, also behind one that is not whole."""

    path: Path
    page_size: int
    frames: tuple[Frame, ...]

    @property
    def whole_frames(self) -> int:
        return next((at for at, frame in enumerate(self.frames) if not frame.whole), len(self.frames))

    @property
    def is_torn(self) -> bool:
        """Something was being written when it ended, or was damaged later."""
        return self.whole_frames < len(self.frames)

    @property
    def is_damaged(self) -> bool:
        """More was lost than a power cut can tear: each commit is on the disk before the next begins."""
        ends = [frame.ends for frame in self.frames[self.whole_frames :]]
        return sum(ends) > 1 or (any(ends) and not ends[-1])


def wal_of(database: Path) -> Wal | None:
    """The log beside a database; None where there is none, or nothing in it."""
    path = database.with_name(f"{database.name}-wal")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(raw) < HEADER + FRAME:
        return None
    magic, _, page_size = struct.unpack(">III", raw[:12])
    if magic not in (_LITTLE, _BIG) or page_size not in (2**n for n in range(9, 17)):
        magic, page_size = _LITTLE, 4096
    return Wal(path, page_size, tuple(_frames(raw, magic, page_size)))


def _frames(raw: bytes, magic: int, page_size: int) -> Iterator[Frame]:
    """Those that belong to this log by their salts, which every reset of the log draws anew."""
    order = "<" if magic == _LITTLE else ">"
    first, second = _sum(raw[:24], 0, 0, order)
    whole = struct.unpack(">II", raw[24:32]) == (first, second)
    salts = raw[16:24] if whole else raw[HEADER + 8 : HEADER + 16]
    for at in range(HEADER, len(raw) - FRAME - page_size + 1, FRAME + page_size):
        head, page = raw[at : at + FRAME], raw[at + FRAME : at + FRAME + page_size]
        if head[8:16] != salts:
            whole = False
            continue
        first, second = _sum(head[:8] + page, first, second, order)
        number, size, told_first, told_second = (*struct.unpack(">II", head[:8]), *struct.unpack(">II", head[16:24]))
        whole = whole and (first, second) == (told_first, told_second)
        yield Frame(number, at + FRAME, size != 0, whole)


def _sum(data: bytes, first: int, second: int, order: str) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
