"""A disk of its own that runs full, and one that comes up read-only: what a card does at its end.

The matrix has the kernel refuse every write; here the journal meets the errors of a real file system.
"""

import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.journal import JournalBroken, JournalUnusable, open_journal

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
