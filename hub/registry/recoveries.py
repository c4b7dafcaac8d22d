"""That this registry took the place of a damaged one, or a backup that of another: kept until a clerk has read of it.

`hub.registry.salvage` and `hub.keeping.restore` put it down in the new registry itself, so it is there when the office
opens its pages; hub.casebook reads it.
"""

from datetime import datetime

from hub.registry import Registry
from hub.registry.instants import written

SALVAGED, RESTORED = "salvaged", "restored"


def put(
    registry: Registry,
    what: str,
    now: datetime,
    file: str,
    *,
    backed_up_at: datetime | None = None,
    mended: int | None = None,
    other: int | None = None,
) -> None:
    """Inside a transaction. file: by its name beside the registry. other: rows that somebody has to see to."""
    at = None if backed_up_at is None else written(backed_up_at)
    registry.database.conn.execute(
        "INSERT INTO recovery (what, at, file, backed_up_at, mended, other) VALUES (?, ?, ?, ?, ?, ?)",
        (what, written(now), file, at, mended, other),
    )


def mark_read(registry: Registry, recovery: int, clerk: str, now: datetime) -> bool:
    """False where there is no such thing. One that was read already stays as it was read first."""
    registry.database.conn.execute(
        "UPDATE recovery SET read_at = ?, read_by = ? WHERE id = ? AND read_at IS NULL", (written(now), clerk, recovery)
    )
    return registry.one("SELECT 1 FROM recovery WHERE id = ?", (recovery,)) is not None
