"""The account at the end of smoke and soak finds what it is there to find: each fault is planted and must be named."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate.clock import ClockState
from gate.passage import Amendment, Ground, Passage, Record, Stamp
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.temperature import Measurement
from gate.wire import body_hash, encode_body
from hub.registry import open_registry
from hub.registry.instants import written
from tests.rehearsal.people import canary_residents
from tests.rehearsal.scenario import ADMIT, IN, REFER, Case, Tap, Visit
from tests.rehearsal.verdicts import Account, Told, account

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STAMP = Stamp(NOW, ClockState.SYNCED, "b0" * 8, 1.0)
JOURNAL, PERSON = "ab" * 8, "cd" * 8
HOME = Case("goes home", 1, "free", "own", IN, 36.5, ADMIT)
COLD = Case("is cold", 1, "free", "own", IN, 33.8, REFER, (Reason.TEMPERATURE_TOO_LOW,), Tap(ADMIT, Ground.MEDICAL))
HOPELESS = Case("is hopeless", 1, "free", "own", IN, None, None)
RECORDS: tuple[Record, ...] = (
    Passage(STAMP, "east", "1", Direction.IN, (), PERSON, temperature=Measurement(36.5)),
    Passage(STAMP, "east", "1", Direction.IN, (Reason.TEMPERATURE_TOO_LOW,), PERSON, temperature=Measurement(33.8)),
    Amendment(STAMP, JOURNAL, 2, Outcome.ADMIT, Ground.MEDICAL),
)


class Files:
    """A station's journal and the hub's registry after a run of three visits."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.registry = folder / "journal.sqlite", folder / "registry.sqlite"
        open_registry(self.registry, NOW, "willow-court").close()
        self.change(
            self.journal,
            "CREATE TABLE record"
            " (sequence INTEGER PRIMARY KEY, body BLOB, hash TEXT, written_at TEXT, took_ms REAL, commit_ms REAL)",
        )
        self.change(self.journal, "CREATE TABLE meta (key TEXT, value TEXT)")
        self.change(self.journal, f"INSERT INTO meta VALUES ('journal', '{JOURNAL}')")
        for sequence, record in enumerate(RECORDS, start=1):
            self.keep(sequence, record)
            self.register(sequence, record)
        self.told = [self.visit(0, HOME, 1), self.visit(1, COLD, 2), self.visit(2, HOPELESS, None)]

    def visit(self, number: int, case: Case, sequence: int | None) -> Told:
        identity = ("east-1", JOURNAL, sequence) if sequence else None
        return Told(Visit(number, case, canary_residents()[0]), "east-1", identity, PERSON, True)

    def keep(self, sequence: int, record: Record) -> None:
        body = encode_body(record)
        took_ms, commit_ms_before = (5.0 if isinstance(record, Passage) else None), (0.5 if sequence > 1 else None)
        row = (sequence, body, body_hash(body), NOW.isoformat(), took_ms, commit_ms_before)
        self.change(self.journal, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", row)

    def register(self, sequence: int, record: Record) -> None:
        body, at = encode_body(record), written(NOW)
        identity = ("east-1", JOURNAL, sequence)
        columns = "station, journal, sequence, hash, body, received_at, quarantined"
        row = (*identity, body_hash(body), body, at, 0)
        self.change(self.registry, f"INSERT INTO record ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        if isinstance(record, Amendment):
            told = (*identity, at, JOURNAL, record.sequence, record.outcome, record.ground)
            columns = "station, journal, sequence, at, passage_journal, passage_sequence, outcome, ground"
            self.change(self.registry, f"INSERT INTO amendment ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", told)
            return
        reasons = '["temperature_too_low"]' if record.reasons else "[]"
        celsius = record.temperature.celsius if record.temperature else None
        row = (*identity, at, "synced", "east", "1", "in", record.outcome, reasons, PERSON, celsius)
        columns = "station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons, person, celsius"
        self.change(self.registry, f"INSERT INTO passage ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)

    def change(self, path: Path, statement: str, row: tuple[object, ...] = ()) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement, row)

    def account(self) -> Account:
        return account({"east-1": self.journal}, self.registry, self.told)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_run_in_which_everything_is_right_has_no_complaint(files: Files) -> None:
    made = files.account()
    assert (made.journaled, made.registered, made.decided, made.unreadable) == (3, 3, 2, 1)
    assert (made.lost, made.doubled, made.wrong, made.took_ms) == (set(), set(), {}, [5.5, 5.5])


def test_a_record_that_never_reached_the_registry_is_lost(files: Files) -> None:
    files.change(files.registry, "DELETE FROM record WHERE sequence = 1")
    assert files.account().lost == {("east-1", JOURNAL, 1)}


def test_a_record_that_stands_twice_is_doubled(files: Files) -> None:
    """Among passages and amendments together: one identity, one record."""
    files.change(files.registry, "UPDATE amendment SET sequence = 2")
    assert files.account().doubled == {("east-1", JOURNAL, 2)}


def _other_reasons(files: Files) -> None:
    files.change(files.registry, "UPDATE passage SET reasons = '[]' WHERE sequence = 2")


def _quarantined(files: Files) -> None:
    files.change(files.registry, "UPDATE record SET quarantined = 1 WHERE sequence = 1")


def _one_too_many(files: Files) -> None:
    files.keep(4, RECORDS[0])
    files.register(4, RECORDS[0])


def _admitted_wrongly(files: Files) -> None:
    files.told[0] = files.visit(0, COLD, 1)


def _read_the_unreadable(files: Files) -> None:
    files.told[0] = files.visit(0, HOPELESS, 1)


def _not_read(files: Files) -> None:
    files.told[2] = files.visit(2, HOME, None)


def _somebody_else(files: Files) -> None:
    files.change(files.registry, "UPDATE passage SET person = '0000000000000000' WHERE sequence = 1")


def _no_amendment(files: Files) -> None:
    files.change(files.journal, "DELETE FROM record WHERE sequence = 3")


def _flipped_bit(files: Files) -> None:
    files.change(files.journal, "UPDATE record SET hash = 'ffffffffffffffffffffffffffffffff' WHERE sequence = 1")


@pytest.mark.parametrize(
    "plant",
    [
        _other_reasons, _quarantined, _one_too_many, _admitted_wrongly, _read_the_unreadable, _not_read,
        _somebody_else, _no_amendment, _flipped_bit,
    ],
)  # fmt: skip
def test_every_planted_fault_is_counted_as_wrong(files: Files, plant: Callable[[Files], None]) -> None:
    plant(files)
    assert len(files.account().wrong) == 1
