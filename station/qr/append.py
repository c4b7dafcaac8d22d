"""Which part of a message a QR code carries, where several codes make one ("structured append").

`station/codes.py` asks, `station/parts.py` puts the parts together. zxing-cpp gives a part's own bytes and keeps its
place to itself; it stands in the first three codewords, which are read here from the modules that zxing-cpp sampled.
Rule: a code whose beginning cannot be corrected is a code by itself. Source: ISO/IEC 18004:2015, section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt
import zxingcpp

from station.qr.reed_solomon import corrected
from station.qr.symbol import Bits, Layout, Places, blocks, format_places, format_words, layout, mask_rule, side_of

MODE = 0b0011
HEADER_WORDS = 3
"""Mode, place and total of 4 bits each, then the parity's 8."""


@dataclass(frozen=True, slots=True)
class Part:
    """number: from 1 to total, which is 2 to 16. parity: all the message's bytes, by exclusive or."""

    number: int
    total: int
    parity: int


def part_of(code: zxingcpp.Barcode) -> Part | None:
    """The place of a QR code that zxing-cpp has read; None where it is a whole message, or of the old model 1."""
    told = cast(Mapping[str, object], code.extra)
    version, level, mask = (str(told.get(name, "")) for name in ("Version", "ECLevel", "DataMask"))
    if code.format == zxingcpp.BarcodeFormat.QRCodeModel1 or not version.isdecimal():
        return None
    dark = np.asarray(np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128, np.uint8)
    word = next((bits > 0 for named, number, bits in format_words() if (named, str(number)) == (level, mask)), None)
    if word is None or dark.shape != (side_of(int(version)),) * 2:
        return None
    return _placed(_beginning(_upright(dark, word), layout(int(version)), level, int(mask)))


def _placed(words: list[int]) -> Part | None:
    header = int.from_bytes(bytes(words)) >> 4
    number, total = (header >> 12 & 15) + 1, (header >> 8 & 15) + 1
    if len(words) < HEADER_WORDS or header >> 16 != MODE or not 1 < total >= number:
        return None
    return Part(number, total, header & 255)


def _upright(dark: Bits, word: npt.NDArray[np.bool_]) -> Bits:
    """A code that was seen in a mirror was sampled with its rows for columns; its format bits tell."""
    at = _format_at(len(dark))
    return max(dark, dark.T, key=lambda modules: int((modules[at].reshape(2, -1) == word).sum()))


@lru_cache(maxsize=40)
def _format_at(side: int) -> tuple[Places, Places]:
    """Rows and columns of the format bits, in both places where they are written."""
    rows, columns = np.array([place for places in format_places(side) for place in places], np.intp).T
    return rows, columns


def _beginning(dark: Bits, at: Layout, level: str, mask: int) -> list[int]:
    """The message's first codewords, corrected; none where they cannot be. The first block holds them."""
    block = blocks(at.version, level)[0]
    order = at.order.reshape(-1, 8)[list(block.places)]
    words = np.packbits((dark ^ mask_rule(mask, at.side)).ravel()[order], axis=1)[:, 0]
    whole = corrected(words, block.correction)
    return [] if whole is None else [int(word) for word in whole[:HEADER_WORDS]]
