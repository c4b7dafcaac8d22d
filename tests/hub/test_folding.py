"""The inbox: what waited at a gate is receipted when it is kept, and entered into the tables later, each once."""

import logging
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw, json
from msgspec.structs import replace
from sqlite_utils import Database

from gate import topics
from gate.clock import ClockState
from gate.passage import Amendment, Ground, Happening, MadePass, Passage, Record, Stamp, What
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wire import Envelope, encode_body, encode_records, envelope, pack_backlog
from hub.forms import Opener
from hub.incoming import folding
from hub.incoming.folding import Folding
from hub.incoming.ingest import Ingest, Message
from hub.incoming.received import Received
from hub.registry import Registry, inbox, open_registry, opened, seals
from hub.registry.parcels import NOT_FOLDED, Identity, Taken
from hub.registry.second_reading import replay
from hub.registry.writer import Rank

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL, BOOT, PERSON = "ab" * 8, "b0" * 8, "0b" * 8
STAMP = Stamp(NOW, ClockState.SYNCED, BOOT, 12.5)
PASSAGE = Passage(STAMP, "east", "1", Direction.IN, person=PERSON)
FEVER = replace(PASSAGE, reasons=(Reason.FEVER,))
OPENER = Opener("sunshine", b"")
TABLES = ("passage", "amendment", "happening", "made_pass", "quarantine")


class Office:
    """Ingest and folding over one registry. The jobs of the fold wait in `jobs` until they are worked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "registry.sqlite"
        self.kept: list[Identity] = []
        self.taken: list[Taken] = []
        self.entered: list[Taken] = []
        self.jobs: list[tuple[Rank, object]] = []
        self.seconds = 0.0
        self.open()

    def open(self) -> None:
        self.registry = open_registry(self.path, NOW, "sunshine")
        self.folding = Folding(
            lambda job, rank: self.jobs.append((rank, job)), OPENER, self.entered.append, lambda: NOW, self._measured
        )
        self.ingest = Ingest("sunshine", self._committed, lambda: NOW)

    def _measured(self) -> float:
        return self.seconds

    def _committed(self, identities, taken: Taken) -> None:
        self.kept += identities
        self.taken.append(taken)
        if taken.put_off:
            self.folding.wake()

    def hear(self, *envelopes: Envelope, live: bool = False, station: str = "east-1") -> None:
        payload = encode_records(envelopes) if live else pack_backlog(envelopes)
        topic = (topics.RECORDS if live else topics.BACKLOG).of("sunshine", station)
        self.ingest.take(self.registry, [Message(topic, payload, live)])

    def fold(self, most: int = 1000) -> Taken:
        return self.registry.run(lambda each: inbox.fold(each, OPENER, most, "2026-11-22T04:00:00.000000+00:00"))

    def work(self) -> None:
        while self.jobs:
            self.jobs.pop(0)[1](self.registry)

    def count(self, table: str) -> int:
        return self.registry.rows(f"SELECT count(*) FROM {table}")[0][0]

    def sequences(self, where: str = "1") -> list[int]:
        return [row[0] for row in self.registry.rows(f"SELECT sequence FROM passage WHERE {where} ORDER BY arrival")]


@pytest.fixture
def office(tmp_path: Path):
    office = Office(tmp_path)
    yield office
    office.registry.close()


def told(sequence: int, what: Record = PASSAGE, station: str = "east-1", journal: str = JOURNAL) -> Envelope:
    return envelope("sunshine", station, journal, sequence, encode_body(what))


def amends(of: int, outcome: Outcome = Outcome.ADMIT, ground: Ground = Ground.MISTAKE) -> Amendment:
    return Amendment(STAMP, JOURNAL, of, outcome, ground, guard="li")


def test_what_waited_is_kept_and_vouched_for_before_anything_else_is_done_with_it(office: Office):
    office.hear(told(1), told(2), told(3))
    assert office.kept == [("east-1", JOURNAL, each) for each in (1, 2, 3)]
    assert (office.count("record"), office.count("passage"), inbox.waiting(office.registry)) == (3, 0, 3)
    office.work()
    assert (office.sequences(), inbox.waiting(office.registry)) == ([1, 2, 3], 0)
    assert sum(len(each.arrivals) for each in office.entered) == 3


def test_a_live_record_is_entered_in_the_commit_that_keeps_it_however_much_waits(office: Office):
    office.hear(*(told(each) for each in range(1, 50)))
    office.hear(told(50), live=True)
    assert office.sequences() == [50]
    assert [len(each.arrivals) for each in office.taken] == [0, 1]
    office.work()
    assert office.sequences("late = 0") == [50]
    assert office.sequences("late = 1") == list(range(1, 50))


def test_runs_that_follow_each_other_are_one_run(office: Office):
    for first in range(1, 100, 10):
        office.hear(*(told(each) for each in range(first, first + 10)))
    assert office.registry.rows("SELECT first, last FROM unfolded") == [(1, 100)]


@pytest.mark.parametrize("live_first", [True, False])
def test_a_live_amendment_meets_its_passage_from_the_backlog(office: Office, live_first: bool):
    """The passage may still lie unfolded when the guard's word on it comes, or be folded before."""
    office.hear(told(1, FEVER))
    if not live_first:
        office.work()
    office.hear(told(2, amends(1)), live=True)
    office.work()
    row = office.registry.one("SELECT outcome, final_outcome, ground FROM passage")
    assert row == ("refuse", "admit", "mistake")


