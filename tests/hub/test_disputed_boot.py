"""Two time servers that contradict each other within one boot, and the hub's clock confirms neither."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from gate import topics
from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.wire import Envelope, encode_body, encode_records, envelope, pack_backlog
from hub.feed import Feed, FeedRow, Filter
from hub.forms import Opener
from hub.incoming.ingest import Ingest, Message
from hub.redating import Dated
from hub.registry import boot_rows, boots, carrying, inbox, open_registry
from hub.registry.instants import written

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
BEGAN = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
JOURNAL, BOOT, EARLIER_BOOT = "ab" * 8, "b0" * 8, "a0" * 8
FLOOR, HELD, SYNCED = ClockState.FLOOR, ClockState.HELD, ClockState.SYNCED
NONE, MINUTE, HOUR, DAY = timedelta(0), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WRONG = -3 * DAY


class Hub:
    """Its clock shows what each message is said to have been received at."""

    def __init__(self, folder: Path) -> None:
        self.path, self.now = folder / "registry.sqlite", BEGAN
        self.open()

    def open(self) -> None:
        self.registry = open_registry(self.path, BEGAN, "sunshine")
        self.ingest = Ingest("sunshine", lambda _, __: None, lambda: self.now)

    def restart(self) -> None:
        self.registry.close()
        self.open()

    def hear(self, now: datetime, *envelopes: Envelope) -> None:
        self.now = now
        topic = topics.RECORDS.of("sunshine", envelopes[0].station)
        self.ingest.take(self.registry, [Message(topic, encode_records(envelopes))])

    def keep(self, now: datetime, envelope: Envelope) -> None:
        """As one of a backlog, which is folded later."""
        self.now = now
        topic = topics.BACKLOG.of("sunshine", envelope.station)
        self.ingest.take(self.registry, [Message(topic, pack_backlog([envelope]), live=False)])

    def fold(self) -> None:
        opener = Opener("sunshine", b"")
        while self.registry.run(lambda each: inbox.fold(each, opener, 500, written(self.now))).put_off:
            pass

    def rows(self, station: str = "east-1") -> dict[int, FeedRow]:
        """By their place in the journal, when all older records have been looked at."""
        while self.registry.run(boots.go_on)[1]:
            pass
        return dict(sorted((row.sequence, row) for row in Feed(self.path).recent(Filter(station=station))))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path)
    with closing(hub.registry):
        yield hub


def real(seconds: float) -> datetime:
    """When it was, so many of the boot's seconds after its beginning."""
    return BEGAN + timedelta(seconds=seconds)


def stamp(seconds: float, clock: ClockState, off: timedelta = NONE, boot: str = BOOT) -> Stamp:
    """off: by how much the server or the watch was wrong that the gate believed."""
    return Stamp(BUILT if clock is FLOOR else real(seconds) + off, clock, boot, seconds)


def record(sequence: int, when: Stamp, station: str = "east-1") -> Envelope:
    body = encode_body(Passage(when, "east", "1", Direction.IN))
    return envelope("sunshine", station, JOURNAL, sequence, body)


# The gate's network comes back two days after the boot began; the last server that it had asked lied.
BACK = real(2 * DAY.total_seconds())
UNSURE = record(1, stamp(30.0, FLOOR))
HONEST = record(2, stamp(160.0, SYNCED))
KEPT = record(3, stamp(86_400.0, HELD))
LIE = record(4, stamp(2 * 86_400.0 - 1, SYNCED, WRONG))
ORDERS = [((LIE,), (UNSURE, HONEST, KEPT)), ((UNSURE, HONEST, KEPT), (LIE,)), ((UNSURE, HONEST, KEPT, LIE),)]


@pytest.mark.parametrize("messages", ORDERS)
def test_a_held_time_stays_behind_the_sync_that_precedes_it(hub: Hub, messages: Sequence[Sequence[Envelope]]) -> None:
    """The newest record goes ahead, and a server that lied would date what was held since an honest one."""
    for each in messages:
        hub.hear(BACK, *each)
    rows = hub.rows()
    assert [rows[number].at for number in (2, 3, 4)] == [real(160), real(86_400), real(2 * 86_400 - 1) + WRONG]
    assert {rows[number].dated for number in (2, 3, 4)} == {None}


@pytest.mark.parametrize("messages", ORDERS)
def test_of_a_floor_nothing_is_claimed_but_its_bounds(hub: Hub, messages: Sequence[Sequence[Envelope]]) -> None:
    """As in a boot that no server ever spoke to: at the latest so long before what the hub has received."""
    for each in messages:
        hub.hear(BACK, *each)
    row = hub.rows()[1]
    assert (row.dated, row.told_at) == (Dated.RECEIPT, BUILT)
    assert timedelta(0) <= row.at - real(30) <= timedelta(seconds=30)  # what a crystal may drift, and the last second


