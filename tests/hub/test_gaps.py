"""Gaps: which records of a journal have not come although later ones have, and since when that is known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incoming.received import Gap, Received
from hub.registry import opened
from hub.registry.parcels import Parcel
from hub.registry.records import take

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL = "ab" * 8


def heard(received: Received, *sequences: int, minute: int = 0) -> None:
    received.note([("east-1", JOURNAL, each) for each in sequences], after(minute))


def after(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def gaps(received: Received) -> list[tuple[int, int, int]]:
    """First, last, and the minute since when."""
    found = received.gaps(after(99))
    assert {(each.station, each.journal) for each in found} <= {("east-1", JOURNAL)}
    return [(each.first, each.last, (each.since - NOW) // timedelta(minutes=1)) for each in found]


def test_a_whole_journal_has_no_gap():
    received = Received()
    heard(received, 1, 2, 3)
    heard(received, 4, minute=1)
    assert received.gaps(after(2)) == []


def test_a_gap_is_known_since_a_later_record_came_and_says_where_it_is():
    received = Received()
    heard(received, 1, 2)
    heard(received, 5, minute=3)
    assert received.gaps(after(9)) == [Gap("east-1", JOURNAL, 3, 4, after(3))]


def test_what_is_left_of_a_gap_is_as_old_as_all_of_it_was():
    """A record in its midst splits it; neither half looks younger for that."""
    received = Received()
    heard(received, 1, 9, minute=2)
    heard(received, 5, minute=7)
    assert gaps(received) == [(2, 4, 2), (6, 8, 2)]
    heard(received, 8, minute=8)
    assert gaps(received) == [(2, 4, 2), (6, 7, 2)]
    heard(received, 2, 3, 4, 6, 7, minute=9)
    assert gaps(received) == []


def test_a_journal_that_does_not_begin_with_its_first_record_has_a_gap():
    received = Received()
    heard(received, 4, minute=1)
    assert gaps(received) == [(1, 3, 1)]


def test_a_clock_that_was_set_back_makes_no_gap_of_the_future():
    received = Received()
    heard(received, 1, 3, minute=50)
    assert [each.since for each in received.gaps(after(10))] == [after(10)]


def test_a_restart_knows_the_gaps_and_their_age(tmp_path: Path):
    """Whether how far the journal is whole had been saved or not."""
    before = Received()
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        for minute, sequences in enumerate([(1, 2), (5,), (9, 10), (6,)]):
            parcels = [Parcel("east-1", JOURNAL, each, "00" * 16, b"{}", why="not read") for each in sequences]
            registry.run(lambda each, parcels=parcels, minute=minute: take(each, parcels, [], after(minute)))
            heard(before, *sequences, minute=minute)
        assert gaps(Received.of(registry)) == gaps(before) == [(3, 4, 1), (7, 8, 2)]
        before.save(registry, after(5))
        assert gaps(Received.of(registry)) == [(3, 4, 1), (7, 8, 2)]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6)), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_runs_in_any_order_and_overlap_leave_exactly_what_did_not_come(runs):
    received, came = Received(), set()
    for first, more in runs:
        heard(received, *range(first, first + more + 1))
        came |= set(range(first, first + more + 1))
    missing = {number for first, last, _ in gaps(received) for number in range(first, last + 1)}
    assert missing == set(range(1, max(came))) - came
    (receipt,) = received.receipt("east-1").journals
    assert [number for number in range(1, 50) if receipt.covers(number)] == sorted(came)
