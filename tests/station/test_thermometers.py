"""The thermometers of a lane: each says what its sensor said, and a sensor that is gone says so."""

import threading

import pytest

from gate.reason import Reason
from gate.temperature import Site, TemperatureLimits, judge
from station.settings import ThermometerBackend, ThermometerSettings
from station.settings.reading import load
from station.thermometers import RawReading, ThermometerFailed, open_thermometer
from station.thermometers.hand_held import STAYS_PERIODS, HandHeld, typed
from station.thermometers.none import NoThermometer
from station.thermometers.reading import Guidance
from station.thermometers.rehearsal import RehearsalThermometer
from tests.station.station_files import Folder

PATIENCE = 10.0
NEVER = 1000.0


@pytest.fixture
def thermometer():
    return RehearsalThermometer(period=0.001)


def in_background(read):
    """Start reading in a thread; the list it returns receives the reading, or the failure."""
    outcome = []

    def run():
        try:
            outcome.append(read())
        except ThermometerFailed as failure:
            outcome.append(str(failure))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


class TestChoice:
    @pytest.mark.parametrize("backend", [each for each in ThermometerBackend if not each.has_sensor])
    def test_every_backend_without_a_sensor_opens_by_its_name_and_closes_twice(self, backend, tmp_path):
        """The settings' name is all it takes; giving it back twice does no harm, reading it then raises."""
        thermometer = open_thermometer(ThermometerSettings(backend), tmp_path)
        thermometer.close()
        thermometer.close()
        with pytest.raises(ThermometerFailed, match="closed"):
            thermometer.read()

    @pytest.mark.parametrize("backend", [each for each in ThermometerBackend if each.has_sensor])
    def test_every_sensor_that_is_not_there_is_a_sentence(self, backend, tmp_path):
        """Bus or line are missing: the guard reads so, and the feeler tries again."""
        settings = ThermometerSettings(backend, source=str(tmp_path / "nothing"))
        with pytest.raises(ThermometerFailed, match="cannot be opened: check"):
            open_thermometer(settings, tmp_path)


class TestSettings:
    """Of [thermometer]: what is odd stops the station, with line, key, why and what to do."""

    @pytest.mark.parametrize(
        ("lines", "sentence"),
        [
            ('backend = "mlx90614"', "thermometer.source is empty, but the mlx90614 thermometer needs one"),
            ('backend = "uart"', "thermometer.source is empty, but the uart thermometer needs one"),
            ('backend = "gun"', "thermometer.backend does not fit"),
            ('backend = "none"\nmapping = "forehead@1"', "thermometer.mapping is 'forehead@1', which nobody knows"),
            ('backend = "none"\ndistance_trigger_pin = 9', "thermometer.distance_echo_pin needs its trigger pin"),
            (
                'backend = "none"\ndistance_trigger_pin = 9\ndistance_echo_pin = 17',
                "thermometer.distance_echo_pin is pin 17, and so is panel.yellow_pin",
            ),
            (
                'backend = "none"\ndistance_trigger_pin = 9\ndistance_echo_pin = 9',
                "thermometer.distance_echo_pin is pin 9, and so is thermometer.distance_trigger_pin",
            ),
            ('backend = "none"\nreach_centimetres = 500', "thermometer.reach_centimetres does not fit"),
        ],
    )
    def test_what_is_odd_is_refused(self, lines, sentence, tmp_path):
        """One sentence each."""
        folder = Folder(tmp_path)
        folder.spoil("green_pin = 4", "yellow_pin = 17\ngreen_pin = 4")
        folder.spoil('backend = "none"', lines)
        assert sentence in folder.objection()

    def test_a_sensor_with_its_distance_is_accepted(self, tmp_path):
        """All of it said."""
        lines = 'backend = "mlx90640"\nsource = "/dev/i2c-1"\ndistance_trigger_pin = 9\ndistance_echo_pin = 10'
        folder = Folder(tmp_path)
        folder.spoil('backend = "none"', lines)
        settings, _ = load(folder.settings)
        assert settings.thermometer == ThermometerSettings(
            ThermometerBackend.MLX90640, "/dev/i2c-1", distance_trigger_pin=9, distance_echo_pin=10
        )


