"""Every state of the guard's screen in Chinese on the large glass."""

import pytest

from tests.station.every_state import every_state_fits
from tests.station.guard import SIZES, Guard

pytestmark = [pytest.mark.browser, pytest.mark.long]
LARGE, _ = SIZES


def test_each_state_fits_its_glass(guard: Guard) -> None:
    """Longest names, most reasons, most places."""
    every_state_fits(guard, LARGE, "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_fullest_verdicts_lie_over_nobodys_name(guard: Guard, size: tuple[int, int], language: str) -> None:
    """Most reasons, in a fire as well, on either glass in either language."""
    every_state_fits(guard, size, language, ("refer-many", "fire-refer"))
