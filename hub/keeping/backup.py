"""`gate-hub backup`: a copy of the registry as it stood at one moment, whole and checked, or none at all.

Made by whoever gives the command, over a reader's connection of its own: the hub goes on writing meanwhile, and nothing
waits. Rules: a copy that is not sound is no backup; it holds all that the office knows of people, so it is for its
owner's eyes alone; old ones go when there are enough newer ones.
"""

import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from hub.registry import seals, soundness
from hub.registry.instants import read, written
from hub.registry.soundness import Finding

PAGES_AT_ONCE = 512
PAUSE_SECONDS = 0.002
USUAL_KEPT = 14
_NAME = re.compile(r"registry-[a-z0-9-]+-\d{8}T\d{6}Z\.sqlite")
_MOST_TOLD = 20

Progress = Callable[[int, int], None]


class BackupFailed(Exception):
    """No backup was made, or none can be used; the message says why and what to do. details: line by line."""

    def __init__(self, why: str, details: tuple[Finding, ...] = ()) -> None:
        super().__init__(why)
        self.details = tuple(map(str, details))[:_MOST_TOLD]


class Backup(Struct, frozen=True):
    """A copy of a registry. at: the moment of which it is. records, passages: how many it holds."""

    path: Path
    compound: str
    generation: int
    at: datetime
    records: int
    bytes: int


def name_of(compound: str, now: datetime) -> str:
    return f"registry-{compound}-{now:%Y%m%dT%H%M%SZ}.sqlite"


def take(
    registry: Path,
    to: Path,
    compound: str,
    now: datetime,
    progress: Progress = lambda _done, _all: None,
    pages_at_once: int = PAGES_AT_ONCE,
) -> Backup:
    """Copy the registry to a folder, under a dated name, or to a new file; progress: told after so many pages each.

    Raises BackupFailed, OSError.
    """
    path = to / name_of(compound, now) if to.is_dir() else to
    if path.exists():
        raise BackupFailed(f"{path} exists already, and a backup is never written over; name another file")
    partial = path.with_name(f".{path.name}.partial")
    os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        _copy(registry, partial, now, progress, pages_at_once)
        found = look_through(partial)
        if found:
            raise BackupFailed(
                f"{registry} is damaged, so no backup was made of it; run gate-hub verify, and keep the backups that"
                " there are",
                found,
            )
        _put(partial, path)
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    return describe(path)


def look_through(path: Path) -> tuple[Finding, ...]:
    """Everything that is wrong with a registry or a backup, however long that takes."""
    try:
        with closing(soundness.reading(path)) as connection:
            found = list(soundness.structure(connection))
            checks = () if found else (soundness.schema, soundness.office, soundness.records)
            return (*found, *(each for check in checks for each in check(connection)))
    except sqlite3.DatabaseError as cause:
        return (Finding("file", "", str(cause)),)


def describe(path: Path) -> Backup:
    """Raises BackupFailed where the file is no backup of a registry."""
    try:
        with closing(soundness.reading(path)) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            (records,) = connection.execute("SELECT count(*) FROM record").fetchone()
            at = read(meta.get("backed_up_at") or meta["created_at"])
            return Backup(path, meta["compound"], int(meta["generation"]), at, records, path.stat().st_size)
    except (sqlite3.DatabaseError, KeyError, ValueError) as cause:
        raise BackupFailed(f"{path} is no backup of a registry ({cause}); name another file") from cause


def listed(folder: Path, compound: str) -> list[Path]:
    """The backups of that compound in a folder, the newest first, by their names."""
    if not folder.is_dir():
        return []
    ours = (each for each in folder.glob(f"registry-{compound}-*.sqlite") if _NAME.fullmatch(each.name))
    return sorted(ours, key=lambda each: each.name[-23:], reverse=True)


def drop_old(folder: Path, compound: str, kept: int) -> list[Path]:
    """Remove all but the newest; which ones went."""
    old = listed(folder, compound)[kept:]
    for each in old:
        each.unlink()
    return old


def _copy(registry: Path, partial: Path, now: datetime, progress: Progress, pages: int) -> None:
    """One moment's state: the reader's transaction stands still while the hub goes on."""
    try:
        with closing(soundness.reading(registry)) as source, closing(sqlite3.connect(partial)) as target:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()

            def step(_status: int, remaining: int, total: int) -> None:
                progress(total - remaining, total)
                time.sleep(PAUSE_SECONDS)

            source.backup(target, pages=pages, progress=step)
            target.execute("PRAGMA journal_mode = DELETE")
            seals.seal(target)
            target.execute("INSERT OR REPLACE INTO meta VALUES ('backed_up_at', ?)", (written(now),))
            target.commit()
    except sqlite3.Error as cause:
        raise BackupFailed(f"{registry} could not be copied: {cause}; run gate-hub verify") from cause


def _put(partial: Path, path: Path) -> None:
    """Under its name once all of it is on the disk."""
    for each, flags in ((partial, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(each, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if each is partial:
            partial.rename(path)
