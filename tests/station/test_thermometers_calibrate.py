"""gate-station calibrate: the real command before a module on a pty, and what it makes of odd black bodies."""

import json
import subprocess
from argparse import ArgumentError, ArgumentParser
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.calibrate import add_words
from station.settings import ThermometerBackend, ThermometerSettings
from station.thermometers import ThermometerFailed, open_thermometer
from station.thermometers.calibration import (
    FILE,
    LEAST_SLOPE,
    MOST_OFFSET,
    MOST_RESIDUAL,
    MOST_SLOPE,
    Odd,
    SetPoint,
    fitted,
    read,
    write,
)
from tests.station.modbus_module import ModbusModule, answer
from tests.station.site import Site

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def point(true: float, said: float) -> SetPoint:
    return SetPoint(true, said, 0.1, 20)


@pytest.fixture
def site(tmp_path):
    """A station whose thermometer is a module on a pty."""
    site = Site(tmp_path)
    module = ModbusModule(lambda number: answer(22.0 + number % 2 / 100, 22.0))
    site.spoil('[thermometer]\nbackend = "none"', f'[thermometer]\nbackend = "uart"\nsource = "{module.path}"')
    site.module = module
    yield site
    module.unplug()


def calibrate(site: Site, said: dict[float, float], keys: str | None = None, *words: str):
    """Run the command before a black body; said: what the sensor makes of each set point, one after the other."""
    points, readings = list(said), 5

    def module(number: int) -> bytes:
        # The first question is the station's, to see whether anybody is there.
        here = points[min(max(0, number - 1) // readings, len(points) - 1)]
        return answer(said[here] + number % 2 / 50, 21.0)

    site.module.says = module
    words = words or ("--points", ",".join(f"{each:g}" for each in points))
    keys = "\n" * len(points) if keys is None else keys
    command = site.command("calibrate", "--readings", str(readings), *words)
    return subprocess.run(command, input=keys, check=False, capture_output=True, text=True, timeout=120)


class TestCommand:
    def test_it_leads_through_the_points_and_the_station_reads_what_it_wrote(self, site):
        """Two set points, five readings each, in both languages; the next reading is corrected."""
        ended = calibrate(site, {35.0: 35.39, 39.0: 39.39})
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "第 1/2 点：把黑体调到 35.0 °C" in ended.stdout
        assert "Point 2 of 2: set the black body to 39.0 °C" in ended.stdout
        assert ended.stdout.count("/5  3") == 10
        written = json.loads((site.folder / "data" / FILE).read_bytes())
        assert written["sensor"] == "uart"
        assert written["offset"] == pytest.approx(-0.4, abs=0.01)
        assert [each["true_celsius"] for each in written["points"]] == [35.0, 39.0]
        settings = ThermometerSettings(ThermometerBackend.UART, source=site.module.path, mapping="skin@1")
        site.module.says = lambda number: answer(34.9 + number % 2 / 100, 22.0)
        thermometer = open_thermometer(settings, site.folder / "data")
        readings = [thermometer.read() for _ in range(3)]
        thermometer.close()
        assert readings[-1].object_celsius == pytest.approx(34.5, abs=0.03)

    def test_what_the_black_body_shows_may_be_typed(self, site):
        """Its display says 35.2 where 35.0 was asked for; a typing error is asked for again."""
        ended = calibrate(site, {35.0: 35.19, 39.0: 38.99}, keys="35,2\n352\n35.2\n\n")
        assert ended.returncode == 0
        assert ended.stdout.count("Type a temperature from 30 to 45") == 2
        written = json.loads((site.folder / "data" / FILE).read_bytes())
        assert written["points"][0]["true_celsius"] == 35.2
        assert written["offset"] == pytest.approx(0.0, abs=0.01)

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [
            ({35.0: 22.0, 39.0: 22.0}, "at 35.0 C the sensor says 22.0: is it aimed at the black body"),
            ({35.0: 35.0, 37.0: 38.0, 40.0: 40.0}, "the points are not on a line"),
        ],
    )
    def test_odd_data_is_refused_with_the_reason_and_nothing_is_written(self, site, said, sentence):
        """The old calibration, or none, goes on."""
        ended = calibrate(site, said)
        assert ended.returncode == 2
        last = ended.stderr.strip().splitlines()[-1]
        assert sentence in last
        assert last.endswith("nothing was written")
        assert not (site.folder / "data" / FILE).exists()

    def test_whoever_leaves_in_the_middle_changes_nothing(self, site):
        """The terminal is closed after the first point."""
        ended = calibrate(site, {35.0: 35.4, 39.0: 39.4}, keys="\n")
        assert ended.returncode == 2
        assert "nobody answers any more: nothing was written" in ended.stderr
        assert not (site.folder / "data" / FILE).exists()

    def test_a_sensor_that_does_not_answer_is_a_sentence(self, site):
        """As the guard reads it on the kiosk."""
        site.module.says = lambda _number: b""
        ended = subprocess.run(
            site.command("calibrate"), input="\n", check=False, capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 2
        assert "the module does not answer: check its power" in ended.stderr

    def test_a_lane_without_a_sensor_has_nothing_to_calibrate(self, site):
        """The command says which setting is missing."""
        site.spoil('backend = "uart"', 'backend = "hand_held"')
        assert "this lane's thermometer is hand_held, which has no sensor" in site.refusal("calibrate")

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (("--points", "37"), "'37': two or more temperatures from 30 to 45, such as 35,37,40"),
            (("--points", "35,99"), "'35,99': two or more temperatures from 30 to 45, such as 35,37,40"),
            (("--readings", "2"), "'2': a number from 5 to 200"),
        ],
    )
    def test_options_that_make_no_sense_are_refused(self, words, sentence):
        """Before anything is asked for."""
        parser = ArgumentParser(exit_on_error=False)
        add_words(parser)
        with pytest.raises(ArgumentError) as refused:
            parser.parse_args(words)
        assert sentence in str(refused.value)


