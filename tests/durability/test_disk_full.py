"""Full disks, in small: nothing is lost or doubled, recording goes on for a while, and the alarm is there at once."""

import pytest

from tests.durability.disk_full import NoMount, disk_full


def test_a_gate_goes_on_recording_on_a_full_disk_and_loses_nothing():
    """At a few page boundaries of a card of 2 MB; without its reserve the same gate stops at once."""
    try:
        figures = disk_full(0)
    except NoMount as refused:
        pytest.skip(str(refused))
    assert (figures["lost"], figures["doubled"], figures["corrupt"], figures["wrong"]) == (0, 0, 0, 0), figures
    assert figures["fewest_on_a_full_disk"] > 20, figures
    assert figures["control_unharmed"] == 0, figures
