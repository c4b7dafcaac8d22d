"""The world around a gate's pins: a chip in a file that the station's `lgpio` opens, and the boom that its relay moves.

Rule: only what a wire shows is seen here: which lamp burns, how often the relay was closed, where the boom is.
"""

import mmap
import threading
from pathlib import Path

PINS = 32
GREEN, YELLOW, RED, RELAY, SENSOR = 17, 27, 22, 24, 8
MOVES_SECONDS = 0.02
LOOKS_TO_MOVE = 3


class Chip:
    """Inputs are open contacts (high) until the boom's switch joins its one to ground. Close it at the end."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gpiochip0"
        self._away = folder / "gpiochip0.away"
        outputs = (GREEN, YELLOW, RED, 23, RELAY)
        self.path.write_bytes(bytes(int(pin not in outputs) for pin in range(PINS)) + bytes(PINS))
        with self.path.open("r+b") as file:
            self._levels = mmap.mmap(file.fileno(), 0)
        self._ended = threading.Event()
        self._boom = threading.Thread(target=self._move_boom, name="boom", daemon=True)
        self._boom.start()

    def rises(self, pin: int) -> int:
        """How often the pin went high, modulo 256."""
        return self._levels[PINS + pin]

    def level(self, pin: int) -> bool:
        return bool(self._levels[pin])

    def vanish(self) -> None:
        self.path.rename(self._away)

    def come_back(self) -> None:
        """As a driver that is loaded again: every output is off."""
        for pin in (GREEN, YELLOW, RED, 23, RELAY):
            self._levels[pin] = 0
        self._away.rename(self.path)

    def close(self) -> None:
        self._ended.set()
        self._boom.join(2)
        self._levels.close()

    def _move_boom(self) -> None:
        height = 0
        while not self._ended.wait(MOVES_SECONDS):
            height = min(LOOKS_TO_MOVE, max(0, height + (1 if self._levels[RELAY] else -1)))
            self._levels[SENSOR] = int(height < LOOKS_TO_MOVE)
