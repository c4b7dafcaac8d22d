"""The same pass, and the same household, at two gates of a real town: the second one knows of the first, also after a
restart and while the hub is away.

Two stations, a broker and a hub as processes, driven by what their cameras see.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec import Struct, json
from websockets.sync.client import connect

from gate.policy import Direction
from gate.reason import Outcome, Reason
from tests.rehearsal import settings
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate
from tests.rehearsal.people import Standing
from tests.rehearsal.scenario import ADMIT, IN, OUT, Case, Visit
from tests.rehearsal.town import GATES, Town, everybody
from tests.rehearsal.visitors import Visitors

GOES_IN, GOES_OUT = Case("goes in", 0, "", "own", IN, 36.5, ADMIT), Case("goes out", 0, "", "own", OUT, 36.5, ADMIT)
POLICY = "green_seconds = 1.0\nvisit_seconds = 2.0\nexit_quota = { times = 2, days = 2 }\n" + settings.POLICY


FREE = [
    one
    for one in everybody()[:300]
    if one.building not in (settings.CONTROLLED, settings.SEALED) and one.standing is Standing.NORMAL
]
# Two who live together, and whom no other test here sends out.
_DOOR = next(door for door, people in Counter(one.door for one in FREE[10:]).items() if people == 2)
TOGETHER = [at for at, one in enumerate(FREE) if one.door == _DOOR][-2:]


class Earlier(Struct, frozen=True):
    gate: str
    direction: Direction


class Decided(Struct, frozen=True):
    outcome: Outcome
    reasons: tuple[Reason, ...]
    earlier: Earlier | None = None


class Recent(Struct, frozen=True):
    recent: tuple[Decided, ...] = ()


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town(tuple(everybody()[:300]), POLICY, frames_per_second=60) as running:
        running.await_rules()
        yield running
        assert running.end_processes() == []


def _comes(town: Town, at: int, case: Case, who: int) -> Decided:
    """One visit, and what the guard's screen says of it."""
    name = town.names[at]
    gate = Gate(name, town.kiosk_urls[name])
    visitors = Visitors(gate, at, town.passes, Codes(town.data, datetime.now(UTC)), random.Random(who))
    visitors.come(Visit(0, case, FREE[who]))
    gate.close()
    return _screen(town, name)


def _screen(town: Town, name: str) -> Decided:
    with connect(f"ws{town.kiosk_urls[name].rstrip('/').removeprefix('http')}/view") as screen:
        return json.decode(screen.recv(), type=Recent).recent[0]


def test_whoever_went_in_at_one_gate_is_known_at_the_other(town: Town) -> None:
    """In at the first gate, in again at the second: the guard is asked, and reads where the pass was used before."""
    assert _comes(town, 0, GOES_IN, 1).outcome is Outcome.ADMIT
    again = _comes(town, 1, GOES_IN, 1)
    assert (again.outcome, again.reasons) == (Outcome.REFER, (Reason.SAME_WAY_TWICE,))
    assert again.earlier == Earlier(GATES[0], Direction.IN)


def test_it_is_still_known_after_that_gate_was_started_again(town: Town) -> None:
    """The second gate's own memory: its journal, and what it had heard."""
    assert _comes(town, 0, GOES_IN, 3).outcome is Outcome.ADMIT
    assert _comes(town, 1, GOES_IN, 4).outcome is Outcome.ADMIT
    name = town.names[1]
    assert town.stations[name].end() == 0
    town.start_station(name)
    town.kiosk_urls[name] = town.await_station(name)
    town.await_rules()
    for who, gate in ((3, GATES[0]), (4, GATES[1])):
        again = _comes(town, 1, GOES_IN, who)
        assert again.reasons == (Reason.SAME_WAY_TWICE,)
        assert again.earlier == Earlier(gate, Direction.IN)


def test_out_at_one_gate_and_home_by_the_other_is_a_day_like_any(town: Town) -> None:
    """Nobody is asked anything."""
    days = [
        _comes(town, at, case, 2).outcome for at, case in ((0, GOES_OUT), (1, GOES_IN), (1, GOES_OUT), (0, GOES_IN))
    ]
    assert days == [Outcome.ADMIT] * 4


def test_a_household_has_its_outings_at_all_gates_together_while_the_hub_is_away(town: Town) -> None:
    """Two in two days: one by each gate, and the third is the guard's matter at either. The gates tell each other."""
    one, other = TOGETHER
    town.end_hub()
    assert _comes(town, 0, GOES_OUT, one).outcome is Outcome.ADMIT
    assert _comes(town, 1, GOES_OUT, other).outcome is Outcome.ADMIT
    assert _comes(town, 1, GOES_IN, one).outcome is Outcome.ADMIT
    assert _comes(town, 0, GOES_OUT, one).reasons == (Reason.QUOTA_USED,)
    town.start_hub()
    town.await_rules()
    assert _comes(town, 1, GOES_OUT, one).reasons == (Reason.QUOTA_USED,)
