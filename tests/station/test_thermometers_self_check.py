"""The self-check: a thermometer that drifts, or was not calibrated for long, is said to be doubted."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.temperature import HAND_HELD, Measurement
from gate.wire import encode_body
from station.inbox import Warned
from station.self_check import CALIBRATION_LIVES, DailyMedians, SelfCheck, of_lane
from station.settings.reading import load
from station.thermometers.calibration import FILE, Calibration, SetPoint, write
from tests.station.station_files import Folder

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE)
CALIBRATED = Calibration(
    TODAY - timedelta(days=10), "mlx90614", 0.1, 1.0, (SetPoint(37.0, 36.9, 0.1, 20),), (0.0,), 22.0
)


def passage(celsius: float | None, at: datetime, sensor: str = "mlx90614", ambient: float = 22.0) -> Passage:
    stamp = Stamp(at.astimezone(UTC), ClockState.SYNCED, "aaaabbbbccccdddd", 1.0)
    return Passage(stamp, "east", "1", Direction.IN, temperature=Measurement(celsius, ambient, sensor))


def day(days_ago: int, celsius: float, count: int = 40, sensor: str = "mlx90614") -> list[Passage]:
    """People of a day, spread around a median."""
    morning = TODAY - timedelta(days=days_ago, hours=3)
    return [
        passage(celsius + (number % 5 - 2) / 10, morning + timedelta(minutes=number), sensor) for number in range(count)
    ]


def check_of(records: Iterable[Passage], calibration=CALIBRATED, now: datetime = TODAY):
    posts: list[object] = []
    check = SelfCheck("mlx90614", calibration, ZONE, lambda: now, posts.append)
    check.remember(records)
    return check, posts


def usual() -> list[Passage]:
    return [record for days_ago in range(5, 0, -1) for record in day(days_ago, 36.5)]


class TestDrift:
    def test_a_day_like_the_others_is_nothing_to_speak_of(self):
        """No warning where the median stays."""
        check, posts = check_of([*usual(), *day(0, 36.6)])
        assert (check.warnings(), posts) == ((), [])

    @pytest.mark.parametrize(
        ("celsius", "zh", "en"), [(36.1, "低 0.4", "0.4 °C lower"), (36.9, "高 0.4", "0.4 °C higher")]
    )
    def test_a_day_that_is_not_is_said_in_both_languages(self, celsius, zh, en):
        """Low matters most: fevers would be missed."""
        check, posts = check_of([*usual(), *day(0, celsius)])
        [words] = check.warnings()
        assert zh in words.zh
        assert en in words.en
        assert posts == [Warned("calibration", words)]

    def test_it_is_said_once_and_taken_back(self):
        """What was put right is not doubted any more."""
        check, posts = check_of([*usual(), *day(0, 36.1, 30)])
        for record in day(0, 36.1, 5):
            check.recorded("journal", 1, record)
        assert len(posts) == 1
        for record in day(0, 36.6, 200):
            check.recorded("journal", 1, record)
        assert posts[-1] == Warned("calibration", None)

    def test_a_few_readings_or_a_few_days_say_nothing(self):
        """One cold morning and three people are chance."""
        assert check_of([*usual(), *day(0, 36.0, 19)])[0].warnings() == ()
        assert check_of([*day(2, 36.5), *day(1, 36.5), *day(0, 36.0)])[0].warnings() == ()

    def test_a_lane_that_drifts_slowly_is_caught_before_it_has_drifted_far(self):
        """A twentieth of a degree a day: said within ten days, although no day stands out from the one before."""
        records: list[Passage] = []
        said = None
        for number in range(14):
            now = TODAY + timedelta(days=number)
            records += [passage(36.5 - number / 20 + (each % 5 - 2) / 10, now) for each in range(40)]
            if said is None and check_of(records, now=now)[0].warnings():
                said = number
        assert said is not None
        assert 6 <= said <= 13

    def test_only_normal_readings_of_the_lanes_own_sensor_count(self):
        """Fevers, doubts, faults and the guard's own thermometer say nothing of the sensor."""
        others = [
            *day(0, 38.5), *day(0, 35.8, sensor=HAND_HELD), *[passage(None, TODAY)] * 40,
            *[passage(36.0, TODAY, ambient=-5.0)] * 40,
        ]  # fmt: skip
        assert check_of([*usual(), *day(0, 36.5), *others])[0].warnings() == ()

    def test_a_day_is_the_compounds(self):
        """In Shanghai it is tomorrow while it is still today in UTC."""
        medians = DailyMedians()
        for record in [*usual(), *day(0, 36.0)]:
            assert record.temperature is not None
            medians.add(record.temperature.celsius, record.stamp.at.astimezone(ZONE).date())
        assert medians.drift(TODAY.date()) == pytest.approx(-0.5, abs=0.06)

    @given(st.lists(st.floats(35, 37.2), min_size=20, max_size=60))
    def test_a_median_is_a_median(self, figures):
        """Against days of exactly 36, a day drifts by what its own median is off, to within a tenth."""
        medians = DailyMedians()
        for days_ago in range(3, 0, -1):
            for _ in range(20):
                medians.add(36.0, (TODAY - timedelta(days=days_ago)).date())
        for figure in figures:
            medians.add(figure, TODAY.date())
        ordered = sorted(figures)
        low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
        drift = medians.drift(TODAY.date())
        assert drift is not None
        assert low - 36 - 0.11 <= drift <= high - 36 + 0.11


class TestCalibration:
    def test_one_that_was_never_made_is_said(self):
        """From the first minute on."""
        _, posts = check_of([], calibration=None)
        assert isinstance(posts[0], Warned)
        assert "never calibrated" in posts[0].words.en

    def test_an_old_one_is_said_on_its_day(self):
        """Half a year."""
        assert check_of([], now=CALIBRATED.at + CALIBRATION_LIVES - timedelta(hours=1))[0].warnings() == ()
        [words] = check_of([], now=CALIBRATED.at + CALIBRATION_LIVES)[0].warnings()
        assert "180 天" in words.zh

    def test_drift_is_said_first(self):
        """The gravest comes first, and both fit into one warning."""
        check, posts = check_of([*usual(), *day(0, 36.0)], calibration=None)
        assert ["lower" in words.en for words in check.warnings()] == [True, False]
        assert len(posts) == 1


class TestLane:
    @pytest.fixture
    def settings(self, tmp_path):
        folder = Folder(tmp_path)
        folder.spoil('backend = "none"', 'backend = "mlx90614"\nsource = "/dev/i2c-1"')
        return load(folder.settings)[0]

    def test_after_a_restart_it_knows_what_the_journal_knows(self, settings):
        """The journal's records and the calibration file are all it needs; what cannot be read is passed by."""
        write(settings.data_folder / FILE, CALIBRATED)
        bodies = [(number, encode_body(record)) for number, record in enumerate([*usual(), *day(0, 36.0)])]
        posts: list[object] = []
        check = of_lane(settings, [*bodies, (999, b"{}")], lambda: TODAY, posts.append)
        assert check is not None
        assert "lower than usual" in check.warnings()[0].en
        assert len(posts) == 1

    def test_a_lane_without_a_sensor_has_none(self, settings, tmp_path):
        """Nothing to doubt."""
        text = (tmp_path / "station.toml").read_text("utf-8").replace('"mlx90614"', '"hand_held"')
        (tmp_path / "station.toml").write_text(text, "utf-8")
        assert of_lane(load(tmp_path / "station.toml")[0], [], lambda: TODAY, print) is None
