"""What a sensor of warmth is to the station, before anybody asks whether it looks at a forehead.

The files mlx90614, mlx90640 and uart are sensors; skin.py makes a thermometer of one, calibrate.py asks one directly.
"""

from dataclasses import dataclass
from typing import Protocol

from station.thermometers.reading import Guidance


@dataclass(frozen=True, slots=True)
class Sensed:
    """One look, in degrees Celsius. ambient_celsius: of the sensor itself, which is the air around it.

    spot_celsius: what is straight before it, whatever that is. skin_celsius: of what may be somebody's skin; None
    where nothing is. guidance: what keeps somebody who is there from being measured.
    """

    spot_celsius: float
    ambient_celsius: float
    skin_celsius: float | None
    guidance: Guidance | None = None


class Sensor(Protocol):
    """name: for records. serial: which one of its kind it is, "" where it cannot say. ambient_range: in which air its
    figures hold. uncertainty_celsius: half the interval for 95 of 100 cases, as its data sheet has it.
    """

    name: str
    serial: str
    uncertainty_celsius: float
    ambient_range: tuple[float, float]

    def sense(self) -> Sensed:
        """The next look, after at most a second. Raises ThermometerFailed."""

    def close(self) -> None:
        """Give it back; harmless when repeated. `sense` raises after it."""


# Colder than any skin that somebody still stands on; warmer than most walls.
SKIN_FROM_CELSIUS = 27.0


def skin(spot_celsius: float) -> float | None:
    """What a sensor with a single spot takes for skin."""
    return spot_celsius if spot_celsius >= SKIN_FROM_CELSIUS else None
