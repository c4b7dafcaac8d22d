"""The thermometer of a rehearsal: the world puts foreheads before it, from any thread.

Rule: it fails the way a real sensor does, and a forehead stays until it is taken away.
What has just changed is read at once; otherwise readings come once a period.
"""

import math
import threading
import time

from station.thermometers.reading import Guidance, RawReading, ThermometerFailed


class RehearsalThermometer:
    """Starts with nobody in front and a room of 22 C. `period` is in seconds."""

    def __init__(self, period: float = 0.1) -> None:
        self._period = period
        self._world = threading.Condition()
        self._forehead: float | None = None
        self._ambient = 22.0
        self._guidance: Guidance | None = None
        self._trouble = ""
        self._changed = True
        self._due = 0.0

    def forehead(self, celsius: float) -> None:
        """Someone steps before the sensor. Any finite figure goes: sensors say absurd things too."""
        self._set(forehead=_finite(celsius))

    def nobody(self) -> None:
        """Whoever was there has gone on."""
        self._set(forehead=None)

    def ambient(self, celsius: float) -> None:
        """The air around the sensor turns this warm."""
        with self._world:
            self._ambient = _finite(celsius)
            self._tell()

    def guide(self, guidance: Guidance) -> None:
        """Somebody is too far away, too near, or does not hold still; until a forehead or nobody is there."""
        with self._world:
            self._forehead, self._guidance = None, guidance
            self._tell()

    def fail(self, message: str) -> None:
        """Break the sensor: `read` raises `ThermometerFailed(message)`, also one that is waiting, until `mend`."""
        with self._world:
            self._trouble = message or "the rehearsal thermometer failed"
            self._tell()

    def mend(self) -> None:
        """Undo `fail`, and `close`: a sensor that was lost can be opened again."""
        with self._world:
            self._trouble = ""
            self._tell()

    def read(self) -> RawReading:
        with self._world:
            self._world.wait_for(lambda: self._trouble or self._changed, self._due - time.monotonic())
            if self._trouble:
                raise ThermometerFailed(self._trouble)
            self._changed = False
            self._due = time.monotonic() + self._period
            there = self._guidance is Guidance.HOLD_STILL
            return RawReading(self._forehead, self._ambient, "rehearsal", guidance=self._guidance, there=there)

    def close(self) -> None:
        self.fail(self._trouble or "the rehearsal thermometer is closed")

    def _set(self, forehead: float | None) -> None:
        with self._world:
            self._forehead, self._guidance = forehead, None
            self._tell()

    def _tell(self) -> None:
        self._changed = True
        self._world.notify_all()


def _finite(celsius: float) -> float:
    if not math.isfinite(celsius):
        raise ValueError(f"{celsius} is not a temperature: give degrees Celsius, such as 36.5")
    return float(celsius)
