"""Every row of the office has its twin, whoever writes it and in whatever way; no table is forgotten."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from hub.registry import Registry, Row, open_registry, people, seals
from hub.registry.migrations import MIGRATIONS
from hub.registry.people import Household, Person

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOME, WANG = "aa" * 8, "0b" * 8


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with closing(open_registry(tmp_path / "registry.sqlite", NOW, "sunshine")) as opened:
        yield opened


def twins(registry: Registry, table: str) -> list[Row]:
    return registry.rows("SELECT key, said, seal FROM twin WHERE tbl = ? ORDER BY key", (table,))


def expected(registry: Registry, table: str) -> list[Row]:
    rows = registry.rows(f"SELECT {seals.key_of(table)}, {seals.said_of(table)} FROM {table} ORDER BY 1")
    return [(key, said, seals.row_seal(table, key, said)) for key, said in rows]


def count(registry: Registry, table: str) -> int:
    return int(registry.rows("SELECT rows FROM tally WHERE tbl = ?", (table,))[0][0])


def add_wang(registry: Registry, name: str = "王小明") -> None:
    people.put_households(registry, [Household(id=HOME, building="3")])
    people.put_persons(registry, [Person(id=WANG, household=HOME, name=name, masked_name="王*明")])


def test_every_table_and_column_has_its_twin_or_a_reason_why_not(registry: Registry) -> None:
    """A column that is added without one would be a place where a flipped bit goes unseen."""
    tables = {
        name: {row[1] for row in registry.rows(f"PRAGMA table_info({name})")}
        for (name,) in registry.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    }
    sealed = {table: set(each.all_columns) for table, each in seals.SEALED.items()}
    besides = {(table, column) for table, columns in sealed.items() for column in tables[table] - columns}
    assert besides == set(seals.UNSEALED_COLUMNS)
    assert set(tables) - set(sealed) <= set(seals.UNSEALED)


def test_a_row_that_is_written_changed_and_removed_takes_its_twin_along(registry: Registry) -> None:
    """Also by an upsert, whose own conflict clause would otherwise hold for the triggers as well."""
    registry.run(add_wang)
    assert twins(registry, "person") == expected(registry, "person") != []
    registry.run(lambda each: add_wang(each, "王大明"))
    assert twins(registry, "person") == expected(registry, "person")
    assert "王大明" in twins(registry, "person")[0][1]
    assert count(registry, "person") == 1
    registry.database.conn.execute("DELETE FROM person")
    assert (twins(registry, "person"), count(registry, "person")) == ([], 0)


@pytest.mark.parametrize("how", ["INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
def test_no_way_of_inserting_leaves_a_twin_behind(registry: Registry, how: str) -> None:
    """`meta` is written by INSERT OR REPLACE, the quarantine by INSERT OR IGNORE."""
    for value in "12":
        registry.database.conn.execute(f"{how} INTO meta VALUES ('quiet_hours', ?)", (value,))
    assert twins(registry, "meta") == expected(registry, "meta")
    assert count(registry, "meta") == len(expected(registry, "meta"))


def test_a_row_under_another_key_leaves_no_twin_under_the_old_one(registry: Registry) -> None:
    registry.database.conn.execute("UPDATE meta SET key = 'other' WHERE key = 'compound'")
    assert twins(registry, "meta") == expected(registry, "meta")


def test_rows_from_before_there_were_twins_have_theirs_after_the_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with closing(Database(path)) as older:
        MIGRATIONS.apply(older, stop_before="0010_checksums")
        older.execute("INSERT INTO clerk VALUES ('李静', 'x', '2026')")
        older.execute(
            "INSERT INTO record (station, journal, sequence, hash, body, received_at)"
            " VALUES ('e', 'j', 1, 'h', x'', '2')"
        )
        older.conn.commit()
    with closing(open_registry(path, NOW, "sunshine")) as registry:
        assert twins(registry, "clerk") == expected(registry, "clerk") != []
        assert count(registry, "clerk") == 1
        assert registry.rows("SELECT checksum FROM record") == [(seals.record_checksum("e", "j", 1, "h", "2"),)]


def test_nobody_writes_the_office_s_rows_without_their_twins(registry: Registry) -> None:
    """A connection that does not know how is refused rather than let by."""
    how = pytest.raises(sqlite3.OperationalError, match="no such function: row_")
    with closing(sqlite3.connect(registry.path)) as stranger, how:
        stranger.execute("INSERT INTO clerk VALUES ('x', 'y', 'z')")
