"""A registry's log after power cuts and flipped bits: what is torn was receipted by nobody and is not taken for damage;
what is damaged takes nothing with it that stands elsewhere."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.wire import body_hash
from hub.registry import Registry, carrying, clerks, opened, people
from hub.registry.parcels import Parcel
from hub.registry.people import Household
from hub.registry.records import take
from hub.registry.wal import FRAME, SECTOR, Frame, Wal, wal_of

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
JOURNAL = "ab" * 8
Deed = Callable[[Registry], object]


def left_by_a_power_cut(home: Path, *deeds: Deed) -> Path:
    """The file as it stood, and in its log a commit for each deed; the log's index does not outlive a power cut."""
    left = home / f"left-{len(list(home.iterdir()))}" / "registry.sqlite"
    left.parent.mkdir()
    with opened(home / "registry.sqlite", NOW, "sunshine") as registry:
        registry.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for each in deeds:
            registry.run(each)
        for suffix in ("", "-wal"):
            left.with_name(left.name + suffix).write_bytes((home / f"registry.sqlite{suffix}").read_bytes())
    return left


def log_of(path: Path) -> Wal:
    wal = wal_of(path)
    assert wal is not None
    return wal


def overwrite(wal: Wal, at: int, content: bytes) -> None:
    with wal.path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def last_commit(wal: Wal) -> tuple[Frame, ...]:
    before = [at for at, frame in enumerate(wal.frames) if frame.ends][-2:-1]
    return wal.frames[before[0] + 1 if before else 0 :]


def clerk(name: str) -> Deed:
    return lambda registry: clerks.put(registry, name, "hash", NOW)


def homes(count: int) -> Deed:
    rooms = [Household(id=f"{number:016x}", building="3", room=f"room-{number}") for number in range(count)]
    return lambda registry: people.put_households(registry, rooms)


def records(first: int, last: int) -> Deed:
    bodies = {number: b'{"kind":"of tomorrow","number":%d}' % number for number in range(first, last + 1)}
    parcels = [Parcel("east-1", JOURNAL, at, body_hash(body), body, why="x") for at, body in bodies.items()]
    return lambda registry: take(registry, parcels, [], NOW)


def clerks_of(registry: Registry) -> set[str]:
    return {name for (name,) in registry.rows("SELECT name FROM clerk")}


