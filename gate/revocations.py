"""Which passes were revoked, compact enough for a hundred thousand of them in one signed document.

The hub packs serials into the trust list, the gate unpacks them into look-ups. A serial is 8 random bytes, told whole:
nobody's pass is taken for a revoked one. Sorted and written column by column, the first two bytes of each nearly
vanish under zlib (RFC 1950), which leaves 6.2 bytes a serial. Pure; bounded, whatever the bytes say.
"""

import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import lt

BYTES = 8
# The trust list must stay below the largest packet of the broker, 1 MiB, with base64 and its other parts.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Revocations:
    """serials: 8 bytes each, rising, end to end."""

    serials: bytes = b""

    def __contains__(self, serial: object) -> bool:
        """Whether a pass of that serial (16 hex digits) was revoked; anything else is no serial of a pass."""
        try:
            sought = bytes.fromhex(serial) if isinstance(serial, str) else b""
        except ValueError:
            return False
        at = bisect_left(range(len(self)), sought, key=self._at)
        return len(sought) == BYTES and at < len(self) and self._at(at) == sought

    def __iter__(self) -> Iterator[str]:
        """Each serial, as 16 hex digits, in order."""
        return (self._at(number).hex() for number in range(len(self)))

    def __len__(self) -> int:
        return len(self.serials) // BYTES

    def _at(self, number: int) -> bytes:
        return self.serials[number * BYTES : (number + 1) * BYTES]


def revocations_of(serials: Iterable[str]) -> Revocations:
    """Of serials as 16 hex digits each. Raises ValueError for anything else."""
    told = sorted({bytes.fromhex(serial) for serial in serials})
    if any(len(serial) != BYTES for serial in told):
        raise ValueError("a serial has 16 hex digits")
    return Revocations(b"".join(told))


def pack(revocations: Revocations) -> bytes:
    """As it travels; empty for none. Raises ValueError where there are more than MOST."""
    if len(revocations) > MOST:
        raise ValueError(f"{len(revocations)} revoked passes; a trust list holds {MOST}")
    columns = b"".join(revocations.serials[column::BYTES] for column in range(BYTES))
    return zlib.compress(columns, 9) if columns else b""


def unpack(packed: bytes) -> Revocations:
    """As it came. Raises ValueError where it is not what `pack` makes."""
    if not packed:
        return Revocations()
    inflater = zlib.decompressobj()
    try:
        columns = inflater.decompress(packed, MOST * BYTES + 1)
    except zlib.error as cause:
        raise ValueError(f"the revoked passes cannot be unpacked: {cause}") from cause
    if not inflater.eof or len(columns) % BYTES or len(columns) > MOST * BYTES:
        raise ValueError("the revoked passes are cut off, or too many")
    count = len(columns) // BYTES
    serials = bytearray(len(columns))
    for column in range(BYTES):
        serials[column::BYTES] = columns[column * count : (column + 1) * count]
    if not _rises(bytes(serials)):
        raise ValueError("the revoked passes are out of order")
    return Revocations(bytes(serials))


def _rises(serials: bytes) -> bool:
    """Without that a look-up would miss some."""
    numbers = struct.unpack(f">{len(serials) // BYTES}Q", serials)
    return all(map(lt, numbers, numbers[1:]))
