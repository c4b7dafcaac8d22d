"""A gate that did not know the time: its records get their real one, whichever comes first, and keep what it said."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate import topics
from gate.clock import ClockState
from gate.passage import Amendment, Ground, Happening, Passage, Record, Stamp, What
from gate.policy import Direction
from gate.reason import Outcome
from gate.wire import Envelope, encode_body, encode_records, envelope
from hub.feed import Feed, FeedRow, Filter
from hub.incoming.ingest import Ingest, Message
from hub.redating import CLOCKS_APART, Boot, Dated, anchored, time_of
from hub.registry import boots, open_registry

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
JOURNAL, BOOT, EARLIER_BOOT = "ab" * 8, "b0" * 8, "a0" * 8
FLOOR, HELD, SYNCED = ClockState.FLOOR, ClockState.HELD, ClockState.SYNCED


class Hub:
    """Ingest and feed; `now` is its own clock, which passes only when it is told so."""

    def __init__(self, folder: Path) -> None:
        self.path, self.now = folder / "registry.sqlite", NOON
        self.changed: list[frozenset[int]] = []
        self.open()

    def open(self) -> None:
        self.registry = open_registry(self.path, NOON, "sunshine")
        self.ingest = Ingest("sunshine", lambda _, taken: self.changed.append(taken.amended), lambda: self.now)
        self.feed = Feed(self.path)

    def restart(self) -> None:
        self.registry.close()
        self.open()

    def hear(self, *envelopes: Envelope) -> None:
        payload = encode_records(envelopes)
        self.ingest.take(self.registry, [Message(topics.RECORDS.of("sunshine", "east-1"), payload)])

    def times(self) -> dict[int, tuple[datetime, datetime | None, str | None]]:
        """By sequence: when it was, what the gate had said, and whence the hub has it; a bound without what a crystal
        may drift, to ten seconds."""
        rows = self.feed.recent(Filter())
        return {row.sequence: (_near(row), row.told_at, row.dated) for row in rows}


def _near(row: FeedRow) -> datetime:
    return row.at.replace(second=row.at.second // 10 * 10, microsecond=0) if row.dated == Dated.RECEIPT else row.at


@pytest.fixture
def hub(tmp_path: Path):
    hub = Hub(tmp_path)
    with closing(hub.registry):
        yield hub


def stamp(at: datetime, clock: ClockState, seconds: float, boot: str = BOOT) -> Stamp:
    return Stamp(at, clock, boot, seconds)


def record(sequence: int, when: Stamp, what: Record | None = None, journal: str = JOURNAL) -> Envelope:
    passage = what or Passage(when, "east", "1", Direction.IN)
    return envelope("sunshine", "east-1", journal, sequence, encode_body(replace(passage, stamp=when)))


UNSURE = record(1, stamp(BUILT, FLOOR, 100.0))
SURE = record(2, stamp(NOON, SYNCED, 700.0))
REAL = NOON - timedelta(seconds=600)


@pytest.mark.parametrize("order", [(UNSURE, SURE), (SURE, UNSURE)])
def test_a_synced_record_dates_its_boot_whichever_comes_first(hub: Hub, order: tuple[Envelope, ...]):
    """Ten minutes before the sync by the boot's own seconds, whatever the wall clock showed then."""
    for each in order:
        hub.hear(each)
    assert hub.times() == {1: (REAL, BUILT, Dated.SYNC), 2: (NOON, None, None)}


@pytest.mark.parametrize("order", [(UNSURE, SURE), (SURE, UNSURE)])
def test_it_does_so_across_a_restart_of_the_hub(hub: Hub, order: tuple[Envelope, ...]):
    """Everything that it needs is in the registry."""
    hub.hear(order[0])
    hub.restart()
    hub.hear(order[1])
    assert hub.times()[1] == (REAL, BUILT, Dated.SYNC)


def test_both_in_one_message_are_dated_at_once(hub: Hub):
    hub.hear(UNSURE, SURE)
    assert hub.times()[1] == (REAL, BUILT, Dated.SYNC)


def test_another_boot_says_nothing(hub: Hub):
    """How long the machine was off is unknown; it was over before the next boot began, and no more is said."""
    hub.hear(record(1, stamp(BUILT, FLOOR, 100.0, EARLIER_BOOT)))
    assert hub.times()[1] == (NOON, BUILT, Dated.RECEIPT)
    hub.now += timedelta(hours=1)
    hub.hear(record(2, stamp(hub.now, SYNCED, 7200.0)))
    assert hub.times()[1] == (NOON - timedelta(hours=1), BUILT, Dated.RECEIPT)


