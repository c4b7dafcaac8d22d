"""Who crossed last: only what really happened counts, and the memory does not grow without end."""

from datetime import UTC, datetime, timedelta
from sys import getsizeof

from gate.policy import Direction
from gate.wire import Crossing
from station.peers.presence import MOST_CODES, MOST_EXITS, Exits, Presence

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WANG = "0a" * 8
JOURNAL = "aa" * 8


def _crossing(sequence: int, direction: str = "in", passage: int | None = None, **more: object) -> Crossing:
    values = {"person": WANG, "at": NOON + timedelta(minutes=sequence), "passage": passage or sequence, **more}
    return Crossing(direction=Direction(direction), sequence=sequence, **values)  # type: ignore[arg-type]


def _told(presence: Presence, *crossings: Crossing, gate: str = "east") -> Presence:
    for each in crossings:
        presence.note(f"{gate}-1", gate, JOURNAL, each)
    return presence


def test_the_last_crossing_is_the_last_in_time_whatever_came_last():
    """Two gates' digests may arrive crosswise."""
    presence = _told(Presence(), _crossing(9, "out"))
    _told(presence, _crossing(4, "in"), gate="west")
    last = presence.last(WANG, None)
    assert last is not None
    assert (last.gate, last.direction, last.at) == ("east", Direction.OUT, NOON + timedelta(minutes=9))


def test_a_passage_that_the_guard_took_back_never_happened():
    """The one before it is the last one again."""
    presence = _told(Presence(), _crossing(1, "in"), _crossing(2, "out"), _crossing(3, "out", passage=2, crossed=False))
    last = presence.last(WANG, None)
    assert last is not None
    assert last.direction is Direction.IN
    _told(presence, _crossing(4, "in", passage=1, crossed=False))
    assert presence.last(WANG, None) is None
    assert len(presence) == 0


def test_the_same_word_twice_is_one_word():
    """A peer that tells everything anew changes nothing."""
    words = (_crossing(1, "in"), _crossing(2, "out"), _crossing(3, "out", passage=2, crossed=False))
    once, twice = _told(Presence(), *words), _told(Presence(), *words, *words)
    assert once.last(WANG, None) == twice.last(WANG, None)


def test_a_time_that_has_not_come_is_passed_over():
    """One gate whose clock shows 2106 does not hide whom the others have seen."""
    presence = _told(Presence(), _crossing(1, "in"))
    _told(presence, _crossing(1, "out", at=NOON + timedelta(days=30_000)), gate="west")
    last = presence.last(WANG, NOON + timedelta(minutes=10))
    assert last is not None
    assert last.direction is Direction.IN


def test_a_code_of_a_phone_is_used_until_its_passage_is_taken_back():
    """Whoever was sent back after all may show the same code again."""
    used = "ab" * 16
    presence = _told(Presence(), _crossing(1, fresh_id=used))
    assert presence.used(used) is not None
    assert presence.used("cd" * 16) is None
    _told(presence, _crossing(2, passage=1, crossed=False, fresh_id=used))
    assert presence.used(used) is None


def test_of_two_that_used_one_code_the_first_is_named():
    """Also where the guard let the second one in all the same, and where he took that back."""
    used = "ab" * 16
    presence = _told(Presence(), _crossing(1, fresh_id=used))
    _told(presence, _crossing(5, fresh_id=used), gate="west")
    _told(presence, _crossing(6, passage=5, crossed=False, fresh_id=used), gate="west")
    first = presence.used(used)
    assert first is not None
    assert first.gate == "east"


def test_the_memory_is_bounded():
    """The compound's people and a day's codes fit; who crossed longest ago is forgotten first."""
    presence = Presence(most_people=100)
    for number in range(MOST_CODES + 50):
        crossing = _crossing(number + 1, person=f"{number % 300:016x}", fresh_id=f"{number:032x}")
        presence.note("east-1", "east", JOURNAL, crossing)
    assert len(presence) == 100
    assert presence.used(f"{49:032x}") is None
    assert presence.used(f"{50:032x}") is not None
    newest, oldest = (MOST_CODES + 49) % 300, (MOST_CODES + 50) % 300
    assert presence.last(f"{newest:016x}", None) is not None
    assert presence.last(f"{oldest:016x}", None) is None


def _outings(presence: Presence, *people: str, since: datetime = NOON) -> list[datetime]:
    return sorted(presence.exits(people or (WANG,), since, None))


def test_outings_outlive_the_last_crossings_and_are_told_by_person_and_time():
    """The last three are known in full; of those before, when they were."""
    presence = _told(Presence(), *(_crossing(number, "in" if number % 2 else "out") for number in range(1, 21)))
    assert _outings(presence) == [NOON + timedelta(minutes=number) for number in range(2, 21, 2)]
    assert _outings(presence, since=NOON + timedelta(minutes=18)) == [
        NOON + timedelta(minutes=18 + 2 * n) for n in (0, 1)
    ]
    assert _outings(presence, "0b" * 8) == []


def test_an_outing_that_was_taken_back_is_gone_however_long_ago_it_was():
    """Also where its digest is told anew, in whatever order."""
    crossings = [_crossing(number, "out") for number in range(1, 11)]
    undone = _crossing(11, "out", passage=2, crossed=False)
    presence = _told(Presence(), *crossings, undone, *crossings, undone)
    assert _outings(presence) == [NOON + timedelta(minutes=number) for number in range(1, 11) if number != 2]


def test_the_same_minute_at_two_gates_is_two_outings():
    """A pass that was lent: both count."""
    presence = _told(Presence(), _crossing(1, "out"))
    _told(presence, _crossing(1, "out"), gate="west")
    assert len(_outings(presence)) == 2


def test_of_one_person_the_newest_outings_are_kept():
    """Somebody who comes and goes all day fills no memory; a clock gone wrong takes one place of it."""
    presence = _told(Presence(), _crossing(1, "out", at=NOON + timedelta(days=30_000)))
    _told(presence, *(_crossing(number, "out") for number in range(2, 2 * MOST_EXITS)))
    known = _outings(presence)
    assert len(known) == MOST_EXITS
    assert known[0] == NOON + timedelta(minutes=MOST_EXITS + 1)
    assert sorted(presence.exits((WANG,), NOON, NOON + timedelta(days=1))) == known[:-1]


def test_a_month_of_outings_takes_sixteen_bytes_each():
    """806,000 crossings of 13,000 people stay within 13 MB; here it is one of them."""
    exits = Exits()
    for number in range(MOST_EXITS):
        exits.add(number, NOON)
    assert len(exits) == MOST_EXITS
    assert getsizeof(exits._pairs) < 20 * MOST_EXITS + 100


def test_whoever_is_forgotten_is_forgotten_with_his_outings():
    """The bound on people is one on outings too."""
    presence = Presence(most_people=2)
    _told(presence, *(_crossing(number, "out", person=f"{number:016x}") for number in range(1, 4)))
    assert [_outings(presence, f"{number:016x}") != [] for number in range(1, 4)] == [False, True, True]
