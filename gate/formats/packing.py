"""How the text of a code carries bytes: base45 and deflate, both bounded, whatever the text says.

Used by the formats as the first steps of their chains; what cannot be unpacked is CODE_DAMAGED.
"""

import zlib

from gate.formats import base45
from gate.formats.chain import StepFailed
from gate.reason import Reason


def from_base45(code: bytes, prefix: bytes, longest: int, holder: str) -> bytes:
    """The bytes behind a prefix. longest: characters, prefix and all. holder: of so many, e.g. "a QR code holds"."""
    if len(code) > longest:
        raise StepFailed(Reason.CODE_DAMAGED, f"{len(code)} characters; {holder} {longest}")
    try:
        return base45.decode(code.removeprefix(prefix))
    except ValueError as cause:
        raise StepFailed(Reason.CODE_DAMAGED, str(cause)) from None


def inflated(packed: bytes, largest: int, wbits: int = zlib.MAX_WBITS) -> bytes:
    """Unpacked by zlib (RFC 1950); with -MAX_WBITS by bare deflate (RFC 1951). Never more than `largest` bytes."""
    unpacker = zlib.decompressobj(wbits=wbits)
    try:
        unpacked = unpacker.decompress(packed, largest)
    except zlib.error:
        raise StepFailed(Reason.CODE_DAMAGED, "not compressed, or damaged") from None
    if not unpacker.eof or unpacker.unused_data:
        raise StepFailed(Reason.CODE_DAMAGED, f"cut short, followed by something, or over {largest} bytes")
    return unpacked
