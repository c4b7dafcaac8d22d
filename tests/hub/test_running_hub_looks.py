"""A running hub with a real broker: what its looks find of a gate, and what its figures then say."""

import pytest
from msgspec import json

from gate import topics
from gate.wire import StationStatus
from hub.metrics import Metrics
from tests.figures import figures
from tests.hub.hub_on_a_broker import (
    JOURNAL,
    NOW,
    SECONDS,
    TO_HUB,
    Office,
    Post,
    broker,
    office,
    post,
    records,
)

__all__ = ["broker", "office", "post"]
pytestmark = pytest.mark.broker
STATUS = topics.STATUS.of("sunshine", "east-1")


def test_a_hole_and_what_the_status_tells_of_are_found_and_told_and_end(office: Office, post: Post):
    """Records 1 and 3 came, and the gate says that it has written five; then the others come."""
    with office.hub() as hub:
        figures_of = Metrics(office.settings, list, lambda: NOW)
        figures_of.watch(hub)
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(1, 3))
        post.until(lambda: post.covers(3) and not post.covers(2))
        post.say(STATUS, json.encode(StationStatus(1, True, "east", "1", JOURNAL, 5, 3)))
        hub.look().result(SECONDS)
        while hub.seen.stations[0].status is None:
            hub.look().result(SECONDS)
        assert hub.owed["east-1"].missing == 3
        told = figures(figures_of.text())
        assert told["gate_station_missing_records[east][east-1]"] == 3
        assert told["gate_station_queue_records[east][east-1]"] == 3
        assert told["gate_station_receipt_age_seconds[east][east-1]"] == 0
        assert told["gate_hub_broker_connected"] == 1
        post.say(TO_HUB, records(2, 4, 5))
        post.until(lambda: all(post.covers(each) for each in range(1, 6)))
        hub.look().result(SECONDS)
        assert hub.owed["east-1"].missing == 0