def test_a_fold_that_is_cut_off_goes_on_where_it_was(office: Office):
    """Whatever the transaction had done is undone with the note of how far it was."""
    office.hear(*(told(each) for each in range(1, 11)))
    office.fold(4)

    def cut(registry):
        inbox.fold(registry, OPENER, 4, "2026-11-22T04:00:00.000000+00:00")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.registry.run(cut)
    assert (office.sequences(), inbox.waiting(office.registry)) == ([1, 2, 3, 4], 6)
    office.registry.close()
    office.open()
    office.folding.wake()
    office.work()
    assert office.sequences() == list(range(1, 11))


def test_gates_that_come_back_together_are_folded_side_by_side(office: Office):
    """The one that is least far goes next, so that what happened at the same time lies together; each in its order."""
    each_has = inbox.SLICE * 2 + 10
    for station in ("east-1", "west-1"):
        office.hear(*(told(each, station=station) for each in range(1, each_has + 1)), station=station)
    for _ in range(3):
        office.fold(inbox.SLICE)
    told_of = "SELECT station, count(*), max(sequence) FROM passage GROUP BY station ORDER BY station"
    slice_, two = inbox.SLICE, 2 * inbox.SLICE
    assert office.registry.rows(told_of) == [("east-1", two, two), ("west-1", slice_, slice_)]
    while office.fold(inbox.SLICE).put_off:
        pass
    assert office.registry.rows(told_of) == [("east-1", each_has, each_has), ("west-1", each_has, each_has)]
    assert office.sequences("station = 'west-1'") == list(range(1, each_has + 1))


def test_a_killed_fold_loses_nothing_and_doubles_nothing(tmp_path: Path):
    """SIGKILL while it folds, again and again; the next start goes on, and each record ends up in the tables once."""
    office, number = Office(tmp_path), 6000
    for first in range(1, number, 1000):
        office.hear(*(told(each) for each in range(first, first + 1000)))
    office.registry.close()
    rng = Random(5)
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", _FOLDS, str(office.path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(rng.randrange(1, 25)):
            process.stdout.readline()
        sleep(rng.random() / 200)
        process.kill()
        process.communicate()
    office.open()
    done = office.count("passage")
    assert inbox.waiting(office.registry) == number - done
    assert 0 < done < number, "the kills came in the midst"
    office.folding.wake()
    office.work()
    assert sorted(office.sequences()) == list(range(1, number + 1))
    assert office.count("quarantine") == 0
    office.registry.close()


_FOLDS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from hub.forms import Opener
from hub.registry import inbox, opened
now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
with opened(Path(sys.argv[1]), now) as registry:
    while registry.run(lambda each: inbox.fold(each, Opener("sunshine", b""), 50, "2026-11-22T04:00:00+00:00")).put_off:
        print("folded", flush=True)
