"""What so many power cuts came to: counted over all of them, with the first complaints in words.

Filled by `journal_cuts` and `registry_cuts`, each in a process of its own, and added up by the campaign.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

MOST_COMPLAINTS = 10


class Trial(NamedTuple):
    """Which of all cuts of a seed: of which story, of which of its lives, and which of that life's cuts."""

    story: int
    life: int
    cut: int

    @classmethod
    def read(cls, text: str) -> "Trial":
        """As `__str__` writes it."""
        return cls(*map(int, text.split(".")))

    def __str__(self) -> str:
        return f"{self.story}.{self.life}.{self.cut}"


class Verdict(Struct):
    """lost: rows that somebody had been told of and that are not there. doubled: rows that are there twice.

    corrupt: files that cannot be opened, or rows that are not what was written. cut_short: trials that lost anything.
    at: the trial that is complained of, as its arm takes it to try that one alone.
    """

    trials: int = 0
    lost: int = 0
    doubled: int = 0
    corrupt: int = 0
    cut_short: int = 0
    events: int = 0
    at: str = ""
    complaints: list[str] = []

    def comes_to(self, trial: Trial, only: Trial | None) -> bool:
        """Whether it is to be judged; from now on complaints are of this one."""
        self.at = str(trial)
        return only in (None, trial)

    def complain(self, what: str) -> None:
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(f"{self.at}: {what}" if self.at else what)

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
