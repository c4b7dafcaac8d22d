"""What every scanner head is to the station, and how its bytes become scans."""

from typing import Protocol

LONGEST_SCAN = 4296
"""Characters of the largest QR code (ISO/IEC 18004, table 7)."""
_ENDS = b"\r\n"
MOST_QUIET_READS = 4
"""A quarter of a second each: no head rests so long within a scan."""


class ScannerFailed(Exception):
    """The head cannot be opened or is gone; the message says which and what to do."""


class Scanner(Protocol):
    def read(self) -> bytes:
        """The next scan, or b"" when none came within a quarter of a second. Raises ScannerFailed."""

    def close(self) -> None: ...


class Lines:
    """Bytes as they come -> whole scans; each ends with CR, LF or both, or with the head's pause."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._too_long = False
        self._quiet_reads = 0
        self._whole: list[bytes] = []

    def take(self, received: bytes) -> None:
        self._quiet_reads = 0
        for byte in received:
            if byte in _ENDS:
                self._end()
            elif len(self._begun) < LONGEST_SCAN:
                self._begun.append(byte)
            else:
                self._too_long = True

    def quiet(self) -> None:
        """A read gave nothing: there are heads that send no line end."""
        self._quiet_reads += 1
        if self._quiet_reads == MOST_QUIET_READS:
            self._end()

    def next(self) -> bytes:
        """The oldest whole scan, or b""."""
        return self._whole.pop(0) if self._whole else b""

    def _end(self) -> None:
        if self._begun and not self._too_long:
            self._whole.append(bytes(self._begun))
        self._begun.clear()
        self._too_long = False
