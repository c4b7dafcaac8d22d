"""What the gates of a compound know of each other's crossings: at once, and only while it is whole."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from msgspec import json

from gate.passage import Ground
from gate.reason import Outcome, Reason
from gate.wire import MOST_CROSSINGS
from station.peers import BEAT_SECONDS, FORGOTTEN_AFTER, FRESH_SECONDS, Conflict
from station.peers.store import PeerStore, load_digests
from tests.station.town_of_peers import LI, STEPS, WANG, Gate, Town, act

CODE = "cd" * 16


@pytest.fixture
def town() -> Town:
    return Town("east", "west")


def test_a_crossing_is_known_at_every_gate_at_once(town: Town) -> None:
    """Whoever went in at the east gate has gone in for the west gate too."""
    town.gates["east"].passes(WANG, "in")
    assert [gate.last_seen() for gate in town.gates.values()] == [("east", "in"), ("east", "in")]
    town.gates["west"].passes(WANG, "out")
    assert [gate.last_seen() for gate in town.gates.values()] == [("west", "out"), ("west", "out")]


def test_only_who_was_let_through_has_crossed(town: Town) -> None:
    """A refusal is no crossing; what the guard settles is one, and what he takes back is none."""
    east, west = town.gates["east"], town.gates["west"]
    refused = east.passes(WANG, "out", Reason.FEVER)
    east.passes(None, "out")
    assert west.last_seen() is None
    east.settles(refused, Outcome.ADMIT)
    assert west.last_seen() == east.last_seen() == ("east", "out")
    east.settles(refused, Outcome.REFER, Ground.MISTAKE)
    assert west.last_seen() is None
    assert east.last_seen() is None


def test_a_used_code_is_known_at_every_gate(town: Town) -> None:
    """A photograph of a phone's screen that is shown elsewhere a moment later is named with its first use."""
    town.gates["east"].passes(WANG, "in", code=CODE)
    for gate in town.gates.values():
        trace = gate.trace(code=CODE)
        assert trace.replayed
        assert trace.earlier is not None
        assert trace.earlier.gate == "east"
    assert not town.gates["west"].trace(code="ef" * 16).replayed


def test_a_code_that_let_nobody_through_was_not_used(town: Town) -> None:
    """Refused for a fever and measured again: the same code still serves."""
    town.gates["east"].passes(WANG, "in", Reason.FEVER, code=CODE)
    assert not town.gates["east"].trace(code=CODE).replayed


def test_a_restart_forgets_nothing_of_its_own(town: Town) -> None:
    """The journal tells who crossed here and which codes were used, with what the guard took back."""
    east = town.gates["east"]
    east.passes(WANG, "in", code=CODE)
    undone = east.passes(LI, "in")
    east.settles(undone, Outcome.REFUSE, Ground.SENT_BACK)
    again = town.restart("east", [])
    again.connect()
    town.wait(1)
    assert again.trace(code=CODE).replayed
    assert again.last_seen() == ("east", "in")
    assert again.trace(LI).earlier is None


def test_a_restart_hears_at_once_what_the_others_did(town: Town) -> None:
    """Nothing was kept, and still: a peer tells its newest crossings to whoever says hello."""
    town.gates["west"].passes(WANG, "in", code=CODE)
    again = town.restart("east", [])
    assert not again.trace(code=CODE).replayed
    again.connect()
    town.wait(0.05)
    assert again.trace(code=CODE).replayed
    assert again.last_seen() == ("west", "in")


def test_what_was_heard_outlives_a_restart_without_a_network(town: Town, tmp_path: Path) -> None:
    """From its own disk: a code used at a peer is flagged though nobody answers; who is inside, nobody knows."""
    town.gates["west"].passes(WANG, "in", code=CODE)
    with closing(PeerStore(tmp_path / "peers.sqlite")) as store:
        for station, digest in town.digests:
            store.keep(station, json.encode(digest), digest)
    again = town.restart("east", list(load_digests(tmp_path / "peers.sqlite")))
    assert again.trace(code=CODE).replayed
    assert again.last_seen() is None, "whether he came out meanwhile is unknown"
    assert again.trace().earlier is not None


