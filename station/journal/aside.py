"""Setting a journal aside: renamed with all that belongs to it, never deleted; and which of them await salvage."""

import sqlite3
from datetime import datetime
from pathlib import Path

from station.journal.rows import read_meta, sealed, write_meta

DAMAGED = "damaged"
_PARTS = ("-wal", "-shm", "-newest")


def set_aside(path: Path, why: str, now: datetime) -> Path:
    """Rename it; the new name of its main file. Raises OSError.

    While a connection to it is still open, too: closed under another name, SQLite leaves its log as it is.
    """
    kept = path.with_name(f"{path.name}.{why}-{now:%Y%m%dT%H%M%S%f}")
    for suffix in ("", *_PARTS):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    return kept


def finish_setting_aside(path: Path) -> None:
    """Where a kill came between the names: what stands there without its main file follows it.

    SQLite would take a log without its file for rubbish, and there may be a day's records in it. Raises OSError.
    """
    left = [suffix for suffix in _PARTS if path.with_name(path.name + suffix).exists()]
    if path.exists() or not left:
        return
    mains = [each for each in path.parent.glob(f"{path.name}.*-*") if not each.name.endswith(_PARTS)]
    # Where somebody took away the file alone, its log is salvaged by itself.
    nameless = path.with_name(f"{path.name}.{DAMAGED}-0")
    kept = max(mains, key=lambda each: each.name.rpartition("-")[2], default=nameless)
    for suffix in left:
        into = kept.with_name(kept.name + suffix)
        if not into.exists():
            path.with_name(path.name + suffix).rename(into)


def awaiting_salvage(journal: Path, connection: sqlite3.Connection) -> list[Path]:
    """Main files of damaged journals of which the present one has not taken over what is whole, oldest first."""
    # The main file may be the very part that is gone.
    mains = {_main_of(part) for part in journal.parent.glob(f"{journal.name}.{DAMAGED}-*")}
    return sorted(each for each in mains if read_meta(connection, _key(each.name)) is None)


def note_salvaged(connection: sqlite3.Connection, name: str, result: str) -> None:
    """result: for whoever looks into the file."""
    write_meta(connection, _key(name), sealed(result))


def _main_of(part: Path) -> Path:
    suffix = next((suffix for suffix in _PARTS if part.name.endswith(suffix)), "")
    return part.with_name(part.name.removesuffix(suffix))


def _key(name: str) -> str:
    return f"salvaged {name}"
