"""A guard's day in a whole town: broker, hub and two stations as processes, the kiosk's real page in Chromium.

Each journey's name is what it guarantees. Every touch is a real one and the page counts them. Here each is lived in one
size and language, in turn, those of the afternoon and the night by test_guard_night; `make soak ONLY=guard_day` lives
all of them in all.
"""

import pytest

from tests.guard_day.all_day import ALL_DAY, FIRST_HALF, in_turn
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey
from tests.guard_day.post import Look

pytestmark = [pytest.mark.guard_day, pytest.mark.browser, pytest.mark.broker]


@pytest.mark.parametrize(("journey", "look"), in_turn(FIRST_HALF))
def test_guard_day(day: Day, journey: Journey, look: Look) -> None:
    """It ends as it should, for just the touches that it may cost, and the registry holds it."""
    journey.live(day, look)


def test_what_the_guard_is_spared() -> None:
    """25 journeys and more; known residents cost nothing, one by name four touches at most, a visitor eight."""
    costs = {each.name: each.costs for each in ALL_DAY}
    assert len(costs) == len(ALL_DAY) >= 25
    assert {cost for name, cost in costs.items() if name.startswith("a_known_resident")} == {0}
    assert max(cost for name, cost in costs.items() if "by_name" in name) <= 4
    assert max(cost for name, cost in costs.items() if name.startswith("a_visitor")) <= 8