@pytest.mark.parametrize("damage", [bytes(8), b"\xff" * 8], ids=["zeros", "ones"])
def test_wherever_its_disk_was_damaged_a_gate_starts_and_knows_of_no_gate_that_is_none(
    town: Town, tmp_path: Path, damage: bytes
) -> None:
    """A name that cannot be read would be a peer for whose silence this gate waits a week."""
    path = tmp_path / "peers.sqlite"
    with closing(PeerStore(path)) as store:
        for _ in range(20):
            town.gates["west"].passes(WANG, "in")
        for station, digest in town.digests:
            store.keep(station, json.encode(digest), digest)
    whole, known = path.read_bytes(), {station for station, _ in town.digests}
    assert known == {station for station, _ in load_digests(path)}
    for place in range(len(whole) - 1024, len(whole), 8):
        path.write_bytes(whole[:place] + damage + whole[place + 8 :])
        assert {station for station, _ in load_digests(path)} <= known


def test_a_silent_peer_makes_presence_unknown_and_used_codes_stay_used(town: Town) -> None:
    """While a gate is not heard, what is known is known and no more."""
    east = town.gates["east"]
    east.passes(WANG, "in", code=CODE)
    town.gates["west"].deaf = True
    town.wait(FRESH_SECONDS - 2)
    assert east.last_seen() == ("east", "in")
    town.wait(3 + BEAT_SECONDS)
    assert east.last_seen() is None
    trace = east.trace(code=CODE)
    assert trace.replayed
    assert trace.known_since is None


def test_a_gate_that_lost_its_own_link_need_not_wait_to_know_it(town: Town) -> None:
    """From that moment on it hears nobody; once it is back and was answered, it knows again."""
    east = town.gates["east"]
    town.wait(6)
    east.passes(WANG, "in")
    east.deaf = True
    east.peers.cut_off()
    assert east.last_seen() is None
    east.connect()
    town.wait(0.05)
    assert east.last_seen() == ("east", "in")


def _both_let_in(town: Town, **how: str) -> None:
    """Neither gate hears of the other's until afterwards."""
    town.wait(6)
    east, west = town.gates["east"], town.gates["west"]
    west.deaf = True
    for gate in (west, east):
        gate.passes(WANG, "in", **how)
        town.wait(6)
    west.connect()
    town.wait(6)


def test_two_gates_that_let_the_same_one_in_settle_which_comes_first_and_one_of_them_says_so(town: Town) -> None:
    """By station, journal and sequence, whoever's clock was ahead; once, also after a restart."""
    _both_let_in(town)
    east, west = town.gates["east"], town.gates["west"]
    assert (east.conflicts, west.conflicts) == ([], [Conflict(1, "east")])
    assert "东门" in west.conflicts[0].words.zh
    west.notes(west.conflicts[0])
    again = town.restart("west", [])
    again.connect()
    town.wait(6)
    assert again.conflicts == []


def test_one_code_at_two_gates_is_the_same_conflict_whichever_way_they_went(town: Town) -> None:
    """And both gates name the same use of it as the first, though each had its own first."""
    east, west = town.gates["east"], town.gates["west"]
    west.deaf = True
    west.passes(WANG, "out", code=CODE)
    east.passes(WANG, "in", code=CODE)
    town.wait(6)
    west.connect()
    town.wait(6)
    assert (east.conflicts, west.conflicts) == ([], [Conflict(1, "east")])
    firsts = [gate.trace(code=CODE).earlier for gate in (east, west)]
    assert [first.gate if first else None for first in firsts] == ["east", "east"]


def test_a_day_like_any_is_no_conflict(town: Town) -> None:
    """In by one gate and out by the other, neither heard; what a guard settled; and who comes again the next day."""
    east, west = town.gates["east"], town.gates["west"]
    west.deaf = True
    east.passes(WANG, "in", code=CODE)
    west.passes(WANG, "out", code="ef" * 16)
    refused = west.passes(LI, "in", Reason.PRESENCE_UNKNOWN)
    west.settles(refused, Outcome.ADMIT)
    east.passes(LI, "in")
    town.wait(6)
    west.connect()
    town.wait(6)
    town.seconds += 17 * 3600
    east.passes(WANG, "in")
    assert east.conflicts == west.conflicts == []


