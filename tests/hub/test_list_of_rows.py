"""The list of rows beside the registry: it names what left no trace, and vouches for what was committed alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from hub.keeping import backup
from hub.registry import Registry, clerks, mending, opened, people, seals, witness
from hub.registry.people import Household, Person
from hub.registry.witness import Known

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
HOMES = [Household(id=f"{number:016x}", building="3", room=f"room-{number}") for number in range(40)]
KEY = f'["{HOMES[7].id}"]'
_INVITE = "INSERT INTO invitation (token_hash, person, made_at, expires_at) VALUES (?, ?, '', '9')"
LI = Person(id="0b" * 8, household=HOMES[0].id, name="李小明", masked_name="李*明", telephone="13900001111")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        registry.run(lambda each: people.put_households(each, HOMES))
        registry.run(lambda each: clerks.put(each, "office", "hash-of-office", NOW))
    return tmp_path / "registry.sqlite"


def destroy(path: Path, table: str, key: str) -> None:
    """As damage does it: both copies are gone, and the count of the table with them."""
    with closing(sqlite3.connect(path)) as connection:
        seals.seal(connection)
        connection.executescript(f"DROP TRIGGER {table}_unsealed; DELETE FROM tally WHERE tbl = '{table}'")
        connection.execute(f"DELETE FROM {table} WHERE json_array({seals.SEALED[table].key[0]}) = ?", (key,))
        connection.execute("DELETE FROM twin WHERE tbl = ? AND key = ?", (table, key))
        connection.commit()


def report(path: Path) -> str:
    with opened(path, LATER, "sunshine"):
        pass
    (found,) = path.parent.glob("registry-damaged-*.txt")
    return found.read_text()


def test_a_row_that_left_no_trace_is_named(path: Path) -> None:
    """Not counted among others of which there is no trace; nor is anything said of a count that nobody needs."""
    destroy(path, "household", KEY)
    said = report(path)
    assert f"household {KEY}: lost: of neither copy is there a trace" in said
    assert "more" not in said


def test_a_row_that_left_no_trace_comes_back_from_the_backup_as_it_was_written_last(path: Path) -> None:
    (path.parent / mending.BACKUPS).mkdir()
    backup.take(path, path.parent / mending.BACKUPS, "sunshine", NOW)
    destroy(path, "household", KEY)
    assert f"household {KEY}: mended: the backup has it as it was written last" in report(path)
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT room FROM household WHERE id = ?", (HOMES[7].id,)) == [("room-7",)]


def test_what_was_removed_since_the_backup_does_not_come_back(path: Path) -> None:
    """The list knows that it had been removed; without a list nobody does."""
    (path.parent / mending.BACKUPS).mkdir()
    backup.take(path, path.parent / mending.BACKUPS, "sunshine", NOW)
    with opened(path, NOW, "sunshine") as registry:
        registry.run(lambda each: each.database.conn.execute("DELETE FROM household WHERE id = ?", (HOMES[3].id,)))
    destroy(path, "household", KEY)
    assert HOMES[3].id not in report(path)
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM household") == [(39,)]


def test_a_row_that_fell_back_to_an_older_state_is_named(path: Path, tmp_path: Path) -> None:
    """The log lost its end, so both copies say what was true before; the list knows that it was written once more."""
    folder = tmp_path / "killed"
    folder.mkdir()
    with opened(path, NOW, "sunshine") as registry:
        registry.run(lambda each: people.put_persons(each, [LI]))
        short = path.with_name(path.name + "-wal").stat().st_size
        registry.run(lambda each: each.database.conn.execute("UPDATE person SET standing = 'quarantine'"))
        _copy(path, folder)
    log = folder / "registry.sqlite-wal"
    log.write_bytes(log.read_bytes()[:short])
    assert f'person ["{LI.id}"]: it is older than what was written last' in report(folder / "registry.sqlite")


def test_a_copy_that_nobody_else_vouches_for_is_vouched_for(path: Path) -> None:
    """The twin is damaged, the row is not: the list has its digest, so nobody has to look it over."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE twin SET seal = 'x' WHERE tbl = 'household' AND key = ?", (KEY,))
        connection.commit()
    assert f"household {KEY}: mended: the list of rows vouches for it" in report(path)


def test_what_was_never_committed_is_not_said_to_be_lost(path: Path) -> None:
    """A kill between the note and the commit: perhaps, says the report. A commit that failed: nothing at all."""
    fallen = Household(id="ff" * 8, building="3", room="fallen")
    with opened(path, NOW, "sunshine") as registry:
        with pytest.raises(sqlite3.IntegrityError):
            registry.run(_refused_at_its_commit)
        told = witness.read(path)
        assert (told.whole, told.of("person")) == (True, {})
        at_commit = _list_at_the_next_commit(registry, path)
        registry.run(lambda each: people.put_households(each, [fallen]))
        registry.run(lambda each: each.database.conn.execute("DELETE FROM household WHERE id = ?", (fallen.id,)))
    witness.place(path).write_bytes(at_commit[0])
    assert witness.read(path).of("household")[f'["{fallen.id}"]'] == Known("", certain=False)
    destroy(path, "household", KEY)
    assert f'household ["{fallen.id}"]: perhaps lost: it was being written when the hub ended' in report(path)


