"""What quotas and times to be back are counted by: exits at any gate, under which permit, and whether that is all."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from msgspec import json, structs

from gate.evidence import ALWAYS
from gate.passage import Ground
from gate.reason import Outcome, Reason
from gate.wire import MOST_CROSSINGS, Crossings
from station.peers import BEAT_SECONDS, FRESH_SECONDS, REMEMBERED_RECORDS, Ask, Peers
from station.peers.store import MOST_DIGESTS, PeerStore, load_digests
from tests.station.town_of_peers import LI, NOON, STEPS, WANG, Town, act


@pytest.fixture
def town() -> Town:
    return Town("east", "west")


def test_outings_at_any_gate_are_counted_at_every_gate(town: Town) -> None:
    """Of one person or of a household, by whatever gate they left; coming home is no outing."""
    east, west = town.gates["east"], town.gates["west"]
    east.passes(WANG, "out")
    town.wait(5)
    west.passes(WANG, "in")
    town.wait(5)
    west.passes(WANG, "out")
    east.passes(LI, "out")
    for gate in (east, west):
        assert gate.outings() == 2
        assert gate.outings(WANG, LI) == 3
        assert gate.outings(LI) == 1


def test_an_outing_counts_within_its_period_alone(town: Town) -> None:
    """What lies before is no longer asked for."""
    east = town.gates["east"]
    east.passes(WANG, "out")
    town.wait(20)
    east.passes(WANG, "out")
    assert east.outings(hours=10 / 3600) == 1
    assert east.outings() == 2


def test_an_outing_that_the_guard_takes_back_was_none(town: Town) -> None:
    """Also where it was the guard himself who had let him go, and at every gate."""
    east, west = town.gates["east"], town.gates["west"]
    let_go = east.passes(WANG, "out", Reason.QUOTA_USED)
    assert west.outings() == 0
    east.settles(let_go, Outcome.ADMIT)
    assert west.outings() == east.outings() == 1
    east.settles(let_go, Outcome.REFER, Ground.MISTAKE)
    assert west.outings() == east.outings() == 0


def test_an_outing_with_a_foreign_certificate_is_his_whose_the_guard_says_it_is(town: Town) -> None:
    """The passage itself names nobody; and what the guard takes back then is taken back of him."""
    east, west = town.gates["east"], town.gates["west"]
    shown = east.passes(None, "out", Reason.HOLDER_UNMATCHED)
    east.settles(shown, Outcome.ADMIT, person=WANG)
    assert west.outings() == east.outings() == 1
    east.settles(shown, Outcome.REFER, Ground.MISTAKE)
    assert west.outings() == east.outings() == 0


def test_whoever_rested_an_hour_with_a_fever_has_left_when_the_guard_lets_him(town: Town) -> None:
    """A thousand people have passed meanwhile."""
    east, west = town.gates["east"], town.gates["west"]
    measured = east.passes(WANG, "out", Reason.FEVER)
    for _ in range(1000):
        east.passes(LI, "out", Reason.FEVER)
    east.settles(measured, Outcome.ADMIT, Ground.MEASURED_AGAIN)
    assert west.outings() == east.outings() == 1


def test_where_a_gate_is_silent_nobody_knows_that_there_were_no_more_outings(town: Town) -> None:
    """And what was heard before still stands there."""
    east = town.gates["east"]
    east.passes(WANG, "out")
    town.gates["west"].deaf = True
    town.wait(FRESH_SECONDS + 2)
    assert east.outings() is None
    trace = east.peers.trace(WANG, None, town.moment, town.seconds, Ask((WANG,), NOON))
    assert len(trace.exits) == 1


def test_outings_outlive_a_restart_with_refusals_between_them(town: Town, tmp_path: Path) -> None:
    """A peer's refusals are told to nobody; that there was nothing to tell is kept too, so there is no hole."""
    west = town.gates["west"]
    with closing(PeerStore(tmp_path / "peers.sqlite")) as store:
        for _ in range(3):
            west.passes(WANG, "out")
            west.passes(LI, "out", Reason.FEVER)
            town.wait(BEAT_SECONDS + 1)
        for station, digest in town.digests:
            if station == "west-1":
                store.keep(station, json.encode(digest), digest)
    for gate in town.gates.values():
        gate.deaf = True
    again = town.restart("east", list(load_digests(tmp_path / "peers.sqlite")))
    again.peers.beat(town.now, town.seconds)
    newest = [digest for station, digest in town.digests if station == "west-1"][-1]
    again.peers.hear("west-1", structs.replace(newest, heard={"east-1": town.now}), town.seconds)
    assert again.outings() == 3


