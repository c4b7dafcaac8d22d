"""A temperature reading and what makes it believable.

The thermometer's backend reports a Measurement or a fault; `judge` names the reason that speaks against it, if any.
"""

from msgspec import Struct

from gate.reason import Reason


class Measurement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One infrared reading at the gate.

    celsius: what the forehead read, in degrees Celsius; None where the sensor is at fault.
    ambient_celsius: the air around the sensor. sensor: which model measured; it names how the figure came about.
    """

    celsius: float | None
    ambient_celsius: float | None = None
    sensor: str = "none"


class TemperatureLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Set by the office; degrees Celsius. The defaults are those of the gates of 2020 (fever from 37.3)."""

    fever_celsius: float = 37.3
    # Skin cooled by winter air reads 33 to 34 and hides a fever: too low to be true (docs: facts).
    too_low_celsius: float = 35.0
    # No living forehead; the sensor or its aim is wrong.
    impossible_celsius: float = 43.0
    # Where the sensor's own accuracy is stated to hold.
    ambient_low_celsius: float = 5.0
    ambient_high_celsius: float = 40.0

    def __post_init__(self) -> None:
        """Refuse limits in an order that could let a fever through.

        Raises ValueError with the figures that contradict each other.
        """
        if not 30.0 <= self.too_low_celsius < self.fever_celsius < self.impossible_celsius <= 50.0:
            raise ValueError(
                f"temperature limits must rise: 30 <= too_low ({self.too_low_celsius}) < fever"
                f" ({self.fever_celsius}) < impossible ({self.impossible_celsius}) <= 50"
            )
        if not self.ambient_low_celsius < self.ambient_high_celsius:
            raise ValueError(
                f"ambient_low_celsius ({self.ambient_low_celsius}) must be below"
                f" ambient_high_celsius ({self.ambient_high_celsius})"
            )


def judge(measurement: Measurement | None, limits: TemperatureLimits) -> Reason | None:
    """What speaks against the reading; None where it is a believable, normal temperature.

    A fever is called before a doubtful ambient: a doubt may never soften it. NaN is a fault, not a number.
    """
    if measurement is None:
        return Reason.TEMPERATURE_MISSING
    celsius = measurement.celsius
    if celsius is None or not -50.0 < celsius <= limits.impossible_celsius:
        return Reason.THERMOMETER_FAULT
    if celsius >= limits.fever_celsius:
        return Reason.FEVER
    if celsius < limits.too_low_celsius:
        return Reason.TEMPERATURE_TOO_LOW
    if not _ambient_fits(measurement.ambient_celsius, limits):
        return Reason.TEMPERATURE_DOUBTFUL
    return None


def _ambient_fits(ambient_celsius: float | None, limits: TemperatureLimits) -> bool:
    if ambient_celsius is None:
        return False
    return limits.ambient_low_celsius <= ambient_celsius <= limits.ambient_high_celsius
