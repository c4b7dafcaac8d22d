"""What a thermometer hands to the gate: readings, in order, or the news that it is broken.

Every backend of this folder gives these. Rule: nothing is judged here; gate/temperature.py says what to believe.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gate.temperature import Measurement, Site
from gate.wording import Words


class Guidance(StrEnum):
    """What somebody has to do so that he can be measured."""

    CLOSER = "closer"
    FARTHER = "farther"
    HOLD_STILL = "hold_still"


GUIDANCE = {
    Guidance.CLOSER: Words("请靠近测温探头", "Closer to the sensor"),
    Guidance.FARTHER: Words("请离探头远一点", "A little farther away"),
    Guidance.HOLD_STILL: Words("请站稳，别动", "Hold still"),
}


@dataclass(frozen=True, slots=True)
class RawReading:
    """What the sensor said, unjudged, in degrees Celsius.

    object_celsius: what counts, as mapped; None when nobody is measured. ambient_celsius: the air around the sensor;
    None when the lane has no sensor that could tell. sensor: which model measured. raw_celsius, site, mapping,
    uncertainty_celsius, doubtful: as in gate.temperature.Measurement. guidance: what is to be done before there can be
    a figure; None where there is one, or nobody. there: somebody is, though this reading has no figure of him.
    """

    object_celsius: float | None
    ambient_celsius: float | None
    sensor: str
    raw_celsius: float | None = None
    site: Site = Site.FOREHEAD
    mapping: str = ""
    uncertainty_celsius: float | None = None
    doubtful: bool = False
    guidance: Guidance | None = None
    there: bool = False

    @property
    def nobody(self) -> bool:
        """Whether whoever was measured last has gone."""
        return self.object_celsius is None and not self.there

    def measurement(self) -> Measurement:
        """As it is judged and recorded."""
        return Measurement(
            celsius=self.object_celsius,
            ambient_celsius=self.ambient_celsius,
            sensor=self.sensor,
            raw_celsius=self.raw_celsius,
            site=self.site,
            mapping=self.mapping,
            uncertainty_celsius=self.uncertainty_celsius,
            doubtful=self.doubtful,
        )


class ThermometerFailed(Exception):
    """The thermometer gives no readings: the message says what is wrong and what to do, for the guard.

    words: the same in both languages, where it is one of the faults of station.thermometers.faults.
    """

    def __init__(self, told: Words | str) -> None:
        self.words = told if isinstance(told, Words) else Words(told, told)
        super().__init__(self.words.en)


class Thermometer(Protocol):
    """A source of readings with one reader."""

    def read(self) -> RawReading:
        """The next reading, after at most a second. Raises `ThermometerFailed`; then close, and open anew."""

    def close(self) -> None:
        """Give the sensor back; harmless when repeated. A `read` after it raises `ThermometerFailed`."""
