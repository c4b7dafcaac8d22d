"""Records that an older hub could not read, read again: a gate was of a newer version than the hub, and now is not.

`hub.running` calls it when the hub starts. They count from then on as if they had been read at once; what still cannot
be read stays in quarantine, and so does a body that is not its envelope's own.
"""

from gate.unreadable import UNREADABLE
from gate.wire import BodyMalformed, decode_body
from hub.forms import Opener
from hub.registry import Registry
from hub.registry.records import Identity, Taken, enter
from hub.registry.rows import Rows, rows_of

UNREAD = "body unreadable: "
"""How the reason begins for which hub.ingest puts such a record aside."""

_ASIDE = """
    SELECT record.station, record.journal, record.sequence, record.body
    FROM quarantine JOIN record USING (station, journal, sequence, hash)
    WHERE record.quarantined = 1 AND substr(quarantine.why, 1, length(:unread)) = :unread
    ORDER BY quarantine.id"""


def read_again(registry: Registry, opener: Opener) -> Taken:
    """Inside a transaction; what could be read now."""
    read: dict[Identity, Rows] = {}
    for station, journal, sequence, body in registry.rows(_ASIDE, {"unread": UNREAD}):
        try:
            read[station, journal, sequence] = rows_of(station, journal, sequence, decode_body(body), opener)
        except (BodyMalformed, *UNREADABLE, OverflowError, ValueError):
            continue
    taken = Taken(registered=len(read))
    enter(registry, list(read.values()), taken)
    for statement in (
        "UPDATE record SET quarantined = 0 WHERE (station, journal, sequence) = (?, ?, ?)",
        "DELETE FROM quarantine WHERE (station, journal, sequence) = (?, ?, ?) AND hash ="
        " (SELECT record.hash FROM record WHERE (record.station, record.journal, record.sequence) ="
        " (quarantine.station, quarantine.journal, quarantine.sequence))",
    ):
        registry.database.conn.executemany(statement, list(read))
    return taken
