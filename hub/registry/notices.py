"""Notices: what the office has its gates say aloud, and the hours of rest."""

from datetime import datetime

from msgspec import json

from gate.names import Slug
from gate.notices import Notice, Notices
from hub.registry import Change, Registry
from hub.registry.instants import read, written


def listed(registry: Registry) -> list[Notice]:
    """Every announcement that was not removed, also those that are over, by their beginning."""
    rows = registry.rows(
        "SELECT id, text_zh, text_en, volume, begins, ends, every_minutes FROM notice ORDER BY begins, id"
    )
    return [
        Notice(id_, zh, en, volume, read(begins), read(ends), every)
        for id_, zh, en, volume, begins, ends, every in rows
    ]


def body(registry: Registry, now: datetime) -> Notices:
    """What the gates are told: nothing that is over."""
    quiet = registry.meta("quiet_hours")
    rest = dict(zip(("quiet_from", "quiet_until"), json.decode(quiet), strict=True)) if quiet else {}
    return Notices(tuple(each for each in listed(registry) if each.ends > now), **rest)


def put(registry: Registry, notice: Notice) -> None:
    """Add an announcement, or put it in the place of the one of that id."""
    registry.database.conn.execute(
        "INSERT OR REPLACE INTO notice (id, text_zh, text_en, volume, begins, ends, every_minutes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            notice.id, notice.text_zh, notice.text_en, notice.volume, written(notice.begins), written(notice.ends),
            notice.every_minutes,
        ),
    )  # fmt: skip
    registry.touch(Change.NOTICES)


def rest(registry: Registry, quiet_from: str, quiet_until: str) -> None:
    """The hours in which nothing is announced, on a wall clock in the compound; equal for none."""
    registry.set_meta("quiet_hours", json.encode([quiet_from, quiet_until]).decode())
    registry.touch(Change.NOTICES)


def remove(registry: Registry, notice: Slug) -> bool:
    """False where there is no such announcement."""
    removed = registry.database.conn.execute("DELETE FROM notice WHERE id = ?", (notice,))
    registry.touch(Change.NOTICES)
    return removed.rowcount > 0
