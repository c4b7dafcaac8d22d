"""Forty residents and the town's two gates, as processes, under rules that neither wait nor measure.

Rule: a test file names the fixture that it takes from here in `__all__`; the town lives as long as its file's tests.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.rehearsal import settings
from tests.rehearsal.town import Town, everybody


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town(everybody()[:40], "measure_on = []\n" + settings.BRISK_POLICY) as town:
        town.await_rules()
        yield town


def rows(town: Town, question: str) -> list[tuple[object, ...]]:
    """What the hub's registry answers."""
    with closing(sqlite3.connect(f"{town.registry.as_uri()}?mode=ro", uri=True)) as registry:
        return registry.execute(question).fetchall()
