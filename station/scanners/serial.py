"""A scanner head on a serial line, or on USB as one (CDC ACM): it sends what it read and CR, or pauses.

Rule: any speed will do for USB; a head on a real line is set to 9600 8N1, as they come.
"""

import termios
from collections.abc import Callable

import serial

from station.scanners.scan import Lines, ScannerFailed

SPEED = 9600
WAIT_SECONDS = 0.25


class SerialScanner:
    def __init__(self, line: serial.Serial, source: str) -> None:
        self._line = line
        self._source = source
        self._lines = Lines()

    @classmethod
    def open(cls, source: str, opened: Callable[..., serial.Serial] = serial.Serial) -> "SerialScanner":
        try:
            line = opened(source, SPEED, timeout=WAIT_SECONDS, exclusive=True)
        except (serial.SerialException, OSError, ValueError, termios.error) as cause:
            raise ScannerFailed(f"the scanner {source} cannot be opened: is it plugged in? ({cause})") from cause
        return cls(line, source)

    def read(self) -> bytes:
        scan = self._lines.next()
        if scan:
            return scan
        try:
            # One byte is waited for; what came with it is taken along.
            received = self._line.read(1) + self._line.read(self._line.in_waiting)
        except (serial.SerialException, OSError, TypeError) as cause:
            raise ScannerFailed(f"the scanner {self._source} is gone: plug it in again") from cause
        if received:
            self._lines.take(received)
        else:
            self._lines.quiet()
        return self._lines.next()

    def close(self) -> None:
        self._line.close()