def test_a_peer_whose_card_was_set_back_is_not_known_from_before(town: Town) -> None:
    """It goes on with the numbers of an older day: what it said stands, and what it did meanwhile nobody can tell."""
    east, west = town.gates["east"], town.gates["west"]
    for who in (LI, WANG, LI):
        west.passes(who, "in")
    town.wait(1)
    town.gates["west"] = Gate(town, "west", west.records[:1])
    town.gates["west"].connect()
    town.wait(1)
    trace = east.trace()
    assert trace.earlier is not None
    assert not trace.knows(trace.earlier.at)
    east.passes(WANG, "out")
    assert east.last_seen() == ("east", "out")


def test_an_old_digest_that_comes_again_says_nothing_of_now(town: Town) -> None:
    """A broker that repeats itself does not keep a silent peer alive."""
    east, west = town.gates["east"], town.gates["west"]
    west.passes(WANG, "in")
    _, old = next(each for each in town.digests if each[1].crossings)
    west.passes(LI, "in")
    west.deaf = True
    for _ in range(6):
        town.wait(2)
        east.peers.hear("west-1", old, town.seconds)
    assert east.last_seen() is None


def test_an_old_word_of_a_journal_that_was_lost_says_nothing_of_since_then(town: Town) -> None:
    """What that journal held last can never be known any more, however often the broker repeats what came before."""
    east, west = town.gates["east"], town.gates["west"]
    west.passes(LI, "in")
    *_, old = (digest for _, digest in town.digests if digest.crossings)
    town.wait(60)
    east.passes(WANG, "in")
    west.deaf = True
    west.passes(WANG, "out")
    west.journal, west.records = "ff" * 8, []
    town.wait(5)
    west.passes(LI, "out")
    west.connect()
    for _ in range(3):
        town.wait(BEAT_SECONDS + 1)
        assert east.last_seen() is None
        east.peers.hear("west-1", old, town.seconds)
        assert east.last_seen() is None
    east.passes(WANG, "in")
    assert east.last_seen() == ("east", "in"), "of what comes after the loss all is known"


def test_an_old_word_does_not_take_a_silent_gate_down(town: Town) -> None:
    """It lost its journal some time ago, and a message of more than a week ago comes again."""
    east, west = town.gates["east"], town.gates["west"]
    west.passes(LI, "in")
    *_, old = (digest for _, digest in town.digests if digest.crossings)
    town.seconds += FORGOTTEN_AFTER.total_seconds() + 60
    for gate in (east, west):
        gate.connect()
    west.journal, west.records = "ff" * 8, []
    west.passes(LI, "out")
    east.passes(WANG, "in")
    town.wait(BEAT_SECONDS + 1)
    assert east.last_seen() == ("east", "in")
    west.deaf = True
    town.wait(60)
    east.peers.hear("west-1", old, town.seconds)
    assert east.last_seen() is None


def test_what_was_long_on_its_way_tells_of_then(town: Town) -> None:
    """A line that hangs and then gives out everything at once: how long each word lay in it nobody can see by it."""
    east, west = town.gates["east"], town.gates["west"]
    west.passes(WANG, "in")
    west.deaf, said = True, len(town.digests)
    town.wait(FRESH_SECONDS)
    lay = [digest for station, digest in town.digests[said:] if station == "west-1"]
    town.wait(FRESH_SECONDS)
    for digest in lay:
        east.peers.hear("west-1", digest, town.seconds)
    assert east.last_seen() is None, "he may have gone out meanwhile"
    west.connect()
    town.wait(BEAT_SECONDS + 1)
    assert east.last_seen() == ("west", "in")


def test_a_beat_of_an_earlier_run_proves_nothing(town: Town) -> None:
    """The peer answers what this gate sent before its restart: that may have been long ago."""
    west = town.gates["west"]
    west.passes(WANG, "in")
    town.wait(BEAT_SECONDS + 1)
    (*_, (_, answer)) = (each for each in town.digests if each[0] == "west-1" and each[1].heard)
    again = town.restart("east", [])
    again.peers.greet(town.now, town.seconds)
    again.peers.hear("west-1", answer, town.seconds)
    assert again.last_seen() is None


def test_after_a_short_silence_all_is_known_again(town: Town) -> None:
    """What a gate missed while it had no network is told when it is back, from the gate that has it."""
    east, west = town.gates["east"], town.gates["west"]
    west.passes(LI, "in")
    west.deaf = True
    east.passes(WANG, "in")
    town.wait(120)
    west.passes(WANG, "out")
    west.connect()
    town.wait(BEAT_SECONDS + 1)
    assert east.last_seen() == west.last_seen() == ("west", "out")


