"""What many of the station's test files take: a guard before the kiosk's page, and the broker of a compound.

Rule: a fixture stands here only where four files or more ask for the very same; a file that needs another guard asks
for this one and says what it does to him.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.broker import Broker
from tests.station.guard import Guard, at_the_gate
from tests.station.linked_station import broker_of_the_compound


@pytest.fixture
def guard(page: Page) -> Iterator[Guard]:
    """A kiosk of his own, opened; the page must not have complained by the end."""
    with at_the_gate(page) as guard:
        yield guard


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """It knows hub, station and a stranger, each with its rights."""
    with broker_of_the_compound(tmp_path / "broker") as started:
        yield started
