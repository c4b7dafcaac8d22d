"""Where in a picture of warmth a face may be, and how warm its warmest patch is.

mlx90640.py asks it about every picture. Rule: a face is one connected patch as warm as skin, large enough to be near
and small enough not to be the wall; what is too small is asked to come closer, and has no figure.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from station.thermometers.mlx90640_memory import Grid
from station.thermometers.reading import Guidance
from station.thermometers.sensor import SKIN_FROM_CELSIUS

HOTTEST_SKIN = 43.0
# Of 32 x 24 pixels: a face at half a metre has some 160 with the 55 degree lens and 35 with the 110 degree one.
NOISE_PIXELS = 6
NEAR_PIXELS = 30
MOST_PIXELS = 460
MOST_OF_EDGE = 0.5
PATCH = 3


@dataclass(frozen=True, slots=True)
class Found:
    """celsius: median of the warmest 3 x 3 pixels of the face; None where there is none to be measured."""

    celsius: float | None
    guidance: Guidance | None = None


def hottest_face(picture: Grid) -> Found:
    """picture: (24, 32) degrees Celsius; NaN where a pixel is blind."""
    warm = (picture >= SKIN_FROM_CELSIUS) & (picture <= HOTTEST_SKIN)
    count, labels = cv2.connectedComponents(warm.astype(np.uint8), connectivity=4)
    found = [_measured(picture, labels == label) for label in range(1, count)]
    figures = [each.celsius for each in found if each.celsius is not None]
    if figures:
        return Found(max(figures))
    guidance = {each.guidance for each in found}
    return Found(None, next((each for each in (Guidance.FARTHER, Guidance.CLOSER) if each in guidance), None))


def _measured(picture: Grid, region: np.ndarray) -> Found:
    pixels = int(region.sum())
    if pixels < NOISE_PIXELS:
        return Found(None)
    if pixels > MOST_PIXELS or _on_edge(region) > MOST_OF_EDGE:
        return Found(None, Guidance.FARTHER)
    if pixels < NEAR_PIXELS:
        return Found(None, Guidance.CLOSER)
    inside = sliding_window_view(region, (PATCH, PATCH)).all(axis=(2, 3))
    if not inside.any():
        return Found(None, Guidance.CLOSER)
    # Of nine pixels one may be spoiled: it has no say in their median.
    medians = np.median(sliding_window_view(picture, (PATCH, PATCH))[inside], axis=(1, 2))
    return Found(round(float(medians.max()), 2))


def _on_edge(region: np.ndarray) -> float:
    """Which share of the picture's edge belongs to it: a wall in the sun has most of it, a face little."""
    edge = np.concatenate([region[0], region[-1], region[1:-1, 0], region[1:-1, -1]])
    return float(edge.mean())
