"""Aztec and Data Matrix codes, as travel papers carry them: by zxing-cpp, in steps that are short in any picture.

`station/codes.py` asks last but one. Noise is what costs zxing-cpp time here, five times as much as a quiet lane: each
tone and each edge at which it may begin is a step of its own. Rule: all steps together find what one long one would.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zxingcpp

from station.cameras import Pixels
from station.zbar import Corner, Corners

AZTEC = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.AztecCode)
DATA_MATRIX = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
QUARTER_TURNS = range(4)


@dataclass(frozen=True, slots=True)
class TravelCode:
    """One code as zxing-cpp put it: its "Aztec" or "DataMatrix", and its corners, clockwise from its own top left."""

    barcode: zxingcpp.Barcode
    symbology: str
    corners: Corners


def travel_steps(grey: Pixels) -> Iterator[list[TravelCode]]:
    """What each step found; the same code may be found by several. At most some 10 ms each at 720p."""
    for picture in (grey, np.asarray(255 - grey, np.uint8)):
        found = zxingcpp.read_barcodes(picture, formats=AZTEC, try_invert=False)
        yield [TravelCode(code, "Aztec", zxing_corners(code)) for code in found]
    for turns in QUARTER_TURNS:
        picture = np.ascontiguousarray(np.rot90(grey, turns))
        found = zxingcpp.read_barcodes(picture, formats=DATA_MATRIX, try_rotate=False)
        yield [TravelCode(code, "DataMatrix", _turned_back(zxing_corners(code), turns, grey)) for code in found]


def zxing_corners(code: zxingcpp.Barcode) -> Corners:
    """Where zxing-cpp saw it, in pixels."""
    at = code.position
    return (
        (at.top_left.x, at.top_left.y),
        (at.top_right.x, at.top_right.y),
        (at.bottom_right.x, at.bottom_right.y),
        (at.bottom_left.x, at.bottom_left.y),
    )


def _turned_back(corners: Corners, turns: int, grey: Pixels) -> Corners:
    """From the pixels of a picture that was turned left so often to those of the picture as it was."""
    height, width = grey.shape

    def back(at: Corner) -> Corner:
        x, y = at
        return ((x, y), (width - 1 - y, x), (width - 1 - x, height - 1 - y), (y, height - 1 - x))[turns]

    one, two, three, four = corners
    return back(one), back(two), back(three), back(four)
