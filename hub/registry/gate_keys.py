"""Which stations may make temporary passes, and how many: the certificates that the trust list carries.

A station's key is drawn with its identity (`gate-hub station add`) and may sign nothing until the office says so
(`gate-hub station allow`). Rule: the newest key of a station is its only one; withdrawing it voids all it has signed.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, json

from gate.names import Slug
from gate.passage import Caller
from gate.trust import GateKey
from hub.registry import Change, Registry
from hub.registry.instants import written


class Allowance(Struct, frozen=True):
    """callers: for whom a station may make passes. longest_hours: a pass's life. most: in all, from the first."""

    callers: frozenset[Caller]
    longest_hours: int
    most: int
    not_before: datetime
    not_after: datetime


class GateKeyKnown(Struct, frozen=True):
    """A station's key, and what it may sign; allowance: None where it is nothing."""

    station: Slug
    public: bytes
    allowance: Allowance | None


def put(registry: Registry, station: Slug, public: bytes, now: datetime) -> None:
    """A station's new key, which may sign nothing yet; what the one before has signed is void from now on."""
    registry.database.conn.execute(
        "INSERT INTO gate_key (station, public, made_at) VALUES (?, ?, ?) ON CONFLICT(station) DO UPDATE SET"
        " public = excluded.public, made_at = excluded.made_at, allowance = NULL",
        (station, public.hex(), written(now)),
    )
    registry.touch(Change.TRUST)


def allow(registry: Registry, station: Slug, allowance: Allowance | None) -> bool:
    """What the station may sign from now on, None for nothing; False where it has no key."""
    text = None if allowance is None else json.encode(allowance).decode()
    changed = registry.database.conn.execute(
        "UPDATE gate_key SET allowance = ? WHERE station = ?", (text, station)
    ).rowcount
    registry.touch(Change.TRUST)
    return changed == 1


def listed(registry: Registry) -> list[GateKeyKnown]:
    rows = registry.rows("SELECT station, public, allowance FROM gate_key ORDER BY station")
    return [
        GateKeyKnown(station, bytes.fromhex(public), json.decode(text, type=Allowance) if text else None)
        for station, public, text in rows
    ]


def certificates(known: Iterable[GateKeyKnown]) -> tuple[GateKey, ...]:
    """As the trust list carries them."""
    return tuple(
        GateKey(each.public, each.station, may.callers, may.longest_hours, may.most, may.not_before, may.not_after)
        for each in known
        if (may := each.allowance) is not None
    )