"""


def test_an_unreadable_body_is_receipted_and_set_aside_when_its_turn_comes(office: Office):
    office.hear(told(1), envelope("sunshine", "east-1", JOURNAL, 2, b'{"kind":"parade"}'), told(3))
    assert len(office.kept) == 3
    office.work()
    assert office.sequences() == [1, 3]
    assert office.registry.rows("SELECT sequence, substr(why, 1, 16) FROM quarantine") == [(2, "body unreadable:")]
    assert office.registry.rows("SELECT sequence FROM record WHERE quarantined") == [(2,)]


def test_a_body_that_is_not_its_envelopes_own_is_set_aside_at_once_and_never_folded(office: Office):
    office.hear(told(1), replace(told(2), body=Raw(encode_body(FEVER))))
    assert office.registry.rows("SELECT sequence FROM quarantine") == [(2,)]
    office.work()
    assert office.sequences() == [1]


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("folded_between", [True, False])
def test_the_same_identity_with_another_body_is_an_alarm_on_whichever_road_it_comes(
    office: Office, caplog, first: bool, second: bool, folded_between: bool
):
    office.hear(told(1), live=first)
    if folded_between:
        office.work()
    with caplog.at_level(logging.ERROR):
        office.hear(told(1, FEVER), live=second)
        office.hear(told(1), live=second)
    office.work()
    assert office.registry.rows("SELECT outcome FROM passage") == [("admit",)]
    assert (office.count("quarantine"), office.taken[-1].repeated) == (1, 1)
    assert [record.message.startswith("ALARM station east-1: record 1") for record in caplog.records] == [True]


def test_one_record_that_cannot_be_entered_is_set_aside_and_in_nobodys_way(office: Office, caplog):
    """A table that refuses it stands for whatever nobody thought of; once that is mended it is replayed."""
    office.registry.database.execute(
        "CREATE TRIGGER refuses BEFORE INSERT ON passage WHEN new.sequence = 37 BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    office.hear(*(told(each) for each in range(1, 301)))
    office.work()
    assert office.sequences() == [each for each in range(1, 301) if each != 37]
    ((id, why),) = office.registry.rows("SELECT id, why FROM quarantine")
    assert why.startswith(NOT_FOLDED)
    assert office.registry.run(lambda each: replay(each, OPENER, [id])).registered == 0
    office.registry.database.execute("DROP TRIGGER refuses")
    again = office.registry.run(lambda each: replay(each, OPENER, [id]))
    assert (again.registered, len(again.arrivals), office.count("quarantine")) == (1, 1, 0)
    assert sorted(office.sequences()) == list(range(1, 301))
    assert office.registry.rows("SELECT sequence FROM record WHERE quarantined") == []


def test_a_live_record_that_cannot_be_entered_is_receipted_all_the_same(office: Office):
    """And so are those that came with it; they are entered by the fold."""
    office.registry.database.execute(
        "CREATE TRIGGER refuses BEFORE INSERT ON passage WHEN new.sequence = 2 BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    office.hear(told(1), told(2), told(3), live=True)
    assert [each[2] for each in office.kept] == [1, 2, 3]
    office.work()
    assert (office.sequences("late = 0"), office.count("quarantine")) == ([1, 3], 1)


def test_what_is_in_the_tables_already_is_not_entered_again_nor_set_aside(office: Office):
    """Where a mended registry counts more as unfolded than there is."""
    fire = Happening(STAMP, "east", "1", What.FIRE)
    office.hear(*(told(each) for each in range(1, 21)), told(21, amends(3)), told(22, fire))
    office.work()
    office.registry.database.execute("INSERT INTO unfolded VALUES (1, 'east-1', ?, 1, 22, 0)", (JOURNAL,))
    office.hear(told(23), told(24))
    office.work()
    assert office.sequences() == [*range(1, 21), 23, 24]
    assert (office.count("amendment"), office.count("happening"), office.count("quarantine")) == (1, 1, 0)
    assert inbox.waiting(office.registry) == 0


def test_a_disk_that_fails_leaves_everything_for_later(office: Office, caplog):
    office.hear(*(told(each) for each in range(1, 11)))
    office.registry.database.execute("PRAGMA query_only = ON")
    office.work()
    assert "tried again" in caplog.text
    office.registry.database.execute("PRAGMA query_only = OFF")
    assert office.count("passage") == 0
    office.folding.wake()
    office.work()
    assert office.sequences() == list(range(1, 11))


def test_a_damaged_file_is_no_fault_of_the_records_that_should_be_written(office: Office, caplog):
    """Its pages of passages are gone: nothing is set aside for that, and what comes gets no receipt."""
    office.hear(*(told(each) for each in range(1, 11)))
    ((root,),) = office.registry.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'passage'")
    office.registry.close()
    with office.path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    office.registry = Registry(office.path, Database(sqlite3.connect(office.path)))
    seals.seal(office.registry.database.conn)
    office.work()
    kept = len(office.kept)
    office.hear(told(kept + 1), live=True)
    assert len(office.kept) == kept
    assert "could not be folded" in caplog.text
    assert "could not be written" in caplog.text
    assert office.count("quarantine") == 0
    assert inbox.waiting(office.registry) == 10


def test_a_turn_ends_early_and_goes_behind_everything_else(office: Office):
    """However much waits, the writer's queue decides anew after a bounded number of records."""
    office.hear(*(told(each) for each in range(1, 2001)))
    turns = []
    while office.jobs:
        rank, job = office.jobs.pop(0)
        before = office.count("passage")
        job(office.registry)
        turns.append((rank, office.count("passage") - before))
    assert {rank for rank, _ in turns} == {Rank.FOLD}
    assert turns[0][1] == folding.LEAST_RECORDS
    assert sum(number for _, number in turns) == 2000


