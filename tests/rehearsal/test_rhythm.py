"""When residents come: at the hours people come, never in before out, now and then with the wrong thing."""

import random
from collections import Counter, defaultdict
from datetime import date
from itertools import islice, pairwise

import pytest

from tests.rehearsal.people import HealthCode, Resident, Standing, compound
from tests.rehearsal.rhythm import (
    DAY,
    FEVER_FROM,
    TOO_COLD_BELOW,
    VISIT_SECONDS,
    Arrival,
    Shows,
    day,
    endless,
    paced,
)

TODAY = date(2021, 12, 30)


@pytest.fixture(scope="module")
def residents() -> tuple[Resident, ...]:
    return compound(random.Random(7), TODAY)


@pytest.fixture(scope="module")
def arrivals(residents: tuple[Resident, ...]) -> list[Arrival]:
    return list(day(random.Random(1), residents, TODAY))


def between(arrivals: list[Arrival], first_hour: float, last_hour: float, direction: str) -> int:
    """How many crossed in that direction between those hours."""
    seconds = (first_hour * 3600, last_hour * 3600)
    return sum(seconds[0] <= one.offset_seconds < seconds[1] and one.direction == direction for one in arrivals)


def test_the_day_has_an_out_peak_in_the_morning_and_an_in_peak_in_the_evening(arrivals: list[Arrival]) -> None:
    assert between(arrivals, 7, 9, "out") > 4 * between(arrivals, 7, 9, "in")
    assert between(arrivals, 7, 9, "out") > 2 * between(arrivals, 10, 12, "out")
    assert between(arrivals, 17, 19, "in") > 2 * between(arrivals, 17, 19, "out")
    assert between(arrivals, 17, 19, "in") > 2 * between(arrivals, 14, 16, "in")
    assert between(arrivals, 11, 13, "out") > 30


def test_few_come_at_night(arrivals: list[Arrival]) -> None:
    late = [one for one in arrivals if not 5 <= one.offset_seconds / 3600 < 22]
    assert 0 < len(late) < 0.03 * len(arrivals)


def test_the_order_of_time_is_kept_at_each_gate_and_within_one_day(arrivals: list[Arrival]) -> None:
    assert [one.offset_seconds for one in arrivals] == sorted(one.offset_seconds for one in arrivals)
    for gate in (0, 1):
        times = [one.offset_seconds for one in arrivals if one.gate_index == gate]
        assert all(later - earlier >= VISIT_SECONDS - 1e-6 for earlier, later in pairwise(times))
        assert 0 < times[0] < times[-1] < DAY + 600


def nobody_comes_in_from_inside(arrivals: list[Arrival]) -> bool:
    """A second attempt of the same visit apart, people go out before they come in."""
    outside = defaultdict[str, bool](bool)
    for one in arrivals:
        if one.direction == "in" and not outside[one.resident.identity_number]:
            return False
        if one.direction == "out" and one.shows is Shows.OWN and one.scene_kind != "hopeless":
            outside[one.resident.identity_number] = True
    return True


def test_nobody_comes_in_who_did_not_go_out(arrivals: list[Arrival]) -> None:
    """Rules about presence would call everything else tailgating."""
    assert nobody_comes_in_from_inside(arrivals)


def test_some_come_back_through_the_other_gate(arrivals: list[Arrival]) -> None:
    """Gates that did not tell each other who is inside would show it here."""
    gates = defaultdict[str, set[int]](set)
    for one in arrivals:
        gates[one.resident.identity_number].add(one.gate_index)
    assert sum(len(used) == 2 for used in gates.values()) > 30


def test_both_gates_are_used_and_mostly_by_those_who_live_near(arrivals: list[Arrival]) -> None:
    near = [one for one in arrivals if one.gate_index == one.resident.building * 2 // 13]
    assert 0.7 * len(arrivals) < len(near) < len(arrivals)
    assert {one.gate_index for one in arrivals} == {0, 1}


def test_whoever_has_no_phone_holds_up_paper(arrivals: list[Arrival]) -> None:
    assert {one.carrier for one in arrivals if not one.resident.phone} == {"paper"}
    assert Counter(one.carrier for one in arrivals)["phone"] > 0.5 * len(arrivals)


def test_foreheads_are_mostly_healthy_with_a_few_feverish_and_a_few_too_cold(arrivals: list[Arrival]) -> None:
    told = [one.forehead_celsius for one in arrivals]
    fever = [t for t in told if t >= FEVER_FROM]
    cold = [t for t in told if t < TOO_COLD_BELOW]
    assert 0 < len(fever) < 0.02 * len(told)
    assert 0 < len(cold) < 0.05 * len(told)
    assert all(35.9 <= t <= 37.1 for t in told if t not in fever and t not in cold)


def test_now_and_then_the_wrong_thing_or_nothing_is_held_up(arrivals: list[Arrival]) -> None:
    shows = Counter(one.shows for one in arrivals)
    assert set(shows) == set(Shows)
    assert 0.9 < shows[Shows.OWN] / len(arrivals) < 0.99
    assert {one.scene_kind for one in arrivals} == {"easy", "ordinary", "hard", "hopeless"}


def test_whose_code_is_held_up_agrees_with_what_is_shown(arrivals: list[Arrival]) -> None:
    for one in arrivals:
        own, nobody = one.code_of == one.resident, one.code_of is None
        assert own == (one.shows in (Shows.OWN, Shows.DAMAGED))
        assert nobody == (one.shows in (Shows.NOTHING, Shows.FOREIGN))


def test_a_few_of_those_kept_in_try_the_gate_and_stay_inside(residents: tuple[Resident, ...]) -> None:
    """The demo shows a refusal without waiting for a fever."""
    kept_in = [one for one in residents if one.standing is Standing.ISOLATED or one.health_code is not HealthCode.GREEN]
    tries = [one for seed in range(10) for one in day(random.Random(seed), kept_in, TODAY)]
    assert tries
    assert len(tries) < 10 * len(kept_in)
    assert {one.direction for one in tries} == {"out"}


def test_a_seed_gives_the_same_day_and_speed_only_shrinks_it(
    residents: tuple[Resident, ...], arrivals: list[Arrival]
) -> None:
    assert list(day(random.Random(1), residents, TODAY)) == arrivals
    fast = list(day(random.Random(1), residents, TODAY, speed=60))
    assert [one.resident for one in fast] == [one.resident for one in arrivals]
    assert fast[-1].offset_seconds == pytest.approx(arrivals[-1].offset_seconds / 60)


def test_a_run_may_begin_at_an_hour_of_the_first_day_and_goes_on_into_the_next(residents: tuple[Resident, ...]) -> None:
    told = list(islice(endless(random.Random(1), residents, TODAY, from_hour=11.5), 4000))
    assert 0 <= told[0].offset_seconds < 600
    assert {one.direction for one in told[:20]} == {"out", "in"}
    assert told[-1].offset_seconds > DAY
    assert [one.offset_seconds for one in told] == sorted(one.offset_seconds for one in told)


def test_the_demo_sees_somebody_at_each_gate_every_two_to_four_seconds(residents: tuple[Resident, ...]) -> None:
    told = list(islice(paced(endless(random.Random(1), residents, TODAY), random.Random(2)), 3000))
    assert [one.offset_seconds for one in told] == sorted(one.offset_seconds for one in told)
    for gate in (0, 1):
        times = [one.offset_seconds for one in told if one.gate_index == gate]
        assert all(2.0 <= later - earlier <= 4.0 + 1e-9 for earlier, later in pairwise(times))
        assert times[0] < 4


def test_retiming_loses_nobody_and_keeps_out_before_in(arrivals: list[Arrival]) -> None:
    told = list(paced(arrivals, random.Random(2)))
    assert Counter(one.resident for one in told) == Counter(one.resident for one in arrivals)
    assert nobody_comes_in_from_inside(told)
    moved = sum(a != b for a, b in zip(_gates_by_person(told), _gates_by_person(arrivals), strict=True))
    assert moved < 0.25 * len(told)


def _gates_by_person(arrivals: list[Arrival]) -> list[tuple[str, int]]:
    """(who, gate) in an order that does not depend on time."""
    return sorted((one.resident.identity_number, one.gate_index) for one in arrivals)


def test_more_gates_share_the_people(residents: tuple[Resident, ...]) -> None:
    assert {one.gate_index for one in day(random.Random(1), residents, TODAY, gates=3)} == {0, 1, 2}
