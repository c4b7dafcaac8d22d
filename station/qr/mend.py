"""How dark each module is -> the bytes of the code, or nothing.

Last step of the second look. The surest codewords are believed, the least sure are given up as erasures, more of them
with every attempt; a block is mended only with certainty to spare. The mended code is drawn anew and put before
zxing-cpp, which knows what the bits mean. Rule: rather nothing than a wrong text.
"""

from collections.abc import Generator, Iterator

import numpy as np
import numpy.typing as npt
import zxingcpp

from station.cameras import Pixels
from station.qr.modules import Floats
from station.qr.reed_solomon import corrected
from station.qr.symbol import Block, Layout, blocks, format_places, format_words, mask_rule

Bytes = npt.NDArray[np.uint8]

CERTAIN_BITS = 32.0
"""A block that is right by accident: once in 2**32. What the standard's weakest code (1-L) asks of itself."""
GIVEN_UP = (0.0, 0.3, 0.5, 0.65, 0.8)
"""Erasures of each attempt, as shares of a block's correction codewords."""
FORMATS = 2
"""How many of the likeliest format words are tried."""
LEAST_FORMAT = 0.3
QUIET = 4


def mended(soft: Floats, at: Layout) -> Generator[None, None, list[zxingcpp.Barcode]]:
    """soft: (side, side), above 0 dark. In steps, what zxing-cpp makes of the mended code; empty when it cannot be."""
    for level, mask in _formats(soft, at):
        words = yield from _mended_words(soft, at, level, mask)
        if words is not None:
            found = _understood(_drawn(words, at, level, mask))
            if found:
                return found
    return []


def _formats(soft: Floats, at: Layout) -> Iterator[tuple[str, int]]:
    """The likeliest format words, by both places together."""
    hard = np.clip(soft * 2, -1, 1)
    seen = sum(hard[tuple(np.array(places).T)] for places in format_places(at.side))
    scored = [(float(seen @ bits) / 30, level, mask) for level, mask, bits in format_words()]
    scored.sort(reverse=True)
    return ((level, mask) for fit, level, mask in scored[:FORMATS] if fit > LEAST_FORMAT)


def _mended_words(soft: Floats, at: Layout, level: str, mask: int) -> Generator[None, None, Bytes | None]:
    """A step for each block: there may be 81."""
    turned = np.where(mask_rule(mask, at.side) == 1, -soft, soft).ravel()
    bits = turned[at.order].reshape(-1, 8)
    words = np.packbits(bits > 0, axis=1)[:, 0]
    sure = np.sort(np.abs(bits), axis=1)[:, :2] @ np.array([0.8, 0.2], np.float32)
    whole = words.copy()
    for block in blocks(at.version, level):
        yield None
        part = _mended_block(words, sure, block)
        if part is None:
            return None
        whole[list(block.places)] = part
    return whole


def _mended_block(words: Bytes, sure: Floats, block: Block) -> Bytes | None:
    places = list(block.places)
    doubtful = [int(each) for each in np.argsort(sure[places])]
    for share in GIVEN_UP:
        erased = doubtful[: int(share * block.correction)]
        part = corrected(words[places], block.correction, erased, CERTAIN_BITS)
        if part is not None:
            return part
    return None


def _drawn(words: Bytes, at: Layout, level: str, mask: int) -> Pixels:
    """The code as it was meant, one pixel a module, with its quiet zone."""
    dark = (at.known > 0).astype(np.uint8)
    bits = np.unpackbits(words)
    flat = dark.ravel()
    free = at.reserved.ravel() == 0
    flat[at.order] = bits
    turned = mask_rule(mask, at.side).ravel()
    flat[free] ^= turned[free]
    word = next(bits for named, number, bits in format_words() if (named, number) == (level, mask))
    for places in format_places(at.side):
        dark[tuple(np.array(places).T)] = word > 0
    if at.version >= 7:
        _write_version(dark, at)
    return np.pad(np.where(dark == 1, 0, 255).astype(np.uint8), QUIET, constant_values=255)


def _write_version(dark: Bytes, at: Layout) -> None:
    """7.10: 18 bits, twice."""
    rest = at.version
    for _ in range(12):
        rest = rest << 1 ^ (rest >> 11) * 0x1F25
    word = at.version << 12 | rest
    for bit in range(18):
        row, column = bit // 3, at.side - 11 + bit % 3
        dark[row, column] = dark[column, row] = word >> bit & 1


def _understood(picture: Pixels) -> list[zxingcpp.Barcode]:
    large = picture.repeat(3, axis=0).repeat(3, axis=1)
    found = zxingcpp.read_barcodes(
        large, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode), try_rotate=False, try_invert=False
    )
    return list(found)
