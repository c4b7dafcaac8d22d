"""The registry file: made, upgraded, refused, and what its commands keep."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from gate.formats.chain import Credential, Kind
from gate.policy import Policy
from gate.roster import Health, Standing
from hub.feed import Feed, Filter
from hub.registry import Change, Registry, RegistryRefused, clerks, documents, opened, passes, people, read_only
from hub.registry.instants import read, written
from hub.registry.migrations import MIGRATIONS
from hub.registry.people import Household, Person
from hub.registry.stations import AlreadyThere, Station, add, listed

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOME = Household(id="aa" * 8, building="3", unit="2", room="501")
WANG = Person(
    id="0b" * 8,
    household=HOME.id,
    name="王小明",
    masked_name="王*明",
    health=Health.GREEN,
    standing=Standing.ISOLATED,
    needs_help=True,
    phone_tail="1234",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite"


@pytest.fixture
def registry(path: Path):
    with opened(path, NOW, "sunshine") as registry:
        yield registry


def settle(registry: Registry) -> None:
    registry.run(lambda each: people.put_households(each, [HOME]))
    registry.run(lambda each: people.put_persons(each, [WANG]))


def test_a_registry_is_nobody_elses_to_read_and_knows_its_generation(registry: Registry, path: Path):
    assert path.stat().st_mode & 0o777 == 0o600
    assert registry.generation == int(NOW.timestamp())
    assert registry.compound == "sunshine"


def test_a_registry_opened_again_keeps_its_generation(path: Path):
    with opened(path, NOW, "sunshine"):
        pass
    with opened(path, NOW + timedelta(days=3), "sunshine") as again:
        assert again.generation == int(NOW.timestamp())


def test_every_commit_is_on_the_disk_before_it_returns(registry: Registry):
    """WAL with synchronous FULL (2): the mode that lost no row in simulated power cuts."""
    assert registry.one("PRAGMA journal_mode") == ("wal",)
    assert registry.one("PRAGMA synchronous") == (2,)


def test_a_registry_of_another_compound_is_refused(path: Path):
    with opened(path, NOW, "sunshine"):
        pass
    with pytest.raises(RegistryRefused, match="belongs to compound 'sunshine'"), opened(path, NOW, "moonlight"):
        pass


def test_a_file_of_a_newer_version_is_refused(path: Path):
    with opened(path, NOW, "sunshine") as registry:
        MIGRATIONS._record_applied(registry.database, "9999_of_the_future")
    with pytest.raises(RegistryRefused, match="newer version"), opened(path, NOW, "sunshine"):
        pass


def test_a_file_that_is_no_database_is_refused(path: Path):
    path.write_text("this is a shopping list, long enough to be taken for a header of something else" * 20)
    with pytest.raises(RegistryRefused, match="not a registry"), opened(path, NOW, "sunshine"):
        pass


def test_an_older_file_is_copied_before_it_is_changed(path: Path):
    with closing(Database(path)) as older:
        MIGRATIONS.ensure_migrations_table(older)
        older.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('registry', '0000', '')"
        )
    known = MIGRATIONS._migrations
    MIGRATIONS._migrations = [MIGRATIONS._Migration("0000", lambda database: None), *known]
    try:
        with opened(path, NOW, "sunshine"):
            pass
    finally:
        MIGRATIONS._migrations = known
    (copy,) = path.parent.glob("registry.sqlite.before-0001_first_tables-*")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(Database(copy)) as kept:
        assert kept.table_names() == ["_sqlite_migrations"]


def test_a_registry_from_before_guards_named_people_still_finds_passages_by_person(path: Path):
    with closing(Database(path)) as older:
        MIGRATIONS.apply(older, stop_before="0004_gate_days")
        older.execute(
            "INSERT INTO passage (station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons,"
            " person) VALUES ('east-1', ?, 1, ?, 'synced', 'east', '1', 'in', 'admit', '[]', ?)",
            ("ab" * 8, written(NOW), WANG.id),
        )
        older.conn.commit()
    with opened(path, NOW, "sunshine") as upgraded:
        settle(upgraded)
        (row,) = Feed(path).recent(Filter(person=WANG.id))
        assert (row.masked_name, row.caller, row.found, row.named) == ("王*明", "resident", False, False)


def test_a_reader_cannot_write(registry: Registry, path: Path):
    with closing(read_only(path)) as reader, pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM person")


def test_a_reader_without_a_registry_is_told_what_to_do(tmp_path: Path):
    with pytest.raises(RegistryRefused, match="gate-hub init"):
        read_only(tmp_path / "nothing.sqlite")


def test_a_command_that_fails_leaves_nothing_behind(registry: Registry):
    def half(each: Registry) -> None:
        people.put_households(each, [HOME])
        raise ValueError("the sheet ends in the middle")

    with pytest.raises(ValueError, match="sheet"):
        registry.run(half)
    assert people.households(registry) == []
    assert registry.touched == set()


def test_a_person_comes_back_as_they_were_put(registry: Registry):
    settle(registry)
    assert people.persons(registry) == [WANG]
    assert people.households(registry) == [HOME]
    assert registry.touched == {Change.PEOPLE}


def test_the_roster_carries_the_masked_name_and_never_the_name(registry: Registry):
    settle(registry)
    (resident,) = people.roster(registry, NOW)
    assert (resident.masked_name, resident.building, resident.room) == ("王*明", "3", "501")
    assert (resident.standing, resident.health, resident.needs_help) == (Standing.ISOLATED, Health.GREEN, True)
    assert "王小明" not in repr(resident)


def test_who_moved_away_is_off_the_roster_and_back_on_return(registry: Registry):
    settle(registry)
    registry.run(lambda each: people.moved_away(each, [WANG.id], NOW))
    assert people.roster(registry, NOW) == []
    registry.run(lambda each: people.put_persons(each, [WANG]))
    assert len(people.roster(registry, NOW)) == 1


def test_a_revoked_pass_is_named_and_an_unknown_serial_reported(registry: Registry):
    settle(registry)
    card = Credential("GC1", Kind.RESIDENT, "sunshine", WANG.id, "5e" * 8, "cc" * 8, NOW, NOW + timedelta(days=180))
    registry.run(lambda each: passes.add(each, [card]))
    assert passes.serials_of(registry, WANG.id) == [card.serial]
    assert registry.run(lambda each: passes.revoke(each, [card.serial, "00" * 8], NOW)) == ["00" * 8]
    assert passes.revoked(registry, NOW) == {card.serial}
    assert Change.TRUST in registry.touched


def test_a_station_is_added_once(registry: Registry):
    east = Station("east-1", "east", "1", "both")
    registry.run(lambda each: add(each, east, NOW))
    assert listed(registry) == [east]
    with pytest.raises(AlreadyThere, match="east-1"):
        registry.run(lambda each: add(each, east, NOW))


def test_a_clerk_gets_a_new_password(registry: Registry):
    assert registry.run(lambda each: clerks.put(each, "li", "first", NOW))
    assert not registry.run(lambda each: clerks.put(each, "li", "second", NOW))
    assert registry.rows("SELECT name, password_hash FROM clerk") == [("li", "second")]


def test_the_policy_comes_back_as_it_was_set(registry: Registry):
    assert documents.policy(registry) is None
    policy = Policy(title="测试", zones={})
    registry.run(lambda each: documents.set_policy(each, policy))
    assert documents.policy(registry) == policy


def test_editions_rise_over_a_restart_that_was_not_announced(path: Path):
    """Nothing is written when the hub is killed; the next run still says no number twice."""
    with opened(path, NOW, "sunshine") as registry:
        editions = documents.Editions(registry)
        first = [editions.draw() for _ in range(documents.BLOCK + 3)]
    with opened(path, NOW, "sunshine") as again:
        later = documents.Editions(again).draw()
    assert sorted(set(first)) == first
    assert later > first[-1]


def test_editions_are_not_drawn_where_a_rollback_would_reuse_them(registry: Registry):
    editions = documents.Editions(registry)
    with pytest.raises(RuntimeError, match="transaction"):
        registry.run(lambda each: editions.draw())


def test_the_text_of_instants_sorts_as_time_does():
    instants = [NOW, NOW + timedelta(microseconds=1), NOW + timedelta(seconds=1), NOW + timedelta(days=400)]
    assert sorted(map(written, reversed(instants))) == [written(each) for each in instants]
    assert [read(written(each)) for each in instants] == instants
