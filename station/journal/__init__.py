"""The journal: every passage and amendment of this station, on the disk before anything speaks of it.

`rows` says what is in the file, `opening` opens or begins one, `writer` is the loop's hand at it, `reader` everybody
else's. `ranges` is what a receipt covers, `witness` the note beside the file of how far it goes, `retention` what is
kept for how long, `reserve` the room kept for a full disk. Of a file that is not as it was written speak `check`,
`aside`, `salvage` and `pages`, in that order.

Rules of the folder: one connection writes and makes all checkpoints (two that do so at once can corrupt a SQLite older
than 3.51.3). A body never changes; `confirmed` is the one column that does, and only a receipt of the hub sets it. No
row is handed out whose checksum does not hold.
"""

from station.journal.aside import DAMAGED, set_aside
from station.journal.check import check_fully
from station.journal.opening import open_journal
from station.journal.reader import JournalReader
from station.journal.reserve import Reserve, free_bytes
from station.journal.rows import (
    SCHEMA_VERSION,
    DiskFull,
    JournalBroken,
    JournalDamaged,
    JournalUnusable,
    Whole,
)
from station.journal.salvage import Salvage, Salvaged
from station.journal.writer import Journal

__all__ = [
    "DAMAGED",
    "SCHEMA_VERSION",
    "DiskFull",
    "Journal",
    "JournalBroken",
    "JournalDamaged",
    "JournalReader",
    "JournalUnusable",
    "Reserve",
    "Salvage",
    "Salvaged",
    "Whole",
    "check_fully",
    "free_bytes",
    "open_journal",
    "set_aside",
]