def test_a_sync_that_the_hubs_clock_confirms_ends_it_for_good(hub: Hub) -> None:
    """All that was in doubt is dated by it, and no later lie changes that."""
    hub.hear(BACK, UNSURE, HONEST, KEPT, LIE)
    hub.restart()
    hub.hear(BACK + HOUR, record(5, stamp(2 * 86_400.0 + 3600, SYNCED)))
    settled = {number: (row.at, row.dated) for number, row in hub.rows().items()}
    assert settled[1] == (real(30), Dated.SYNC)
    assert settled[4] == (real(2 * 86_400 - 1), Dated.SYNC)
    hub.hear(BACK + DAY, record(6, stamp(2 * 86_400.0 + 7200, SYNCED, WRONG)), record(7, stamp(3 * 86_400.0, FLOOR)))
    assert {number: (row.at, row.dated) for number, row in hub.rows().items() if number < 6} == settled
    assert hub.rows()[7].at == real(3 * 86_400)


HELD_BACK = (record(1, stamp(160.0, SYNCED)), BACK)
AT_ONCE = (record(2, stamp(3600.0, SYNCED)), real(3660))
FUTURE = (record(3, stamp(3600.0, SYNCED, 365 * DAY)), real(3660))
LATER = (record(4, stamp(86_400.0, SYNCED)), BACK)


@pytest.mark.parametrize(
    ("first", "together"),
    [
        ([HELD_BACK], [AT_ONCE, FUTURE]),
        ([HELD_BACK], [AT_ONCE, LATER]),
        ([], [HELD_BACK, AT_ONCE, LATER]),
        ([HELD_BACK], [AT_ONCE, (record(3, stamp(7200.0, SYNCED, WRONG)), BACK), LATER]),
        ([HELD_BACK, (LIE, BACK)], [AT_ONCE, LATER]),
    ],
)
def test_a_sync_that_is_confirmed_is_never_passed_over(
    hub: Hub, first: Sequence[tuple[Envelope, datetime]], together: Sequence[tuple[Envelope, datetime]]
) -> None:
    """Whatever else is folded with it: not credible, received later, contradicting it."""
    for some in (first, together, [(record(5, stamp(2 * 86_400.0, SYNCED, WRONG)), BACK + HOUR)]):
        for each, received_at in some:
            hub.keep(received_at, each)
        hub.fold()
    boot = boot_rows.boot(hub.registry, "east-1", BOOT)
    assert (boot.confirmed, boot.disputed) == (True, False)


def test_a_time_that_a_server_set_right_changes_twice_at_most(hub: Hub) -> None:
    """By the dispute, and by the end of it; whatever else comes."""
    hub.hear(BACK, LIE)
    hub.hear(BACK, KEPT)
    seen = [hub.rows()[3].at]
    later = [
        (BACK, HONEST), (BACK, UNSURE), (BACK, record(5, stamp(2 * 86_400.0, SYNCED, WRONG))),
        (BACK + HOUR, record(6, stamp(2 * 86_400.0 + 3600, SYNCED, WRONG))),
        (BACK + DAY, record(7, stamp(2 * 86_400.0 + 7200, SYNCED))),
        (BACK + DAY, record(8, stamp(3 * 86_400.0, SYNCED))),
        (BACK + DAY, record(9, stamp(3 * 86_400.0, SYNCED, WRONG))),
    ]  # fmt: skip
    for each in later:
        hub.hear(*each)
        seen.append(hub.rows()[3].at)
    assert seen[0] == real(86_400) + WRONG
    assert sum(one != other for one, other in pairwise(seen)) == 1
    assert seen[-1] == real(86_400)


def test_a_dispute_bounds_no_boot_before_it(hub: Hub) -> None:
    """When the boot began that two servers quarrel over is not known from either of them."""
    hub.hear(BACK, record(1, stamp(30.0, FLOOR, boot=EARLIER_BOOT)))
    before = hub.rows()[1]
    hub.hear(BACK, record(2, stamp(160.0, SYNCED, WRONG)), record(3, stamp(3600.0, SYNCED)), LIE)
    after = hub.rows()[1]
    assert (before.dated, after.dated) == (Dated.RECEIPT, Dated.RECEIPT)
    assert after.at == before.at


