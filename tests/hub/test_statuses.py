"""What a station says of itself is taken or left as a whole; an odd one harms neither figures nor other gates."""

from typing import Any

import pytest
from msgspec import json

from hub.incoming.statuses import Statuses
from tests.hub.office_day import NOON

SAID: dict[str, Any] = {"v": 1, "online": True, "gate": "east", "lane": "1", "journal": "ab" * 8}


def put(**said: Any) -> bool:
    statuses = Statuses(lambda _: None, lambda: None, lambda: NOON, lambda *_: None)
    return statuses.put("east-1", json.encode(SAID | said))


@pytest.mark.parametrize("name", ["newest", "queue"])
def test_a_number_of_records_is_one_that_every_figure_can_show(name: str):
    """A number of 400 digits ended the whole page of figures, for every gate."""
    assert put(**{name: 2**53 - 1})
    for odd in (-1, 2**53, 10**400):
        assert not put(**{name: odd})
