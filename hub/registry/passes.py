"""Passes: which were issued to whom, and which were revoked. The code's text itself is never kept."""

from collections.abc import Iterable
from datetime import datetime

from gate.formats.chain import Credential
from hub.registry import Change, Registry
from hub.registry.instants import written


def add(registry: Registry, credentials: Iterable[Credential]) -> int:
    """Remember passes as issued; how many. A serial that is known already raises sqlite3.IntegrityError."""
    rows = [_row(each) for each in credentials]
    registry.database.conn.executemany(
        "INSERT INTO pass (serial, person, kind, key_id, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)", rows
    )
    return len(rows)


def _row(credential: Credential) -> tuple[str | None, ...]:
    assert credential.expires_at is not None, "every pass of ours ends"
    issued_at, expires_at = written(credential.issued_at), written(credential.expires_at)
    return (credential.serial, credential.person, credential.kind, credential.key_id, issued_at, expires_at)


def revoke(registry: Registry, serials: Iterable[str], now: datetime) -> list[str]:
    """Make passes void at every gate from the next bulletin on; the serials that nobody knows are returned."""
    at, unknown = written(now), []
    for serial in serials:
        changed = registry.database.conn.execute(
            "UPDATE pass SET revoked_at = coalesce(revoked_at, ?) WHERE serial = ?", (at, serial)
        )
        if changed.rowcount == 0:
            unknown.append(serial)
    registry.touch(Change.TRUST)
    return unknown


def revoked(registry: Registry) -> frozenset[str]:
    return frozenset(row[0] for row in registry.rows("SELECT serial FROM pass WHERE revoked_at IS NOT NULL"))


def serials_of(registry: Registry, person: str) -> list[str]:
    """A person's passes that were not revoked, the newest first."""
    rows = registry.rows(
        "SELECT serial FROM pass WHERE person = ? AND revoked_at IS NULL ORDER BY issued_at DESC, serial", (person,)
    )
    return [row[0] for row in rows]
