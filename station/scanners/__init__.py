"""Scanner heads beside the camera: one backend a file, chosen by name in the settings and never guessed.

`station/ears.py` opens one and reads it. Rule: a scan is bytes as the head sent them, without its line end; what is
longer than any pass of ours is thrown away whole.
"""

from collections.abc import Callable

from station.scanners.hid import HidScanner
from station.scanners.scan import Scanner, ScannerFailed
from station.scanners.serial import SerialScanner

__all__ = ["BACKENDS", "Scanner", "ScannerFailed", "open_scanner"]

BACKENDS: dict[str, Callable[[str], Scanner]] = {"hid": HidScanner.open, "serial": SerialScanner.open}


def open_scanner(backend: str, source: str) -> Scanner:
    """source: a device, as "/dev/ttyACM0" (serial) or "/dev/input/by-id/...-event-kbd" (hid). Raises ScannerFailed."""
    if backend not in BACKENDS:
        raise ValueError(f"no scanner backend {backend!r}: choose one of {', '.join(sorted(BACKENDS))}")
    return BACKENDS[backend](source)
