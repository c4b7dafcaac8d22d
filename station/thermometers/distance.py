"""How far away somebody stands: an ultrasonic or laser head with trigger and echo, where a lane has one.

skin.py asks it. Rule: what is not heard is not guessed. gpiozero keeps the last distance for ever when echoes stop, so
the time of the last echo is watched here.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any, Protocol

from gpiozero import DistanceSensor, GPIOZeroError
from gpiozero.exc import DistanceSensorNoEcho, PWMSoftwareFallback

from station.thermometers.faults import Fault, failed

MOST_METRES = 2.0
LOST_SECONDS = 3.0
# Without an echo for so long its average is of nothing, which gpiozero calls 0 m.
QUIET_SECONDS = 0.5
SAMPLES = 3


class Distance(Protocol):
    def metres(self) -> float:
        """At most MOST_METRES, which also means nobody. Raises ThermometerFailed where the sensor is mute."""

    def close(self) -> None: ...


class _Heard(DistanceSensor):  # type: ignore[misc]  # gpiozero has no types
    """Notes when it last heard an echo."""

    def __init__(self, seconds: Callable[[], float], **wiring: Any) -> None:  # noqa: ANN401 - gpiozero's own
        self.seconds = seconds
        self.heard_at = seconds()
        self.heard = False
        super().__init__(**wiring)

    def _read(self) -> float | None:
        try:
            heard: float | None = super()._read()
        except DistanceSensorNoEcho:
            return None
        if heard is not None:
            self.heard_at, self.heard = self.seconds(), True
        return heard


class EchoDistance:
    """trigger, echo: BCM numbers. pin_factory: gpiozero's; None for the Pi's own."""

    def __init__(
        self,
        trigger: int,
        echo: int,
        pin_factory: Any = None,  # noqa: ANN401 - gpiozero has no types
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ThermometerFailed where the pins cannot be had."""
        self._seconds = seconds
        try:
            with warnings.catch_warnings():
                # Its advice is a daemon of 2012 that the Pi 5 cannot run; a centimetre more or less is nothing here.
                warnings.simplefilter("ignore", PWMSoftwareFallback)
                self._sensor = _Heard(
                    seconds,
                    echo=echo,
                    trigger=trigger,
                    queue_len=SAMPLES,
                    max_distance=MOST_METRES,
                    partial=True,
                    pin_factory=pin_factory,
                )
        except (GPIOZeroError, OSError, ImportError) as cause:
            raise failed(Fault.NO_DISTANCE) from cause

    def metres(self) -> float:
        quiet = self._seconds() - self._sensor.heard_at
        if self._sensor.closed or quiet > LOST_SECONDS:
            raise failed(Fault.NO_DISTANCE)
        if quiet > QUIET_SECONDS or not self._sensor.heard:
            return MOST_METRES
        return float(self._sensor.distance)

    def close(self) -> None:
        self._sensor.close()
