"""A note beside the journal of how far it goes, so that a journal that ends too early is known for what it is.

SQLite takes a write-ahead log as ended where its first frame is damaged: everything behind it would be gone without a
word. The writer notes the newest number after each commit. Rule: it is never synced, so it may lag behind the journal
after a power cut, and it can never be ahead of it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from gate.names import JournalId
from station.journal.rows import sealed, unsealed

BYTES = 128


@dataclass(frozen=True, slots=True)
class Noted:
    """newest: the last sequence. pruned: through which sequence all that was confirmed may be gone."""

    journal: JournalId
    newest: int
    pruned: int


class Witness:
    """The note at that path; made where there is none. A disk that refuses is the journal's matter, not this one's."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            self._file = -1

    def note(self, noted: Noted) -> None:
        text = sealed(f"{noted.journal} {noted.newest} {noted.pruned}")
        if self._file < 0:
            return
        try:
            os.pwrite(self._file, text.encode().ljust(BYTES), 0)
        except OSError:
            return

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def witness_path(journal: Path) -> Path:
    return journal.with_name(journal.name + "-newest")


def read_witness(journal: Path) -> Noted | None:
    """None where there is none, or none that can be read."""
    try:
        text = unsealed(witness_path(journal).read_text(errors="replace").rstrip())
    except OSError:
        return None
    words = text.split() if text is not None else []
    if len(words) != 3 or not (words[1].isdecimal() and words[2].isdecimal()):
        return None
    return Noted(words[0], int(words[1]), int(words[2]))
