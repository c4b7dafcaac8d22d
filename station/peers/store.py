"""The peers' digests on this station's disk, so that a restart does not forget who is inside.

The uplink's thread alone writes here; `load_digests` reads once at the start. Rule: it is a memory, not a record: a
file that is broken, or a disk that is full, costs what was remembered and nothing else.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec import MsgspecError, convert

from gate.names import Slug
from gate.wire import Crossings, decode_crossings
from station import told_file
from station.database import reading
from station.peers.streams import PeerStream

log = logging.getLogger(__name__)

# A week of four other busy lanes.
MOST_DIGESTS = 150_000
_PRUNE_EVERY = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS digest(
  id      INTEGER PRIMARY KEY,  -- in the order of arrival
  station TEXT NOT NULL,
  payload BLOB NOT NULL         -- as it came
) STRICT;
"""


class PeerStore:
    """Open for writing, for one thread."""

    def __init__(self, path: Path, most: int = MOST_DIGESTS) -> None:
        self._most = most
        self._kept = 0
        self._streams: dict[str, PeerStream] = {}
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = told_file.opened(path, _SCHEMA, "NORMAL", "the peers tell")
        except sqlite3.Error as cause:
            log.warning("%s cannot be opened (%s); what the other gates say is forgotten at the end", path, cause)

    def keep(self, station: str, payload: bytes, digest: Crossings) -> None:
        """Add a digest if it goes further than the last one, or may fill a hole; a hello again tells nothing new.

        One that names no crossing counts as well: it says that there was none, and without it there would be a hole.
        """
        if self._connection is None or not self._is_news(station, digest):
            return
        try:
            newest = self._connection.execute(
                "INSERT INTO digest(station, payload) VALUES (?, ?)", (station, payload)
            ).lastrowid
            if self._kept % _PRUNE_EVERY == 0 and newest is not None:
                self._connection.execute("DELETE FROM digest WHERE id <= ?", (newest - self._most,))
            self._kept += 1
        except sqlite3.Error as cause:
            log.warning("what another gate said cannot be kept: %s", cause)

    def _is_news(self, station: str, digest: Crossings) -> bool:
        stream = self._streams.get(station)
        if stream is None:
            self._streams[station] = PeerStream(digest, 0.0)
            return True
        further = digest.journal != stream.journal or digest.through > stream.stretch.through or stream.has_a_gap
        stream.take(digest, 0.0)
        return further

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def load_digests(path: Path) -> Iterator[tuple[str, Crossings]]:
    """What was heard before the last end: station and digest, in order; nothing where there is no file to read.

    One after the other: a list of them all would be the largest thing in a station's memory.
    """
    if not path.exists():
        return
    try:
        with closing(reading(path)) as connection:
            connection.text_factory = lambda name: name.decode("ascii", "replace")
            for station, payload in connection.execute("SELECT station, payload FROM digest ORDER BY id"):
                digest = decode_crossings(payload) if isinstance(payload, bytes) else None
                # A damaged name would be a peer that stays silent.
                if isinstance(digest, Crossings) and _is_name(station):
                    yield station, digest
    except sqlite3.Error as cause:
        log.warning("%s cannot be read (%s); the other gates tell their newest crossings anew", path, cause)


def _is_name(station: object) -> bool:
    try:
        convert(station, Slug)
    except MsgspecError:
        return False
    return True