def test_a_slow_machine_gets_smaller_turns_and_a_fast_one_larger(office: Office):
    for _ in range(20):
        office.folding.pace(office.folding.most, took=folding.TURN_SECONDS / 10)
    assert office.folding.most == folding.MOST_RECORDS
    office.folding.pace(folding.MOST_RECORDS, took=2 * folding.TURN_SECONDS)
    assert office.folding.most == folding.MOST_RECORDS // 2
    for _ in range(20):
        office.folding.pace(office.folding.most, took=100 * folding.TURN_SECONDS)
    assert office.folding.most == folding.LEAST_RECORDS


def test_a_backlog_without_end_cannot_keep_the_fold_from_its_turn(office: Office):
    """While it is posted behind the batches, a batch a second later posts it once among them."""
    office.hear(told(1))
    office.hear(told(2))
    assert [rank for rank, _ in office.jobs] == [Rank.FOLD]
    office.seconds += 2 * folding.LONGEST_WAIT_SECONDS
    office.hear(told(3))
    office.hear(told(4))
    assert [rank for rank, _ in office.jobs] == [Rank.FOLD, Rank.BACKLOG]
    office.work()
    assert office.sequences() == [1, 2, 3, 4]


def test_a_restart_knows_which_records_it_vouched_for_though_they_are_not_folded(office: Office):
    office.hear(told(1), told(2), told(4))
    (journal,) = Received.of(office.registry).receipt("east-1").journals
    assert (journal.through, journal.holes) == (4, ((3, 3),))


def test_a_whole_message_that_no_version_could_read_is_replayed_by_one_that_can(office: Office):
    """Its envelope was of a later version; here the payload of the quarantine is mended, as if the reader were."""
    later = b'[{"v":9},' + json.encode(told(1)) + b"]"
    office.ingest.take(office.registry, [Message(topics.RECORDS.of("sunshine", "east-1"), later)])
    ((id,),) = office.registry.rows("SELECT id FROM quarantine")
    assert office.registry.run(lambda each: inbox.replay(each, OPENER, [id])).registered == 0
    office.registry.database.execute("UPDATE quarantine SET payload = ?", (json.encode(told(2)),))
    assert office.registry.run(lambda each: inbox.replay(each, OPENER, [id])).registered == 1
    assert (office.sequences(), office.count("quarantine")) == ([1, 2], 0)


RECORDS: tuple[Record, ...] = (
    FEVER, PASSAGE, amends(1), amends(2, Outcome.REFUSE, Ground.SENT_BACK), amends(1, Outcome.REFUSE, Ground.SENT_BACK),
    Happening(STAMP, "east", "1", What.FIRE),
    MadePass(STAMP, "east", "cc" * 8, 1, NOW + timedelta(hours=8)), replace(PASSAGE, purpose="food", guard="li"),
)  # fmt: skip


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_on_whatever_road_and_in_whatever_order_records_come_the_tables_say_the_same(data: st.DataObject):
    """Live or waited, once or more often, folded a few at a time at any moment: as if all had come live, in order."""
    steps = data.draw(st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["live", "wait", "fold"])), max_size=20))
    steps += data.draw(st.permutations([(each, "wait") for each in range(1, 9)]))
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder))
        for number, how in steps:
            if how == "fold":
                office.fold(number)
            else:
                office.hear(told(number, RECORDS[number - 1]), live=how == "live")
        office.work()
        found = _said(office.path)
        office.registry.close()
    with tempfile.TemporaryDirectory() as folder:
        plain = Office(Path(folder))
        plain.hear(*(told(each, what) for each, what in enumerate(RECORDS, start=1)), live=True)
        assert found == _said(plain.path)
        plain.registry.close()


def _said(path: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of the tables, but for when it came and which way."""
    with opened(path, NOW) as registry:
        registry.database.conn.row_factory = sqlite3.Row
        said = {}
        for table in TABLES:
            rows = [dict(row) for row in registry.rows(f"SELECT * FROM {table} ORDER BY sequence")]
            said[table] = [{key: row[key] for key in row if key not in ("arrival", "late", "id")} for row in rows]
        return said
