"""docs/lane.md is the lane: drawn from its table and from what it does."""

from inspect import getdoc

from station import lane as machine
from station.lane.answers import busy, ignored
from tests.station.lane_diagram import PAGE, explore, page


def test_the_page_is_what_the_code_draws():
    """Whoever changes the machine draws the page anew: `python -m tests.station.lane_diagram`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_pair_was_tried_and_every_phase_reached():
    """A diagram that never came somewhere would say nothing of it."""
    tried = set(explore())
    assert tried == {(phase.__name__, signal.__name__) for signal in machine.TABLE for phase in machine.PHASES}


def test_whatever_has_a_name_in_the_table_says_what_it_does():
    """The page explains each handler by its first sentence."""
    handlers = {handler for row in machine.TABLE.values() for handler in row.values()} - {ignored, busy}
    assert all(getdoc(handler) for handler in handlers)
