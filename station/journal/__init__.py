"""The journal: every passage and amendment of this station, on the disk before anything speaks of it.

`rows` says what is in the file, `opening` opens or begins one, `writer` is the loop's hand at it, `reader` everybody
else's, `ranges` what a receipt covers, `witness` the note beside it of how far it goes.

Rules of the folder: one connection writes and makes all checkpoints (two that do so at once can corrupt a SQLite older
than 3.51.3). A body never changes; `confirmed` is the one column that does, and only a receipt of the hub sets it. No
row is handed out whose checksum does not hold.
"""

from station.journal.opening import open_journal, set_aside
from station.journal.reader import JournalReader
from station.journal.rows import SCHEMA_VERSION, JournalBroken, JournalUnusable, Whole
from station.journal.writer import Journal

__all__ = [
    "SCHEMA_VERSION",
    "Journal",
    "JournalBroken",
    "JournalReader",
    "JournalUnusable",
    "Whole",
    "open_journal",
    "set_aside",
]
