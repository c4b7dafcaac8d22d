"""A clerk's word on one resident is in force at every gate, and a fresh gate knows everybody: in a small compound."""

import pytest

from tests.durability.roster_push import pushed


@pytest.mark.broker
def test_every_change_reaches_every_gate_and_versions_only_grow():
    """Each gate holds all people, each isolation and each leave, in rising editions, by the hub's own process and
    commands; how fast is for `make bench ONLY=roster_push` to say."""
    figures = pushed(people=300, gates=2, changes=4)
    assert (figures["people"], figures["gates"], figures["changes"]) == (300, 2, 4)
    assert figures["wrong"] == 0
