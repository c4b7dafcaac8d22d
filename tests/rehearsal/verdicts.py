"""What a run came to: both databases read after every process has ended, and held against the scenario's literals.

Smoke and soak call it last. Rule: it believes the files alone. What the gate answered while it ran only says which
record belongs to which visit.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec import json

from gate.passage import Amendment, Ground, Happening, MadePass, Passage, Record
from gate.reason import Outcome
from gate.wire import body_hash, decode_body
from tests.rehearsal.office import Identity
from tests.rehearsal.scenario import Visit

_TABLES: Mapping[type, str] = {
    Passage: "passage",
    Amendment: "amendment",
    Happening: "happening",
    MadePass: "made_pass",
}


@dataclass(frozen=True)
class Told:
    """What the gate said of one visit when it was there. identity: None where it could read nothing.

    person: whose pass was shown, where it is one to be believed. tapped: whether the gate took the guard's tap.
    """

    visit: Visit
    station: str
    identity: Identity | None
    person: str | None
    tapped: bool


@dataclass(frozen=True)
class Entry:
    """One row of a journal. took_ms: evidence in hand to after the commit; None for an amendment."""

    identity: Identity
    body: bytes
    hash: str
    record: Record
    written_at: datetime
    took_ms: float | None


@dataclass
class Account:
    """The counts that a run ends with, and every single complaint behind `lost`, `doubled` and `wrong`."""

    journaled: int = 0
    registered: int = 0
    decided: int = 0
    unreadable: int = 0
    lost: set[Identity] = field(default_factory=set)
    doubled: set[Identity] = field(default_factory=set)
    wrong: dict[str, str] = field(default_factory=dict)  # whose visit, or which record -> what is wrong
    took_ms: list[float] = field(default_factory=list)


def journals(databases: Mapping[str, Path]) -> list[Entry]:
    """Every record of every station, by its id and its journal.sqlite."""
    return [entry for station, path in databases.items() for entry in _journal(station, path)]


def account(databases: Mapping[str, Path], registry: Path, told: Sequence[Told]) -> Account:
    """Hold journals, registry and literals against each other."""
    entries = {entry.identity: entry for entry in journals(databases)}
    with closing(_open(registry)) as connection:
        records = {_identity(row): row for row in connection.execute("SELECT * FROM record")}
        rows = {kind: _rows(connection, table) for kind, table in _TABLES.items()}
        doubled = _twice(connection)
    made = Account(len(entries), len(records), doubled=doubled)
    made.lost = entries.keys() - records.keys()
    made.took_ms = [entry.took_ms for entry in entries.values() if entry.took_ms is not None]
    for entry in entries.values():
        objection = _against_registry(entry, records, rows[type(entry.record)])
        if objection:
            made.wrong[f"record {entry.identity}"] = objection
    _against_literals(made, entries, told)
    return made


def _against_literals(made: Account, entries: Mapping[Identity, Entry], told: Iterable[Told]) -> None:
    """Every visit has the passage that its author wrote down, every amendment its tap, and nothing else is there."""
    left = {identity: entry for identity, entry in entries.items() if entry.identity not in made.lost}
    amendments = {
        (entry.identity[0], entry.record.journal, entry.record.sequence): entry
        for entry in entries.values()
        if isinstance(entry.record, Amendment)
    }
    if len({one.identity for one in told if one.identity}) < sum(one.identity is not None for one in told):
        made.wrong["visits"] = "two of them were answered with the same passage"
    for one in told:
        entry = entries.get(one.identity) if one.identity else None
        made.decided += entry is not None
        made.unreadable += one.identity is None
        amendment = amendments.get(one.identity) if one.identity else None
        objection = _against_literal(one, entry, amendment)
        if objection:
            made.wrong[f"visit {one.visit.number}, {one.visit.case.name}, at {one.station}"] = objection
        for found in (entry, amendment):
            if found is not None:
                left.pop(found.identity, None)
    for identity, entry in left.items():
        made.wrong.setdefault(f"record {identity}", f"nobody's visit led to it: {entry.record}")


def _against_literal(one: Told, entry: Entry | None, amendment: Entry | None) -> str:
    case = one.visit.case
    if case.outcome is None or entry is None:
        seen = f"outcome {entry.record.outcome}" if entry else "no passage"
        return "" if case.outcome is None and one.identity is None else f"{seen}, right is {case.outcome}"
    passage = entry.record
    assert isinstance(passage, Passage)
    celsius = passage.temperature.celsius if passage.temperature else None
    found = (passage.outcome, passage.reasons, passage.direction, celsius, passage.person)
    right = (case.outcome, case.reasons, case.direction, case.celsius, one.person)
    if found != right:
        return f"the journal says {_said(found)}, right is {_said(right)}"
    expected = (case.tap.outcome, case.tap.ground) if case.tap else None
    added = _word(amendment.record) if amendment else None
    return "" if added == expected and one.tapped else f"the guard's word is {added}, right is {expected}"


def _word(record: Record) -> tuple[Outcome, Ground]:
    assert isinstance(record, Amendment)
    return record.outcome, record.ground


def _said(facts: tuple[object, ...]) -> str:
    return ", ".join(str(fact) for fact in facts)


def _against_registry(
    entry: Entry, records: Mapping[Identity, sqlite3.Row], rows: Mapping[Identity, sqlite3.Row]
) -> str:
    """Whether the registry holds the same bytes and has unfolded them rightly; absent ones are `lost`, not wrong."""
    if body_hash(entry.body) != entry.hash:
        return "its hash does not fit its body in the journal"
    if entry.identity not in records:
        return ""
    record, row = records[entry.identity], rows.get(entry.identity)
    if bytes(record["body"]) != entry.body or record["quarantined"] or row is None:
        return "the registry holds another body, or has it in quarantine"
    # What the gate said, where the hub knows better.
    told = {"told_at": None, **dict(row)}
    told["at"] = told["told_at"] or told["at"]
    differing = [name for name, value in _columns(entry.record).items() if told[name] != value]
    return f"the registry's columns differ: {', '.join(differing)}" if differing else ""


def _columns(record: Record) -> dict[str, object]:
    """What the registry's row must say, column by column."""
    at = record.stamp.at.isoformat(timespec="microseconds")
    if isinstance(record, Amendment):
        return {
            "at": at, "passage_journal": record.journal, "passage_sequence": record.sequence,
            "outcome": record.outcome, "ground": record.ground, "guard": record.guard,
        }  # fmt: skip
    if isinstance(record, Happening):
        return {"at": at, "clock": record.stamp.clock, "gate": record.gate, "what": record.what, "guard": record.guard}
    if isinstance(record, MadePass):
        return {"at": at, "gate": record.gate, "serial": record.serial, "number": record.number}
    return {
        "at": at, "clock": record.stamp.clock, "gate": record.gate, "lane": record.lane, "direction": record.direction,
        "outcome": record.outcome, "reasons": json.encode(record.reasons).decode(), "person": record.person,
        "pass_serial": record.pass_serial, "celsius": record.temperature.celsius if record.temperature else None,
        "policy": record.policy, "roster": record.roster, "guard": record.guard,
    }  # fmt: skip


