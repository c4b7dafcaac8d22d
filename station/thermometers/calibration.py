"""What a black body said about this lane's sensor: an offset, a slope, and how well they fit.

`gate-station calibrate` writes the file beside the journal; a sensor is read through it from the next start on. Rule: a
calibration corrects a sensor, it does not make one: outside of narrow bounds it is refused.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Annotated

from msgspec import Meta, MsgspecError, Struct, json

from station.thermometers.faults import Fault, failed

FILE = "calibration.json"
MOST_OFFSET = 2.0
"""Degrees at 37 C; a sensor that is off by more is broken."""
LEAST_SLOPE, MOST_SLOPE = 0.95, 1.05
MOST_RESIDUAL = 0.2
BODY_CELSIUS = 37.0
# Closer together, two set points say nothing about a slope.
LEAST_APART = 2.0


class SetPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """What the black body was set to, and what the sensor said: mean and spread (highest less lowest) of `readings`."""

    true_celsius: float
    mean_celsius: float
    spread_celsius: float
    readings: Annotated[int, Meta(ge=1)]


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """true = 37 + slope x (said - 37) + offset. sensor, serial: whose. residuals: what is left at each point."""

    at: Annotated[datetime, Meta(tz=True)]
    sensor: str
    offset: Annotated[float, Meta(ge=-MOST_OFFSET, le=MOST_OFFSET)]
    slope: Annotated[float, Meta(ge=LEAST_SLOPE, le=MOST_SLOPE)]
    points: Annotated[tuple[SetPoint, ...], Meta(min_length=1)]
    residuals: tuple[float, ...]
    ambient_celsius: float
    serial: str = ""

    def celsius(self, said: float) -> float:
        """The sensor's figure, corrected."""
        return BODY_CELSIUS + self.slope * (said - BODY_CELSIUS) + self.offset

    @property
    def uncertainty_celsius(self) -> float:
        """A black body's own 0.1 and what is left at the points, doubled for 95 of 100 cases."""
        return round(0.1 + 2 * max(abs(each) for each in self.residuals), 2)


class Odd(ValueError):
    """The points do not make a calibration; the message says why, and what to do."""


def fitted(
    points: Sequence[SetPoint], sensor: str, ambient_celsius: float, at: datetime, serial: str = ""
) -> Calibration:
    """The line through the points, by least squares. Raises Odd."""
    if len(points) < 2 or _range([each.true_celsius for each in points]) < LEAST_APART:
        raise Odd(f"two set points or more are needed, {LEAST_APART:g} C apart at least, such as 35 and 40")
    true_mean = fmean(each.true_celsius for each in points)
    said_mean = fmean(each.mean_celsius for each in points)
    across = sum((each.mean_celsius - said_mean) ** 2 for each in points)
    if across == 0:
        raise Odd("the sensor said the same at every set point: does it look at the black body?")
    along = sum((each.mean_celsius - said_mean) * (each.true_celsius - true_mean) for each in points)
    slope = along / across
    offset = true_mean - BODY_CELSIUS - slope * (said_mean - BODY_CELSIUS)
    _check(slope, offset)
    residuals = tuple(
        round(BODY_CELSIUS + slope * (each.mean_celsius - BODY_CELSIUS) + offset - each.true_celsius, 3)
        for each in points
    )
    worst = max(residuals, key=abs)
    if abs(worst) > MOST_RESIDUAL:
        raise Odd(f"the points are not on a line ({worst:+.2f} C beside it): let the black body settle, and begin anew")
    return Calibration(
        at, sensor, round(offset, 3), round(slope, 4), tuple(points), residuals, round(ambient_celsius, 2), serial
    )


def _check(slope: float, offset: float) -> None:
    if not LEAST_SLOPE <= slope <= MOST_SLOPE:
        raise Odd(
            f"a degree of the black body is {1 / slope if slope else 0:.2f} degrees of the sensor; from"
            f" {1 / MOST_SLOPE:.2f} to {1 / LEAST_SLOPE:.2f} would be in order: is it near enough, and does it see"
            " nothing else?"
        )
    if abs(offset) > MOST_OFFSET:
        raise Odd(f"the sensor is off by {-offset:+.1f} C, more than {MOST_OFFSET:g}: replace it")


def _range(figures: Sequence[float]) -> float:
    return max(figures) - min(figures)


def write(path: Path, calibration: Calibration) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(json.format(json.encode(calibration)) + b"\n")
    beside.replace(path)


def read(path: Path, sensor: str) -> Calibration | None:
    """None where the sensor was never calibrated. Raises ThermometerFailed where what is there cannot be believed."""
    try:
        calibration = json.decode(path.read_bytes(), type=Calibration)
    except FileNotFoundError:
        return None
    except (OSError, MsgspecError) as cause:
        raise failed(Fault.BAD_CALIBRATION) from cause
    if calibration.sensor != sensor or calibration.at.astimezone(UTC).year < 2020:
        raise failed(Fault.BAD_CALIBRATION)
    return calibration
