"""A guard's day in a whole town: broker, hub and two stations as processes, the kiosk's real page in Chromium.

Each journey's name is what it guarantees. Every touch is a real one and the page counts them. Here each is lived in one
size and language, in turn; `make soak ONLY=guard_day` lives all of them in all.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.guard_day.all_day import ALL_DAY
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey
from tests.guard_day.post import LOOKS_OF_ALL, Look

pytestmark = [pytest.mark.guard_day, pytest.mark.browser, pytest.mark.broker]
IN_TURN = (LOOKS_OF_ALL[0], LOOKS_OF_ALL[3])


@pytest.fixture(scope="module")
def day(browser: Browser) -> Iterator[Day]:
    with Day(browser) as day:
        yield day


@pytest.mark.parametrize(
    ("journey", "look"), [pytest.param(each, IN_TURN[at % 2], id=each.name) for at, each in enumerate(ALL_DAY)]
)
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