def test_without_any_sync_the_receipt_bounds_it_and_the_order_stands(hub: Hub):
    """A backlog of a gate that never knew the time: the newest record is no later than now, the others before it."""
    hub.hear(*(record(number, stamp(BUILT, FLOOR, 1000.0 * number)) for number in (1, 2, 3)))
    assert hub.times() == {
        number: (NOON - timedelta(seconds=1000 * (3 - number)), BUILT, Dated.RECEIPT) for number in (1, 2, 3)
    }


def test_a_bound_that_becomes_much_better_is_taken(hub: Hub):
    """The first record had waited for a day before the hub had it; the second one came at once."""
    hub.hear(UNSURE)
    hub.now += timedelta(seconds=100)
    late = record(2, stamp(BUILT, FLOOR, 100.0 + 86_400.0))
    hub.hear(late)
    assert hub.times()[1][0] == hub.now - timedelta(seconds=86_400)


def test_a_held_clock_is_believed_within_its_drift(hub: Hub):
    """Half a second in two hours is a crystal; ten minutes are a guard's watch."""
    near, far = NOON - timedelta(seconds=6999.5), NOON - timedelta(seconds=6000 - 600)
    hub.hear(
        record(1, stamp(near, HELD, 0.0)), record(2, stamp(far, HELD, 1000.0)), record(3, stamp(NOON, SYNCED, 7000.0))
    )
    assert hub.times()[1] == (near, None, None)
    assert hub.times()[2] == (NOON - timedelta(seconds=6000), far, Dated.SYNC)


def test_a_time_in_the_hubs_future_is_not_believed(hub: Hub):
    """A time server that lied by a year: nothing happened after it was received."""
    hub.hear(record(1, stamp(NOON + timedelta(days=365), SYNCED, 50.0)))
    assert hub.times()[1] == (NOON, NOON + timedelta(days=365), Dated.RECEIPT)
    hub.now += timedelta(hours=1)
    hub.hear(record(2, stamp(hub.now, SYNCED, 3660.0)))
    assert hub.times()[1] == (NOON - timedelta(seconds=10), NOON + timedelta(days=365), Dated.SYNC)


def test_a_later_sync_does_not_make_the_time_flap(hub: Hub):
    """Two syncs of a boot a second apart: what was dated by the first one keeps its time."""
    hub.hear(UNSURE, SURE)
    hub.now += timedelta(hours=1)
    hub.hear(record(3, stamp(hub.now + timedelta(seconds=1), SYNCED, 700.0 + 3600.0)))
    assert hub.times()[1][0] == REAL
    assert hub.changed[-1] == frozenset()


def test_an_anchor_that_the_hubs_clock_contradicts_gives_way_once(hub: Hub):
    """A time server was three days behind; then a right one, and the record came at once."""
    wrong = NOON - timedelta(days=3)
    hub.hear(UNSURE, record(2, stamp(wrong, SYNCED, 700.0)))
    assert hub.times()[1][0] == wrong - timedelta(seconds=600)
    hub.hear(record(3, stamp(NOON, SYNCED, 1300.0)))
    assert {number: at for number, (at, _, _) in hub.times().items()} == {
        1: NOON - timedelta(seconds=1200),
        2: NOON - timedelta(seconds=600),
        3: NOON,
    }


def test_an_anchor_that_is_confirmed_later_settles_what_another_server_said(hub: Hub):
    """Two servers, three days apart, and nothing to choose by; then the hub hears the same boot at once."""
    wrong = NOON - timedelta(days=3)
    hub.now += timedelta(days=1)
    hub.hear(record(1, stamp(wrong, SYNCED, 700.0)), record(2, stamp(NOON, SYNCED, 1300.0)))
    assert hub.times()[1] == (wrong, None, None)
    hub.hear(record(3, stamp(hub.now, SYNCED, 1300.0 + 86_400.0)))
    assert hub.times()[1] == (REAL, wrong, Dated.SYNC)


def test_screens_are_told_of_older_passages_that_got_another_time(hub: Hub):
    """The arrivals are named after the commit, and the cursor leads there."""
    hub.hear(UNSURE)
    read = hub.feed.newest()
    hub.hear(SURE)
    assert hub.changed[-1] == frozenset({1})
    assert [row.sequence for row in hub.feed.since(read, Filter())] == [1, 2]
    assert hub.feed.since(hub.feed.newest(), Filter()) == []


def test_the_day_is_counted_by_the_real_time(hub: Hub):
    """A passage of this morning that the gate dated last winter is one of today."""
    hub.hear(UNSURE, SURE)
    assert hub.feed.totals(NOON, NOON.tzinfo).went_in == 2  # type: ignore[arg-type]
    assert len(hub.feed.recent(Filter(since=NOON - timedelta(hours=1)))) == 2


