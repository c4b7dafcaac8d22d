"""Every state of the guard's screen in Chinese on the large glass."""

import pytest

from tests.station.every_state import every_state_fits
from tests.station.guard import SIZES, Guard

pytestmark = [pytest.mark.browser, pytest.mark.long]
LARGE, _ = SIZES


def test_each_state_fits_its_glass(guard: Guard) -> None:
    """Longest names, most reasons, most places."""
    every_state_fits(guard, LARGE, "zh")