class TestHandHeld:
    def test_a_typed_figure_is_read_once_and_its_bearer_stays_a_while(self):
        """Nobody, the figure, then somebody without a figure until his pass was shown, then nobody."""
        thermometer = HandHeld(period=0.001)
        thermometer.type_in(36.64, Site.WRIST)
        readings = [thermometer.read() for _ in range(STAYS_PERIODS + 2)]
        assert [reading.object_celsius for reading in readings] == [None, 36.6] + [None] * STAYS_PERIODS
        assert [reading.nobody for reading in readings] == [True] + [False] * STAYS_PERIODS + [True]
        assert readings[1].site is Site.WRIST

    def test_two_people_in_a_row_are_two(self):
        """Between two figures the first one has gone, so nobody is lent another's."""
        thermometer = HandHeld(period=0.001)
        thermometer.type_in(36.6)
        thermometer.type_in(38.2)
        readings = [thermometer.read() for _ in range(4)]
        assert [(each.object_celsius, each.nobody) for each in readings] == [
            (None, True), (36.6, False), (None, True), (38.2, False),
        ]  # fmt: skip

    def test_a_second_place_is_still_the_same_person(self):
        """Forehead and wrist of a retest: nobody goes in between."""
        thermometer = HandHeld(period=0.001)
        thermometer.type_in(37.6)
        thermometer.again(36.9, Site.WRIST)
        assert [thermometer.read().object_celsius for _ in range(3)] == [None, 37.6, 36.9]

    @pytest.mark.parametrize(
        ("celsius", "reason"), [(36.6, None), (37.3, Reason.FEVER), (34.0, Reason.TEMPERATURE_TOO_LOW)]
    )
    def test_it_is_judged_without_the_air(self, celsius, reason):
        """A clinical thermometer needs no weather."""
        assert judge(typed(celsius).measurement(), TemperatureLimits()) is reason

    @pytest.mark.parametrize("celsius", [0.0, 31.9, 43.1, 366.0, float("nan"), float("inf")])
    def test_a_typing_error_is_no_temperature(self, celsius):
        """366 for 36.6 is refused with what to do, and nothing is read."""
        thermometer = HandHeld(period=0.001)
        with pytest.raises(ValueError, match="type what the thermometer shows"):
            thermometer.type_in(celsius)
        assert thermometer.read().nobody

    def test_a_typed_figure_is_read_without_waiting_for_the_period(self):
        """The gate does not let the guard wait."""
        slow = HandHeld(period=NEVER)
        thread, outcome = in_background(slow.read)
        slow.type_in(36.6)
        thread.join(PATIENCE)
        assert outcome[0].nobody


class TestNone:
    def test_nobody_is_ever_in_front(self):
        """A lane without a thermometer measures nothing and invents nothing, not even the air."""
        thermometer = NoThermometer(period=0.001)
        assert [thermometer.read() for _ in range(3)] == [RawReading(None, None, "none")] * 3

    def test_closing_wakes_a_reader(self):
        """A station that stops does not wait for a sensor that is not there."""
        thermometer = NoThermometer(period=NEVER)
        thread, outcome = in_background(thermometer.read)
        thermometer.close()
        thread.join(PATIENCE)
        assert outcome == ["this lane's thermometer is closed"]


class TestRehearsal:
    def test_at_first_nobody_is_there(self, thermometer):
        """Before anyone steps up only the room is measured."""
        assert thermometer.read() == RawReading(None, 22.0, "rehearsal")

    def test_a_forehead_stays_until_nobody_is_there(self, thermometer):
        """What stands before the sensor is read again and again, and gone when it goes."""
        thermometer.forehead(38.4)
        assert [thermometer.read().object_celsius for _ in range(3)] == [38.4] * 3
        thermometer.nobody()
        assert thermometer.read().object_celsius is None

    def test_the_air_is_measured_beside_the_forehead(self, thermometer):
        """A cold day shows in every reading."""
        thermometer.ambient(-7)
        thermometer.forehead(33.1)
        assert thermometer.read() == RawReading(33.1, -7.0, "rehearsal")

    def test_somebody_who_cannot_be_measured_yet_is_told_what_to_do(self, thermometer):
        """Far away is nobody; whoever moves is there without a figure; a forehead ends both."""
        thermometer.guide(Guidance.CLOSER)
        far = thermometer.read()
        assert (far.guidance, far.nobody, far.object_celsius) == (Guidance.CLOSER, True, None)
        thermometer.guide(Guidance.HOLD_STILL)
        moving = thermometer.read()
        assert (moving.guidance, moving.nobody, moving.object_celsius) == (Guidance.HOLD_STILL, False, None)
        thermometer.forehead(36.6)
        assert thermometer.read() == RawReading(36.6, 22.0, "rehearsal")

    def test_a_failed_sensor_raises_until_it_is_mended(self, thermometer):
        """The world breaks the sensor with its own words; mended, it sees who stands there."""
        thermometer.forehead(36.5)
        thermometer.fail("the sensor does not answer")
        thermometer.close()
        for _ in range(2):
            with pytest.raises(ThermometerFailed, match="the sensor does not answer"):
                thermometer.read()
        thermometer.mend()
        assert thermometer.read().object_celsius == 36.5

    def test_a_change_is_read_without_waiting_for_the_period(self):
        """A reader that waits for the next reading of a slow sensor wakes up when someone steps before it."""
        slow = RehearsalThermometer(period=NEVER)
        slow.read()
        thread, outcome = in_background(slow.read)
        slow.forehead(36.6)
        thread.join(PATIENCE)
        assert outcome == [RawReading(36.6, 22.0, "rehearsal")]

    def test_a_waiting_reader_hears_of_the_failure(self):
        """A sensor that breaks while the gate waits for a reading does not leave it waiting."""
        slow = RehearsalThermometer(period=NEVER)
        slow.read()
        thread, outcome = in_background(slow.read)
        slow.fail("the sensor does not answer")
        thread.join(PATIENCE)
        assert outcome == ["the sensor does not answer"]

    @pytest.mark.parametrize("celsius", [float("nan"), float("inf")])
    def test_no_sensor_reads_what_is_not_a_number(self, thermometer, celsius):
        """A mistake in a scenario is refused where it is made."""
        with pytest.raises(ValueError, match="not a temperature"):
            thermometer.forehead(celsius)
        with pytest.raises(ValueError, match="not a temperature"):
            thermometer.ambient(celsius)
