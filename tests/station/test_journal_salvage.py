"""A journal that is not as it was written: noticed, set aside, said; and what is whole in it is sent all the same."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

import pytest

from gate.passage import Happening, What
from gate.wire import JournalReceipt
from station.caretaker import Caretaker, Pace
from station.inbox import JournalNews, JournalSuspected
from station.journal import JournalReader, Salvage
from tests.durability.journal_damage import JOURNAL, Reopened, journal_trial
from tests.station.lane_of_tests import TestLane, pass_of, snapshot

PEOPLE = "abcdef"
AT_ONCE = Pace(check_rest=0.0, salvage_rest=0.0)


@pytest.fixture
def lane(tmp_path: Path):
    with closing(TestLane(tmp_path, snapshot(PEOPLE))) as lane:
        yield lane


def passes(lane: TestLane, count: int = 1) -> None:
    for _ in range(count):
        lane.show(pass_of(PEOPLE[len(lane.told) % 6]))
        lane.forehead(None)
        lane.forehead(36.5)
        lane.wait(4.0)


def change(lane: TestLane, sequence: int) -> None:
    """One row becomes another, and nothing of what it was is left in the log."""
    lane.recorder.journal._connection.execute("UPDATE record SET body = x'7b7d' WHERE sequence = ?", (sequence,))
    lane.recorder.journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def look_after(lane: TestLane) -> None:
    Caretaker(lane.path, lane.post, AT_ONCE).turn()


def earlier(lane: TestLane) -> list[tuple[str, int]]:
    with closing(JournalReader(lane.path)) as reader:
        return [(journal, sequence) for journal, sequence, _ in reader.earlier_pending(99)]


class TestAtARunningGate:
    def test_the_gate_goes_on_in_a_new_journal_and_says_so(self, lane):
        """A changed row is found by the check; screen and status name it, the file is kept, the whole rows wait."""
        passes(lane, 3)
        old = lane.recorder.journal.id
        change(lane, 2)
        look_after(lane)
        lane.wait()
        assert "旧记录" not in lane.view.health.faults
        assert "损坏" in lane.view.health.faults["salvage"]
        assert "salvage" in lane.reports[-1].faults
        assert lane.recorder.journal.id != old
        look_after(lane)
        lane.wait()
        assert earlier(lane) == [(old, 1), (old, 3)]
        assert list(lane.path.parent.glob("journal.sqlite.damaged-*[0-9]"))
        passes(lane)
        assert lane.told[-1][:2] == (lane.recorder.journal.id, 2)

    def test_what_cannot_be_read_is_named_in_a_record_of_its_own(self, lane):
        """By its journal and number, so that the office knows what to look for on paper."""
        passes(lane, 3)
        old = lane.recorder.journal.id
        change(lane, 2)
        look_after(lane)
        look_after(lane)
        lost = lane.records_of(Happening)
        assert [(each.what, each.lost_of, each.lost) for each in lost] == [(What.RECORDS_LOST, old, ((2, 2),))]

    def test_nobody_settles_by_a_number_of_the_old_journal(self, lane):
        """What was recent bears numbers that mean somebody else in the new one."""
        passes(lane, 2)
        assert lane.view.recent
        lane.recorder.keeper.suspected(lane.recorder.journal.id, "for the test")
        lane.wait()
        assert not lane.view.recent

    def test_a_receipt_for_the_old_journal_ends_the_waiting_of_its_rows(self, lane):
        """They are confirmed under their own name."""
        passes(lane, 3)
        old = lane.recorder.journal.id
        lane.recorder.keeper.suspected(old, "for the test")
        look_after(lane)
        lane.recorder.journal.confirm(JournalReceipt(old, 3, ((2, 2),)))
        assert earlier(lane) == [(old, 2)]

    def test_a_suspicion_about_an_older_journal_is_no_news(self, lane):
        """The check may speak of a file that was set aside meanwhile."""
        now = lane.recorder.journal.id
        lane.recorder.keeper.suspected("f" * 16, "for the test")
        assert lane.recorder.journal.id == now

    def test_what_a_write_finds_damaged_is_written_into_a_new_journal(self, lane):
        """SQLite stumbles over the file in the middle of a passage: the resident is let in, and recorded once."""
        passes(lane, 2)
        lane.recorder.journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        lane.recorder.journal._connection.execute("PRAGMA cache_size = 0")
        data = bytearray(lane.path.read_bytes())
        data[4096:] = bytes(len(data) - 4096)
        lane.path.write_bytes(data)
        passes(lane)
        assert "journal" not in lane.view.health.faults
        assert [sequence for _, sequence, _ in lane.told] == [1, 2, 1]

    def test_the_next_start_goes_on_with_what_was_not_salvaged(self, tmp_path):
        """A power cut between setting aside and salvage costs nothing."""
        with closing(TestLane(tmp_path, snapshot(PEOPLE))) as lane:
            passes(lane, 3)
            old = lane.recorder.journal.id
            lane.recorder.keeper.suspected(old, "for the test")
        with closing(TestLane(tmp_path, snapshot(PEOPLE))) as lane:
            lane.wait()
            assert "salvage" in lane.view.health.faults
            look_after(lane)
            assert earlier(lane) == [(old, 1), (old, 2), (old, 3)]
            look_after(lane)
            assert len(lane.recorder.journal.awaiting_salvage()) == 0

    def test_what_the_disk_refuses_of_it_is_salvaged_after_the_next_start(self, tmp_path):
        """Nothing counts as got back before it is written."""
        with closing(TestLane(tmp_path, snapshot(PEOPLE))) as lane:
            passes(lane, 3)
            old = lane.recorder.journal.id
            lane.recorder.keeper.suspected(old, "for the test")
            lane.break_disk()
            look_after(lane)
            lane.mend_disk()
            assert len(lane.recorder.journal.awaiting_salvage()) == 1
            assert earlier(lane) == []
        with closing(TestLane(tmp_path, snapshot(PEOPLE))) as lane:
            look_after(lane)
            assert earlier(lane) == [(old, 1), (old, 2), (old, 3)]

    def test_the_caretaker_looks_by_itself_and_when_it_is_called(self, lane):
        """A thread of its own: what it finds it posts."""
        passes(lane, 3)
        found: SimpleQueue[JournalNews] = SimpleQueue()
        caretaker = Caretaker(lane.path, found.put, Pace(first=3600.0, between=0.0, check_rest=0.0))
        caretaker.start()
        try:
            change(lane, 2)
            reader = JournalReader(lane.path, caretaker.look_again)
            with closing(reader):
                assert [sequence for sequence, _ in reader.pending(0, 9)] == [1, 3]
            assert found.get(timeout=60) == JournalSuspected(lane.recorder.journal.id, "record 2 has changed")
        finally:
            caretaker.stop()


def wreck_header(data: bytearray) -> None:
    data[:100] = bytes(100)


def wreck_first_page(data: bytearray) -> None:
    data[:4096] = b"\xff" * 4096


def wreck_schema_number(data: bytearray) -> None:
    data[63] = 9


def wreck_write_version(data: bytearray) -> None:
    data[18] = 3


def wreck_encoding(data: bytearray) -> None:
    data[59] = 3


def empty(data: bytearray) -> None:
    data.clear()


WRECKS = (wreck_header, wreck_first_page, wreck_schema_number, wreck_write_version, wreck_encoding)


class TestAtTheStart:
    @pytest.mark.parametrize("wreck", WRECKS)
    @pytest.mark.parametrize("in_log", [False, True])
    def test_every_row_that_is_whole_is_got_back_whatever_sqlite_thinks_of_the_file(self, tmp_path, wreck, in_log):
        """Header, schema and tree are of no use to the rows themselves."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=not in_log)
        self.damage(path, wreck)
        with closing(Reopened(path)) as station:
            station.look_after()
            assert station.handed_out() == {number: b'{"n":%d}' % number for number in range(1, 31)}
            assert station.records()

    def test_a_column_whose_name_has_changed_costs_neither_a_row_nor_the_next_record(self, tmp_path):
        """Rows are read as ever, so that the first record notices it."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=True)
        path.write_bytes(path.read_bytes().replace(b"commit_ms", b"commit_mr"))
        with closing(Reopened(path)) as station:
            station.look_after()
            assert station.records()
            station.look_after()
            assert station.handed_out() == {number: b'{"n":%d}' % number for number in range(1, 31)}
            assert any("a new journal begins" in said for said in station.said)

    def test_a_log_that_breaks_off_in_the_middle_is_noticed_and_read_to_its_end(self, tmp_path):
        """SQLite takes it as ended there, and the next commit would write over the rest."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=False)
        log = path.with_name(path.name + "-wal")
        data = bytearray(log.read_bytes())
        data[32 + 24 * 4120 + 100] ^= 1
        log.write_bytes(data)
        with closing(Reopened(path)) as station:
            station.look_after()
            assert any("30 were written" in said for said in station.said)
            assert len(station.handed_out()) == 30

    def test_an_emptied_file_is_no_new_gate(self, tmp_path):
        """What was there is named, and no number is given a second time under the same name."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=True)
        self.damage(path, empty)
        with closing(Reopened(path)) as station:
            station.look_after()
            assert [(result.journal, result.lost) for result in station.results] == [(JOURNAL, [(1, 30)])]

    @pytest.mark.parametrize("moved", range(4))
    def test_a_power_cut_between_two_renames_of_a_file_set_aside_costs_nothing(self, tmp_path, moved):
        """The log and the witness follow their main file at the next start, and every row is got back."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=False)
        for suffix in ("", "-wal", "-newest")[:moved]:
            part = path.with_name(path.name + suffix)
            part.rename(path.with_name(f"journal.sqlite.damaged-20260301T040000000000{suffix}"))
        with closing(Reopened(path)) as station:
            station.look_after()
            assert len(station.handed_out()) == 30
            assert all(result.lost == [] for result in station.results)
            assert station.records()

    def test_of_a_file_that_somebody_took_away_the_log_is_salvaged(self, tmp_path):
        """SQLite would delete it as rubbish."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=False)
        path.unlink()
        with closing(Reopened(path)) as station:
            station.look_after()
            assert len(station.handed_out()) == 30

    def test_what_the_hub_has_is_not_counted_as_lost(self, tmp_path):
        """Of an emptied file no word of a receipt is left; of a torn one it is."""
        path = tmp_path / "journal.sqlite"
        self.filled(path, checkpointed=True, confirmed=29)
        self.damage(path, lambda data: data.__setitem__(slice(len(data) - 4096, None), bytes(4096)))
        with closing(Reopened(path)) as station:
            station.look_after()
            (result,) = station.results
            assert result.newest == 30

    @staticmethod
    def filled(path: Path, *, checkpointed: bool, confirmed: int = 0) -> None:
        """Thirty records, as a kill -9 leaves them."""
        with closing(Reopened(path.with_name("living.sqlite"))) as station:
            journal = station.journal
            for number in range(1, 31):
                journal.append("passage", b'{"n":%d}' % number)
            if confirmed:
                journal.confirm(JournalReceipt(journal.id, confirmed))
            if checkpointed:
                journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for part in ("", "-wal", "-newest"):
                path.with_name(path.name + part).write_bytes(path.with_name("living.sqlite" + part).read_bytes())

    @staticmethod
    def damage(path: Path, wreck: Callable[[bytearray], None]) -> None:
        data = bytearray(path.read_bytes())
        wreck(data)
        path.write_bytes(data)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory: these trials make many files, and no disk is to be tried by them."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_random_damage_loses_and_changes_nothing_in_silence(memory):
    """Journals with flipped bits or without their end: each row is handed out as it was, or is named."""
    for number in range(80):
        folder = memory / f"{number}"
        folder.mkdir()
        trial = journal_trial(folder, random.Random(number))
        assert (trial.crashed, trial.silently_lost, trial.silently_changed) == ("", [], []), trial.damage
        # A bit is of one row at the most; whatever else is whole is got back.
        assert not trial.flipped or trial.named <= trial.flipped, trial.damage


def test_without_checksums_the_same_damage_is_not_noticed(memory):
    """The control: what SQLite hands out by itself has lost rows, and changed ones, without a word."""
    lost = changed = 0
    for number in range(80):
        folder = memory / f"{number}"
        folder.mkdir()
        trial = journal_trial(folder, random.Random(number), guarded=False)
        lost, changed = lost + len(trial.silently_lost), changed + len(trial.silently_changed)
    assert lost > 0
    assert changed > 0


def test_a_whole_journal_is_found_whole(tmp_path):
    """The salvage of a file in which nothing is wrong finds every row, once."""
    path = tmp_path / "journal.sqlite"
    TestAtTheStart.filled(path, checkpointed=False)
    salvage = Salvage(path)
    found = [row.sequence for rows in salvage.steps() for row in rows]
    assert sorted(found) == list(range(1, 31))
    assert salvage.result().lost == []
