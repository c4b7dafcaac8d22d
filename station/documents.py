"""The hub's signed documents on this station's disk, exactly as received: signed, and the roster sealed.

The uplink's thread alone writes here (`Documents`); `load_snapshot` reads once at the start, so that a gate without a
network knows its people. Two shelves: `newest` is what came last, `in_force` the last whole set that fitted one
manifest. Rule: no edition goes back, and a gate acts on a whole set only, but for what takes something away: that
holds at once (`restrictions`).
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from gate.document import DocumentKind, DocumentRefused, Edition
from gate.names import Digest
from gate.roster import BUCKETS, Manifest, digest
from station import told_file
from station.database import reading
from station.restrictions import restricted
from station.roster import MANIFEST, NOTICES, POLICY, STAFF, TRUST, Opened, Part, Reader, whole
from station.snapshot import Snapshot

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document(
  shelf   TEXT NOT NULL,  -- newest | in_force
  part    TEXT NOT NULL,  -- policy | trust | staff | notices | manifest | roster/00 .. roster/63
  payload BLOB NOT NULL,  -- as it came over the broker
  PRIMARY KEY(shelf, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS floor(
  kind       TEXT PRIMARY KEY,  -- receipt: the generation below which none is believed any more
  generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

PARTS = (POLICY, TRUST, STAFF, NOTICES, MANIFEST, *(Part(DocumentKind.ROSTER, bucket) for bucket in range(BUCKETS)))
_BY_NAME = {str(part): part for part in PARTS}


@dataclass(frozen=True, slots=True)
class Held:
    """A document in hand: as it came, and opened."""

    payload: bytes
    opened: Opened
    digest: Digest

    @property
    def edition(self) -> Edition:
        return self.opened.heading.edition


@dataclass(slots=True)
class Shelves:
    """Both shelves in memory, opened, so that a change of one bucket costs one bucket's work."""

    newest: dict[Part, Held] = field(default_factory=dict)
    in_force: dict[Part, Held] = field(default_factory=dict)

    def find(self, part: Part, wanted: Digest) -> Held | None:
        """The document of that digest, whichever shelf it stands on."""
        both = (self.newest.get(part), self.in_force.get(part))
        return next((held for held in both if held is not None and held.digest == wanted), None)

    def fitting(self, manifest: Held) -> tuple[dict[Part, Held], list[Part]]:
        """What is there of a manifest's set, and which of its parts are not."""
        found: dict[Part, Held] = {}
        missing = []
        for part, wanted in _listed(cast(Manifest, manifest.opened.body)):
            held = self.find(part, wanted)
            if held is None:
                missing.append(part)
            else:
                found[part] = held
        return found, missing

    def missing(self) -> tuple[Part, ...]:
        manifest = self.newest.get(MANIFEST)
        if manifest is None:
            return (MANIFEST,)
        _, missing = self.fitting(manifest)
        outrun = any(held.edition > manifest.edition for held in self.newest.values())
        return (*missing, MANIFEST) if outrun else tuple(missing)

    def not_in_force_yet(self) -> list[tuple[Part, Opened]]:
        """What came after the set in force, of a set that is not whole."""
        return [
            (part, held.opened)
            for part, held in self.newest.items()
            if part in self.in_force and held.edition > self.in_force[part].edition
        ]


