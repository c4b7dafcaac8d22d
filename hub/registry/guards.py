"""Guards: who may sign on at a gate, as the staff document tells the gates. A PIN itself is never kept."""

from datetime import datetime

from gate.names import Pseudonym, Slug
from gate.staff import Guard, Staff
from hub.registry import Change, Registry
from hub.registry.instants import written


def staff(registry: Registry) -> Staff:
    """Everybody who is on the list now, by id."""
    rows = registry.rows("SELECT id, name, salt, pin_hash, badge FROM guard WHERE removed_at IS NULL ORDER BY id")
    return Staff(tuple(Guard(*row) for row in rows))


def put(registry: Registry, guard: Guard, person: Pseudonym, now: datetime) -> bool:
    """Add a guard, or give a known one (also one who was taken off) new secrets; True where the guard is new.

    person: the row in `person` that the guard's badge speaks of.
    """
    known = person_of(registry, guard.id) is not None
    registry.database.conn.execute(
        "INSERT INTO guard (id, person, name, salt, pin_hash, badge, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, salt = excluded.salt, pin_hash = excluded.pin_hash,"
        " badge = excluded.badge, removed_at = NULL",
        (guard.id, person, guard.name, guard.salt, guard.pin_hash, guard.badge, written(now)),
    )
    registry.touch(Change.STAFF)
    return not known


def person_of(registry: Registry, guard: Slug) -> Pseudonym | None:
    """Of a guard who is or ever was on the list."""
    row = registry.one("SELECT person FROM guard WHERE id = ?", (guard,))
    return None if row is None else str(row[0])


def remove(registry: Registry, guard: Slug, now: datetime) -> str | None:
    """Take a guard off the list; the serial of the badge, "" where there is none, None where nobody is called that."""
    row = registry.one("SELECT badge FROM guard WHERE id = ? AND removed_at IS NULL", (guard,))
    if row is None:
        return None
    registry.database.conn.execute("UPDATE guard SET removed_at = ? WHERE id = ?", (written(now), guard))
    registry.touch(Change.STAFF)
    return row[0] or ""
