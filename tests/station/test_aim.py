"""The hint to somebody whose code is seen and cannot be read."""

import pytest

from station.aim import aim, hint
from station.codes import SeenCode, Sight
from station.view import Aim, Hint


def seen(left: int = 400, top: int = 200, side: int = 250, module: float = 5.0, contrast: float = 160.0) -> Sight:
    right, bottom = left + side, top + side
    return Sight(((left, top), (right, top), (right, bottom), (left, bottom)), module, contrast, 0.8)


@pytest.mark.parametrize(
    ("sight", "wanted"),
    [
        (seen(), Hint.HOLD_STILL),
        (seen(module=1.8), Hint.CLOSER),
        (seen(contrast=20), Hint.BRIGHTER),
        (seen(contrast=20, module=1.8), Hint.BRIGHTER),
        (seen(left=-5), Hint.FARTHER),
        (seen(top=500, side=260), Hint.FARTHER),
        (seen(left=-5, contrast=20), Hint.FARTHER),
    ],
)
def test_the_hint_is_what_stands_most_in_the_way(sight, wanted):
    """Cut off before dark, dark before small, small before shaking."""
    assert hint(sight, 1280, 720) is wanted


def test_a_code_that_is_read_is_framed_without_a_hint():
    """As shares of the frame, so that the screen can draw it at any size."""
    code = SeenCode(b"GC1:A", "QRCode", ((320, 180), (640, 180), (640, 540), (320, 540)))
    framed = ((0.25, 0.25), (0.5, 0.25), (0.5, 0.75), (0.25, 0.75))
    assert aim([code], seen(), 1280, 720) == Aim(framed)


def test_a_code_that_cannot_be_read_is_framed_with_its_hint():
    """Nothing in view is nothing to aim at."""
    found = aim([], seen(module=1.0), 1280, 720)
    assert found is not None
    assert found.hint is Hint.CLOSER
    assert aim([], None, 1280, 720) is None
