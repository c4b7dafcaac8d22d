"""A registry that a hub of the first release has filled, opened by this one: nothing is lost, and all of it is asked
and added to as before."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from gate.clock import ClockState
from gate.passage import Amendment, Ground, Happening, MadePass, Passage, Record, Stamp, What
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wire import body_hash, encode_body
from hub.casebook import Casebook
from hub.feed import Feed, Filter
from hub.forms import Opener
from hub.quarantine.set_aside import SetAside
from hub.registry import Registry, guards, opened, passes, people, permits, soundness
from hub.registry.instants import written
from hub.registry.migrations import MIGRATIONS
from hub.registry.parcels import Parcel
from hub.registry.records import take
from hub.registry.rows import rows_of
from hub.registry.second_reading import read_again

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL = "ab" * 8
WANG, LI, GONE, HOME = "0b" * 8, "1c" * 8, "2d" * 8, "aa" * 8
_AT = written(NOW)
_LATER = written(NOW + timedelta(days=90))
# As the first three migrations left them, a table after the other.
_FILLED: dict[str, list[dict[str, object]]] = {
    "meta": [{"key": "compound", "value": "sunshine"}, {"key": "created_at", "value": _AT},
             {"key": "generation", "value": "1768000000"}, {"key": "number", "value": "64"}],
    "household": [{"id": HOME, "building": "3", "unit": "2", "room": "501"}],
    "person": [
        {"id": WANG, "household": HOME, "name": "王小明", "masked_name": "王*明", "telephone": "13800001234"},
        {"id": LI, "household": HOME, "name": "李红", "masked_name": "李*", "standing": "isolated"},
        {"id": GONE, "household": HOME, "name": "赵六", "masked_name": "赵*", "left_at": _AT},
    ],
    "pass": [
        {"serial": "d1" * 8, "person": WANG, "kind": "resident", "key_id": "e0" * 8, "issued_at": _AT,
         "expires_at": _LATER, "phone_key": "02" * 33},
        {"serial": "d2" * 8, "person": GONE, "kind": "resident", "key_id": "e0" * 8, "issued_at": _AT,
         "expires_at": _LATER, "revoked_at": _AT},
    ],
    "pass_key": [{"key_id": "e0" * 8, "public": "ff" * 32, "not_before": _AT}],
    "invitation": [{"token_hash": "77" * 32, "person": LI, "made_at": _AT, "expires_at": _LATER}],
    "station": [{"id": "east-1", "gate": "east", "lane": "1", "direction": "in", "added_at": _AT}],
    "clerk": [{"name": "李静", "password_hash": "x", "created_at": _AT}],
    "record": [{"station": "east-1", "journal": JOURNAL, "sequence": 1, "hash": "00" * 32, "body": b"{}",
                "received_at": _AT}],
    "journal": [{"station": "east-1", "journal": JOURNAL, "through": 1, "heard_at": _AT}],
    "passage": [
        {"station": "east-1", "journal": JOURNAL, "sequence": 1, "at": _AT, "clock": "synced", "gate": "east",
         "lane": "1", "direction": "in", "outcome": "refer", "reasons": '["fever"]', "person": WANG, "celsius": 37.9,
         "guard": "g1", "final_outcome": "refuse", "ground": "sent_back"},
    ],
    "amendment": [
        {"station": "east-1", "journal": JOURNAL, "sequence": 2, "at": _AT, "passage_journal": JOURNAL,
         "passage_sequence": 1, "outcome": "refuse", "ground": "sent_back", "guard": "g1"},
    ],
    "quarantine": [{"station": "east-1", "journal": "", "sequence": 0, "hash": "11" * 32, "payload": b"?", "why": "x",
                    "received_at": _AT}],
    "document": [{"kind": "policy", "generation": 1768000000, "number": 3, "payload": b"p", "published_at": _AT}],
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the first release, full; nobody has opened it since."""
    path = tmp_path / "registry.sqlite"
    with closing(Database(path)) as older:
        MIGRATIONS.apply(older, stop_before="0004_gate_days")
        for table, rows in _FILLED.items():
            for row in rows:
                columns, marks = ", ".join(row), ", ".join("?" * len(row))
                older.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))
        older.conn.commit()
    return path


def rows_told(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every row as it stands, by table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in _FILLED}


def test_every_row_of_the_first_release_is_kept_as_it_was(path: Path) -> None:
    """Tables gain columns; what stood in the old ones stands there still, and no reference hangs in the air."""
    before = rows_told(path)
    assert all(before.values()), "the old file is full"
    with opened(path, NOW, "sunshine") as upgraded:
        assert upgraded.rows("PRAGMA foreign_key_check") == []
        assert upgraded.one("PRAGMA integrity_check") == ("ok",)
    after = rows_told(path)
    for table, rows in before.items():
        kept = [{name: value for name, value in row.items() if name in rows[0]} for row in after[table]]
        assert [row for row in rows if row not in kept] == [], table
    (copy,) = path.parent.glob("registry.sqlite.before-*")
    assert rows_told(copy) == before, "a copy was kept first"


