"""What every test of what a disk remembers needs."""

import pytest

from tests.durability.disk import NoDisk, apsw


@pytest.fixture
def debians_apsw() -> None:
    """Skips where SQLite cannot be watched as it writes."""
    try:
        apsw()
    except NoDisk as none:
        pytest.skip(str(none))
