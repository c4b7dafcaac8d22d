"""What is done about a registry's file before it is opened: nothing, nearly always.

Rules: a damaged file is never written to again; a log that a power cut has torn begins a new generation, since a commit
that was receipted could be in it, and the gates then send again whatever no receipt covers; a damaged log of which all
stands in the file as well is laid by.
"""

import logging
import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hub.registry import RegistryRefused, carrying, opened, replacing, salvage, soundness
from hub.registry.soundness import Finding
from hub.registry.wal import Wal, wal_of

MARKED = "-is-damaged"
"""How the file's name ends in which `gate-hub verify` notes what it found in a registry, for the hub's next start."""
BACKUPS = "backups"
AT_ONCE_SECONDS = 1.5
_MOST_TOLD = 20

log = logging.getLogger(__name__)


def mend(path: Path, now: datetime) -> bool:
    """Set a damaged file aside; whether a new generation has to begin because the log was torn.

    Raises RegistryRefused where nothing can be saved; then nothing has changed.
    """
    replacing.finish(path)
    wal = _log_of(path, now)
    causes = [*_noted(path), *soundness.at_opening(path)]
    if causes:
        begin_anew(path, causes, now)
        return False
    torn = wal is not None and wal.is_torn
    if torn:
        log.warning("the registry's log was torn as the hub ended; the gates send again what its end may have held")
    return torn


def _log_of(path: Path, now: datetime) -> Wal | None:
    """Laid by, and None, where it is damaged and all that it holds stands in the file as well."""
    wal = wal_of(path)
    if wal is None or not wal.is_superfluous:
        return wal
    aside = path.with_name(f"{path.name}.log-damaged-{now:%Y%m%dT%H%M%SZ}")
    wal.path.rename(aside)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    log.warning("the registry's log was damaged once all of it stood in the registry as well; kept as %s", aside.name)
    return None


def note(path: Path, findings: Sequence[Finding]) -> None:
    """For the next opening of this registry, which then sets it aside; systemd's gate-mend.path waits for this file."""
    text = "\n".join(map(str, findings[:_MOST_TOLD])) + "\n"
    handle = os.open(_mark(path), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)


def newest_backup(path: Path) -> Path | None:
    found = sorted((path.parent / BACKUPS).glob("registry-*.sqlite"), key=lambda each: each.name[-23:])
    return found[-1] if found else None


def is_damage(cause: sqlite3.DatabaseError) -> bool:
    """Whether SQLite says that the file is no database any more, and not that it is busy, or the disk full."""
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def found(cause: sqlite3.DatabaseError) -> Finding:
    return Finding("file", "", str(cause))


def begin_anew(path: Path, causes: list[Finding], now: datetime) -> None:
    """Set a damaged file aside. Raises RegistryRefused where nothing can be saved; then nothing has changed."""
    salvaged = salvage.salvage(path, causes, now, newest_backup(path))
    if salvaged is None:
        raise RegistryRefused(
            f"{path} is not a registry any more ({causes[0].in_a_log}), and there is no backup in"
            f" {path.parent / BACKUPS}; put one in its place: gate-hub restore FILE"
        )
    forget(path)
    log.error(
        "ALARM the registry was damaged (%s); it is kept as %s, and a new one was begun with what is whole in it."
        " %d rows have to be looked over: %s names them",
        causes[0].in_a_log,
        salvaged.set_aside.name,
        len(salvaged.findings),
        salvaged.report,
    )
    with opened(path, now) as registry:
        carrying.carry_on(registry, AT_ONCE_SECONDS)


def forget(path: Path) -> None:
    """What was noted is not about the file that stands there now."""
    _mark(path).unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    """Of the registry's own name, so that one that is just being made beside it has none."""
    return path.with_name(f"{path.stem}{MARKED}")


def _noted(path: Path) -> list[Finding]:
    try:
        lines = _mark(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [Finding("file", "", f"found by gate-hub verify: {line}") for line in lines]