class TestFit:
    @given(
        st.floats(-MOST_OFFSET, MOST_OFFSET),
        st.floats(LEAST_SLOPE, MOST_SLOPE),
        st.lists(st.floats(30, 45), min_size=2, max_size=6),
    )
    def test_a_sensor_that_is_off_by_a_line_is_put_right_everywhere(self, offset, slope, points):
        """Whatever its line is, after the calibration the black body is what it is."""
        if max(points) - min(points) < 2:
            return
        said = [37 + (true - 37 - offset) / slope for true in points]
        try:
            made = fitted([point(*each) for each in zip(points, said, strict=True)], "uart", 22.0, AT)
        except Odd:
            # Only at the very edge of the bounds may rounding tip it over.
            assert min(MOST_OFFSET - abs(offset), slope - LEAST_SLOPE, MOST_SLOPE - slope) < 1e-6
            return
        for true, each in zip(points, said, strict=True):
            assert made.celsius(each) == pytest.approx(true, abs=0.01)
        assert made.uncertainty_celsius == pytest.approx(0.1, abs=0.01)

    @pytest.mark.parametrize(
        ("points", "sentence"),
        [
            ([(35, 35), (39, 37)], "a degree of the black body is 0.50 degrees of the sensor"),
            ([(35, 37.3), (39, 41.3)], "the sensor is off by +2.3 C, more than 2: replace it"),
            ([(35, 35), (36, 36)], "two set points or more are needed, 2 C apart at least"),
            ([(35, 35), (37, 38), (40, 40)], "the points are not on a line"),
            ([(35, 36), (39, 36)], "the sensor said the same at every set point"),
        ],
    )
    def test_the_refusal_says_why(self, points, sentence):
        """Too near, broken, too close together, blind."""
        with pytest.raises(Odd) as odd:
            fitted([point(*each) for each in points], "uart", 22.0, AT)
        assert sentence in str(odd.value)

    @given(st.lists(st.tuples(st.floats(30, 45), st.floats(20, 50)), min_size=1, max_size=6))
    def test_whatever_is_accepted_is_within_bounds(self, points):
        """Any points at all: refused, or a correction that cannot hide a degree."""
        try:
            made = fitted([point(*each) for each in points], "uart", 22.0, AT)
        except Odd:
            return
        assert abs(made.offset) <= MOST_OFFSET
        assert LEAST_SLOPE - 1e-4 <= made.slope <= MOST_SLOPE + 1e-4
        assert max(abs(each) for each in made.residuals) <= MOST_RESIDUAL + 1e-3


class TestFile:
    def test_it_is_read_as_it_was_written(self, tmp_path):
        """Date, sensor, points, residuals: all of it comes back."""
        made = fitted([point(35, 35.4), point(40, 40.35)], "uart", 22.0, AT)
        write(tmp_path / FILE, made)
        assert read(tmp_path / FILE, "uart") == made
        assert [each.name for each in tmp_path.iterdir()] == [FILE]

    def test_a_sensor_that_was_never_calibrated_has_none(self, tmp_path):
        """That is in order; the self-check says so."""
        assert read(tmp_path / FILE, "uart") is None

    def test_another_sensor_of_the_kind_asks_for_a_calibration_of_its_own(self, site):
        """The module was exchanged: the old one's correction is not put on the new one."""
        (site.folder / "data").mkdir()
        write(site.folder / "data" / FILE, fitted([point(35, 35.4), point(40, 40.4)], "uart", 22.0, AT, "1a2b"))
        settings = ThermometerSettings(ThermometerBackend.UART, source=site.module.path)
        with pytest.raises(ThermometerFailed, match="that of another sensor"):
            open_thermometer(settings, site.folder / "data")
        (site.folder / "data" / FILE).unlink()
        open_thermometer(settings, site.folder / "data").close()

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: text.replace('"uart"', '"mlx90614"'),
            lambda text: text.replace("2026-", "1970-"),
            lambda text: text[:-20],
            lambda text: text.replace('"offset":', '"offest":'),
            lambda text: text.replace('"slope": 1', '"slope": 2'),
            lambda _text: "",
        ],
    )
    def test_a_file_that_cannot_be_believed_is_a_fault(self, tmp_path, spoil):
        """Another sensor's, one of a clock that stood at 1970, damaged or edited: no reading goes through it."""
        write(tmp_path / FILE, fitted([point(35, 35.4), point(40, 40.4)], "uart", 22.0, AT))
        text = (tmp_path / FILE).read_text()
        spoiled = spoil(text)
        assert spoiled != text
        (tmp_path / FILE).write_text(spoiled)
        with pytest.raises(ThermometerFailed, match="run gate-station calibrate again"):
            read(tmp_path / FILE, "uart")
