"""A disk of its own that runs full, and one that comes up read-only: what a card does at its end.

The matrix has the kernel refuse every write; here the journal meets the errors of a real file system.
"""

import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate.passage import Happening, Passage, What
from gate.reason import Outcome, Reason
from station.disk_space import MEGABYTE, DiskSpace
from station.journal import JournalBroken, JournalUnusable, Reserve, open_journal
from station.settings import JournalSettings
from tests.station.lane_of_tests import TestLane, pass_of, snapshot

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BODY = b'{"kind":"passage"}' * 20


def mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    place = tmp_path / "card"
    place.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)):
        pytest.skip("whoever runs this may not mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Until not a byte more fits."""
    rubbish = disk / "rubbish"
    with rubbish.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(512))
    return rubbish


def until_refused(journal) -> int:
    """The last sequence that was taken. What is left of the journal's own last page may still take a few."""
    for _ in range(10_000):
        journal.append("passage", BODY)
    raise AssertionError("a full disk took 10,000 records")


def test_a_full_disk_refuses_a_record_and_goes_on_without_a_gap_once_there_is_room(disk):
    """Nothing half-written, nothing numbered twice, and all that was taken is still there."""
    with closing(open_journal(disk / "journal.sqlite", lambda: "j" * 16, lambda: NOW)) as journal:
        journal.append("passage", BODY)
        rubbish = fill(disk)
        with pytest.raises(JournalBroken, match="cannot be written"):
            until_refused(journal)
        with pytest.raises(JournalBroken):
            journal.probe()
        taken = journal.newest
        rubbish.unlink()
        journal.probe()
        assert journal.append("passage", BODY) == taken + 1
        assert [sequence for sequence, _ in journal.last(taken + 5)] == list(range(1, taken + 2))


def test_a_disk_that_came_up_read_only_is_refused_in_words_and_keeps_what_it_has(disk):
    """As ext4 mounts a card with errors: the station does not begin a second journal beside the one it cannot write."""
    path = disk / "journal.sqlite"
    with closing(open_journal(path, lambda: "j" * 16, lambda: NOW)) as journal:
        journal.append("passage", BODY)
    assert mount("-o", "remount,ro", str(disk))
    with pytest.raises(JournalUnusable, match="check the disk"):
        open_journal(path, lambda: "k" * 16, lambda: NOW)
    assert mount("-o", "remount,rw", str(disk))
    with closing(open_journal(path, lambda: "k" * 16, lambda: NOW)) as journal:
        assert (journal.id, journal.append("passage", BODY)) == ("j" * 16, 2)


PEOPLE = "abcdef"


def comes(lane: TestLane, person: str) -> None:
    lane.show(pass_of(person))
    lane.forehead(None)
    lane.forehead(36.5)


def leaves(lane: TestLane) -> None:
    lane.wait(4.0)
    lane.wait(0.1)


