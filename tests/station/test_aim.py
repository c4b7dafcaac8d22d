"""The hint to somebody whose code is seen and cannot be read."""

import pytest

from station.aim import Hint, hint
from station.codes import Sight


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
