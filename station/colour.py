"""The colour of a code's dark modules, as a guard sees it: green, yellow, red, or nobody can tell.

The camera's thread asks it of every code that is no pass. Pure. Rules: advice for the guard's screen and nothing more,
for a picture of a green code is as green as the code; and rather unknown than wrong. The code's own light modules say
what white is here, so neither a warm lamp nor a blue screen tints the answer.
"""

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from gate.roster import Health
from station.cameras import Pixels
from station.codes import SeenCode, of_the_community
from station.zbar import Corners

SIDE = 72
"""Pixels of the square that a code is laid out to: about two a module of a large code."""
LEAST_AREA = 30.0 * 30.0
"""Pixels of the frame; a smaller code is not coloured but smeared."""
LEAST_WHITE = 40.0
"""Of 255, in every channel: where the light has nothing of a colour, nothing can be said of it."""
LEAST_CHROMA = 0.18
"""Of the light modules' own brightness; black print stays below it."""
SURE = 0.5
HUES = {Health.RED: (-30.0, 20.0), Health.YELLOW: (28.0, 72.0), Health.GREEN: (85.0, 175.0)}
"""Degrees, from and to; what lies between two of them is neither."""

Channels = npt.NDArray[np.float64]


def colour_of(pixels: Pixels, corners: Corners) -> tuple[Health, float]:
    """(colour, confidence 0 to 1) of the code with these corners in BGR pixels; UNKNOWN with 0 where it has none."""
    if pixels.ndim != 3 or abs(cv2.contourArea(np.array(corners, np.float32))) < LEAST_AREA:
        return Health.UNKNOWN, 0.0
    modules = _modules(_laid_out(pixels, corners))
    if modules is None:
        return Health.UNKNOWN, 0.0
    hue, chroma = _hue_and_chroma(modules)
    for colour, (low, high) in HUES.items():
        if low <= hue <= high and chroma >= LEAST_CHROMA:
            inside = min(hue - low, high - hue) / ((high - low) / 2)
            return colour, min(1.0, chroma / (2 * LEAST_CHROMA)) * min(1.0, 0.5 + inside)
    return Health.UNKNOWN, 0.0


def looks(pixels: Pixels, corners: Corners) -> Health:
    """The colour where it is sure enough to be said."""
    colour, confidence = colour_of(pixels, corners)
    return colour if confidence >= SURE else Health.UNKNOWN


def coloured(pixels: Pixels, codes: Iterable[SeenCode]) -> tuple[SeenCode, ...]:
    """The codes of a frame with the colour that each looks; a community's pass has none, and is not asked."""
    return tuple(
        code if of_the_community(code.data) else replace(code, looks=looks(pixels, code.corners)) for code in codes
    )


def _laid_out(pixels: Pixels, corners: Corners) -> Pixels:
    onto = np.array([(0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE)], np.float32)
    transform = cv2.getPerspectiveTransform(np.array(corners, np.float32), onto)
    return np.asarray(cv2.warpPerspective(pixels, transform, (SIDE, SIDE)), dtype=np.uint8)


def _modules(square: Pixels) -> Channels | None:
    """Blue, green and red of the dark modules, each 0 to 1 of the light ones'; None where there is too little light.

    The least channel tells dark from light: yellow is as bright as white in the two others.
    """
    least = np.asarray(square.min(axis=2), dtype=np.uint8)
    level, _ = cv2.threshold(least, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark, light = least <= level, least > level
    if not dark.any() or not light.any():
        return None
    # The farther half of each: edges are mixed of both.
    deep = square[least <= min(level, np.median(least[dark]))]
    bright = square[light & (least >= np.median(least[light]))]
    white = np.median(bright, axis=0)
    if white.min() < LEAST_WHITE:
        return None
    return np.asarray(np.clip(np.median(deep, axis=0) / white, 0.0, 1.0), dtype=np.float64)


def _hue_and_chroma(bgr: Channels) -> tuple[float, float]:
    """Degrees from -30 to 330 (0 red, 60 yellow, 120 green), and how far the channels are apart."""
    blue, green, red = (float(each) for each in bgr)
    most, chroma = max(blue, green, red), max(blue, green, red) - min(blue, green, red)
    if chroma == 0.0:
        return 0.0, 0.0
    if most == red:
        sixth = (green - blue) / chroma
    elif most == green:
        sixth = 2 + (blue - red) / chroma
    else:
        sixth = 4 + (red - green) / chroma
    return (sixth * 60 + 30) % 360 - 30, chroma