def test_a_month_of_held_records_is_given_back_its_times_a_few_at_a_time(hub: Hub) -> None:
    """Also where the hub ends in between."""
    count = 2 * boots.MOST_AT_ONCE + 10
    hub.hear(BACK, record(count + 2, stamp(2 * 86_400.0 - 1, SYNCED, WRONG)))
    hub.hear(BACK, *(record(number, stamp(float(number), HELD)) for number in range(2, count + 2)))
    wrong = "SELECT count(*) FROM passage WHERE dated = 'sync'"
    assert hub.registry.rows(wrong) == [(count,)]
    hub.hear(BACK, record(1, stamp(1.0, SYNCED)))
    assert hub.registry.rows(wrong) == [(count - boots.MOST_AT_ONCE + 1,)]
    hub.restart()
    while hub.registry.run(boots.go_on)[1]:
        hub.restart()
    assert hub.registry.rows(wrong) == [(0,)]


def test_a_registry_of_an_older_hub_goes_on_with_it(hub: Hub) -> None:
    """Its boots are undisputed; the next word that contradicts one begins the dispute."""
    hub.hear(BACK, LIE)
    hub.registry.database.conn.executescript(
        "ALTER TABLE boot DROP COLUMN disputed; DELETE FROM _sqlite_migrations WHERE name = '0015_disputed'"
    )
    hub.restart()
    hub.hear(BACK, UNSURE, HONEST, KEPT)
    assert hub.rows()[3].at == real(86_400)


def test_a_damaged_registry_is_mended_to_the_same_times(hub: Hub) -> None:
    """What became of a boot is told again from its records, which come in another order and in other batches."""
    hub.hear(BACK, LIE)
    hub.hear(BACK, UNSURE, HONEST, KEPT)
    before = {number: (row.at, row.dated) for number, row in hub.rows().items()}
    hub.registry.database.conn.executescript("DROP TRIGGER household_resealed")
    hub.restart()
    assert list(hub.path.parent.glob("*.damaged-*"))
    assert hub.rows() == {}
    carrying.carry_on(hub.registry)
    hub.fold()
    assert boot_rows.boot(hub.registry, "east-1", BOOT).disputed
    assert {number: (row.at, row.dated) for number, row in hub.rows().items()} == before


class Heard(Struct, frozen=True):
    """A record of one boot, and how long after it the hub received it."""

    clock: ClockState
    seconds: float
    off: timedelta
    delay: timedelta

    @property
    def received_at(self) -> datetime:
        return real(self.seconds) + self.delay

    @property
    def is_credible(self) -> bool:
        return self.clock is SYNCED and real(self.seconds) + self.off <= self.received_at


HEARD = st.builds(
    Heard,
    st.sampled_from(ClockState),
    st.sampled_from([60.0, 120.0, 3600.0, 86_400.0, 86_460.0, 172_800.0]),
    st.sampled_from([NONE, NONE, WRONG, -9 * DAY, 365 * DAY]),
    st.sampled_from([NONE, MINUTE, DAY, 20 * DAY]),
)
ONE_ORDER = st.lists(HEARD, min_size=1, max_size=7).flatmap(
    lambda heard: st.tuples(
        st.just(heard),
        st.permutations(range(len(heard))),
        st.lists(st.booleans(), min_size=len(heard), max_size=len(heard)),
    )
)


def test_the_same_records_come_to_the_same_times_in_whatever_order_and_batches(tmp_path: Path) -> None:
    """Bounds by a receipt, to what a crystal drifts in those days; and whether the boot is disputed."""
    with TemporaryDirectory(dir=tmp_path) as folder:
        hub, stations = Hub(Path(folder)), count()

        @settings(max_examples=120, deadline=None)
        @given(ONE_ORDER)
        def in_any_order(given: tuple[list[Heard], list[int], list[bool]]) -> None:
            heard, order, folds = given
            there = [
                _told(hub, f"east-{next(stations)}", heard, each, fold)
                for each, fold in ((range(len(heard)), [True] * len(heard)), (order, folds))
            ]
            assert there[0][1] == there[1][1] == _is_disputed(heard)
            for number, row in there[0][0].items():
                other = there[1][0][number]
                assert row.dated == other.dated
                apart = timedelta(seconds=20 if row.dated == Dated.RECEIPT else 0.001)
                assert abs(row.at - other.at) <= apart

        in_any_order()
        hub.registry.close()


def _told(
    hub: Hub, station: str, heard: Sequence[Heard], order: Iterable[int], folds: Sequence[bool]
) -> tuple[dict[int, FeedRow], bool]:
    for number, fold in zip(order, folds, strict=True):
        each = heard[number]
        hub.keep(each.received_at, record(number + 1, stamp(each.seconds, each.clock, each.off), station))
        if fold:
            hub.fold()
    hub.fold()
    return hub.rows(station), boot_rows.boot(hub.registry, station, BOOT).disputed


def _is_disputed(heard: Sequence[Heard]) -> bool:
    credible = [each for each in heard if each.is_credible]
    is_confirmed = any(each.off == NONE and each.delay <= MINUTE for each in credible)
    return not is_confirmed and len({each.off for each in credible}) > 1
