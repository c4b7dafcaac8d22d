"""A registry that is not as it was written: set aside, said row by row, and gone on with all that is whole in it."""

import logging
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.wire import body_hash
from hub.forms import Opener
from hub.keeping import backup
from hub.keeping.verify import verify
from hub.registry import (
    Registry,
    RegistryRefused,
    carrying,
    clerks,
    mending,
    open_registry,
    opened,
    people,
    seals,
    soundness,
    witness,
)
from hub.registry.pages import Pages
from hub.registry.parcels import Parcel
from hub.registry.people import Household, Person
from hub.registry.records import take
from hub.registry.wal import wal_of

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
JOURNAL = "ab" * 8
HOMES = [Household(id=f"{number:016x}", building="3", room=f"room-{number}") for number in range(200)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A registry with 200 households, a clerk and 60 records, closed in order."""
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        fill(registry)
    return tmp_path / "registry.sqlite"


def fill(registry: Registry) -> None:
    registry.run(lambda each: people.put_households(each, HOMES))
    registry.run(lambda each: clerks.put(each, "office", "hash-of-office", NOW))
    bodies = [b'{"kind":"of tomorrow","number":%d}' % number for number in range(60)]
    parcels = [
        Parcel("east-1", JOURNAL, number + 1, body_hash(body), body, why="body unreadable: x")
        for number, body in enumerate(bodies)
    ]
    registry.run(lambda each: take(each, parcels, [], NOW))


def overwrite(path: Path, old: bytes, new: bytes, place: int = 0) -> None:
    """The n-th place in the file where this stands says something else."""
    content, at = path.read_bytes(), -1
    for _ in range(place + 1):
        at = content.index(old, at + 1)
    path.write_bytes(content[:at] + new + content[at + len(old) :])


def report(path: Path) -> str:
    (found,) = path.parent.glob("registry-damaged-*.txt")
    assert found.stat().st_mode & 0o777 == 0o600
    return found.read_text()


@pytest.mark.parametrize("place", [0, 1])
def test_a_row_of_which_one_copy_is_damaged_is_mended_from_the_other(path: Path, place: int) -> None:
    """Whichever of the two it is; and the damaged file is kept as it was."""
    overwrite(path, b"room-77", b"room-78", place)
    damaged = path.read_bytes()
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT room FROM household WHERE id = ?", (HOMES[77].id,)) == [("room-77",)]
        assert registry.rows("SELECT count(*) FROM household") == [(200,)]
        assert registry.rows("SELECT count(*) FROM record") == [(60,)]
    (aside,) = path.parent.glob("registry.sqlite.damaged-*")
    assert aside.read_bytes() == damaged
    assert f'household ["{HOMES[77].id}"]' in report(path)
    assert "Every record of the gates is whole." in report(path)


def test_a_new_generation_begins_so_that_the_gates_send_again(path: Path) -> None:
    before = _generation(path)
    overwrite(path, b"room-77", b"room-78")
    with opened(path, LATER, "sunshine") as registry:
        assert registry.generation > before
    with opened(path, LATER, "sunshine"):
        pass
    assert len(list(path.parent.glob("registry.sqlite.damaged-*"))) == 1, "what was mended is sound"


def test_a_row_whose_copies_are_both_damaged_comes_from_the_newest_backup(path: Path) -> None:
    """Where nothing says what it said last, it is kept as it stands, and the report says so."""
    (path.parent / mending.BACKUPS).mkdir()
    witness.place(path).unlink()
    backup.take(path, path.parent / mending.BACKUPS, "sunshine", NOW)
    _unseat_twin(path, "clerk")
    overwrite(path, b"hash-of-office", b"hash-of-0ffice")
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT password_hash FROM clerk") == [("hash-of-0ffice",)]
    assert 'clerk ["office"]: kept as it stands' in report(path), "nobody can say whether it changed, so look it over"


def test_what_is_gone_without_a_trace_is_counted(path: Path) -> None:
    """A row of which neither copy is left, and no list of rows, is missed by the count of its table."""
    with closing(sqlite3.connect(path)) as connection:
        seals.seal(connection)
        connection.executescript(
            "DROP TRIGGER clerk_unsealed; DELETE FROM clerk; DELETE FROM twin WHERE tbl = 'clerk';"
        )
    witness.place(path).unlink()
    with opened(path, LATER, "sunshine"):
        pass
    assert "clerk: lost: 1 more, of which there is no trace" in report(path)


def test_a_record_that_changed_is_named_and_left_out(path: Path) -> None:
    """Its gate sends it again where it still can, and until then the office is shown the gap."""
    overwrite(path, b'"number":33}', b'"number":34}')
    with closing(soundness.reading(path)) as reader:
        found = list(soundness.records(reader))
    assert [each.key for each in found] == [f"east-1 {JOURNAL} 34"]
    mending.note(path, found)
    with opened(path, LATER, "sunshine") as registry:
        assert carrying.missing(registry) == [("east-1", JOURNAL, 34, 34)]
        assert registry.rows("SELECT count(*) FROM record") == [(59,)]
    assert f"station east-1 journal {JOURNAL}: 34" in report(path)


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process grows beyond what SQLite needs to begin with, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_no_damage(path: Path) -> None:
    """A sound registry was taken for a damaged one, and the operator told to put a backup in its place."""
    before = sorted(each.name for each in path.parent.iterdir())
    with no_room():
        for look in (open_it, verify_it, soundness.at_opening):
            with pytest.raises(RegistryRefused, match="is its disk full") as refused:
                look(path)
            assert "restore" not in str(refused.value)
    assert sorted(each.name for each in path.parent.iterdir() if not each.name.endswith(("-shm", "-wal"))) == before
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM household") == [(200,)]
    assert not list(path.parent.glob("*damaged*"))


def open_it(path: Path) -> None:
    with opened(path, LATER, "sunshine"):
        pass


def verify_it(path: Path) -> None:
    verify(path, Opener("sunshine", b""))


@pytest.mark.parametrize("kind", ["BLOB", "INTEGER"])
def test_a_definition_that_is_no_text_any_more_is_damage_like_any_other(path: Path, kind: str) -> None:
    """A flipped bit can turn a text into bytes, or into a number; the hub starts all the same."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(f"UPDATE sqlite_schema SET sql = CAST(sql AS {kind}) WHERE name = 'permit_person'")
        connection.commit()
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM household") == [(200,)]
    assert "the registry was damaged" in report(path)


def test_an_index_that_the_quick_check_lets_by_does_not_stop_the_hub(path: Path) -> None:
    """It is looked into only when the registry is opened, and what is found then is mended like all else."""
    place = path.read_bytes().index(b"registry0010_checksums", 4096 * 2)
    content = bytearray(path.read_bytes())
    content[place - 1] ^= 0x80
    path.write_bytes(content)
    assert soundness.at_opening(path) == []
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM household") == [(200,)]
    assert "malformed" in report(path)


def test_rows_behind_a_damaged_branch_are_found_on_their_pages(path: Path) -> None:
    """SQLite reaches none of them any more."""
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'record'").fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : (root - 1) * 4096 + 12] = bytes(range(12))
    path.write_bytes(content)
    with closing(soundness.reading(path)) as reader, pytest.raises(sqlite3.DatabaseError):
        reader.execute("SELECT count(*), max(body) FROM record").fetchone()
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM record") == [(60,)]


def test_nothing_is_begun_anew_where_nothing_can_be_saved(path: Path) -> None:
    """A hub without its people would shut everybody out; the sentence says what to do instead."""
    path.write_bytes(b"\0" * 8192)
    with pytest.raises(RegistryRefused, match="gate-hub restore"):
        open_registry(path, LATER, "sunshine")
    assert path.read_bytes() == b"\0" * 8192


def test_a_registry_of_which_nothing_is_left_begins_with_the_newest_backup(path: Path) -> None:
    (path.parent / mending.BACKUPS).mkdir()
    backup.take(path, path.parent / mending.BACKUPS, "sunshine", NOW)
    path.write_bytes(b"")
    with opened(path, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM household") == [(200,)]
        assert registry.rows("SELECT count(*) FROM record") == [(60,)]


def _killed(path: Path, tmp_path: Path, harm: Callable[[bytes], bytes]) -> Path:
    """The files of a hub that was killed just after its last commit, with harm done to the log."""
    folder = tmp_path / "killed"
    folder.mkdir()
    with opened(path, NOW, "sunshine") as registry:
        person = Person(id="0b" * 8, household=HOMES[0].id, name="王", masked_name="王")
        registry.run(lambda each: people.put_persons(each, [person]))
        registry.run(lambda each: clerks.put(each, "newest", "hash", NOW))
        for suffix in ("", "-wal", "-shm"):
            content = path.with_name(path.name + suffix).read_bytes()
            (folder / f"registry.sqlite{suffix}").write_bytes(harm(content) if suffix == "-wal" else content)
    return folder / "registry.sqlite"


def _flip_first_frame(log: bytes) -> bytes:
    return log[:100] + bytes([log[100] ^ 1]) + log[101:]


def test_a_flipped_bit_in_the_log_costs_no_commit(path: Path, tmp_path: Path) -> None:
    """SQLite would take the log for ended there, and drop all that was committed behind it without a word."""
    killed = _killed(path, tmp_path, _flip_first_frame)
    with opened(killed, LATER, "sunshine") as registry:
        assert registry.rows("SELECT name FROM clerk ORDER BY name") == [("newest",), ("office",)]
        assert registry.rows("SELECT name FROM person") == [("王",)]
    assert "its log is damaged" in report(killed)


def test_a_count_from_before_the_damaged_log_is_not_believed(path: Path, tmp_path: Path) -> None:
    """SQLite shows the tables as they were before it; a row of the log whose copy there is gone was in no count yet."""
    key = b'["' + b"0b" * 8 + b'"]'
    killed = _killed(path, tmp_path, lambda log: _flip_first_frame(log).replace(key, key.replace(b"b", b"c")))
    with opened(killed, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM person") == [(0,)]
    assert "person: the count of its rows is lost" in report(killed)


def test_a_log_that_lost_its_end_is_missed(path: Path, tmp_path: Path) -> None:
    """By the index beside it, which outlives a killed hub."""
    killed = _killed(path, tmp_path, lambda log: log[: 32 + 4120 * 2])
    with opened(killed, LATER, "sunshine") as registry:
        assert registry.generation > int(NOW.timestamp())
    assert "lost: what was written last" in report(killed)


def test_the_log_of_a_killed_hub_is_sound(path: Path, tmp_path: Path) -> None:
    """Nothing is set aside, and no new generation begins."""
    killed = _killed(path, tmp_path, bytes)
    wal = wal_of(killed)
    assert wal is not None
    assert (wal.is_torn, wal.is_damaged, wal.missing) == (False, False, 0)
    with opened(killed, LATER, "sunshine") as registry:
        assert registry.generation == int(NOW.timestamp())
        assert registry.rows("SELECT count(*) FROM clerk") == [(2,)]


def test_what_was_never_committed_is_not_taken_for_a_row(path: Path, tmp_path: Path) -> None:
    """A hub that is killed amid an import leaves frames of it in its log: whole, and yet no commit ends with them."""
    folder = tmp_path / "killed"
    folder.mkdir()
    with opened(path, NOW, "sunshine") as registry:
        registry.run(lambda each: clerks.put(each, "newest", "hash", NOW))
        registry.database.conn.execute("PRAGMA cache_size = 10")
        registry.database.conn.execute("BEGIN")
        people.put_households(registry, [Household(id=f"{each:016x}", building="9") for each in range(10**6, 1003000)])
        registry.database.conn.execute("UPDATE household SET room = 'of nobody'")
        for suffix in ("", "-wal", "-shm"):
            (folder / f"registry.sqlite{suffix}").write_bytes(path.with_name(path.name + suffix).read_bytes())
        registry.database.conn.execute("ROLLBACK")
    killed = folder / "registry.sqlite"
    wal = wal_of(killed)
    assert wal is not None
    assert len(wal.frames) > len(wal.committed) > 0
    log = killed.with_name("registry.sqlite-wal")
    log.write_bytes(_flip_first_frame(log.read_bytes()))
    with opened(killed, LATER, "sunshine") as registry:
        assert registry.rows("SELECT count(*) FROM household WHERE building = '9'") == [(0,)]
        assert sorted(registry.rows("SELECT room FROM household")) == sorted((each.room,) for each in HOMES)
        assert registry.rows("SELECT name FROM clerk ORDER BY name") == [("newest",), ("office",)]


def test_a_torn_last_commit_begins_a_new_generation_and_nothing_else(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A power cut can do that, and nobody can tell whether a receipt had gone out; the index is then gone too."""
    killed = _killed(path, tmp_path, lambda log: log[:-50] + bytes([log[-50] ^ 1]) + log[-49:])
    killed.with_name("registry.sqlite-shm").unlink()
    with caplog.at_level(logging.WARNING), opened(killed, LATER, "sunshine") as registry:
        assert registry.generation == int(LATER.timestamp())
        assert registry.rows("SELECT name FROM clerk") == [("office",)]
    assert "torn" in caplog.text
    assert not list(killed.parent.glob("registry-damaged-*"))


def test_what_is_carried_over_goes_on_after_a_kill(path: Path) -> None:
    """Page by page, each step a transaction, each record once."""
    overwrite(path, b"room-77", b"room-78")
    (aside,) = [path.rename(path.with_name("aside.sqlite"))]
    with opened(path, LATER, "sunshine") as registry:
        registry.run(lambda each: carrying.plan(each, [aside, aside]))
    steps = 0
    while True:
        with opened(path, LATER, "sunshine") as registry:
            if carrying.planned(registry) is None:
                break
            carrying.step(registry)
            steps += 1
    with opened(path, LATER, "sunshine") as registry:
        assert [row[0] for row in registry.rows("SELECT sequence FROM record")] == [*range(1, 61)]
        waiting = registry.rows("SELECT sum(last - first + 1) FROM unfolded")
    assert (steps, waiting) == (2, [(60,)])


def test_a_file_that_was_taken_away_ends_the_carrying(path: Path) -> None:
    with opened(path, LATER, "sunshine") as registry:
        registry.run(lambda each: carrying.plan(each, [Path("gone.sqlite")]))
        assert carrying.carry_on(registry) == 0
        assert carrying.planned(registry) is None


def test_pages_are_read_with_rows_that_flow_over_onto_others(tmp_path: Path) -> None:
    """A body of 20 KB lies on several pages; each row comes back to the byte."""
    path = tmp_path / "registry.sqlite"
    bodies = [bytes([number]) * 20_000 for number in range(5)]
    with opened(path, NOW, "sunshine") as registry:
        parcels = [
            Parcel("east-1", JOURNAL, number + 1, body_hash(body), body, why="x") for number, body in enumerate(bodies)
        ]
        registry.run(lambda each: take(each, parcels, [], NOW))
    with Pages(path) as pages:
        found = [
            row
            for number in range(1, pages.count + 1)
            for row in pages.rows(number, carrying.COLUMNS, soundness.is_whole, everywhere=True)
        ]
    assert sorted(row[4] for row in found) == bodies


def _generation(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def _unseat_twin(path: Path, table: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE twin SET seal = 'x' WHERE tbl = ?", (table,))
        connection.commit()