def test_on_a_full_disk_the_gate_goes_on_with_its_reserve_and_says_so_at_once(disk):
    """Residents are admitted as ever; screen and status name the disk with the first record that did not fit."""
    reserve = Reserve(disk / "reserve", MEGABYTE // 4)
    with closing(TestLane(disk, snapshot(PEOPLE), reserve=reserve)) as lane:
        # An idle gate empties its log, which then has no room of its own left.
        lane.wait()
        rubbish = fill(disk)
        for person in PEOPLE:
            comes(lane, person)
            assert lane.open
            leaves(lane)
        assert not reserve.held
        assert "预留" in lane.view.health.faults["disk"]
        assert "journal" not in lane.view.health.faults
        assert "disk" in lane.reports[-1].faults
        assert len(lane.told) == len(PEOPLE)
        rubbish.unlink()


def test_a_broken_disk_does_not_cost_the_reserve(disk):
    """It is for a disk without room: one that refuses for another reason is not helped by it."""
    reserve = Reserve(disk / "reserve", MEGABYTE // 4)
    with closing(TestLane(disk, snapshot(PEOPLE), reserve=reserve)) as lane:
        lane.break_disk()
        comes(lane, "a")
        assert not lane.open
        assert reserve.held
        assert "journal" in lane.view.health.faults
        lane.mend_disk()


def test_who_came_while_nothing_could_be_written_is_written_down_afterwards_by_his_own_time(tmp_path):
    """The machine admitted nobody, and the record says so: unrecorded then, and referred to the guard."""
    with closing(TestLane(tmp_path, snapshot(PEOPLE))) as lane:
        lane.break_disk()
        came_at = lane.wall()
        comes(lane, "a")
        leaves(lane)
        comes(lane, "b")
        assert "2 条待补记" in lane.view.health.faults["journal"]
        lane.wait(60.0)
        lane.mend_disk()
        lane.wait(3.0)
        assert "journal" not in lane.view.health.faults
        first, second = lane.records()
        assert isinstance(first, Passage)
        assert isinstance(second, Passage)
        assert (first.person, second.person) == ("a" * 16, "b" * 16)
        assert (first.outcome, first.reasons) == (Outcome.REFER, (Reason.UNRECORDED,))
        assert first.stamp.at == came_at
        assert lane.recorder.owed == 0


def test_what_befell_the_gate_and_who_came_are_written_down_in_their_order(tmp_path):
    """A fire between two residents stays between them."""
    with closing(TestLane(tmp_path, snapshot(PEOPLE), panel={"fire_notice_pin": 18})) as lane:
        lane.break_disk()
        comes(lane, "a")
        leaves(lane)
        lane.factory.pin(18).drive_low()
        lane.wait()
        lane.mend_disk()
        lane.wait(3.0)
        first, second = lane.records()
        assert isinstance(first, Passage)
        assert isinstance(second, Happening)
        assert second.what is What.FIRE


class TestDiskSpace:
    """What is said of a disk that fills, and of records that wait, long before it matters."""

    HOUR = 3600.0

    @pytest.fixture
    def journal(self, tmp_path: Path) -> Path:
        path = tmp_path / "journal.sqlite"
        path.write_bytes(bytes(9 * MEGABYTE))
        return path

    @pytest.mark.parametrize(
        ("settings", "oldest_hours", "held", "said"),
        [
            (JournalSettings(least_free_megabytes=0), 0, True, ""),
            (JournalSettings(least_free_megabytes=0), 0, False, "预留"),
            (JournalSettings(least_free_megabytes=10**9), 0, True, "还剩"),
            (JournalSettings(least_free_megabytes=0, most_megabytes=16), 0, True, "最多 16 MB"),
            (JournalSettings(least_free_megabytes=0, most_days=60), 29 * 24, True, ""),
            (JournalSettings(least_free_megabytes=0, most_days=60), 31 * 24, True, "31 天"),
        ],
    )
    def test_is_said_at_half_of_the_most(self, journal, settings, oldest_hours, held, said):
        """In both languages, Chinese first."""
        told = DiskSpace(settings).complaint(journal, oldest_hours * self.HOUR, held)
        assert (said in told) if said else (told == "")
        assert not told or " / " in told


def test_a_disk_that_can_only_be_read_is_known_though_nobody_comes(disk):
    """As ext4 remounts a card with errors while the gate is idle."""
    journal = disk / "journal.sqlite"
    journal.write_bytes(b"")
    space = DiskSpace(JournalSettings(least_free_megabytes=0))
    assert space.complaint(journal, 0.0, reserve_held=True) == ""
    assert mount("-o", "remount,ro", str(disk))
    assert "只读" in space.complaint(journal, 0.0, reserve_held=True)
    assert mount("-o", "remount,rw", str(disk))


def test_a_reserve_is_made_only_where_as_much_again_stays_free(disk):
    """What is kept for the worst day must not bring it about."""
    assert Reserve(disk / "small", MEGABYTE // 4).held
    assert not Reserve(disk / "large", MEGABYTE // 2).held
    assert not (disk / "large").exists()


def test_a_reserve_that_was_there_before_is_held_again(disk):
    """A restart on a full disk has it still."""
    assert Reserve(disk / "reserve", MEGABYTE // 4).held
    fill(disk)
    again = Reserve(disk / "reserve", MEGABYTE // 4)
    assert again.held
    assert again.release()
    assert not again.release()
