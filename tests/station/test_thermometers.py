"""The thermometers of a lane: each says what its sensor said, and a sensor that is gone says so."""

import threading

import pytest

from station.thermometers import BACKENDS, RawReading, ThermometerFailed, open_thermometer
from station.thermometers.none import NoThermometer
from station.thermometers.rehearsal import RehearsalThermometer

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
    def test_an_unknown_backend_is_refused_with_the_known_ones(self):
        """A typing error in the settings is answered with the names that exist."""
        with pytest.raises(ValueError, match="'mxl90614': choose one of none, rehearsal"):
            open_thermometer("mxl90614")

    @pytest.mark.parametrize("name", sorted(BACKENDS))
    def test_every_backend_opens_by_its_name_and_closes_twice(self, name):
        """The settings' name is all it takes; giving back a sensor twice does no harm, reading it then raises."""
        thermometer = open_thermometer(name)
        thermometer.close()
        thermometer.close()
        with pytest.raises(ThermometerFailed, match="closed"):
            thermometer.read()


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
