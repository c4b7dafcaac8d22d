"""`gate-hub restore`: a backup in the registry's place, as a new generation of it.

Rules: the hub is stopped; the registry before is set aside and never deleted, and what it has of the gates' records is
carried over as far as it is whole. The generation is larger than any before, so that the gates believe documents with
lower numbers, and send again whatever a receipt does not cover: all that they hold, at least the last seven days.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec import Struct, json

from hub import control
from hub.keeping.backup import Backup, BackupFailed, describe, look_through
from hub.registry import Registry, carrying, opened, recoveries, soundness
from hub.registry.mending import AT_ONCE_SECONDS, forget
from hub.registry.replacing import RESTORED, replace
from hub.registry.seals import SEALED
from hub.settings import Settings

_OF_THE_OFFICE = ('["policy"]', '["quiet_hours"]')


class Restored(Struct, frozen=True):
    """set_aside: the registry before; None where there was none. gone: how many rows of each table it had that the
    backup has not, or has otherwise; None where it cannot be read. records: what was carried over from it."""

    backup: Backup
    generation: int
    set_aside: Path | None
    gone: dict[str, int] | None
    records: int


def restore(settings: Settings, file: Path, now: datetime) -> Restored:
    """Raises BackupFailed, DataInUse, RegistryRefused, OSError."""
    backup = describe(file)
    if backup.compound != settings.compound:
        raise BackupFailed(
            f"{file} belongs to compound {backup.compound!r}, the settings name {settings.compound!r}; name another"
            " backup, or correct `compound` in hub.toml"
        )
    found = look_through(file)
    if found:
        raise BackupFailed(f"{file} is damaged itself, so nothing was changed; name an older backup", found)
    with control.exclusive(settings):
        return _put_in_place(settings.registry, file, backup, now)


def _put_in_place(path: Path, file: Path, backup: Backup, now: datetime) -> Restored:
    fresh = path.with_name(RESTORED.format(path.name))
    for suffix in ("", "-wal", "-shm"):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    shutil.copyfile(file, fresh)
    before = _meta(path)
    gone = _gone(path, file) if before is not None else None
    above = int(before["generation"]) if before and before.get("generation", "").isdecimal() else 0
    aside = path.with_name(f"{path.name}.replaced-{now:%Y%m%dT%H%M%SZ}") if path.exists() else None
    with opened(fresh, now) as registry:
        generation = registry.run(lambda each: each.begin_generation(now, above))
        registry.run(lambda each: _note(each, backup, aside, gone, now))
    if aside is not None:
        replace(path, fresh, aside)
    else:
        fresh.rename(path)
    forget(path)
    with opened(path, now) as registry:
        carried = carrying.carry_on(registry, AT_ONCE_SECONDS)
    return Restored(backup, generation, aside, gone, carried)


def _note(registry: Registry, backup: Backup, aside: Path | None, gone: dict[str, int] | None, now: datetime) -> None:
    """What is still to be carried over, and for the office that all this happened."""
    if aside is not None:
        carrying.plan(registry, [Path(aside.name)])
    again = None if gone is None else sum(gone.values())
    name = "" if aside is None else aside.name
    recoveries.put(registry, recoveries.RESTORED, now, name, backed_up_at=backup.at, other=again)


def _meta(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    try:
        with closing(soundness.reading(path)) as connection:
            return dict(connection.execute("SELECT key, value FROM meta"))
    except sqlite3.DatabaseError:
        return None


def _gone(path: Path, file: Path) -> dict[str, int] | None:
    """What of the office's rows stands in the registry and not so in the backup."""
    try:
        with closing(soundness.reading(path)) as newer, closing(soundness.reading(file)) as older:
            return {table: count for table in SEALED if (count := len(_rows(newer, table) - _rows(older, table)))}
    except sqlite3.DatabaseError:
        return None


def _rows(connection: sqlite3.Connection, table: str) -> set[tuple[str, str]]:
    """As far as the office made them."""
    found = soundness.copies(connection, table)
    rows = found.twins | found.rows
    if table == "meta":
        rows = {key: said for key, said in rows.items() if key in _OF_THE_OFFICE}
    elif table == "station":
        rows = {key: json.encode(json.decode(said)[:-2]).decode() for key, said in rows.items()}
    return set() if table in ("journal", "recovery") else set(rows.items())
