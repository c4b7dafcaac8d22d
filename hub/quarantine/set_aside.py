"""What lies in quarantine, and of what kind it is, so that a clerk can be told what happened and what to do.

The office's page and `gate-hub quarantine` ask; like hub.feed it never writes. The kind is read off the reason that
hub.incoming.ingest and hub.registry noted; a reason that this version does not know is garble, which promises nothing.
"""

import sqlite3
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from hub.registry import instants
from hub.registry.parcels import NOT_FOLDED, UNREAD
from hub.registry.reader import Reader

# How much of a payload a page shows.
PAYLOAD_BYTES = 4096
MOST_SHOWN = 100


class Kind(StrEnum):
    """cloned: a number that is another record's. newer: a body that this version does not know. stuck: understood, and
    yet not to be entered. damaged: a body that is not its envelope's. stranger: a station in another's name. garbled:
    nothing of ours."""

    CLONED = "cloned"
    NEWER = "newer"
    STUCK = "stuck"
    DAMAGED = "damaged"
    STRANGER = "stranger"
    GARBLED = "garbled"


WORTH_ANOTHER_TRY = frozenset({Kind.NEWER, Kind.STUCK, Kind.GARBLED})
"""A hub that was brought up to date may read them; the others are wrong for good."""

_BEGINNINGS = {
    "same identity, other body": Kind.CLONED,
    UNREAD: Kind.NEWER,
    NOT_FOLDED: Kind.STUCK,
    "the body is not the one": Kind.DAMAGED,
    "speaks for ": Kind.STRANGER,
}


def kind_of(why: str) -> Kind:
    return next((kind for beginning, kind in _BEGINNINGS.items() if why.startswith(beginning)), Kind.GARBLED)


class Quarantined(Struct, frozen=True, kw_only=True):
    """One message that was set aside. journal "", sequence 0: where not even an envelope could be read.

    payload: its first PAYLOAD_BYTES; size: all of its bytes. registered: as much of the record that bears the same
    number and is in the registry, where that is another one. gate, lane: of the station, "" where nobody added it.
    put_by, put_by_at: who has looked into it, and when; None for nobody.
    """

    id: int
    station: str
    gate: str
    lane: str
    journal: str
    sequence: int
    hash: str
    payload: bytes
    size: int
    why: str
    received_at: datetime
    registered: bytes | None
    put_by: str | None = None
    put_by_at: datetime | None = None

    @property
    def kind(self) -> Kind:
        return kind_of(self.why)

    @property
    def worth_another_try(self) -> bool:
        return self.kind in WORTH_ANOTHER_TRY


class SetAside:
    """Read-only answers from the registry at `path`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._ask = Reader(path).ask

    def listed(self, limit: int = MOST_SHOWN) -> list[Quarantined]:
        """Newest first, but what bears another's number before all else, and what was put by behind it."""
        values = {"bytes": PAYLOAD_BYTES, "limit": limit, "id": None}
        order = "ORDER BY put_by IS NOT NULL, cloned DESC, id DESC"
        return [_quarantined(row) for row in self._ask(f"{_ROWS} {order} LIMIT :limit", values)]

    def one(self, id: int) -> Quarantined | None:
        """None where nothing of that number lies there, any more or ever."""
        if not 0 < id < 2**63:  # what SQLite can ask for
            return None
        rows = self._ask(f"{_ROWS}", {"bytes": 2**31 - 1, "id": id})
        return _quarantined(rows[0]) if rows else None

    def counts(self) -> dict[Kind, int]:
        """How many of each kind that nobody has put by; those of which there are none too."""
        counts = dict.fromkeys(Kind, 0)
        for row in self._ask(_COUNTS):
            counts[kind_of(row["why"])] += row["number"]
        return counts

    def cloned_since(self, since: datetime) -> list[Quarantined]:
        """What bore another record's number and was not put by, newest first."""
        values = {"bytes": 0, "id": None, "since": instants.written(since)}
        return [
            _quarantined(row)
            for row in self._ask(
                f"{_ROWS} AND cloned AND put_by IS NULL AND received_at >= :since ORDER BY id DESC", values
            )
        ]


_COUNTS = """
    SELECT substr(why, 1, 40) AS why, count(*) AS number
    FROM quarantine WHERE id NOT IN (SELECT id FROM put_by) GROUP BY 1"""

# Of nothing at all SQLite's substr makes NULL.
_ROWS = """
    SELECT * FROM (
        SELECT quarantine.id, quarantine.station, coalesce(station.gate, '') AS gate,
            coalesce(station.lane, '') AS lane, quarantine.journal, quarantine.sequence, quarantine.hash,
            coalesce(substr(payload, 1, :bytes), x'') AS payload, length(payload) AS size, why,
            quarantine.received_at AS received_at, why LIKE 'same identity, other body%' AS cloned,
            CASE WHEN record.hash <> quarantine.hash THEN substr(record.body, 1, :bytes) END AS registered,
            put_by.clerk AS put_by, put_by.at AS put_by_at
        FROM quarantine LEFT JOIN station ON station.id = quarantine.station
            LEFT JOIN put_by ON put_by.id = quarantine.id
            LEFT JOIN record ON (record.station, record.journal, record.sequence)
                = (quarantine.station, quarantine.journal, quarantine.sequence))
    WHERE (:id IS NULL OR id = :id)"""


def _quarantined(row: sqlite3.Row) -> Quarantined:
    said = {name: row[name] for name in Quarantined.__struct_fields__}
    put_by_at = instants.read(row["put_by_at"]) if row["put_by_at"] else None
    return Quarantined(**said | {"received_at": instants.read(row["received_at"]), "put_by_at": put_by_at})
