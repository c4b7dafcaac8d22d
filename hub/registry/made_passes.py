"""Temporary passes that gates made: confirmed or revoked by the office after the fact."""

from datetime import datetime

from gate.names import Pseudonym, Slug
from hub.registry import Change, Registry, passes
from hub.registry.instants import written


def settle(registry: Registry, serial: Pseudonym, confirm: bool, clerk: str, now: datetime) -> bool:
    """False where no gate has told of it, or where it was revoked: no gate could be made to forget that in time."""
    column = "confirmed_at" if confirm else "revoked_at"
    changed = registry.database.conn.execute(
        f"UPDATE made_pass SET {column} = ?, settled_by = ? WHERE serial = ? AND revoked_at IS NULL",  # noqa: S608
        (written(now), clerk, serial),
    )
    if not confirm:
        registry.touch(Change.TRUST)
        # Where it was a blank card, its entry on the roster ends with it.
        registry.touch(Change.PEOPLE, passes.holders(registry, [serial]))
    return changed.rowcount > 0


def newest_number(registry: Registry, station: Slug) -> int:
    """How many passes that station says to have made; 0 before the first."""
    row = registry.one("SELECT max(number) FROM made_pass WHERE station = ?", (station,))
    return int(row[0]) if row is not None and row[0] is not None else 0
