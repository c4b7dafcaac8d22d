"""Every state of the guard's screen in English, which is longer, on the small glass."""

import pytest

from tests.station.every_state import every_state_fits
from tests.station.guard import SIZES, Guard

pytestmark = [pytest.mark.browser, pytest.mark.long]
_, SMALL = SIZES


def test_each_state_fits_its_glass(guard: Guard) -> None:
    """Longest names, most reasons, most places."""
    every_state_fits(guard, SMALL, "en")
