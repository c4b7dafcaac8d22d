"""What to tell somebody whose code is seen and cannot be read: closer, farther, brighter, or hold still.

The eyes ask it, for the guard's screen. Rule: one hint at a time, of what stands most in the way; pure.
"""

from collections.abc import Sequence

from station.codes import SeenCode, Sight
from station.view import Aim, Hint
from station.zbar import Corner, Corners

SMALLEST_MODULE = 2.5
"""Pixels; below it no decoder tells neighbours apart for sure."""
LEAST_CONTRAST = 45.0
"""Grey levels between the code's dark and its light."""
EDGE = 0.01
"""Of the frame's width: a corner nearer to the edge than this is about to leave it."""


FINENESS = 2
"""Decimals of a share of the frame: a hand that trembles does not make the screen draw anew."""


def aim(codes: Sequence[SeenCode], sight: Sight | None, width: int, height: int) -> Aim | None:
    """Where the first code is in a frame of that size in pixels, or the one that cannot be read and what would help."""
    if codes:
        return Aim(_shares(codes[0].corners, width, height))
    if sight is not None:
        return Aim(_shares(sight.corners, width, height), hint(sight, width, height))
    return None


def _shares(corners: Corners, width: int, height: int) -> tuple[tuple[float, float], ...]:
    return tuple((round(x / width, FINENESS), round(y / height, FINENESS)) for x, y in corners)


def hint(sight: Sight, width: int, height: int) -> Hint:
    """For a frame of that size in pixels. What is cut off, too dark or too small cannot be read however still it is."""
    if any(not _inside(corner, width, height) for corner in sight.corners):
        return Hint.FARTHER
    if sight.contrast < LEAST_CONTRAST:
        return Hint.BRIGHTER
    if sight.module < SMALLEST_MODULE:
        return Hint.CLOSER
    return Hint.HOLD_STILL


def _inside(corner: Corner, width: int, height: int) -> bool:
    room = EDGE * width
    return room <= corner[0] < width - room and room <= corner[1] < height - room
