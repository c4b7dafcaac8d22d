"""Messages in quarantine that a clerk has looked into: put by, so that they are no alarm any more, and kept."""

from datetime import datetime

from hub.registry import Registry
from hub.registry.instants import written


def settle(registry: Registry, message: int, put_by: bool, clerk: str, now: datetime) -> bool:
    """False where there is no such message. One that was put by already stays with whoever did it first."""
    if registry.one("SELECT 1 FROM quarantine WHERE id = ?", (message,)) is None:
        return False
    if put_by:
        values = (message, written(now), clerk)
        registry.database.conn.execute("INSERT OR IGNORE INTO put_by (id, at, clerk) VALUES (?, ?, ?)", values)
    else:
        registry.database.conn.execute("DELETE FROM put_by WHERE id = ?", (message,))
    return True
