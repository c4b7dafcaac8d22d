"""The town in which a file's journeys are lived, one after the other."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.guard_day.day import Day


@pytest.fixture(scope="module")
def day(browser: Browser) -> Iterator[Day]:
    with Day(browser) as day:
        yield day
