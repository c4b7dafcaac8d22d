"""A scanner head that plays a keyboard: key events of Linux's input layer -> the text it typed.

The events are read as they lie (struct input_event, linux/input.h; 24 bytes on a 64-bit system, which a Pi must run
anyway), so no driver is needed. Rule: the device is grabbed, or the scan would be typed into whatever has the focus.
"""

import errno
import fcntl
import os
import select
import struct
from collections.abc import Callable

from station.scanners.scan import Lines, ScannerFailed

EVENT = struct.Struct("@llHHi")
"""Seconds, microseconds, type, code, value."""
EV_KEY = 1
PRESSED = 1
SHIFTS = frozenset({42, 54})
ENTERS = frozenset({28, 96})
EVIOCGRAB = 0x40044590
WAIT_SECONDS = 0.25
_PLAIN = {
    **dict(zip(range(2, 14), "1234567890-=", strict=True)),
    **dict(zip(range(16, 28), "qwertyuiop[]", strict=True)),
    **dict(zip(range(30, 42), "asdfghjkl;'`", strict=True)),
    43: "\\",
    **dict(zip(range(44, 54), "zxcvbnm,./", strict=True)),
    57: " ",
    55: "*",
    **dict(zip((71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 98), "789-456+1230./", strict=True)),
}
"""Key codes of linux/input-event-codes.h on a US keyboard, which is what scanner heads play as they come."""
_SHIFTED = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))
_KEYPAD = frozenset({55, *range(71, 84), 98})


def grab(device: int) -> None:
    """Raises OSError."""
    fcntl.ioctl(device, EVIOCGRAB, 1)


class HidScanner:
    """source: an event device, by its name that does not change: "/dev/input/by-id/...-event-kbd"."""

    def __init__(self, device: int, source: str) -> None:
        self._device = device
        self._source = source
        self._lines = Lines()
        self._rest = b""
        self._shifts: set[int] = set()

    @classmethod
    def open(cls, source: str, grab: Callable[[int], None] = grab) -> "HidScanner":
        try:
            device = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as cause:
            what = (
                f"the scanner {source} cannot be opened: {cause.strerror}; is it plugged in, and may this user read it?"
            )
            raise ScannerFailed(what) from cause
        try:
            grab(device)
        except OSError as cause:
            # A pipe, as in tests, cannot be grabbed; whoever else has grabbed the head hears it alone.
            if cause.errno == errno.EBUSY:
                os.close(device)
                raise ScannerFailed(f"the scanner {source} is held by another program: end that one") from cause
        return cls(device, source)

    def read(self) -> bytes:
        scan = self._lines.next()
        if scan:
            return scan
        if select.select([self._device], [], [], WAIT_SECONDS)[0]:
            self._take(self._received())
        else:
            self._lines.quiet()
        return self._lines.next()

    def close(self) -> None:
        os.close(self._device)

    def _received(self) -> bytes:
        try:
            received = os.read(self._device, 64 * EVENT.size)
        except BlockingIOError:
            return b""
        except OSError as cause:
            raise ScannerFailed(f"the scanner {self._source} is gone: plug it in again") from cause
        if not received:
            raise ScannerFailed(f"the scanner {self._source} is gone: plug it in again")
        return received

    def _take(self, received: bytes) -> None:
        received = self._rest + received
        whole = len(received) // EVENT.size * EVENT.size
        self._rest = received[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(received[:whole]):
            if kind == EV_KEY:
                self._key(code, value)

    def _key(self, code: int, value: int) -> None:
        if code in SHIFTS:
            (self._shifts.add if value else self._shifts.discard)(code)
        elif value == PRESSED and code in ENTERS:
            self._lines.take(b"\r")
        elif value == PRESSED and code in _PLAIN:
            plain = _PLAIN[code]
            shifted = self._shifts and code not in _KEYPAD
            self._lines.take((_SHIFTED.get(plain, plain.upper()) if shifted else plain).encode())
