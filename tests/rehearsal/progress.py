"""One line that says how far a run is: drawn over itself on a terminal, now and then a new line anywhere else."""

import time
from typing import TextIO

QUIET_SECONDS = 5.0


class Progress:
    """Draws at most `rate` times a second on `stream`; for one thread."""

    def __init__(self, stream: TextIO, rate: float = 4.0) -> None:
        self._stream = stream
        self._drawn_over = stream.isatty()
        self._least = 1 / rate if self._drawn_over else QUIET_SECONDS
        self._due = 0.0

    def draw(self, text: str) -> None:
        """Draw the line unless the last one is too fresh."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + self._least
            self._write(f"\r\x1b[2K{text}" if self._drawn_over else f"{text}\n")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"\r\x1b[2K{text}\n" if self._drawn_over else f"{text}\n")
        self._due = 0.0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
