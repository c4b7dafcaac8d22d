"""Every state of the guard's screen in English, which is longer, on the small glass."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.station.every_state import every_state_fits
from tests.station.guard import SIZES, Guard, at_the_gate

pytestmark = [pytest.mark.browser, pytest.mark.long]
_, SMALL = SIZES


@pytest.fixture
def guard(page: Page) -> Iterator[Guard]:
    with at_the_gate(page) as guard:
        yield guard


def test_each_state_fits_its_glass(guard: Guard) -> None:
    """Longest names, most reasons, most places."""
    every_state_fits(guard, SMALL, "en")
