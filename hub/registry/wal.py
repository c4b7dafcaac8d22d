"""What SQLite's write-ahead log holds, read by ourselves: SQLite takes the first frame whose checksum does not fit for
the end of the log, so a flipped bit there would cost every commit behind it without a word.

Asked before a registry is opened. Format: https://www.sqlite.org/fileformat2.html#walformat
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

HEADER, FRAME, INDEX = 32, 24, 136
SECTOR = 512
"""What a disk takes whole or not at all."""
_LITTLE, _BIG = 0x377F0682, 0x377F0683


class Frame(Struct, frozen=True):
    """One page in the log. offset: of its bytes in the file. ends: whether it says that a commit ends with it.

    follows: upon the frame that stands before it, by its checksum. whole: all before it do so as well.
    """

    page: int
    offset: int
    ends: bool
    follows: bool
    whole: bool

    @property
    def surely_ends(self) -> bool:
        """Page and size may stand on one sector and all else of the frame's head on the next. Where a power cut had the
        disk take the second alone, the size is that of whatever an older log had there."""
        is_split = (self.offset - FRAME) % SECTOR == SECTOR - 8
        return self.ends and (self.follows or not is_split)


class Wal(Struct, frozen=True):
    """frames: those of this log, in order, also behind one that is not whole.

    promised: how many were committed, by the index that SQLite keeps beside the log; it outlives a killed hub.
    copied: how many of those had been copied into the database.
    """

    path: Path
    page_size: int
    frames: tuple[Frame, ...]
    promised: int = 0
    copied: int = 0

    @property
    def whole_frames(self) -> int:
        return next((at for at, frame in enumerate(self.frames) if not frame.whole), len(self.frames))

    @property
    def committed(self) -> tuple[Frame, ...]:
        """Those up to the last commit, as far as anything tells: behind it stands what a killed hub was still writing,
        or what was taken back."""
        through = max((self._place(frame) + 1 for frame in self.frames if frame.ends), default=0)
        return tuple(frame for frame in self.frames if self._place(frame) < max(through, self.promised))

    def _place(self, frame: Frame) -> int:
        return (frame.offset - HEADER - FRAME) // (FRAME + self.page_size)

    @property
    def missing(self) -> int:
        """Committed frames that are neither whole nor in the database."""
        return max(0, self.promised - max(self.copied, self.whole_frames))

    @property
    def is_superfluous(self) -> bool:
        """All that was committed stands in the database, and here not all of it any more: SQLite would lay the older
        pages before the damage over the newer ones there. An index that a power cut left behind may know too little."""
        goes_on = any(self._place(frame) >= self.promised for frame in self.frames if frame.ends)
        return 0 < self.promised == self.copied and self.whole_frames < self.promised and not goes_on

    @property
    def is_torn(self) -> bool:
        """Something was being committed when it ended, or was damaged later."""
        return any(frame.ends for frame in self.frames[self.whole_frames :])

    @property
    def is_damaged(self) -> bool:
        """More was lost than a power cut can tear: each commit is on the disk before the next begins.

        Behind it may stand frames of a longer one that was cut off or taken back, since SQLite keeps the salts of a log
        in which nothing was committed yet; they do not follow upon its end.
        """
        behind = self.frames[self.whole_frames :]
        ends = [at for at, frame in enumerate(behind) if frame.surely_ends]
        went_on = any(behind[at + 1].follows for at in ends if at + 1 < len(behind))
        return self.missing > 0 or len(ends) > 1 or went_on


def wal_of(database: Path) -> Wal | None:
    """The log beside a database; None where there is none, or nothing in it, and nobody misses it."""
    path = database.with_name(f"{database.name}-wal")
    raw = path.read_bytes() if path.exists() else b""
    magic, _, page_size = struct.unpack(">III", raw[:12].ljust(12, b"\0"))
    if magic not in (_LITTLE, _BIG) or page_size not in (2**n for n in range(9, 17)):
        magic, page_size = _LITTLE, 4096
    salts = raw[16:24] if _is_head(raw, magic) else raw[HEADER + 8 : HEADER + 16]
    frames = tuple(_frames(raw, magic, page_size, salts))
    promised, copied = _promised(database, raw[16:24] if _is_head(raw, magic) else b"")
    return Wal(path, page_size, frames, promised, copied) if frames or promised > copied else None


def _promised(database: Path, salts: bytes) -> tuple[int, int]:
    """What the log's index says of this log; nothing where it is another's. Its numbers are in this machine's order."""
    path = database.with_name(f"{database.name}-shm")
    index = path.read_bytes()[:INDEX] if path.exists() else b""
    if len(index) < INDEX or index[:48] != index[48:96] or not index[12] or (salts and index[32:40] != salts):
        return 0, 0
    return int.from_bytes(index[16:20], sys.byteorder), int.from_bytes(index[96:100], sys.byteorder)


def _is_head(raw: bytes, magic: int) -> bool:
    return len(raw) >= HEADER and struct.unpack(">II", raw[24:32]) == _sum(raw[:24], 0, 0, _order(magic))


def _order(magic: int) -> str:
    return "<" if magic == _LITTLE else ">"


def _frames(raw: bytes, magic: int, page_size: int, salts: bytes) -> Iterator[Frame]:
    """Those that belong to this log by their salts, which every reset of the log draws anew."""
    order, whole = _order(magic), _is_head(raw, magic)
    first, second = _sum(raw[:24], 0, 0, order) if len(raw) >= HEADER else (0, 0)
    for at in range(HEADER, len(raw) - FRAME - page_size + 1, FRAME + page_size):
        head, page = raw[at : at + FRAME], raw[at + FRAME : at + FRAME + page_size]
        number, size, _, _, told_first, told_second = struct.unpack(">6I", head)
        follows = head[8:16] == salts and _sum(head[:8] + page, first, second, order) == (told_first, told_second)
        first, second, whole = told_first, told_second, whole and follows
        if head[8:16] == salts:
            yield Frame(number, at + FRAME, size != 0, follows, whole)


def _sum(data: bytes, first: int, second: int, order: str) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
