"""Stations: which the office has set up, and how each last said it was."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import MsgspecError, Struct, json

from gate.wire import StationStatus
from hub.registry import Registry
from hub.registry.instants import read, written


class Station(Struct, frozen=True):
    """One lane of one gate. direction: "in", "out" or "both"."""

    id: str
    gate: str
    lane: str
    direction: str


class AlreadyThere(Exception):
    """A station or clerk of that name exists; choose another name."""


def add(registry: Registry, station: Station, now: datetime) -> None:
    """Raises AlreadyThere."""
    if registry.one("SELECT 1 FROM station WHERE id = ?", (station.id,)) is not None:
        raise AlreadyThere(f"station {station.id} is in the registry already; choose another id")
    registry.database.conn.execute(
        "INSERT INTO station (id, gate, lane, direction, added_at) VALUES (?, ?, ?, ?, ?)",
        (station.id, station.gate, station.lane, station.direction, written(now)),
    )


def listed(registry: Registry) -> list[Station]:
    return [Station(*row) for row in registry.rows("SELECT id, gate, lane, direction FROM station ORDER BY gate, id")]


def heard(registry: Registry) -> list[tuple[str, StationStatus | None, datetime | None]]:
    """Every station that was added: the last it said that this version can read, and when that came."""
    rows = registry.rows("SELECT id, status, status_at FROM station ORDER BY id")
    return [(station, _status(text), read(at) if at else None) for station, text, at in rows]


def _status(text: str) -> StationStatus | None:
    try:
        return json.decode(text, type=StationStatus) if text else None
    except MsgspecError:
        return None


def said(registry: Registry, statuses: Iterable[tuple[str, StationStatus]], now: datetime) -> None:
    """Keep the last word of each station; one that nobody has set up is passed over."""
    at = written(now)
    rows = [(json.encode(status).decode(), at, station) for station, status in statuses]
    registry.database.conn.executemany("UPDATE station SET status = ?, status_at = ? WHERE id = ?", rows)