def test_what_a_savepoint_took_back_is_not_on_the_list(path: Path) -> None:
    def half(registry: Registry) -> None:
        people.put_households(registry, [Household(id="aa" * 8, building="1")])
        registry.database.conn.execute("SAVEPOINT half")
        people.put_households(registry, [Household(id="bb" * 8, building="1")])
        registry.database.conn.execute("ROLLBACK TO half")

    with opened(path, NOW, "sunshine") as registry:
        registry.run(half)
        known = witness.read(path).of("household")
    assert ('["' + "aa" * 8 + '"]' in known, '["' + "bb" * 8 + '"]' in known) == (True, False)


def test_no_name_and_no_secret_stands_on_the_list(path: Path) -> None:
    """Pseudonyms, numbers and digests; a clerk's login and an invitation are told by digest alone."""
    with opened(path, NOW, "sunshine") as registry:
        registry.run(lambda each: people.put_persons(each, [LI]))
        registry.run(lambda each: clerks.put(each, "zhang-min", "hash", NOW))
        registry.run(lambda each: each.database.conn.execute(_INVITE, ("c0ffee" * 10, LI.id)))
    raw = witness.place(path).read_bytes()
    assert witness.place(path).stat().st_mode & 0o777 == 0o600
    assert LI.id.encode() in raw
    assert not [each for each in (LI.name, "139000", "zhang", "c0ffee") if each.encode() in raw]
    destroy(path, "clerk", '["zhang-min"]')
    digest = witness.listed("clerk", '["zhang-min"]')
    assert f"clerk {digest}: lost" in report(path)


@pytest.mark.parametrize(
    "harm",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:-3],
        lambda raw: raw.replace(b"household", b"housebold", 1),
        lambda raw: raw[1:],
        lambda raw: b"",
        lambda raw: bytes(each ^ 0x55 for each in raw),
    ],
)
def test_a_damaged_list_is_not_believed_to_be_whole(path: Path, harm: Callable[[bytes], bytes]) -> None:
    """What can be read of it still names rows; that a row is not on it then says nothing, and the count counts."""
    place = witness.place(path)
    place.write_bytes(harm(place.read_bytes()))
    assert not witness.read(path).whole
    destroy(path, "household", KEY)
    assert "household: the count of its rows is lost" in report(path)


def test_a_list_of_an_older_generation_is_not_asked(path: Path) -> None:
    """It lay beside the registry that was there before."""
    old = witness.place(path).read_bytes()
    with opened(path, LATER, "sunshine") as registry:
        registry.run(lambda each: each.begin_generation(LATER))
        registry.run(lambda each: each.database.conn.execute("DELETE FROM household WHERE id = ?", (HOMES[3].id,)))
    witness.place(path).write_bytes(old)
    destroy(path, "household", KEY)
    assert HOMES[3].id not in report(path)


def test_the_list_stays_small_and_goes_on_being_right(path: Path) -> None:
    """Rows that are written again and again make it no larger than twice what it needs, and a fixed slack."""
    with opened(path, NOW, "sunshine") as registry:
        first = witness.place(path).stat().st_size
        for number in range(1200):
            registry.run(partial(_move_everybody, unit=str(number)))
            assert witness.place(path).stat().st_size < 2 * first + 2**20 + 10_000
        told = witness.read(path)
        seal = registry.rows("SELECT seal FROM twin WHERE tbl = 'household' AND key = ?", (KEY,))[0][0]
    assert told.whole
    assert told.of("household")[KEY] == Known(seal[: witness.DIGITS], certain=True)


def test_a_list_that_cannot_be_written_stops_nothing_and_is_begun_again(path: Path) -> None:
    """The disk was full for a while: commits go on, a list with a gap is never left, and later there is one again."""
    place = witness.place(path)
    place.unlink()
    place.mkdir()
    with opened(path, NOW, "sunshine") as registry:
        registry.run(partial(_move_everybody, unit="9"))
        assert not witness.read(path).whole
        place.rmdir()
        for _ in range(witness.TRIED_AGAIN_AFTER):
            registry.run(partial(_move_everybody, unit="9"))
        assert witness.read(path).whole
        assert len(witness.read(path).of("household")) == len(HOMES)


def test_what_gates_say_of_themselves_does_not_fill_the_list(path: Path) -> None:
    """How far their journals were receipted is noted every minute; only that there is such a row is on the list."""
    with opened(path, NOW, "sunshine") as registry:
        write = "INSERT INTO journal VALUES ('e', 'ab', ?, '') ON CONFLICT DO UPDATE SET through = excluded.through"
        registry.run(lambda each: each.database.conn.execute(write, (1,)))
        size = witness.place(path).stat().st_size
        registry.run(lambda each: each.database.conn.execute(write, (2,)))
        assert witness.place(path).stat().st_size == size
        assert witness.read(path).of("journal") == {'["e","ab"]': Known("", certain=True)}


def _move_everybody(registry: Registry, unit: str) -> None:
    registry.database.conn.execute("UPDATE household SET unit = ?", (unit,))


def _refused_at_its_commit(registry: Registry) -> None:
    registry.database.conn.execute("PRAGMA defer_foreign_keys = ON")
    people.put_persons(registry, [Person(id="cc" * 8, household="of nobody", name="钱", masked_name="钱")])


def _list_at_the_next_commit(registry: Registry, path: Path) -> list[bytes]:
    """What a kill just before the commit would leave, once there was one."""
    found: list[bytes] = []

    def look(statement: str) -> None:
        if statement == "COMMIT":
            found.append(witness.place(path).read_bytes())

    registry.database.conn.set_trace_callback(look)
    return found


def _copy(path: Path, folder: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-rows"):
        (folder / f"registry.sqlite{suffix}").write_bytes(path.with_name(path.name + suffix).read_bytes())
