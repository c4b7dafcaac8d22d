"""A thermometer for skin: whoever moves has no figure; where sensor or mapping do not hold the figure is doubtful."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.mapping import mapping_named
from gate.reason import Reason
from gate.temperature import Site, TemperatureLimits, judge
from station.thermometers.calibration import Calibration, SetPoint
from station.thermometers.reading import Guidance, RawReading
from station.thermometers.sensor import SKIN_FROM_CELSIUS, Sensed, skin
from station.thermometers.skin import LINGERS_SECONDS, SETTLED_CELSIUS, SETTLED_LOOKS, SkinThermometer

LIMITS = TemperatureLimits()
INDOOR = mapping_named("forehead-indoor@1")
SKIN_ONLY = mapping_named("skin@1")


class Played:
    """A sensor that says what the test lets it say."""

    name = "played"
    serial = ""
    uncertainty_celsius = 0.5
    ambient_range = (0.0, 50.0)

    def __init__(self, looks: Iterable[tuple[float, float]]) -> None:
        self.looks = iter(looks)
        self.closed = False

    def sense(self) -> Sensed:
        spot, ambient = next(self.looks)
        return Sensed(spot, ambient, skin(spot))

    def close(self) -> None:
        self.closed = True


class Metres:
    """A distance sensor that says what the test lets it say."""

    def __init__(self, metres: float) -> None:
        self.now = metres

    def metres(self) -> float:
        return self.now

    def close(self) -> None: ...


def clock(step: float = 0.1):
    now = [0.0]

    def seconds() -> float:
        now[0] += step
        return now[0]

    return seconds


def read_all(looks, mapping=INDOOR, calibration=None, distance=None, step=0.1) -> list[RawReading]:
    looks = list(looks)
    thermometer = SkinThermometer(Played(looks), mapping, calibration, distance, seconds=clock(step))
    return [thermometer.read() for _ in looks]


def figures(readings: list[RawReading]) -> list[float | None]:
    return [reading.object_celsius for reading in readings]


def in_air(celsius: float, *spots: float) -> list[tuple[float, float]]:
    return [(spot, celsius) for spot in spots]


class TestWhoIsThere:
    def test_a_wall_is_nobody(self):
        """Only the room is measured, and the lane hears that nobody is there."""
        [reading] = read_all(in_air(22.0, 21.0))
        assert (reading.object_celsius, reading.ambient_celsius, reading.nobody) == (None, 22.0, True)
        assert reading.guidance is None

    def test_a_face_has_a_figure_once_it_stands(self):
        """Stepping up is 'hold still'; three looks that agree are a figure: skin, mapped, with how sure it is."""
        readings = read_all(in_air(22.0, 21.0, 29.0, 33.0, 34.4, 34.5, 34.6))
        assert figures(readings) == [None] * 5 + [36.6]
        assert [reading.guidance for reading in readings[1:5]] == [Guidance.HOLD_STILL] * 4
        assert not any(reading.nobody for reading in readings[1:])
        measurement = readings[-1].measurement()
        assert measurement.raw_celsius == 34.5
        assert (measurement.mapping, measurement.site) == ("forehead-indoor@1", Site.FOREHEAD)
        assert measurement.uncertainty_celsius == pytest.approx(0.78)
        assert judge(measurement, LIMITS) is None

    def test_a_feverish_face_on_its_way_never_reads_as_a_healthy_one(self):
        """While a face comes into the spot it is mixed with the wall: 34.5 on the way to 36.0 is not a figure."""
        approach = [21 + step for step in range(16)]
        readings = read_all(in_air(22.0, *approach, 36.9, 37.0, 37.0, 37.0))
        assert [figure for figure in figures(readings) if figure is not None] == [39.1, 39.1]

    @given(st.lists(st.floats(15, 42), min_size=SETTLED_LOOKS, max_size=30))
    def test_a_figure_is_never_far_from_any_of_the_looks_behind_it(self, spots):
        """Whatever comes past, a figure lies among looks that agree, all of them of skin."""
        for place, reading in enumerate(read_all(in_air(22.0, *spots), SKIN_ONLY)):
            if reading.object_celsius is not None:
                behind = spots[place - SETTLED_LOOKS + 1 : place + 1]
                assert min(behind) >= SKIN_FROM_CELSIUS
                assert max(behind) - min(behind) <= SETTLED_CELSIUS
                assert min(behind) - 0.01 <= reading.object_celsius <= max(behind) + 0.01

    def test_whoever_comes_next_begins_anew(self):
        """No look of the one before counts for the next, with a gap of a single look between them."""
        readings = read_all(in_air(22.0, *[36.0] * 3, 22.0, 34.5, 34.5, 34.5))
        assert figures(readings) == [None, None, 38.1, None, None, None, 36.6]
        assert readings[3].nobody


class TestDoubt:
    @pytest.mark.parametrize(
        ("air", "skin_celsius", "reason"),
        [
            (22.0, 34.5, None),
            (17.9, 34.5, Reason.TEMPERATURE_DOUBTFUL),
            (30.1, 34.5, Reason.TEMPERATURE_DOUBTFUL),
            (-5.0, 34.5, Reason.TEMPERATURE_DOUBTFUL),
            (-5.0, 31.0, Reason.TEMPERATURE_TOO_LOW),
            (-5.0, 36.0, Reason.FEVER),
            (55.0, 36.0, Reason.FEVER),
        ],
    )
    def test_in_other_air_a_figure_is_doubtful_and_a_fever_is_a_fever(self, air, skin_celsius, reason):
        """Winter or a heat wave never makes 'normal', and never hides a fever that shows."""
        reading = read_all(in_air(air, *[skin_celsius] * 3))[-1]
        assert judge(reading.measurement(), TemperatureLimits(ambient_low_celsius=-50)) is reason

    def test_in_warm_air_a_wall_may_be_what_is_measured(self):
        """At 29 degrees a wall in the sun reads like a face: without a distance sensor that is doubtful."""
        looks = in_air(29.0, *[34.5] * 3)
        assert read_all(looks)[-1].doubtful
        assert not read_all(looks, distance=Metres(0.05))[-1].doubtful

    def test_what_stays_for_longer_than_anybody_is_no_face(self):
        """A wall that the sun has warmed stands there for minutes: doubtful after a minute, until it has gone."""
        looks = in_air(22.0, *[34.5] * 70, 22.0, *[34.5] * 4)
        doubts = [reading.doubtful for reading in read_all(looks, step=1.0) if reading.object_celsius is not None]
        assert doubts[: int(LINGERS_SECONDS) - 3] == [False] * (int(LINGERS_SECONDS) - 3)
        assert doubts[67] is True
        assert doubts[-1] is False

    def test_while_the_sensor_warms_up_its_figures_are_doubtful(self):
        """After power, or in the sun: more than a degree in a minute; at rest again they are believed again."""
        warming = [(34.5, 18.0 + number / 10) for number in range(40)]
        resting = [(34.5, 22.0)] * 70
        readings = read_all([*warming, *resting], distance=Metres(0.05), step=1.0)
        assert not readings[5].doubtful
        assert all(reading.doubtful for reading in readings[15:90])
        assert not readings[-1].doubtful


class TestDistance:
    @pytest.mark.parametrize(
        ("metres", "guidance"), [(1.2, None), (0.5, Guidance.CLOSER), (0.11, Guidance.CLOSER), (0.01, Guidance.FARTHER)]
    )
    def test_from_too_far_or_too_near_there_is_no_figure(self, metres, guidance):
        """Half of the spot would be wall; the screen says what to do instead."""
        readings = read_all(in_air(22.0, *[34.5] * 4), distance=Metres(metres))
        assert figures(readings) == [None] * 4
        assert {reading.guidance for reading in readings} == {guidance}
        assert all(reading.nobody for reading in readings)

    def test_within_reach_there_is(self):
        """Near enough and still."""
        assert figures(read_all(in_air(22.0, *[34.5] * 3), distance=Metres(0.05)))[-1] == 36.6


class TestCalibration:
    def test_a_calibration_corrects_before_the_mapping(self):
        """What the black body said about the sensor goes into the skin's figure, and into how sure it is."""
        points = (SetPoint(35.0, 35.4, 0.1, 20), SetPoint(39.0, 39.4, 0.1, 20))
        calibration = Calibration(datetime(2026, 11, 1, tzinfo=UTC), "played", -0.4, 1.0, points, (0.0, 0.0), 22.0)
        reading = read_all(in_air(22.0, *[34.9] * 3), SKIN_ONLY, calibration)[-1]
        assert (reading.raw_celsius, reading.object_celsius) == (34.5, 34.5)
        assert reading.uncertainty_celsius == 0.1

    @given(st.floats(-2, 2), st.floats(0.95, 1.05), st.floats(30, 45), st.sampled_from(["forehead-indoor@1", "skin@1"]))
    def test_no_way_through_hides_a_fever(self, offset, slope, said, mapping):
        """Whatever sensor, calibration and mapping: skin at the limit is shown at or above it."""
        points = (SetPoint(35.0, 35.4, 0.1, 20),)
        calibration = Calibration(datetime(2026, 11, 1, tzinfo=UTC), "played", offset, slope, points, (0.0,), 22.0)
        reading = read_all(in_air(22.0, *[said] * 3), mapping_named(mapping), calibration)[-1]
        assert reading.raw_celsius is not None
        assert reading.object_celsius is not None
        if reading.raw_celsius >= LIMITS.fever_celsius:
            assert reading.object_celsius >= LIMITS.fever_celsius


def test_closing_gives_the_sensor_back():
    """The handle of the bus is not left behind."""
    sensor = Played([])
    SkinThermometer(sensor, INDOOR).close()
    assert sensor.closed
