"""Cases of returnees: opened by a returnee's form as it comes in (records.take), closed and opened again by clerks."""

from datetime import datetime

from hub.registry import Registry
from hub.registry.instants import written


def settle(registry: Registry, case: int, close: bool, clerk: str, now: datetime) -> bool:
    """False where there is no such case. One that is closed already stays as it was closed first."""
    if close:
        registry.database.conn.execute(
            "UPDATE returnee_case SET closed_at = ?, closed_by = ? WHERE id = ? AND closed_at IS NULL",
            (written(now), clerk, case),
        )
    else:
        registry.database.conn.execute(
            "UPDATE returnee_case SET closed_at = NULL, closed_by = NULL WHERE id = ?", (case,)
        )
    return registry.one("SELECT 1 FROM returnee_case WHERE id = ?", (case,)) is not None
