"""Clocks gone astray, in small: the feed is right where the time can be known, and says so where it cannot."""

from tests.durability.clocks import clocks


def test_whatever_befalls_a_gates_clock_the_feed_tells_no_wrong_time() -> None:
    """Nothing lost, doubled, changed, out of order or wrongly dated; and without re-dating, hundreds would be."""
    figures = clocks(0.006)
    assert figures["trials"] == 60
    counts = ("lost", "doubled", "corrupt", "reordered", "wrong", "control_unharmed")
    assert {name: figures[name] for name in counts} == dict.fromkeys(counts, 0), figures
    # A script that never synchronises, or a feed that is sure of nothing, would prove nothing.
    assert all(figures[name] for name in ("known", "said_uncertain", "redated", "restarts_of_the_hub")), figures
