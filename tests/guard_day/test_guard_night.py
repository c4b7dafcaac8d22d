"""The other half of a guard's day, as test_guard_day lives the first one: in a town of its own, beside it."""

import pytest

from tests.guard_day.all_day import SECOND_HALF, in_turn
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey
from tests.guard_day.post import Look

pytestmark = [pytest.mark.guard_day, pytest.mark.browser, pytest.mark.broker]


@pytest.mark.parametrize(("journey", "look"), in_turn(SECOND_HALF))
def test_guard_night(day: Day, journey: Journey, look: Look) -> None:
    """It ends as it should, for just the touches that it may cost, and the registry holds it."""
    journey.live(day, look)
