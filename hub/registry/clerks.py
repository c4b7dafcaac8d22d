"""Clerks: who may open the office's pages. Only the hash of a password is ever seen here."""

from datetime import datetime

from hub.registry import Registry
from hub.registry.instants import written


def put(registry: Registry, name: str, password_hash: str, now: datetime) -> bool:
    """Add a clerk, or give a known one a new password; True where the clerk is new."""
    known = registry.one("SELECT 1 FROM clerk WHERE name = ?", (name,)) is not None
    registry.database.conn.execute(
        "INSERT INTO clerk (name, password_hash, created_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash",
        (name, password_hash, written(now)),
    )
    return not known