def test_a_sector_on_which_an_older_commit_ended_makes_no_second_commit_of_a_torn_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A frame's head may lie on two sectors: page and size on the first, by which a commit is known to end, all else on
    the second. Where the disk took the second alone, the size is that of whatever stood there in an older log."""
    path = left_by_a_power_cut(tmp_path, clerk("receipted"), homes(1000))
    wal = log_of(path)
    [split, *_] = [each for each in last_commit(wal) if (each.offset - FRAME) % SECTOR == SECTOR - 8]
    an_older_end = (3).to_bytes(4, "big") + (99).to_bytes(4, "big")
    overwrite(wal, split.offset - FRAME + 8 - SECTOR, bytes(SECTOR - 8) + an_older_end)
    assert (log_of(path).is_torn, log_of(path).is_damaged) == (True, False)
    with caplog.at_level(logging.WARNING), opened(path, LATER, "sunshine") as registry:
        assert registry.generation == int(LATER.timestamp())
        assert clerks_of(registry) == {"receipted"}
        assert registry.rows("SELECT count(*) FROM household") == [(0,)]
    assert not list(path.parent.glob("registry-damaged-*"))


def test_two_power_cuts_one_after_the_other_are_two_torn_commits_and_no_damage(tmp_path: Path) -> None:
    """SQLite would write the second over the first, under the same salts, with the first one's end still behind it."""
    path = left_by_a_power_cut(tmp_path, homes(400))
    overwrite(log_of(path), log_of(path).frames[0].offset, bytes(SECTOR))
    assert log_of(path).is_torn
    for number in range(2):
        with opened(path, LATER, "sunshine") as registry:
            registry.run(clerk(f"after-{number}"))
            left = path.parent / f"again-{number}" / path.name
            left.parent.mkdir()
            for suffix in ("", "-wal"):
                left.with_name(left.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
        assert not log_of(left).is_torn, "the end of the first one is still there"
        overwrite(log_of(left), last_commit(log_of(left))[0].offset, bytes(SECTOR))
        assert (log_of(left).is_torn, log_of(left).is_damaged) == (True, False)
        path = left
    with opened(path, LATER, "sunshine") as registry:
        assert clerks_of(registry) == set()
    assert not list(tmp_path.rglob("registry-damaged-*"))


def test_what_follows_upon_an_end_tells_damage_from_a_torn_commit(tmp_path: Path) -> None:
    """Nothing is written behind a commit before that one is on the disk; but of a longer one that was cut off or taken
    back some frames may stand there, under the same salts."""
    path = left_by_a_power_cut(tmp_path, clerk("first"), clerk("second"), homes(400))
    wal = log_of(path)
    second = [at for at, frame in enumerate(wal.frames) if frame.ends][1]
    raw = wal.path.read_bytes()
    overwrite(wal, wal.frames[second].offset, bytes(SECTOR))
    began = wal.frames[second + 2].offset
    wal.path.write_bytes(wal.path.read_bytes()[: began - FRAME])
    assert log_of(path).is_damaged, "a third was begun"
    wal.path.write_bytes(
        raw[: wal.frames[second + 1].offset - FRAME] + raw[began - FRAME : wal.frames[-1].offset - FRAME]
    )
    overwrite(wal, wal.frames[second].offset, bytes(SECTOR))
    assert (log_of(path).is_torn, log_of(path).is_damaged) == (True, False)


def test_a_page_that_is_damaged_in_the_log_hides_no_record_of_an_older_one(tmp_path: Path) -> None:
    """Whether in the file or earlier in the log: records never change, so each place where one is whole counts."""
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        registry.run(records(1, 60))
    path = left_by_a_power_cut(tmp_path, records(61, 62), records(63, 64), records(65, 66), clerk("newest"))
    wal = log_of(path)
    third = [at for at, frame in enumerate(wal.frames) if frame.ends][1:3]
    for frame in wal.frames[third[0] + 1 : third[1] + 1]:
        overwrite(wal, frame.offset, bytes(wal.page_size))
    assert log_of(path).is_damaged
    with opened(path, LATER, "sunshine") as registry:
        assert [row[0] for row in registry.rows("SELECT sequence FROM record")] == [*range(1, 65)]
        assert carrying.planned(registry) is None
        assert clerks_of(registry) == {"newest"}


@pytest.mark.parametrize("commit", [0, 1, 2])
@pytest.mark.parametrize("torn_off", [False, True])
def test_a_log_that_is_damaged_once_it_is_copied_home_takes_nothing_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, commit: int, torn_off: bool
) -> None:
    """SQLite would lay what stands before the damage over the newer pages of the file, and show an older registry."""
    killed = tmp_path / "killed" / "registry.sqlite"
    killed.parent.mkdir()
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        for name in ("first", "second", "third"):
            registry.run(clerk(name))
        registry.database.conn.execute("PRAGMA wal_checkpoint(PASSIVE)")
        for suffix in ("", "-wal", "-shm"):
            killed.with_name(killed.name + suffix).write_bytes((tmp_path / f"registry.sqlite{suffix}").read_bytes())
    wal = log_of(killed)
    harmed = [frame for frame in wal.frames if frame.ends][-3:][commit]
    raw = wal.path.read_bytes()
    wal.path.write_bytes(raw[: harmed.offset] + (b"" if torn_off else b"~" + raw[harmed.offset + 1 :]))
    with caplog.at_level(logging.WARNING), opened(killed, LATER, "sunshine") as registry:
        assert clerks_of(registry) == {"first", "second", "third"}
        assert registry.rows("PRAGMA integrity_check") == [("ok",)]
        assert registry.generation == int(NOW.timestamp())
    assert len(list(killed.parent.glob("registry.sqlite.log-damaged-*"))) == 1
    assert "log was damaged" in caplog.text


def test_an_index_that_is_older_than_its_log_does_not_say_that_all_of_it_is_copied_home(tmp_path: Path) -> None:
    """A power cut may leave on the disk an index of before the newest commits, which are in the log alone."""
    left = tmp_path / "left" / "registry.sqlite"
    left.parent.mkdir()
    home = tmp_path / "registry.sqlite"
    with opened(home, NOW, "sunshine") as registry, closing(sqlite3.connect(home)) as reader:
        registry.run(clerk("first"))
        # Whoever reads keeps the log from being begun anew, so that the next commit stands behind the copied ones.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM clerk")
        registry.database.conn.execute("PRAGMA wal_checkpoint(PASSIVE)")
        left.with_name(f"{left.name}-shm").write_bytes(home.with_name(f"{home.name}-shm").read_bytes())
        registry.run(clerk("second"))
        for suffix in ("", "-wal"):
            left.with_name(left.name + suffix).write_bytes(home.with_name(home.name + suffix).read_bytes())
    wal = log_of(left)
    overwrite(wal, [frame for frame in wal.frames if frame.ends][-2].offset, b"~")
    with opened(left, LATER, "sunshine") as registry:
        assert clerks_of(registry) == {"first", "second"}
    assert len(list(left.parent.glob("registry-damaged-*"))) == 1
