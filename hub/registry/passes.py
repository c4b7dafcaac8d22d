"""Passes: which were issued to whom, on paper or for which phone, and which were revoked.

The code's text itself is never kept.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from msgspec import json

from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from hub.registry import Change, Registry
from hub.registry.instants import read, written

# Whose pass is taken back is not to be found on the guard's screen either; a resident still lives here.
_VISIT_IS_OVER = """UPDATE person SET left_at = ? WHERE left_at IS NULL AND caller = 'visitor'
    AND id = (SELECT person FROM pass WHERE serial = ?)"""


def add(registry: Registry, credentials: Iterable[Credential], phone_key: bytes = b"") -> int:
    """Remember passes as issued; how many. A serial that is known already raises sqlite3.IntegrityError.

    phone_key: of the phone that they are for (33 bytes); b"" on paper.
    """
    rows = [(*_row(each), phone_key.hex()) for each in credentials]
    registry.database.conn.executemany(
        "INSERT INTO pass (serial, person, kind, key_id, issued_at, expires_at, phone_key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return len(rows)


def _row(credential: Credential) -> tuple[str | None, ...]:
    assert credential.expires_at is not None, "every pass of ours ends"
    issued_at, expires_at = written(credential.issued_at), written(credential.expires_at)
    return (credential.serial, credential.person, credential.kind, credential.key_id, issued_at, expires_at)


def on_phone(registry: Registry, serial: str) -> tuple[Credential, bytes] | None:
    """A phone's pass as it was issued, and that phone's key; None where it is none or was revoked."""
    row = registry.one(
        "SELECT kind, person, key_id, issued_at, expires_at, phone_key FROM pass"
        " WHERE serial = ? AND phone_key <> '' AND revoked_at IS NULL",
        (serial,),
    )
    if row is None:
        return None
    kind, person, key_id, issued_at, expires_at, phone_key = row
    credential = Credential(
        community_pass.NAME, Kind(kind), registry.compound, person, serial, key_id, read(issued_at), read(expires_at)
    )
    return credential, bytes.fromhex(phone_key)


def phones_of(registry: Registry, person: str, now: datetime) -> list[str]:
    """The serials of a person's passes that are in force on phones, the newest first."""
    rows = registry.rows(
        "SELECT serial FROM pass WHERE person = ? AND phone_key <> '' AND revoked_at IS NULL AND expires_at > ?"
        " ORDER BY issued_at DESC, rowid DESC",
        (person, written(now)),
    )
    return [row[0] for row in rows]


def revoked_among(reader: sqlite3.Connection, serials: Iterable[str]) -> frozenset[str]:
    """Which of these passes are void; also those that this office never issued."""
    asked = frozenset(serials)
    marks = ", ".join("?" * len(asked))
    statement = f"SELECT serial FROM pass WHERE revoked_at IS NULL AND serial IN ({marks})"  # noqa: S608 - only marks
    return asked - {row[0] for row in reader.execute(statement, tuple(asked))}


def revoke(registry: Registry, serials: Iterable[str], now: datetime) -> list[str]:
    """Make passes void at every gate from the next bulletin on; the serials that nobody knows are returned."""
    serials = tuple(serials)
    at, unknown = written(now), []
    for serial in serials:
        changed = registry.database.conn.execute(
            "UPDATE pass SET revoked_at = coalesce(revoked_at, ?) WHERE serial = ?", (at, serial)
        )
        made = registry.database.conn.execute(
            "UPDATE made_pass SET revoked_at = coalesce(revoked_at, ?) WHERE serial = ?", (at, serial)
        )
        registry.database.conn.execute(_VISIT_IS_OVER, (at, serial))
        if changed.rowcount == made.rowcount == 0:
            unknown.append(serial)
    registry.touch(Change.TRUST)
    registry.touch(Change.PEOPLE, holders(registry, serials))
    return unknown


def holders(registry: Registry, serials: Iterable[str]) -> list[str]:
    """The pseudonyms whose passes these are; of a blank card the card's own."""
    asked = json.encode(tuple(serials)).decode()
    rows = registry.rows("SELECT person FROM pass WHERE serial IN (SELECT value FROM json_each(?))", (asked,))
    return [row[0] for row in rows]


def revoked(registry: Registry, since: datetime) -> frozenset[str]:
    """Which passes the gates have to know as void, their own temporary ones too: those not expired by then anyway."""
    statement = (
        "SELECT serial FROM pass WHERE revoked_at IS NOT NULL AND expires_at >= :since"
        " UNION SELECT serial FROM made_pass WHERE revoked_at IS NOT NULL AND expires_at >= :since"
    )
    return frozenset(row[0] for row in registry.rows(statement, {"since": written(since)}))


def serials_of(registry: Registry, person: str) -> list[str]:
    """A person's passes that were not revoked, the newest first."""
    rows = registry.rows(
        "SELECT serial FROM pass WHERE person = ? AND revoked_at IS NULL ORDER BY issued_at DESC, serial", (person,)
    )
    return [row[0] for row in rows]
