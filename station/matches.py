"""Whose certificate it was: once a guard has found the resident of a foreign certificate, this gate knows it again.

The loop remembers, the recogniser asks. Rule: nothing of the certificate or its holder is kept but a keyed hash, and it
is forgotten when the certificate ends. A memory, not a record: where the disk is at fault, the guard is asked again.
"""

import logging
import sqlite3
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from msgspec import json

from gate.formats.chain import Credential
from gate.names import Pseudonym
from station import told_file

log = logging.getLogger(__name__)

KEY_BYTES = 32
# For a certificate without an end of its own.
LONGEST = timedelta(days=180)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret(only INTEGER PRIMARY KEY CHECK (only = 1), key BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS match(
  certificate BLOB PRIMARY KEY,  -- keyed hash
  person      TEXT NOT NULL,
  until       INTEGER NOT NULL   -- seconds since 1970
) STRICT;
"""


class Matches:
    """path: None keeps it in memory only. fresh_key: 32 random bytes, taken where the file has no key yet."""

    def __init__(self, path: Path | None, fresh_key: bytes) -> None:
        self._connection: sqlite3.Connection | None = None
        self._key = fresh_key
        try:
            self._connection = _opened(path)
            self._connection.execute("INSERT OR IGNORE INTO secret VALUES (1, ?)", (fresh_key,))
            (self._key,) = self._connection.execute("SELECT key FROM secret").fetchone()
        except sqlite3.Error as cause:
            log.warning("%s cannot be opened (%s); the guard finds each holder anew", path, cause)

    def person_of(self, credential: Credential, now: datetime) -> Pseudonym | None:
        """Whom a guard found for this certificate; None where nobody did, or it is over."""
        if self._connection is None or credential.holder is None:
            return None
        try:
            found = self._connection.execute(
                "SELECT person FROM match WHERE certificate = ? AND until > ?",
                (self._name(credential), int(now.timestamp())),
            ).fetchone()
        except sqlite3.Error as cause:
            log.warning("whose certificate it was cannot be read: %s", cause)
            return None
        return str(found[0]) if found else None

    def remember(self, credential: Credential, person: Pseudonym, now: datetime) -> None:
        """The guard found him; a later word takes the place of an earlier one."""
        if self._connection is None or credential.holder is None:
            return
        until = min(credential.expires_at or now + LONGEST, now + LONGEST)
        try:
            self._connection.execute("DELETE FROM match WHERE until <= ?", (int(now.timestamp()),))
            self._connection.execute(
                "INSERT OR REPLACE INTO match VALUES (?, ?, ?)",
                (self._name(credential), person, int(until.timestamp())),
            )
        except sqlite3.Error as cause:
            log.warning("whose certificate it was cannot be kept: %s", cause)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _name(self, credential: Credential) -> bytes:
        """Of this very certificate: two people may share name and birth."""
        holder = credential.holder
        named = (holder.name, holder.birth) if holder else None
        what = json.encode([credential.format, credential.key_id, credential.serial, named])
        return blake2b(what, key=self._key, digest_size=16).digest()


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        return told_file.opened(path, _SCHEMA, "NORMAL", "the guard tells")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(_SCHEMA)
    return connection
