"""One still picture -> every code in it, whatever it takes: for `gate-station read`, `verify --image` and the tests.

Rule: the surest look first; a dearer one only where all before it read nothing. Looks that change the picture first
are asked together, and where they disagree the text that most of them read wins, if it wins clearly.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from station.cameras import Pixels
from station.codes import SeenCode, grey_of, travel, zbar, zxing
from station.parts import whole
from station.qr.append import Part, part_of
from station.qr.second import Read, second_look

LARGEST_SIDE = 1600
"""Pixels; what is larger is shrunk for the dear looks, where a code fills enough of it anyway."""
SMALL_SIDE = 500


def read_picture(pixels: Pixels) -> list[SeenCode]:
    """Every code in grey or BGR pixels, none twice; empty when nothing can be read.

    Codes that make one message together are one code; where some of them are missing, each has its `part`.
    """
    grey = grey_of(pixels)
    codes = zxing(grey) + travel(grey) or _second(pixels) or zbar(grey) or _changed(pixels)
    joined = whole(codes)
    if not any(code.part for code in joined):
        return joined
    known = {(code.data, code.part) for code in codes}
    return whole([*codes, *(code for code in _second(pixels) if (code.data, code.part) not in known)])


def _second(pixels: Pixels) -> list[SeenCode]:
    """The second look at the picture, its negative, its double, and at how far each pixel is from white."""
    for picture, scale in _versions(pixels):
        found: dict[tuple[bytes, Part | None], SeenCode] = {}
        for step in second_look(picture):
            if isinstance(step, Read):
                code = _seen(step, scale)
                found.setdefault((code.data, code.part), code)
        if found:
            return list(found.values())
    return []


def _seen(read: Read, scale: float) -> SeenCode:
    """In pixels of the picture as it was before it was scaled."""
    one, two, three, four = ((round(x / scale), round(y / scale)) for x, y in read.corners)
    corners = (one, two, three, four)
    return SeenCode(read.barcode.bytes, "QRCode", corners, read.barcode.text, part_of(read.barcode))


def _versions(pixels: Pixels) -> Iterator[tuple[Pixels, float]]:
    grey = grey_of(pixels)
    scale = min(1.0, LARGEST_SIDE / max(grey.shape))
    grey = _scaled(grey, scale)
    yield grey, scale
    if max(grey.shape) <= SMALL_SIDE:
        yield _scaled(grey, 2.0), 2 * scale
    yield np.asarray(255 - grey, np.uint8), scale
    if pixels.ndim == 3:
        yield _scaled(np.asarray(pixels.min(axis=2), np.uint8), scale), scale


def _changed(pixels: Pixels) -> list[SeenCode]:
    """Looks of the quick decoders at changed pictures; a text that only some of them read must outnumber any other."""
    read: dict[bytes, SeenCode] = {}
    votes: Counter[bytes] = Counter()
    grey = _scaled(grey_of(pixels), min(1.0, LARGEST_SIDE / max(pixels.shape[:2])))
    for change, decoder in _CHANGES:
        for code in decoder(change(grey)):
            read.setdefault(code.data, code)
            votes[code.data] += 1
    if not votes:
        return []
    (first, most), *others = votes.most_common(2)
    return [read[first]] if not others or most > others[0][1] else []


def _scaled(grey: Pixels, scale: float) -> Pixels:
    if scale == 1.0:
        return grey
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    thin = min(grey.shape) * scale < 1
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))) if thin else None
    return np.asarray(cv2.resize(grey, size, fx=scale, fy=scale, interpolation=how), dtype=np.uint8)


def _smoothed(grey: Pixels, sigma: float = 1.0) -> Pixels:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.uint8)


def _sharpened(grey: Pixels) -> Pixels:
    return np.asarray(cv2.addWeighted(grey, 2.5, cv2.GaussianBlur(grey, (0, 0), 2), -1.5, 0), dtype=np.uint8)


def _evened(grey: Pixels) -> Pixels:
    return np.asarray(cv2.createCLAHE(4, (8, 8)).apply(grey), dtype=np.uint8)


def _split(window: int) -> Callable[[Pixels], Pixels]:
    def split(grey: Pixels) -> Pixels:
        mean, binary = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
        return np.asarray(cv2.adaptiveThreshold(_smoothed(grey), 255, mean, binary, window, 3), dtype=np.uint8)

    return split


def _above(level: int) -> Callable[[Pixels], Pixels]:
    return lambda grey: np.asarray(cv2.threshold(grey, level, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)


Decoder = Callable[[Pixels], list[SeenCode]]
_CHANGES: tuple[tuple[Callable[[Pixels], Pixels], Decoder], ...] = (
    (_smoothed, zxing),
    (_sharpened, zxing),
    (_evened, zxing),
    (lambda grey: _scaled(grey, 0.5), zxing),
    (lambda grey: _scaled(grey, 1.5), zxing),
    (lambda grey: _scaled(grey, 2.0), zxing),
    (_split(21), zxing),
    (_split(41), zxing),
    (_split(81), zxing),
    (_above(64), zxing),
    (_above(128), zxing),
    (_above(208), zxing),
    (_above(240), zxing),
    (lambda grey: _smoothed(_scaled(grey, 2.0)), zxing),
    (lambda grey: _smoothed(_scaled(grey, 2.0)), zbar),
    (_smoothed, zbar),
    (_sharpened, zbar),
    (_split(41), zbar),
)
