"""A lane without a thermometer. It says 'nobody in front' for ever, so the rest of the station need not know.

Rule: it is chosen by name; a thermometer that fails never turns into this one.
"""

import threading

from station.thermometers.faults import Fault, failed
from station.thermometers.reading import RawReading

NOBODY = RawReading(object_celsius=None, ambient_celsius=None, sensor="none")


class NoThermometer:
    """Answers once a period, in seconds: a loop that reads it must not spin."""

    def __init__(self, period: float = 1.0) -> None:
        self._period = period
        self._closed = threading.Event()

    def read(self) -> RawReading:
        if self._closed.wait(self._period):
            raise failed(Fault.CLOSED)
        return NOBODY

    def close(self) -> None:
        self._closed.set()
