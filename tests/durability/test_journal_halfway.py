"""A station that dies while it sets its journal aside, or before its last commit was synced, loses nothing by it."""

import shutil
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.journal import JournalReader, Salvage, open_journal
from tests.durability.disk import Synced, Told, recorded
from tests.durability.mortals import Mortal, Point, strace_works

OLD, NEW = "00000000000000aa", "00000000000000bb"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SET_ASIDE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from station.journal import set_aside
set_aside(Path(sys.argv[1]), "damaged", datetime.now(UTC))
"""


def journal_of_five(path: Path) -> None:
    """All of it in the log still, as a killed station leaves it."""
    lived = path.parent / "lived"
    lived.mkdir()
    with closing(open_journal(lived / path.name, lambda: OLD, lambda: NOW)) as journal:
        for number in range(1, 6):
            journal.append("passage", b'{"filler":"%d"}' % number)
        for part in lived.iterdir():
            shutil.copy(part, path.parent)
    shutil.rmtree(lived)


@pytest.mark.skipif(not strace_works(), reason="no strace that may trace (apt install strace)")
@pytest.mark.parametrize("name", [1, 2, 3, 4])
def test_a_kill_between_two_names_of_a_journal_that_is_set_aside_loses_no_record(tmp_path: Path, name: int) -> None:
    """Its file has the new name already, its log not yet: the next start brings them together."""
    path = tmp_path / "journal.sqlite"
    journal_of_five(path)
    dying = Mortal("dying", [sys.executable, "-c", SET_ASIDE, str(path)], tmp_path)
    dying.start(Point("rename", name).strace)
    assert dying.dies(60)
    found: set[int] = set()
    with closing(open_journal(path, lambda: NEW, lambda: NOW)) as journal:
        for kept in journal.awaiting_salvage():
            for rows in Salvage(kept).steps():
                journal.keep_earlier(rows)
        with closing(JournalReader(path)) as reader:
            found |= {sequence for sequence, _ in reader.pending(0, 99)}
            found |= {sequence for _, sequence, _ in reader.earlier_pending(99)}
    assert found == {1, 2, 3, 4, 5}


def test_what_a_killed_station_had_not_synced_is_synced_before_anybody_reads_it(
    debians_apsw: None, tmp_path: Path
) -> None:
    """Or the hub would receipt a record that a power cut then takes back, and its number be given once more."""
    path = tmp_path / "journal.sqlite"
    journal_of_five(path)
    with recorded(tmp_path) as recording:
        log = recording.begun_names["journal.sqlite-wal"]
        with closing(open_journal(path, lambda: NEW, lambda: NOW)):
            recording.tell("open")
            recording.end()
    before = recording.events[: recording.events.index(Told("open"))]
    assert Synced(log, folder=True) in before or Synced(log, folder=False) in before
