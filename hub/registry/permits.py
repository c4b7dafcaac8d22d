"""Permits: leave that the office gave one person, as the roster tells the gates."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from gate.names import Pseudonym
from gate.permit import Permit, PermitKind
from hub.registry import Change, Registry, Row
from hub.registry.instants import read, written

# A permit is told a while longer than it lasts, so that somebody who comes back late is known to have had one.
TOLD_AFTERWARDS = timedelta(days=2)
_COLUMNS = "id, kind, begins, ends, return_by"
_ALIVE = "revoked_at IS NULL AND max(ends, coalesce(return_by, ends)) > ?"


def put(registry: Registry, person: Pseudonym, permit: Permit, now: datetime) -> None:
    registry.database.conn.execute(
        "INSERT INTO permit (id, person, kind, begins, ends, return_by, granted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            permit.id, person, permit.kind, written(permit.begins), written(permit.ends),
            written(permit.return_by) if permit.return_by else None, written(now),
        ),
    )  # fmt: skip
    registry.touch(Change.PEOPLE, [person])


def revoke(registry: Registry, permit: Pseudonym, now: datetime) -> bool:
    """False where no permit of that id is in force or to come."""
    changed = registry.database.conn.execute(
        "UPDATE permit SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (written(now), permit)
    )
    registry.touch(
        Change.PEOPLE, [row[0] for row in registry.rows("SELECT person FROM permit WHERE id = ?", (permit,))]
    )
    return changed.rowcount > 0


def told(registry: Registry, now: datetime) -> dict[Pseudonym, tuple[Permit, ...]]:
    """What the roster carries, by person, those that begin first in front."""
    return _by_person(
        registry.rows(
            f"SELECT person, {_COLUMNS} FROM permit WHERE {_ALIVE} ORDER BY begins, id",  # noqa: S608 - our own words
            (written(now - TOLD_AFTERWARDS),),
        )
    )


def _by_person(rows: Iterable[Row]) -> dict[Pseudonym, tuple[Permit, ...]]:
    found: defaultdict[Pseudonym, list[Permit]] = defaultdict(list)
    for person, id_, kind, begins, ends, return_by in rows:
        returns = read(return_by) if return_by else None
        found[person].append(Permit(id_, PermitKind(kind), read(begins), read(ends), returns))
    return {person: tuple(permits) for person, permits in found.items()}