def test_what_only_says_hello_again_is_not_kept_again(town: Town, tmp_path: Path) -> None:
    """A network that comes and goes fills no disk."""
    west, path = town.gates["west"], tmp_path / "peers.sqlite"
    west.passes(WANG, "out")
    town.digests.clear()
    for _ in range(5):
        town.wait(BEAT_SECONDS)
        west.connect()
    with closing(PeerStore(path)) as store:
        for station, digest in town.digests:
            if station == "west-1":
                store.keep(station, json.encode(digest), digest)
    assert len(town.digests) > 10
    assert len(list(load_digests(path))) == 1


def test_a_digest_that_may_fill_a_hole_is_kept(town: Town, tmp_path: Path) -> None:
    """It goes no further than the one before, and it is what makes the stretch whole."""
    west, path = town.gates["west"], tmp_path / "peers.sqlite"
    town.wait(20)
    town.digests.clear()
    for _ in range(3):
        west.passes(WANG, "out")
        town.wait(1)
    told = [digest for station, digest in town.digests if station == "west-1" and digest.crossings]
    whole = Crossings(
        1, "west", west.journal, 0, told[-1].through, town.now, tuple(c for d in told for c in d.crossings)
    )
    with closing(PeerStore(path)) as store:
        for digest in (told[0], told[2], whole):
            store.keep("west-1", json.encode(digest), digest)
    assert len(list(load_digests(path))) == 3


def test_the_permit_of_an_outing_is_known_at_every_gate(town: Town) -> None:
    """Whoever left by the east gate on leave comes home by the west gate under the same leave."""
    east, west = town.gates["east"], town.gates["west"]
    east.passes(WANG, "out", permit="ee" * 8)
    assert west.trace().out_under == "ee" * 8
    town.wait(5)
    west.passes(WANG, "in")
    assert east.trace().out_under is None, "he is back"


def test_a_gate_that_remembers_only_its_newest_records_says_since_when(town: Town) -> None:
    """What its journal held before it does not claim to know."""
    east = town.gates["east"]
    for _ in range(4):
        east.passes(WANG, "out")
        town.wait(60)
    newest = list(enumerate(east.records, 1))[2:]
    again = Peers("east-1", "east", east.journal, newest)
    known = again.known_since(town.moment, town.seconds)
    assert known is not None
    assert town.now - timedelta(seconds=125) < known < town.now - timedelta(seconds=110)
    assert Peers("east-1", "east", east.journal).known_since(town.moment, town.seconds) == ALWAYS


@given(STEPS)
def test_whatever_happens_an_outing_is_never_thought_not_to_have_been(steps: list[tuple[str, str]]) -> None:
    """A gate that says to know counts all that were made up to the moment when it last heard; less is 'unknown'."""
    town = Town("east", "west", "south")
    really: list[tuple[str, str, int]] = []
    made = [(town.seconds, 0)]
    for step, name in steps:
        act(town, really, step, name)
        made.append((town.seconds, sum(way == "out" for _, way, _ in really)))
        town.wait(1)
        long_past = [at for at, _ in made if at <= town.seconds - FRESH_SECONDS - 1]
        right = {count for at, count in made if at >= max(long_past, default=0.0)}
        for each in town.gates.values():
            assert each.outings() in {None, *right}


def test_the_document_says_how_much_outlives_a_restart() -> None:
    """The office sets quotas by it."""
    document = (Path(__file__).parents[2] / "docs" / "office.md").read_text(encoding="utf-8")
    assert f"newest {REMEMBERED_RECORDS:,} records and {MOST_DIGESTS:,} of the others'" in document
    assert f"({MOST_CROSSINGS} crossings)" in document
