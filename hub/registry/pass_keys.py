"""The public halves of the keys that have signed passes: which one signs now, and how long the others are believed.

Filled by `gate-hub trust rotate` and by the hub's start, which finds the key in its folder. Rule: a retired key vouches
only for what it signed before, and only until its time of overlap is over; then its passes are void.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from gate.names import KeyId
from gate.trust import key_id_of
from hub.registry import Change, Registry
from hub.registry.instants import read, written

# A pass that was signed in the very second in which its key was made must not seem older than the key.
MARGIN = timedelta(days=1)


class PassKey(Struct, frozen=True):
    """public: 32 raw bytes. retired_at, trusted_until: None for the key that signs now. passes: of it, in force."""

    key_id: KeyId
    public: bytes
    not_before: datetime
    retired_at: datetime | None
    trusted_until: datetime | None
    passes: int


def listed(registry: Registry, now: datetime) -> list[PassKey]:
    """The keys whose passes are believed now, the newest first."""
    rows = registry.rows(
        "SELECT key_id, public, not_before, retired_at, trusted_until, (SELECT count(*) FROM pass WHERE"
        " pass.key_id = pass_key.key_id AND revoked_at IS NULL AND expires_at > ?) FROM pass_key"
        " WHERE trusted_until IS NULL OR trusted_until > ? ORDER BY not_before DESC, rowid DESC",
        (written(now), written(now)),
    )
    return [
        PassKey(key_id, bytes.fromhex(public), read(since), _read(retired), _read(until), passes)
        for key_id, public, since, retired, until, passes in rows
    ]


def adopt(registry: Registry, public: bytes, now: datetime) -> None:
    """The key in the hub's folder is the one that signs, whatever became of the command that put it there."""
    key_id = key_id_of(public)
    known = {row[0] for row in registry.rows("SELECT key_id FROM pass_key")}
    if key_id in known:
        return
    put(registry, public, now if known else registry.created_at, None)


def put(registry: Registry, public: bytes, now: datetime, overlap: timedelta | None) -> None:
    """A new key signs from now on; the one before is believed for the overlap, or until its last pass has expired."""
    for (key_id,) in registry.rows("SELECT key_id FROM pass_key WHERE retired_at IS NULL"):
        until = now + overlap if overlap is not None else _last_expiry(registry, key_id, now)
        registry.database.conn.execute(
            "UPDATE pass_key SET retired_at = ?, trusted_until = ? WHERE key_id = ?",
            (written(now), written(until), key_id),
        )
    registry.database.conn.execute(
        "INSERT INTO pass_key (key_id, public, not_before) VALUES (?, ?, ?)",
        (key_id_of(public), public.hex(), written(now - MARGIN)),
    )
    registry.touch(Change.TRUST)


def lapsing(registry: Registry, key_id: KeyId, until: datetime) -> int:
    """How many passes of a key end with its overlap, before their own day."""
    row = registry.one(
        "SELECT count(*) FROM pass WHERE key_id = ? AND revoked_at IS NULL AND expires_at > ?", (key_id, written(until))
    )
    return int(row[0]) if row is not None else 0


def _last_expiry(registry: Registry, key_id: KeyId, now: datetime) -> datetime:
    row = registry.one("SELECT max(expires_at) FROM pass WHERE key_id = ? AND revoked_at IS NULL", (key_id,))
    return max(now, read(row[0])) if row is not None and row[0] is not None else now


def _read(text: str | None) -> datetime | None:
    return None if text is None else read(text)
