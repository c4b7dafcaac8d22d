"""What to tell somebody whose code is seen and cannot be read: closer, farther, brighter, or hold still.

The loop asks it for the guard's screen. Rule: one hint at a time, of what stands most in the way; pure.
"""

from enum import StrEnum

from station.codes import Sight
from station.zbar import Corner

SMALLEST_MODULE = 2.5
"""Pixels; below it no decoder tells neighbours apart for sure."""
LEAST_CONTRAST = 45.0
"""Grey levels between the code's dark and its light."""
EDGE = 0.01
"""Of the frame's width: a corner nearer to the edge than this is about to leave it."""


class Hint(StrEnum):
    CLOSER = "closer"
    FARTHER = "farther"
    BRIGHTER = "brighter"
    HOLD_STILL = "hold_still"


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
