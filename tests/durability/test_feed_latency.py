"""The bench on the feed's latency, in small: it sees every record on the stream, and commits every one beside it."""

import pytest

from tests.durability.feed_latency import FEWEST, feed_latency


@pytest.mark.broker
def test_every_record_that_is_published_is_seen_and_timed() -> None:
    """A ratio of what nobody saw would be worth nothing."""
    figures = feed_latency(0)
    assert (figures["records"], figures["lost"]) == (FEWEST, 0)
    ratio = figures["ratio"]
    assert isinstance(ratio, float)
    assert ratio > 0
