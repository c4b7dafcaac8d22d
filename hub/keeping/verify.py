"""`gate-hub verify`: the registry against its own checksums, its records against its tables, and against the gates.

Asked by the command, and by the running hub once after its start (hub.watching). Reads alone, over a connection of its
own, at one moment of the registry, while the hub goes on. Rule: what is on its way is no fault; what a gate says it has
written and been receipted for, and is not here, or is here as something else, is one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec import Struct, json

from gate.unreadable import UNREADABLE
from gate.wire import CHAIN_BEGINS, StationStatus, chain_on
from hub.forms import Opener
from hub.registry import retelling, soundness
from hub.registry.soundness import Finding


class Compared(Struct, frozen=True):
    """A gate's newest journal, as the gate last told of it, against the registry.

    told: how many records it had written; here: how many of those the registry has, in one piece from the first.
    owed: how many of them it had no receipt for. agrees: whether what both have is the same; None where the gate told
    nothing to compare with, or where some are still on their way.
    """

    station: str
    journal: str
    told: int
    here: int
    owed: int
    agrees: bool | None
    at: datetime | None

    @property
    def is_wrong(self) -> bool:
        return self.agrees is False or self.here < self.told - self.owed


class Verified(Struct, frozen=True):
    """findings: of the registry itself. gates: of each that ever said how it was."""

    records: int
    findings: tuple[Finding, ...]
    gates: tuple[Compared, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings and not any(each.is_wrong for each in self.gates)


def verify(path: Path, opener: Opener) -> Verified:
    """Everything, however long it takes."""
    try:
        with closing(soundness.reading(path)) as connection:
            # All of what follows is asked of one moment.
            connection.execute("BEGIN")
            findings = tuple(_findings(connection, opener))
            gates = () if any(each.table == "file" for each in findings) else tuple(_gates(connection))
            return Verified(_count(connection), findings, gates)
    except sqlite3.DatabaseError as cause:
        return Verified(0, (Finding("file", "", str(cause)),), ())


def _findings(connection: sqlite3.Connection, opener: Opener) -> Iterator[Finding]:
    found = False
    for check in (soundness.structure, soundness.schema, soundness.office, soundness.records):
        for each in check(connection):
            found = True
            yield each
    if not found:
        # Of damaged records nothing can be said to have been told wrongly.
        yield from retelling.retold(connection, opener)


def _count(connection: sqlite3.Connection) -> int:
    try:
        return int(connection.execute("SELECT count(*) FROM record").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def _gates(connection: sqlite3.Connection) -> Iterator[Compared]:
    for station, said in connection.execute("SELECT id, status FROM station WHERE status <> '' ORDER BY id").fetchall():
        try:
            status = json.decode(said.encode(), type=StationStatus)
        except (*UNREADABLE, UnicodeError):
            continue
        if status.journal is not None:
            yield _compared(connection, station, status.journal, status)


def _compared(connection: sqlite3.Connection, station: str, journal: str, status: StationStatus) -> Compared:
    here, chain = 0, CHAIN_BEGINS
    for sequence, hash_ in connection.execute(
        "SELECT sequence, hash FROM record WHERE station = ? AND journal = ? AND sequence <= ? ORDER BY sequence",
        (station, journal, status.newest),
    ):
        if sequence != here + 1:
            break
        here, chain = sequence, chain_on(chain, hash_)
    agrees = None if status.chain is None or here < status.newest else chain == status.chain
    return Compared(station, journal, status.newest, here, status.queue, agrees, status.at)