class Documents:
    """The shelves, open for writing; for the uplink's thread alone."""

    def __init__(self, path: Path, reader: Reader, gate: str) -> None:
        self._reader = reader
        self._gate = gate
        self._connection = told_file.opened(path, _SCHEMA, "FULL", "the hub sends", to_the_last_page=True)
        self._shelves = _read_shelves(self._connection, reader)
        self._given = _snapshot_in_force(self._shelves, reader, gate)
        self._missing: tuple[Part, ...] | None = None

    @property
    def missing(self) -> tuple[Part, ...]:
        """What the hub has published and is not here, as far as what is here can tell: parts of the newest manifest's
        set; and the manifest, where there is none yet, or where a part is newer than it and so not of its set."""
        if self._missing is None:
            self._missing = self._shelves.missing()
        return self._missing

    def take(self, part: Part, payload: bytes) -> Snapshot | None:
        """Keep what the hub published; the new whole set where this completes or refreshes one, or the present set
        where it takes something away from it.

        Raises DocumentRefused: forged, older than what is held, or unreadable. What is in force stays.
        """
        held = _opened(self._reader, part, payload)
        newest, in_force = self._shelves.newest.get(part), self._shelves.in_force.get(part)
        for known in (newest, in_force):
            if known is not None and held.edition < known.edition:
                raise DocumentRefused(f"{part} {held.edition} is older than {known.edition}, which is here already")
        if newest is not None and held.digest == newest.digest and self._given is not None:
            return None
        self._missing = None
        self._put("newest", {part: held})
        self._shelves.newest[part] = held
        snapshot = self._act(loud=part == MANIFEST) or self._restrict(part, held)
        self._given = snapshot or self._given
        return snapshot

    def receipt_floor(self) -> int:
        """The generation of the newest receipt; 0 before the first."""
        row = self._connection.execute("SELECT generation FROM floor WHERE kind = 'receipt'").fetchone()
        return row[0] if row else 0

    def raise_receipt_floor(self, generation: int) -> None:
        """What a full disk does not take, the uplink remembers until its end."""
        raised = (
            "INSERT INTO floor VALUES ('receipt', ?) ON CONFLICT(kind) DO UPDATE SET generation = excluded.generation"
        )
        try:
            self._connection.execute(raised, (generation,))
        except sqlite3.Error as cause:
            log.error(
                "the generation of the hub's receipts cannot be stored (%s); it holds until this station ends", cause
            )

    def close(self) -> None:
        self._connection.close()

    def _act(self, loud: bool) -> Snapshot | None:
        """Put the newest manifest's set in force, if it is whole."""
        manifest = self._shelves.newest.get(MANIFEST)
        if manifest is None:
            return None
        found, missing = self._shelves.fitting(manifest)
        if missing:
            if loud:
                _say_what_is_missing(manifest, missing, self._shelves.in_force.get(MANIFEST))
            return None
        found[MANIFEST] = manifest
        changed = {part: held for part, held in found.items() if self._differs(part, held)}
        if not changed:
            return None
        self._put("in_force", changed)
        self._shelves.in_force = found
        return _snapshot(self._gate, self._reader, found)

    def _restrict(self, part: Part, held: Held) -> Snapshot | None:
        """What was given last, less what this document takes away; None where that is nothing."""
        if self._given is None:
            return None
        snapshot = restricted(self._given, [(part, held.opened)])
        return None if snapshot is self._given else snapshot

    def _differs(self, part: Part, held: Held) -> bool:
        known = self._shelves.in_force.get(part)
        return known is None or known.digest != held.digest

    def _put(self, shelf: str, documents: dict[Part, Held]) -> None:
        rows = [(shelf, str(part), held.payload) for part, held in documents.items()]
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", rows)
        except sqlite3.Error as cause:
            # A full disk must not keep new rules from the gate: they hold from memory until the next start.
            log.error("the hub's documents cannot be stored (%s); they hold until this station ends", cause)


def load_snapshot(path: Path, reader: Reader, gate: str) -> Snapshot | None:
    """The last whole set, every signature checked again; None where there is none yet, or it cannot be read."""
    if not path.exists():
        return None
    try:
        with closing(reading(path)) as connection:
            shelves = _read_shelves(connection, reader)
    except sqlite3.DatabaseError as cause:
        log.error("%s cannot be read (%s); the gate has no rules until the hub is heard", path, cause)
        return None
    return _snapshot_in_force(shelves, reader, gate)


def _snapshot_in_force(shelves: Shelves, reader: Reader, gate: str) -> Snapshot | None:
    """The last whole set, less what newer documents of a set that is not whole take away."""
    manifest = shelves.in_force.get(MANIFEST)
    if manifest is None:
        return None
    found, missing = shelves.fitting(manifest)
    if missing:
        return None
    found[MANIFEST] = manifest
    return restricted(_snapshot(gate, reader, found), shelves.not_in_force_yet())


def _snapshot(gate: str, reader: Reader, found: dict[Part, Held]) -> Snapshot:
    parts = [held.opened for part, held in found.items() if part != MANIFEST]
    return whole(gate, reader.compound, found[MANIFEST].opened, parts)


def _opened(reader: Reader, part: Part, payload: bytes) -> Held:
    return Held(payload, reader.read(part, payload), digest(payload))


def _listed(manifest: Manifest) -> Iterator[tuple[Part, Digest]]:
    yield POLICY, manifest.policy
    yield TRUST, manifest.trust
    for bucket, wanted in enumerate(manifest.roster):
        yield Part(DocumentKind.ROSTER, bucket), wanted
    for part, optional in ((STAFF, manifest.staff), (NOTICES, manifest.notices)):
        if optional is not None:
            yield part, optional


def _read_shelves(connection: sqlite3.Connection, reader: Reader) -> Shelves:
    shelves = Shelves()
    # A name that is damaged is one that nobody knows.
    connection.text_factory = lambda name: name.decode("utf-8", "replace")
    for shelf, name, payload in connection.execute("SELECT shelf, part, payload FROM document"):
        part = _BY_NAME.get(name)
        if part is None or shelf not in ("newest", "in_force"):
            continue
        try:
            held = _opened(reader, part, payload)
        except DocumentRefused as refused:
            log.error("a stored document is not believed any more: %s", refused)
            continue
        (shelves.newest if shelf == "newest" else shelves.in_force)[part] = held
    return shelves


def _say_what_is_missing(manifest: Held, missing: list[Part], in_force: Held | None) -> None:
    old = f"that of manifest {in_force.edition} stays in force" if in_force else "the gate has no rules yet"
    some = ", ".join(str(part) for part in missing[:4]) + (", ..." if len(missing) > 4 else "")
    log.info("the set of manifest %s is not whole yet (%d missing: %s); %s", manifest.edition, len(missing), some, old)
