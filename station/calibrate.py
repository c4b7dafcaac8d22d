"""`gate-station calibrate`: a black body is held before the lane's sensor, point by point, and says how far it is off.

`__main__` is its only caller. It asks, waits for Enter, takes readings, and writes the calibration file that the
station reads at its next start. Rule: nothing is written until every point was in order; odd data is refused with the
reason.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import TextIO

from gate.wording import Words
from station.settings import ThermometerSettings
from station.thermometers import ThermometerFailed, open_sensor
from station.thermometers.calibration import FILE, MOST_OFFSET, Calibration, Odd, SetPoint, fitted, write
from station.thermometers.sensor import Sensor

POINTS = (35.0, 37.0, 40.0)
READINGS = 20
LOWEST, HIGHEST = 30.0, 45.0
MOST_SPREAD = 0.6
"""Degrees between the lowest and the highest reading of one point: more is a hand that shakes, or worse."""


class CannotCalibrate(Exception):
    """The calibration was not made: the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where the guard or fitter stands. wall: reads the clock once, for the file."""

    keys: TextIO
    screen: TextIO
    wall: Callable[[], datetime]

    def say(self, words: Words) -> None:
        print(f"{words.zh}\n{words.en}", file=self.screen, flush=True)

    def figures(self, line: str) -> None:
        print(f"  {line}", file=self.screen, flush=True)

    def answer(self) -> str:
        """A line, without its end. Raises CannotCalibrate where there is none."""
        line = self.keys.readline()
        if not line:
            raise CannotCalibrate("nobody answers any more: nothing was written")
        return line.strip()


def add_words(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "--points", type=_points, default=POINTS, metavar="C,C", help="what the black body is set to, two or more"
    )
    parser.add_argument(
        "--readings", type=_readings, default=READINGS, metavar="N", help="readings at each point, 5 to 200"
    )


def carry_out(asked: Namespace, settings: ThermometerSettings, data_folder: Path, terminal: Terminal) -> int:
    """Lead through it; 0. Raises CannotCalibrate."""
    if not settings.backend.has_sensor:
        raise CannotCalibrate(
            f"this lane's thermometer is {settings.backend!s}, which has no sensor: name one in [thermometer] first"
        )
    try:
        sensor = open_sensor(settings)
        try:
            calibration = _measured(sensor, asked.points, asked.readings, terminal)
        finally:
            sensor.close()
    except ThermometerFailed as lost:
        raise CannotCalibrate(f"{lost}; nothing was written") from lost
    except Odd as odd:
        raise CannotCalibrate(f"{odd}; nothing was written") from odd
    path = data_folder / FILE
    write(path, calibration)
    _tell(calibration, path, terminal)
    return 0


def _measured(sensor: Sensor, points: tuple[float, ...], readings: int, terminal: Terminal) -> Calibration:
    """Raises ThermometerFailed, CannotCalibrate, Odd."""
    terminal.say(
        Words(
            f"校准 {sensor.name}：探头先通电 15 分钟，黑体正对探头，距离和测人时一样。",
            f"Calibrating {sensor.name}: 15 minutes of power first; hold the black body where faces are held.",
        )
    )
    taken: list[SetPoint] = []
    ambient: list[float] = []
    for number, wanted in enumerate(points, 1):
        true_celsius = _asked_for(wanted, number, len(points), terminal)
        taken.append(_point(sensor, true_celsius, readings, ambient, terminal))
    return fitted(taken, sensor.name, fmean(ambient), terminal.wall(), sensor.serial)


def _asked_for(wanted: float, number: int, of: int, terminal: Terminal) -> float:
    """What the black body really shows: Enter for what was asked for, or the figure on its display."""
    terminal.say(
        Words(
            f"第 {number}/{of} 点：把黑体调到 {wanted:.1f} °C，稳定后按回车；显示若不同，请输入它显示的温度。",
            f"Point {number} of {of}: set the black body to {wanted:.1f} °C. Once steady, press Enter, or type"
            " what it shows.",
        )
    )
    while True:
        typed = terminal.answer()
        try:
            shown = float(typed) if typed else wanted
        except ValueError:
            shown = float("nan")
        if LOWEST <= shown <= HIGHEST:
            return shown
        terminal.say(
            Words(
                f"请输入 {LOWEST:g} 到 {HIGHEST:g} 之间的温度，例如 {wanted:.1f}",
                f"Type a temperature from {LOWEST:g} to {HIGHEST:g}, such as {wanted:.1f}",
            )
        )


def _point(sensor: Sensor, true_celsius: float, readings: int, ambient: list[float], terminal: Terminal) -> SetPoint:
    said: list[float] = []
    for number in range(1, readings + 1):
        sensed = sensor.sense()
        said.append(sensed.spot_celsius)
        ambient.append(sensed.ambient_celsius)
        terminal.figures(f"{number}/{readings}  {sensed.spot_celsius:.2f} °C")
    mean, spread = fmean(said), max(said) - min(said)
    if spread > MOST_SPREAD:
        raise Odd(f"at {true_celsius:.1f} C the readings differ by {spread:.2f}: hold both still, and begin anew")
    # A slope within its bounds and an offset move nothing further than this.
    if abs(mean - true_celsius) > MOST_OFFSET + 0.5:
        raise Odd(f"at {true_celsius:.1f} C the sensor says {mean:.1f}: is it aimed at the black body, near enough?")
    return SetPoint(true_celsius, round(mean, 3), round(spread, 2), readings)


def _tell(calibration: Calibration, path: Path, terminal: Terminal) -> None:
    for point, residual in zip(calibration.points, calibration.residuals, strict=True):
        terminal.figures(f"{point.true_celsius:.1f} °C: {point.mean_celsius:.2f} °C, {residual:+.2f}")
    terminal.say(
        Words(
            f"校准完成：偏移 {calibration.offset:+.2f} °C，斜率 {calibration.slope:.3f}，写入 {path}；重启闸口后生效。",
            f"Done: offset {calibration.offset:+.2f} °C, slope {calibration.slope:.3f}, written to {path};"
            " start the station anew to use it.",
        )
    )


def _points(text: str) -> tuple[float, ...]:
    try:
        points = tuple(float(each) for each in text.split(","))
    except ValueError:
        points = ()
    if len(points) < 2 or not all(LOWEST <= each <= HIGHEST for each in points):
        raise ArgumentTypeError(f"{text!r}: two or more temperatures from 30 to 45, such as 35,37,40")
    return points


def _readings(text: str) -> int:
    if not text.isdecimal() or not 5 <= int(text) <= 200:
        raise ArgumentTypeError(f"{text!r}: a number from 5 to 200")
    return int(text)
