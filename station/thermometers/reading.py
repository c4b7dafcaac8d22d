"""What a thermometer hands to the gate: readings, in order, or the news that it is broken.

Every backend of this folder gives these. Rule: nothing is judged here; gate/temperature.py says what to believe.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawReading:
    """What the sensor said, unjudged, in degrees Celsius.

    object_celsius: what it is pointed at; None when nobody is in front of it.
    ambient_celsius: the air around the sensor; None when the lane has no sensor that could tell.
    sensor: which model measured.
    """

    object_celsius: float | None
    ambient_celsius: float | None
    sensor: str


class ThermometerFailed(Exception):
    """The thermometer gives no readings: the message says what is wrong and what to do, for the guard."""


class Thermometer(Protocol):
    """A source of readings with one reader."""

    def read(self) -> RawReading:
        """The next reading, after at most a second. Raises `ThermometerFailed`; then close, and open anew."""

    def close(self) -> None:
        """Give the sensor back; harmless when repeated. A `read` after it raises `ThermometerFailed`."""
