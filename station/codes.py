"""Frame -> code bytes. Every frame of a camera goes to one `Cascade`; still pictures go to `stills.read_picture`.

Rule: bytes, not text. What a code means, and in which encoding, is for gate/formats to find out.
zxing-cpp looks first: it reads more and is seldom wrong. libzbar looks where zxing-cpp found nothing and is never
asked first, because it wins with wrong text and takes ten times as long.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
import zxingcpp

from station.cameras import Pixels
from station.stillness import Stillness, crowded
from station.zbar import Corners, scan

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
FULL_SIZE = frozenset(
    {
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.QRCodeModel1,
        zxingcpp.BarcodeFormat.QRCodeModel2,
    }
)
"""zxing-cpp counts Micro QR among the QR codes; those are too small for a pass and too easily seen by mistake."""


@dataclass(frozen=True, slots=True)
class SeenCode:
    """One code found in a frame.

    data: exactly the bytes the code carries.
    symbology: "QRCode".
    corners: x and y in pixels of the frame, from the code's own top left, clockwise as the code sees itself.
    guess: what the decoder takes the bytes to mean, for people to look at; "" where it does not say.
    """

    data: bytes
    symbology: str
    corners: Corners
    guess: str = field(default="", compare=False)


Decoder = Callable[[Pixels], list[SeenCode]]
"""Grey or BGR pixels of any size -> every code found, none twice; safe to call from any thread."""


def zxing(pixels: Pixels) -> list[SeenCode]:
    """QR codes by zxing-cpp: turned, mirrored, inverted, several at once. 0.6 ms on an empty 720p frame."""
    found = zxingcpp.read_barcodes(grey_of(pixels), formats=QR_CODES)
    return [SeenCode(code.bytes, "QRCode", _corners(code), code.text) for code in found if code.format in FULL_SIZE]


def zbar(pixels: Pixels) -> list[SeenCode]:
    """QR codes by libzbar in binary mode; 25 ms on a 720p frame, also on an empty one."""
    return [SeenCode(data, "QRCode", corners) for data, corners in scan(grey_of(pixels))]


class Cascade:
    """The decoders behind one camera: `look` at its frames in order, from one thread.

    The first decoder sees every frame that moved, and every frame after one in which it read a code. Of a still
    scene in which it read none it sees every `LOOK_AGAIN`th: the noise of another frame, or a lens that settles,
    may tell what this one did not. In between the answer stays as it was.
    The second decoder sees a moving scene at most once in `SECOND_REST` frames and a still one once, and only where
    something is crowded enough to be a code. So a code that only it can read may be missing from frames in between.
    """

    LOOK_AGAIN = 8
    SECOND_REST = 5

    def __init__(self, first: Decoder = zxing, second: Decoder = zbar) -> None:
        self._first = first
        self._second = second
        self._stillness = Stillness()
        self._seen: list[SeenCode] = []
        self._first_reads = False
        self._since_look = 0
        self._since_second = self.SECOND_REST
        self._second_owed = False

    def look(self, pixels: Pixels) -> list[SeenCode]:
        """The codes in view, in no order; empty when there are none."""
        self._since_look += 1
        self._since_second += 1
        moved = self._stillness.moved(pixels)
        self._second_owed |= moved
        if not (moved or self._first_reads or self._time_to_look_again()):
            return list(self._seen)
        self._since_look = 0
        self._seen = self._decode(grey_of(pixels))
        return list(self._seen)

    def _time_to_look_again(self) -> bool:
        return self._since_look >= self.LOOK_AGAIN or (self._second_owed and self._second_rested())

    def _second_rested(self) -> bool:
        return self._since_second >= self.SECOND_REST

    def _decode(self, grey: Pixels) -> list[SeenCode]:
        seen = self._first(grey)
        self._first_reads = bool(seen)
        if seen or not crowded(grey):
            self._second_owed = False
            return seen
        return self._second_opinion(grey)

    def _second_opinion(self, grey: Pixels) -> list[SeenCode]:
        """Owed to a scene that moved, and to one that still shows what only this decoder could read."""
        if not (self._second_owed or self._seen):
            return []
        if not self._second_rested():
            return []
        self._second_owed = False
        self._since_second = 0
        return self._second(grey)


def grey_of(pixels: Pixels) -> Pixels:
    """Grey or BGR -> grey."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _corners(code: zxingcpp.Barcode) -> Corners:
    at = code.position
    return (
        (at.top_left.x, at.top_left.y),
        (at.top_right.x, at.top_right.y),
        (at.bottom_right.x, at.bottom_right.y),
        (at.bottom_left.x, at.bottom_left.y),
    )