def _rows(connection: sqlite3.Connection, table: str) -> Mapping[Identity, sqlite3.Row]:
    return {_identity(row): row for row in connection.execute(f"SELECT * FROM {table}")}


def _twice(connection: sqlite3.Connection) -> set[Identity]:
    """Identities that stand more than once among what the registry made of records."""
    rows = connection.execute(
        " UNION ALL ".join(f"SELECT station, journal, sequence FROM {table}" for table in _TABLES.values())
    )
    return {identity for identity, times in Counter(_identity(row) for row in rows).items() if times > 1}


# How long a commit took stands in the row after it.
_ROWS = """SELECT sequence, body, hash, written_at, took_ms + coalesce(
    (SELECT after.commit_ms FROM record AS after WHERE after.sequence = record.sequence + 1), 0) AS took_ms
FROM record ORDER BY sequence"""


def _journal(station: str, path: Path) -> list[Entry]:
    with closing(_open(path)) as connection:
        (journal,) = connection.execute("SELECT value FROM meta WHERE key = 'journal'").fetchone()
        rows = connection.execute(_ROWS)
        return [_entry(station, journal, row) for row in rows]


def _entry(station: str, journal: str, row: sqlite3.Row) -> Entry:
    body = bytes(row["body"])
    written_at = datetime.fromisoformat(row["written_at"])
    return Entry((station, journal, row["sequence"]), body, row["hash"], decode_body(body), written_at, row["took_ms"])


def _identity(row: sqlite3.Row) -> Identity:
    return row["station"], row["journal"], row["sequence"]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection
