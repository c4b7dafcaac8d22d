"""The fault matrix: a real broker, hub and station, each part broken at its boundary, alone and beside others."""

import random
from itertools import combinations, pairwise

import pytest

from tests.faults.broken_gate import BrokenGate
from tests.faults.promises import PROMISES, Part, promised
from tests.faults.walk import SEED, Walk, all_pairs, cast, may_follow, residents, round_of_all

pytestmark = pytest.mark.faults


@pytest.mark.broker
def test_a_gate_with_one_or_two_parts_broken_keeps_its_promises_and_mends_by_itself() -> None:
    """Each part alone and a third of the pairs: screen, lamps, barrier and both databases as docs/faults.md has it."""
    rng = random.Random(SEED)
    way = round_of_all(rng)
    with BrokenGate(cast().people, rng) as gate:
        walked = Walk(gate, residents(), lambda _stop: None).go(way)
    assert walked.wrong == []
    assert walked.singles == set(Part)
    assert len(walked.pairs) == len(Part)
    recorded = [each for each in walked.come if each.promise.recorded]
    assert len(recorded) < len(walked.come) == walked.cases + 2
    assert walked.journaled == walked.registered >= len(recorded)


@pytest.mark.parametrize("seed", range(5))
def test_the_long_walk_passes_each_pair_once_and_every_part(seed: int) -> None:
    """What `make soak ONLY=faults` visits are all 21 pairs, in an order in which they can break."""
    way = all_pairs(random.Random(seed))
    assert sorted(map(sorted, pairwise(way))) == sorted(map(sorted, combinations(Part, 2)))
    assert all(may_follow(*each) for each in pairwise(way))
    assert set(way) == set(Part)


def test_nothing_that_one_fault_forbids_is_allowed_by_another() -> None:
    """Of every two parts: no pair is greener, opens more or names less than either of them alone."""
    for first, second in combinations(Part, 2):
        both = promised((first, second))
        assert both == promised((second, first))
        for one in (PROMISES[first], PROMISES[second]):
            assert both.reasons >= one.reasons
            assert both.faults >= one.faults
            for name in ("reads", "opens", "recorded", "believed", "lights_green"):
                assert getattr(both, name) <= getattr(one, name)
            assert both.out_of_order >= one.out_of_order


def test_there_are_people_enough_for_every_stop_of_the_long_walk() -> None:
    """Nobody comes twice, so nothing that was remembered of him can help."""
    stops = 2 * len(list(combinations(Part, 2))) + 3
    assert len({one.identity_number for one in residents()}) >= stops