def test_a_hole_that_cannot_be_filled_is_no_knowledge(town: Town) -> None:
    """More crossed meanwhile than a digest tells: of before it nobody can say what is whole; of since then, all is."""
    east, west = town.gates["east"], town.gates["west"]
    east.passes(WANG, "in")
    west.deaf = True
    town.wait(60)
    for _ in range(MOST_CROSSINGS + 1):
        town.seconds += 1
        west.passes(LI, "in")
    west.connect()
    town.wait(1)
    assert east.last_seen() is None
    assert east.trace(LI).earlier is not None
    town.wait(10)
    east.passes(WANG, "in")
    assert east.last_seen() == ("east", "in")


def test_one_lost_digest_is_noticed_and_asked_for(town: Town) -> None:
    """The broker dropped a message and nobody was disconnected."""
    east, west = town.gates["east"], town.gates["west"]
    town.wait(20)
    west.deaf = True
    west.passes(WANG, "in")
    west.deaf = False
    town.wait(BEAT_SECONDS + 1)
    assert east.last_seen() == ("west", "in")


def test_a_gate_without_peers_knows_by_itself() -> None:
    """A compound with one lane needs nobody to tell who is inside."""
    alone = Town("east").gates["east"]
    alone.passes(WANG, "in")
    assert alone.last_seen() == ("east", "in")


def test_a_gate_that_was_taken_down_does_not_blind_the_others_for_ever(town: Town) -> None:
    """A week without a network is waited for; then a gate that nobody hears is gone."""
    east = town.gates["east"]
    town.gates["west"].deaf = True
    town.wait(60)
    east.passes(WANG, "in")
    assert east.last_seen() is None
    town.seconds += FORGOTTEN_AFTER.total_seconds() + 60
    assert east.last_seen() == ("east", "in")


def test_a_new_journal_of_a_peer_is_a_hole(town: Town) -> None:
    """A card that was set back says nothing of what its old journal saw last."""
    east, west = town.gates["east"], town.gates["west"]
    east.passes(WANG, "in")
    town.wait(1)
    west.journal, west.records = "ff" * 8, []
    west.passes(LI, "in")
    assert east.last_seen() is None
    assert east.trace(LI).earlier is not None


def test_the_peers_are_told_at_once_and_every_few_seconds(town: Town) -> None:
    """A digest for each crossing, a beat where there is none, and nothing about who was refused."""
    town.wait(BEAT_SECONDS)
    town.digests.clear()
    east = town.gates["east"]
    east.passes(WANG, "in")
    assert len(town.digests) == 1
    east.passes(LI, "in", Reason.FEVER)
    assert len(town.digests) == 1
    town.wait(BEAT_SECONDS * 3)
    told = [digest for station, digest in town.digests[1:] if station == "east-1"]
    assert len(told) == 3
    assert [digest.crossings for digest in told] == [()] * 3
    assert told[0].through == 2
    assert all(LI not in json.encode(digest).decode() for _, digest in town.digests)


@given(STEPS)
def test_whatever_happens_nobody_is_said_to_have_crossed_who_did_not(steps: list[tuple[str, str]]) -> None:
    """Networks and stations come and go: what a gate says of a last crossing was true 10 s ago, or it says nothing."""
    town = Town("east", "west", "south")
    really: list[tuple[str, str, int]] = []
    true_at: list[tuple[float, tuple[str, str] | None]] = [(town.seconds, None)]
    for step, name in steps:
        act(town, really, step, name)
        true_at.append((town.seconds, (really[-1][0], really[-1][1]) if really else None))
        town.wait(1)
        long_past = [at for at, _ in true_at if at <= town.seconds - FRESH_SECONDS - 1]
        right = [crossing for at, crossing in true_at if at >= max(long_past, default=0.0)]
        for each in town.gates.values():
            assert each.last_seen() in (None, *right)


def test_three_gates_that_hear_each_other_always_know() -> None:
    """The property above would hold for gates that never say anything: these do, a hundred times."""
    full = Town("east", "west", "south")
    for number in range(100):
        name, direction = ("east", "west", "south")[number % 3], ("in", "out")[number % 2]
        full.gates[name].passes(WANG, direction)
        full.wait(7)
        assert {gate.last_seen() for gate in full.gates.values()} == {(name, direction)}
