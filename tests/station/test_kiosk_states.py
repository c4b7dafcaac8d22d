"""Every state of the guard's screen in Chinese on the large glass."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.station.every_state import every_state_fits
from tests.station.guard import SIZES, Guard, at_the_gate

pytestmark = [pytest.mark.browser, pytest.mark.long]
LARGE, _ = SIZES


@pytest.fixture
def guard(page: Page) -> Iterator[Guard]:
    with at_the_gate(page) as guard:
        yield guard


def test_each_state_fits_its_glass(guard: Guard) -> None:
    """Longest names, most reasons, most places."""
    every_state_fits(guard, LARGE, "zh")
