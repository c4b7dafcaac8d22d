"""What was set aside, tried again: a gate was of a newer version than the hub, and now is not.

`hub.running` calls `read_again` when the hub starts, a clerk's command `replay` for some of it. What can be read now
counts from then on as if it had been read at once; what still cannot stays in quarantine, and so does a body that is
not its envelope's own, or whose identity is another's.
"""

from collections.abc import Sequence

from msgspec import json

from gate.unreadable import UNREADABLE
from gate.wire import BodyMalformed, Envelope, body_hash, decode_body, decode_records
from hub.forms import Opener
from hub.registry import Registry
from hub.registry.parcels import NOT_FOLDED, UNREAD, Identity, Parcel, Taken, keep
from hub.registry.records import enter
from hub.registry.rows import rows_of

_ASIDE = """
    SELECT quarantine.id, record.station, record.journal, record.sequence, record.hash, record.body
    FROM quarantine JOIN record USING (station, journal, sequence, hash)
    WHERE record.quarantined = 1
      AND (substr(why, 1, length(:unread)) = :unread OR substr(why, 1, length(:not_folded)) = :not_folded)
      AND (:ids IS NULL OR quarantine.id IN (SELECT value FROM json_each(:ids)))
    ORDER BY quarantine.id"""
_UNNAMED = """
    SELECT id, station, payload, received_at FROM quarantine
    WHERE journal = '' AND id IN (SELECT value FROM json_each(?)) ORDER BY id"""


def read_again(registry: Registry, opener: Opener) -> Taken:
    """Inside a transaction; what could be read now of all that no hub could read before."""
    return _again(registry, opener, None)


def replay(registry: Registry, opener: Opener, ids: Sequence[int]) -> Taken:
    """The same for some rows of the quarantine, those too of which not even the envelope could be read. Inside a
    transaction."""
    taken = _again(registry, opener, json.encode(list(ids)).decode())
    for id, station, payload, at in registry.rows(_UNNAMED, (json.encode(list(ids)).decode(),)):
        parts = decode_records(payload if payload.lstrip().startswith(b"[") else b"[" + payload + b"]")
        parcels = [_parcel(part, opener) for part in parts if _speaks_for(part, opener.compound, station)]
        if parts and len(parcels) == len(parts) and all(parcels):
            fresh, kept = keep(registry, [each for each in parcels if each is not None], [], at)
            _enter_each(registry, fresh, taken)
            taken.repeated += kept.repeated
            taken.alarms += kept.alarms
            registry.database.conn.execute("DELETE FROM quarantine WHERE id = ?", (id,))
    return taken


def _again(registry: Registry, opener: Opener, ids: str | None) -> Taken:
    taken = Taken()
    for id, *place, hash, body in registry.rows(_ASIDE, {"unread": UNREAD, "not_folded": NOT_FOLDED, "ids": ids}):
        identity: Identity = (place[0], place[1], place[2])
        parcel = _read(identity, hash, body, opener)
        if parcel is None or not _enter_each(registry, [parcel], taken):
            continue
        registry.database.conn.execute(
            "UPDATE record SET quarantined = 0 WHERE (station, journal, sequence) = (?, ?, ?)", identity
        )
        registry.database.conn.execute("DELETE FROM quarantine WHERE id = ?", (id,))
    return taken


def _read(identity: Identity, hash: str, body: bytes, opener: Opener) -> Parcel | None:
    try:
        return Parcel(*identity, hash, body, rows_of(*identity, decode_body(body), opener))
    except (BodyMalformed, *UNREADABLE, OverflowError, ValueError):
        return None


def _parcel(part: object, opener: Opener) -> Parcel | None:
    """None for what still has no envelope, or another's body."""
    if not isinstance(part, Envelope) or body_hash(body := bytes(part.body)) != part.hash:
        return None
    return _read((part.station, part.journal, part.sequence), part.hash, body, opener)


def _speaks_for(part: object, compound: str, station: str) -> bool:
    return isinstance(part, Envelope) and (part.compound, part.station) == (compound, station)


def _enter_each(registry: Registry, parcels: Sequence[Parcel], taken: Taken) -> bool:
    """False where one could not be entered even now, for whatever reason; then none of them is."""
    connection = registry.database.conn
    connection.execute("SAVEPOINT again")
    brought = Taken()
    try:
        enter(registry, [each.rows for each in parcels], brought)
    except Exception:
        connection.execute("ROLLBACK TO again")
        return False
    finally:
        connection.execute("RELEASE again")
    taken.registered += len(parcels)
    taken.besides += brought.besides
    taken.amended |= brought.amended
    if brought.arrivals:
        taken.arrivals = range(taken.arrivals.start or brought.arrivals.start, brought.arrivals.stop)
    return True
