"""Invitations: cards that let one phone fetch one person's pass, once. Only a token's hash is kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from msgspec import Struct

from hub.registry import Registry
from hub.registry.instants import read, written

# How long a card that nobody used is remembered, so that its bearer is told that it is too old.
REMEMBERED = timedelta(days=90)


class Drawn(Protocol):
    """What is kept of a new invitation."""

    @property
    def token(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


class Known(Struct, frozen=True):
    """An invitation as the registry has it. serial: of the pass that came of it; None until then."""

    person: str
    expires_at: datetime
    serial: str | None


def put(registry: Registry, drawn: Iterable[Drawn], now: datetime) -> None:
    registry.database.conn.execute(
        "DELETE FROM invitation WHERE serial IS NULL AND expires_at < ?", (written(now - REMEMBERED),)
    )
    registry.database.conn.executemany(
        "INSERT INTO invitation (token_hash, person, made_at, expires_at) VALUES (?, ?, ?, ?)",
        [(_hash(each.token), each.person, written(now), written(each.expires_at)) for each in drawn],
    )


def find(registry: Registry, token: str) -> Known | None:
    row = registry.one("SELECT person, expires_at, serial FROM invitation WHERE token_hash = ?", (_hash(token),))
    return None if row is None else Known(row[0], read(row[1]), row[2])


def use(registry: Registry, token: str, serial: str) -> None:
    """It led to that pass, and to no other from now on."""
    registry.database.conn.execute("UPDATE invitation SET serial = ? WHERE token_hash = ?", (serial, _hash(token)))


def _hash(token: str) -> str:
    """80 random bits need no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()