def test_an_upgraded_file_has_the_tables_and_indices_of_a_new_one(path: Path) -> None:
    """Also the index by which somebody's passages are found, which once was of one piece."""
    with opened(path, NOW, "sunshine") as upgraded:
        assert list(soundness.schema(upgraded.database.conn)) == []
        indices = {row[0] for row in upgraded.rows("SELECT name FROM sqlite_master WHERE tbl_name = 'passage'")}
        assert "passage_who_in_parts" in indices
        assert "passage_who" not in indices


def test_a_second_start_changes_nothing_more(path: Path) -> None:
    with opened(path, NOW, "sunshine"):
        pass
    once = rows_told(path)
    with opened(path, NOW, "sunshine"):
        pass
    assert rows_told(path) == once
    assert len(list(path.parent.glob("registry.sqlite.before-*"))) == 1


def test_the_office_reads_old_passages_and_the_gates_get_the_old_roster(path: Path) -> None:
    """A passage from before is shown with all that was known of it; whoever was isolated is so still."""
    with opened(path, NOW, "sunshine") as upgraded:
        (row,) = Feed(path).recent(Filter(person=WANG))
        assert (row.masked_name, row.celsius, row.now_holds, row.ground) == ("王*明", 37.9, "refuse", "sent_back")
        assert (row.caller, row.trip, row.retest, row.form, row.sealed) == ("resident", (), (), None, "")
        roster = {each.person: each for each in people.roster(upgraded, NOW)}
        assert (set(roster), str(roster[LI].standing), roster[LI].permits) == ({WANG, LI}, "isolated", ())
        assert passes.revoked(upgraded, NOW) == {"d2" * 8}
        assert (guards.staff(upgraded).guards, permits.told(upgraded, NOW)) == ((), {})
        book = Casebook(path)
        assert (book.cases(), book.happenings(), book.standing(), book.temporary_passes(NOW)) == ([], [], [], [])


def test_a_gate_of_today_is_heard_beside_what_an_old_one_told(path: Path) -> None:
    """The next records of the same journal are of kinds that the first release had no table for."""
    stamp = Stamp(NOW, ClockState.SYNCED, "a" * 16, 1.0)
    told: tuple[Record, ...] = (
        Happening(stamp, "east", "1", What.FIRE),
        MadePass(stamp=stamp, gate="east", serial="d9" * 8, number=1, expires_at=NOW + timedelta(hours=12)),
    )

    def come_in(registry: Registry) -> None:
        opener, parcels = Opener("sunshine", b""), []
        for sequence, record in enumerate(told, start=3):
            body = encode_body(record)
            rows = rows_of("east-1", JOURNAL, sequence, record, opener)
            parcels.append(Parcel("east-1", JOURNAL, sequence, body_hash(body), body, rows))
        take(registry, parcels, [], NOW)

    with opened(path, NOW, "sunshine") as upgraded:
        upgraded.run(come_in)
        book = Casebook(path)
        assert [each.what for each in book.standing()] == ["fire"]
        assert [each.serial for each in book.temporary_passes(NOW)] == ["d9" * 8]


def test_what_a_newer_gate_told_an_older_hub_counts_once_the_hub_is_newer(path: Path) -> None:
    """Kept in quarantine as it came, read when a hub starts that knows the words; nonsense stays where it is."""
    fever = Passage(
        Stamp(NOW, ClockState.SYNCED, "a" * 16, 1.0), "east", "1", Direction.OUT, reasons=(Reason.FEVER,), person=LI,
        named=True,
    )  # fmt: skip
    word = Amendment(fever.stamp, JOURNAL, 5, Outcome.REFUSE, Ground.SENT_BACK)
    strange = {5: encode_body(fever), 6: encode_body(word), 7: b'{"kind":"of tomorrow"}'}
    other = encode_body(Happening(fever.stamp, "east", "1", What.FIRE))
    with opened(path, NOW, "sunshine") as upgraded:
        why = "body unreadable: Object contains unknown field `named`"
        parcels = [Parcel("east-1", JOURNAL, at, body_hash(body), body, why=why) for at, body in strange.items()]
        changed = Parcel("east-1", JOURNAL, 8, body_hash(other), other, why="the body is not its envelope's")
        upgraded.run(lambda each: take(each, [*parcels, changed], [], NOW))
        before = len(SetAside(path).listed())
        assert [upgraded.run(lambda each: read_again(each, Opener("sunshine", b""))).registered for _ in "12"] == [2, 0]
        (row,) = Feed(path).recent(Filter(person=LI))
        assert (row.sequence, row.reasons, row.named, row.now_holds) == (5, ("fever",), True, "refuse")
        assert len(SetAside(path).listed()) == before - 2
        assert Casebook(path).happenings() == []
        assert upgraded.rows("SELECT sequence FROM record WHERE quarantined = 1") == [(7,), (8,)]
