"""What the office asks of the registry, and that each answer is the whole truth."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.clock import ClockState
from gate.passage import Ground
from gate.reason import Outcome, Reason
from hub.feed import _THEIRS, FEW_PEOPLE, OVERRULED, Counts, Cursor, Feed, Filter
from hub.registry import RegistryRefused
from hub.registry.instants import written
from tests.hub.office_day import IN, NOON, OUT, Compound, busy_day

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def compound(tmp_path: Path):
    with closing(Compound(tmp_path)) as compound:
        yield compound


@pytest.fixture
def feed(compound: Compound) -> Feed:
    return Feed(compound.path)


def names(rows) -> list[str | None]:
    return [row.masked_name for row in rows]


def test_the_newest_arrival_stands_first_with_everything_the_office_may_see(compound: Compound, feed: Feed):
    """Masked name, building and all; the whole name appears nowhere."""
    wang, li = compound.resident("王小明", "3"), compound.resident("李华", "12")
    compound.arrives("n1", wang)
    compound.arrives("n1", li, Reason.FEVER, celsius=37.9, direction=OUT, clock=ClockState.FLOOR)
    newest, oldest = feed.recent(Filter())
    assert (newest.masked_name, newest.building, newest.celsius, newest.direction) == ("李*", "12", 37.9, "out")
    assert (newest.outcome, newest.reasons, newest.clock) == ("refuse", ("fever",), "floor")
    assert (oldest.masked_name, oldest.at, oldest.received_at) == ("王*明", NOON, NOON + timedelta(seconds=1))
    assert "王小明" not in repr(oldest)


def test_somebody_unknown_has_a_row_too(compound: Compound, feed: Feed):
    compound.arrives("n1", None, Reason.NO_CODE)
    compound.arrives("n1", "0123456789abcdef")
    assert names(feed.recent(Filter())) == [None, None]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(gate="west"), {"张*"}),
        (Filter(station="n1"), {"王*明", "李*", None}),
        (Filter(direction="out"), {"李*"}),
        (Filter(building="12"), {"李*"}),
        (Filter(outcome="admit"), {"王*明", "李*"}),
        (Filter(outcome="refuse"), {"张*"}),
        (Filter(outcome="refer"), {None}),
        (Filter(outcome=OVERRULED), {"李*"}),
        (Filter(q="李"), {"李*"}),
        (Filter(q="王*明"), {"王*明"}),
        (Filter(q="王小明"), {"王*明"}),
        (Filter(q="WXM"), {"王*明"}),
        (Filter(q="%"), set()),
        (Filter(q="_"), set()),
        (Filter(q="' OR 1=1 --"), set()),
        (Filter(since=NOON + timedelta(minutes=2)), {"张*", None}),
        (Filter(until=NOON + timedelta(minutes=1)), {"王*明"}),
        (Filter(gate="north", outcome="admit", direction="in"), {"王*明"}),
    ],
)
def test_a_filter_finds_what_it_says_and_nothing_else(compound: Compound, feed: Feed, wanted: Filter, expected: set):
    wang, li, zhang = compound.resident("王小明"), compound.resident("李华", "12"), compound.resident("张伟", "5")
    compound.arrives("n1", wang)
    yellow = compound.arrives("n1", li, Reason.HEALTH_YELLOW, at=NOON + timedelta(minutes=1), direction=OUT)
    compound.settles("n1", yellow, Outcome.ADMIT, Ground.OFFICE_AGREED)
    compound.arrives("w1", zhang, Reason.FEVER, at=NOON + timedelta(minutes=2), gate="west")
    compound.arrives("n1", None, Reason.NO_CODE, at=NOON + timedelta(minutes=3))
    assert set(names(feed.recent(wanted))) == expected


def test_one_persons_passages_are_found_by_the_pseudonym(compound: Compound, feed: Feed):
    wang, other = compound.resident("王小明"), compound.resident("王晓明")
    compound.arrives("n1", wang)
    compound.arrives("n1", other)
    assert [row.person for row in feed.recent(Filter(person=wang))] == [wang]


def test_paging_backwards_shows_every_passage_once(compound: Compound, feed: Feed):
    busy_day(compound, passages=37)
    seen, before = [], None
    while page := feed.recent(Filter(limit=10, before=before)):
        seen += [row.arrival for row in page]
        before = page[-1].arrival
    assert seen == list(range(37, 0, -1))


def test_the_guards_word_stands_beside_what_the_machine_decided(compound: Compound, feed: Feed):
    sequence = compound.arrives("n1", None, Reason.FEVER)
    compound.settles("n1", sequence, Outcome.ADMIT, Ground.MEASURED_AGAIN)
    (row,) = feed.recent(Filter())
    assert (row.outcome, row.final_outcome, row.ground, row.now_holds) == ("refuse", "admit", "measured_again", "admit")


def test_since_brings_what_is_new_and_what_was_amended_once_each(compound: Compound, feed: Feed):
    """Two amendments of one passage, and one of a passage that is itself new, still give one row each."""
    old = compound.arrives("n1", None, Reason.NO_CODE)
    compound.arrives("n1", None)
    cursor = feed.newest()
    assert feed.since(cursor, Filter()) == []
    compound.settles("n1", old, Outcome.ADMIT, Ground.PAPERS_CHECKED)
    compound.settles("n1", old, Outcome.REFUSE, Ground.SENT_BACK)
    new = compound.arrives("n1", None, Reason.NO_CODE)
    compound.settles("n1", new, Outcome.ADMIT, Ground.KNOWN_IN_PERSON)
    assert [(row.arrival, row.final_outcome) for row in feed.since(cursor, Filter())] == [(1, "refuse"), (3, "admit")]
    assert feed.since(feed.newest(), Filter()) == []


def test_what_an_amendment_takes_out_of_the_filter_has_left(compound: Compound, feed: Feed):
    sequence = compound.arrives("n1", None, Reason.NO_CODE)
    cursor, waiting = feed.newest(), Filter(outcome="refer")
    compound.settles("n1", sequence, Outcome.ADMIT, Ground.PAPERS_CHECKED)
    assert feed.since(cursor, waiting) == []
    assert [row.final_outcome for row in feed.left(cursor, waiting)] == ["admit"]
    assert feed.left(cursor, Filter()) == []


STEPS = st.lists(st.tuples(st.sampled_from(["arrives", "settles"]), st.integers(0, 5)), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(steps=STEPS, stops=st.sets(st.integers(0, 12), max_size=4))
def test_wherever_a_reader_stops_and_goes_on_he_ends_with_the_whole_feed(tmp_path_factory, steps, stops):
    """Rows laid over one another by identity, from any sequence of cursors, equal one read of everything."""
    with closing(Compound(tmp_path_factory.mktemp("feed"))) as compound:
        feed, cursor, known, written = Feed(compound.path), Cursor(), {}, []
        for number, (step, which) in enumerate(steps):
            if step == "arrives" or not written:
                written.append(compound.arrives("n1", None, Reason.NO_CODE))
            else:
                outcome = (Outcome.ADMIT, Outcome.REFUSE)[which % 2]
                compound.settles("n1", written[which % len(written)], outcome, Ground.PAPERS_CHECKED)
            if number in stops:
                through = feed.newest()
                known |= {row.identity: row for row in feed.since(cursor, Filter(), through)}
                cursor = through
        known |= {row.identity: row for row in feed.since(cursor, Filter())}
        assert known == {row.identity: row for row in feed.recent(Filter())}


def test_today_begins_at_the_compounds_midnight(compound: Compound, feed: Feed):
    """00:30 in Shanghai is still yesterday in UTC."""
    compound.station("n1", "north")
    midnight = NOON - timedelta(hours=12)
    compound.arrives("n1", None, at=midnight - timedelta(seconds=1))
    compound.arrives("n1", None, at=midnight)
    compound.arrives("n1", None, at=midnight + timedelta(hours=24))
    assert feed.totals(NOON, SHANGHAI) == Counts(went_in=1)


def test_each_passage_of_today_counts_once_by_what_now_holds(compound: Compound, feed: Feed):
    compound.station("n1", "north")
    compound.station("w1", "west")
    compound.arrives("n1", None, direction=IN)
    compound.arrives("n1", None, direction=OUT)
    compound.arrives("w1", None, Reason.FEVER)
    compound.arrives("w1", None, Reason.NO_CODE)
    settled = compound.arrives("w1", None, Reason.NO_CODE, direction=OUT)
    compound.settles("w1", settled, Outcome.ADMIT, Ground.KNOWN_IN_PERSON)
    assert feed.totals(NOON, SHANGHAI) == Counts(went_in=1, went_out=2, referred=1, refused=1)
    assert [tile.today.went_out for tile in feed.tiles(NOON, SHANGHAI)] == [1, 1]


def test_a_tile_says_what_its_station_last_said(compound: Compound, feed: Feed):
    compound.station("n1", "north")
    compound.says("n1", NOON, queue=7, faults=("camera",), policy="1.4")
    compound.arrives("n1", None, at=NOON - timedelta(days=3))
    (tile,) = feed.tiles(NOON, SHANGHAI)
    assert (tile.online, tile.queue, tile.faults, tile.policy, tile.status_at) == (True, 7, ("camera",), "1.4", NOON)
    assert tile.last_passage_at == NOON - timedelta(days=3)


def test_the_last_passage_is_found_over_a_change_of_the_stations_card(compound: Compound, feed: Feed):
    """A new card begins a new journal, whose name may come before or after the old one's."""
    compound.station("n1", "north")
    compound.arrives("n1", None, at=NOON - timedelta(days=3))
    for journal, days in (("00" * 8, 2), ("ff" * 8, 5)):
        compound.registry.database.execute(
            "INSERT INTO passage (station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons)"
            f" VALUES ('n1', '{journal}', 1, ?, 'synced', 'north', '1', 'in', 'admit', '[]')",
            [written(NOON - timedelta(days=days))],
        )
    (tile,) = feed.tiles(NOON, SHANGHAI)
    assert tile.last_passage_at == NOON - timedelta(days=2)


