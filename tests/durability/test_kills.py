"""Kills, in small: station, hub and broker die at a few of their writes, syncs and sends, and nothing is lost by it."""

from pathlib import Path

import pytest

from tests.durability.kills import FEWEST_POINTS, SHARES, kills
from tests.durability.mortals import Mortal, Point, last_told, spread, strace_works

needs_strace = pytest.mark.skipif(not strace_works(), reason="no strace that may trace (apt install strace)")


@needs_strace
@pytest.mark.broker
@pytest.mark.long
def test_no_passage_is_lost_or_doubled_by_deaths_in_the_middle_of_a_call() -> None:
    """All of it is in the registry, once; the gate that believed the broker's word under the same deaths lost some."""
    figures = kills(0)
    assert figures["points"] == sum(round(FEWEST_POINTS * share) for share in SHARES)
    assert figures["trials"] != 0, figures
    assert figures["passages"] != 0
    assert (figures["lost"], figures["doubled"], figures["corrupt"], figures["not_ended"]) == (0, 0, 0, 0), figures
    assert figures["control_unharmed"] == 0, figures


@needs_strace
def test_a_process_dies_just_before_the_call_that_it_was_told(tmp_path: Path) -> None:
    told = "import os\nfor each in range(1, 10):\n    os.write(1, b'%d\\n' % each)\n"
    mortal = Mortal("talker", ["/usr/bin/python3", "-c", told], tmp_path)
    mortal.start(Point("write", 4).strace)
    assert mortal.dies(60)
    assert last_told(mortal.out) == 3


def test_the_points_lie_evenly_over_the_calls_and_over_their_kinds() -> None:
    points = spread({"write": 1000, "fdatasync": 100, "sendto": 2}, 12)
    assert len(points) == len(set(points)) == 12
    assert [each.at for each in points if each.kind == "sendto"] == [1, 2]
    assert [each.at for each in points if each.kind == "fdatasync"] == [11, 31, 51, 71, 91]
    assert [each.at for each in points if each.kind == "write"] == [101, 301, 501, 701, 901]