def test_what_else_befell_the_gate_is_dated_too(hub: Hub):
    """Alarms and the guard's words: their own tables, the same rule."""
    unsure = stamp(BUILT, FLOOR, 100.0)
    hub.hear(
        record(1, unsure, Happening(unsure, "east", "1", What.FIRE)),
        record(2, unsure, Amendment(unsure, JOURNAL, 9, Outcome.ADMIT, Ground.MEDICAL)),
        record(3, stamp(NOON, SYNCED, 700.0)),
    )
    for table in ("happening", "amendment"):
        assert hub.registry.rows(f"SELECT at, told_at, dated FROM {table}") == [
            ("2026-11-22T03:50:00.000000+00:00", "2026-01-01T00:00:00.000000+00:00", "sync")
        ]


def test_a_month_of_records_is_dated_a_few_at_a_time(hub: Hub):
    """One look takes so many, and the rest is not forgotten, also over a restart."""
    count = 3 * boots.MOST_AT_ONCE
    hub.hear(*(record(number, stamp(BUILT, FLOOR, float(number))) for number in range(1, count + 1)))
    hub.hear(record(count + 1, stamp(NOON, SYNCED, count + 1.0)))
    dated = "SELECT count(*) FROM passage WHERE dated = 'sync'"
    assert hub.registry.rows(dated) == [(boots.MOST_AT_ONCE,)]
    hub.restart()
    changed, more = hub.registry.run(boots.go_on)
    assert (len(changed), more) == (boots.MOST_AT_ONCE, True)
    hub.registry.run(boots.go_on)
    assert hub.registry.run(boots.go_on) == (frozenset(), False)
    assert hub.registry.rows(dated) == [(count,)]


@pytest.mark.parametrize("seconds", [-1.0, 1e300, 1e12])
def test_a_count_of_seconds_that_is_none_dates_nothing(hub: Hub, seconds: float):
    """It is kept, dated by its receipt, and dates no other record."""
    hub.hear(record(1, stamp(BUILT, FLOOR, seconds)), record(2, stamp(NOON, SYNCED, seconds)), UNSURE_LATER)
    assert hub.times()[1] == (NOON, BUILT, Dated.RECEIPT)
    assert hub.times()[2] == (NOON, None, None)
    assert hub.times()[3][2] == Dated.RECEIPT


UNSURE_LATER = record(3, stamp(BUILT, FLOOR, 100.0))
INSTANTS = st.datetimes(timezones=st.just(UTC))


def test_a_bound_follows_only_from_a_boot_whose_start_the_hubs_clock_confirms(hub: Hub):
    """A time server that was three days behind in the next boot: what came before it is not said to be that old."""
    wrong = NOON - timedelta(days=3)
    hub.hear(record(1, stamp(BUILT, FLOOR, 100.0, EARLIER_BOOT)), record(2, stamp(wrong, SYNCED, 50.0)))
    assert hub.times()[1] == (NOON - timedelta(seconds=50), BUILT, Dated.RECEIPT)


def test_between_two_known_times_an_unknown_one_is_said_to_lie_there(hub: Hub):
    """Nothing vouches for the boot in the middle; its journal's order does."""
    last_boot, earlier = "c0" * 8, NOON - timedelta(hours=5)
    hub.now = earlier
    hub.hear(record(1, stamp(earlier, SYNCED, 900.0, EARLIER_BOOT)))
    hub.now = NOON
    hub.hear(record(2, stamp(BUILT, FLOOR, 20.0)), record(3, stamp(NOON, SYNCED, 3600.0, last_boot)))
    (row,) = [row for row in hub.feed.recent(Filter()) if row.sequence == 2]
    assert (row.not_before, _near(row)) == (earlier, NOON - timedelta(hours=1))


@settings(max_examples=300)
@given(INSTANTS, INSTANTS, st.floats(), st.floats(), st.sampled_from(ClockState), INSTANTS)
def test_nothing_is_ever_dated_after_its_receipt(
    at: datetime, synced: datetime, seconds: float, anchor: float, clock: ClockState, received: datetime
):
    """Whatever a gate says, and whatever anchor its boot has; and a calendar's end is no crash."""
    boot = anchored(Boot(), stamp(synced, SYNCED, anchor), received.timestamp())
    told = time_of(stamp(at, clock, seconds), boot, received.timestamp())
    if told is not None:
        assert told.at.timestamp() <= received.timestamp() + 1e-3
    elif clock is not SYNCED or boot.synced_at is None:
        assert clock is not FLOOR
        assert at.timestamp() <= received.timestamp() + CLOCKS_APART + 1e-3
