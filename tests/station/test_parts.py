"""A card in several parts is one code, however its bearer shows them; half a card is never taken for a whole one."""

from contextlib import closing
from pathlib import Path

import pytest

from gate.formats.smart_health_card import joined
from gate.passage import Passage
from gate.reason import Reason
from station.codes import SeenCode
from station.parts import FORGOTTEN_SECONDS, PATIENCE_SECONDS, Gathered
from tests.gate.foreign_makers import in_parts, shc
from tests.station.lane_of_tests import CORNERS, TestLane

PARTS = in_parts(shc(), 3)


def seen(*codes: bytes) -> list[SeenCode]:
    return [SeenCode(code, "QRCode", CORNERS) for code in codes]


def test_parts_shown_one_after_the_other_become_the_card() -> None:
    gathered = Gathered()
    assert gathered.take(seen(PARTS[2]), 1.0) == []
    assert gathered.take(seen(PARTS[0]), 3.0) == []
    [card] = gathered.take(seen(PARTS[1]), 5.0)
    assert card.data == b"\n".join(PARTS)


def test_the_whole_card_stays_the_same_code_whichever_part_is_in_view() -> None:
    gathered = Gathered()
    cards = [gathered.take(seen(part), second) for second, part in enumerate([*PARTS, PARTS[0], PARTS[1]])]
    assert cards[2] == cards[3] == cards[4] != []


def test_a_part_alone_is_said_to_lack_the_others_after_a_while() -> None:
    gathered = Gathered()
    assert gathered.take(seen(PARTS[0]), 0.0) == []
    assert gathered.take(seen(PARTS[0]), PATIENCE_SECONDS) == seen(PARTS[0])


@pytest.mark.parametrize("pause", [1.0, FORGOTTEN_SECONDS + 1])
def test_the_parts_of_two_bearers_are_not_mixed(pause: float) -> None:
    """Another text in the same place, or a long pause: the next one begins anew."""
    gathered = Gathered()
    gathered.take(seen(PARTS[0], PARTS[1]), 0.0)
    other = PARTS[0][:-2] + b"11" if pause < FORGOTTEN_SECONDS else PARTS[2]
    assert gathered.take(seen(other), pause) == []


def test_what_is_no_part_passes_untouched() -> None:
    gathered = Gathered()
    others = seen(b"GC1:ABC", shc(), b"https://shop.example/", b"shc:/0/3/1234")
    assert gathered.take(others, 0.0) == others
    assert gathered.take([*others, *seen(*PARTS)], 1.0) == [*others, *seen(*joined(PARTS))]


def test_a_card_in_parts_is_one_passage(tmp_path: Path) -> None:
    """Through the whole lane: three looks at three parts, one record, and no complaint about missing parts."""
    with closing(TestLane(tmp_path)) as lane:
        lane.forehead(36.5)
        for part in PARTS:
            lane.show(part)
            lane.wait(1.0)
        [passage] = lane.records()
    assert isinstance(passage, Passage)
    assert passage.code_format == "SHC"
    assert Reason.PARTS_MISSING not in passage.reasons
