"""A picture file's bytes -> pixels, as the cameras and whoever holds up a picture need them.

Rule: what a person would see is what the decoders get. Transparent means white (a printed code saved without its
background would otherwise turn all black), and a photograph is turned the way its camera was held.
"""

from pathlib import Path

import cv2
import numpy as np

from station.cameras.frame import Pixels

# What zxing-cpp takes.
LONGEST_SIDE = 65_535
# Colour types 4 and 6 of a PNG's IHDR.
_PNG_WITH_ALPHA = frozenset({4, 6})
PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def load_picture(path: Path) -> Pixels:
    """The picture at `path` as height x width x 3 BGR. Raises `ValueError` (not a picture) or `OSError`."""
    try:
        return decode_picture(path.read_bytes())
    except ValueError as wrong:
        raise ValueError(f"{path}: {wrong}") from None


def decode_picture(raw: bytes) -> Pixels:
    """The bytes of a PNG, JPEG, WebP, BMP, TIFF or PNM file as height x width x 3 BGR.

    Raises `ValueError` when they are no picture that can be read.
    """
    upright = _decode(raw, cv2.IMREAD_COLOR)
    if (longest := max(upright.shape)) > LONGEST_SIDE:
        raise ValueError(f"a side of this picture has {longest} pixels: cut it to {LONGEST_SIDE} or fewer")
    if not _may_be_transparent(raw):
        return np.asarray(upright, dtype=np.uint8)
    as_stored = _decode(raw, cv2.IMREAD_UNCHANGED)
    if as_stored.ndim == 3 and as_stored.shape[2] == 4 and as_stored.dtype in (np.uint8, np.uint16):
        return _on_white(np.asarray(as_stored // (257 if as_stored.dtype == np.uint16 else 1), dtype=np.uint8))
    return np.asarray(upright, dtype=np.uint8)


def _may_be_transparent(raw: bytes) -> bool:
    """False where the file's own head rules it out (PNG, 3rd edition, 11.2.1 and 11.3.1): decoding twice is slow."""
    if raw.startswith(b"\xff\xd8"):
        return False
    if raw.startswith(b"\x89PNG") and len(raw) > 26:
        return raw[25] in _PNG_WITH_ALPHA or b"tRNS" in raw[: raw.find(b"IDAT")]
    return True


def _decode(raw: bytes, how: int) -> cv2.typing.MatLike:
    try:
        picture = cv2.imdecode(np.frombuffer(raw, dtype=np.uint8), how) if raw else None
    except cv2.error:
        picture = None
    if picture is None:
        raise ValueError("this is not a picture that can be read: use PNG or JPEG")
    return picture


def _on_white(picture: Pixels) -> Pixels:
    opacity = picture[:, :, 3:].astype(np.uint16)
    blended = picture[:, :, :3] * opacity + 255 * (255 - opacity)
    return (blended // 255).astype(np.uint8)