def test_a_common_name_finds_the_newest_of_all_who_bear_it(compound: Compound, feed: Feed):
    """More people than are looked up one by one; the answer is the same."""
    people = [compound.resident("王小明") for _ in range(FEW_PEOPLE + 3)]
    for person in people:
        compound.arrives("n1", person)
    compound.arrives("n1", compound.resident("李华"))
    assert [row.person for row in feed.recent(Filter(q="王"))] == people[::-1]


@pytest.mark.parametrize("by", ["person", "q"])
def test_somebodys_passages_are_found_however_many_others_came_since(compound: Compound, feed: Feed, by: str):
    """Whose they are is looked up in parts of 65,536 arrivals; the first and the last of a part count as well."""
    wang, li = compound.resident("王小明"), compound.resident("李华")
    for arrival in (65_535, 65_536, 131_071, 400_000):
        for person in (wang, li):
            compound.arrives("n1", person)
            newest = compound.registry.rows("SELECT max(arrival) FROM passage")[0][0]
            moved = arrival if person == wang else arrival + 2**17
            compound.registry.database.execute("UPDATE passage SET arrival = ? WHERE arrival = ?", (moved, newest))
    compound.registry.database.conn.commit()
    wanted = Filter(person=wang) if by == "person" else Filter(q="王")
    assert [row.arrival for row in feed.recent(wanted)] == [400_000, 131_071, 65_536, 65_535]
    assert [row.arrival for row in feed.recent(replace(wanted, before=131_071, limit=1))] == [65_536]
    assert feed.recent(replace(wanted, direction="out")) == []
    theirs = feed._ask(f"EXPLAIN QUERY PLAN {_THEIRS} = :person", {"person": wang})
    assert [row["detail"] for row in theirs if "passage_who_in_parts" in row["detail"]], "nobody else's are read"


def test_a_station_that_never_spoke_or_cannot_be_understood_is_not_online(compound: Compound, feed: Feed):
    compound.station("n1", "north")
    compound.station("w1", "west")
    compound.registry.database.execute("UPDATE station SET status = '{\"v\": 99}' WHERE id = 'w1'")
    tiles = feed.tiles(NOON, SHANGHAI)
    assert [(tile.online, tile.status_at, tile.last_passage_at) for tile in tiles] == [(False, None, None)] * 2


def test_buildings_are_in_the_order_people_count_them(compound: Compound, feed: Feed):
    for building in ("10", "2", "1"):
        compound.resident("王小明", building)
    assert feed.buildings() == ["1", "2", "10"]


def test_the_feed_cannot_write(compound: Compound, feed: Feed):
    import sqlite3

    with pytest.raises(sqlite3.OperationalError):
        feed._ask("DELETE FROM passage")


def test_a_feed_without_a_registry_says_what_to_do(tmp_path: Path):
    with pytest.raises(RegistryRefused, match="gate-hub init"):
        Feed(tmp_path / "none.sqlite").newest()
