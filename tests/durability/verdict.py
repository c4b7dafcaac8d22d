"""What so many power cuts came to: counted over all of them, with the first complaints in words.

Filled by `journal_cuts` and `registry_cuts`, each in a process of its own, and added up by the campaign.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

MOST_COMPLAINTS = 10


class Verdict(Struct):
    """lost: rows that somebody had been told of and that are not there. doubled: rows that are there twice.

    corrupt: files that cannot be opened, or rows that are not what was written. cut_short: trials that lost anything.
    """

    trials: int = 0
    lost: int = 0
    doubled: int = 0
    corrupt: int = 0
    cut_short: int = 0
    events: int = 0
    complaints: list[str] = []

    def complain(self, what: str) -> None:
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(what)

    def add(self, other: "Verdict") -> None:
        for name in ("trials", "lost", "doubled", "corrupt", "cut_short", "events"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for each in other.complaints:
            self.complain(each)


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that no disk slows down; what is to be cut off is decided by `cuts`, not by the machine."""
    roomy = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="gate-cuts-", dir=roomy if os.access(roomy, os.W_OK) else None) as folder:
        yield Path(folder)
