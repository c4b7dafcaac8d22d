"""A reading, its mapping and a retest: what is normal, what is a fever, and what is neither."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import ValidationError, json

from gate.mapping import FEVERS, LEAST_SLOPE, MAPPINGS, Mapping, mapping_named
from gate.reason import Outcome, Reason
from gate.temperature import (
    HAND_HELD,
    Measurement,
    RetestRule,
    Site,
    TemperatureLimits,
    judge,
    judge_retest,
)

LIMITS = TemperatureLimits()
GRAVITY = (
    Reason.FEVER,
    Reason.THERMOMETER_FAULT,
    Reason.TEMPERATURE_TOO_LOW,
    Reason.TEMPERATURE_DOUBTFUL,
    Reason.TEMPERATURE_MISSING,
)
figures = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(30, 45)
limits = st.builds(
    lambda low, step, more: TemperatureLimits(low + step, low, min(50.0, low + step + more)),
    st.floats(30, 36),
    st.floats(0.1, 5),
    st.floats(0.5, 6),
)
measurements = st.builds(
    Measurement,
    celsius=figures,
    ambient_celsius=st.none() | st.floats(-30, 60),
    sensor=st.sampled_from(["mlx90614", HAND_HELD]),
    raw_celsius=figures,
    site=st.sampled_from(Site),
    mapping=st.sampled_from(["", *MAPPINGS]),
    uncertainty_celsius=st.none() | st.floats(0, 3),
    doubtful=st.booleans(),
)


def normal(site: Site = Site.FOREHEAD) -> Measurement:
    return Measurement(36.6, 22.0, "mlx90614", site=site)


class TestMeasurement:
    def test_a_record_of_an_older_gate_still_reads(self) -> None:
        """What was written before the reading said how it came about is a reading all the same."""
        old = b'{"celsius":37.9,"ambient_celsius":21.0,"sensor":"rehearsal"}'
        read = json.decode(old, type=Measurement)
        assert read == Measurement(37.9, 21.0, "rehearsal")
        assert json.encode(read) == old

    @given(measurements)
    def test_what_a_gate_wrote_is_what_the_office_reads(self, measurement: Measurement) -> None:
        """Every field crosses the wire; what is no number crosses as none."""
        back = json.decode(json.encode(measurement), type=Measurement)
        for name in Measurement.__struct_fields__:
            said, heard = getattr(measurement, name), getattr(back, name)
            lost = isinstance(said, float) and not math.isfinite(said)
            assert heard is None if lost else heard == said

    @pytest.mark.parametrize("name", ["Forehead@1", "forehead", "forehead@0", "王小明@1", "a" * 40 + "@1", "x@1\n"])
    def test_no_free_text_travels_as_a_mapping(self, name: str) -> None:
        """The field holds a name and a version, so it cannot carry anything about a person."""
        with pytest.raises(ValidationError):
            json.decode(json.encode({"celsius": 36.6, "mapping": name}), type=Measurement)

    @given(measurements)
    def test_a_doubtful_reading_or_no_number_is_never_valid(self, measurement: Measurement) -> None:
        """`valid` and 'normal' agree in one direction: what is normal is valid."""
        if judge(measurement, LIMITS) is None:
            assert measurement.valid
        assert not Measurement(36.6, 22.0, doubtful=True).valid
        assert not Measurement(math.nan, 22.0).valid


class TestJudge:
    @given(measurements, limits)
    def test_only_a_whole_and_undoubted_figure_between_the_limits_is_normal(
        self, measurement: Measurement, limits: TemperatureLimits
    ) -> None:
        """Nothing else comes out as 'nothing speaks against it'."""
        if judge(measurement, limits) is None:
            assert measurement.celsius is not None
            assert limits.too_low_celsius <= measurement.celsius < limits.fever_celsius
            assert not measurement.doubtful
            if measurement.sensor != HAND_HELD:
                assert measurement.ambient_celsius is not None

    @given(measurements, st.floats(LIMITS.fever_celsius, LIMITS.impossible_celsius))
    def test_no_doubt_softens_a_fever(self, measurement: Measurement, celsius: float) -> None:
        """A fever is a fever in the cold, with doubts and from any sensor."""
        fever = Measurement(celsius, measurement.ambient_celsius, measurement.sensor, doubtful=measurement.doubtful)
        assert judge(fever, LIMITS) is Reason.FEVER

    @pytest.mark.parametrize("ambient", [4.9, 40.1, math.nan, None])
    def test_outside_of_its_air_a_sensor_cannot_say_normal(self, ambient: float | None) -> None:
        """Too cold, too hot or unknown: doubtful, never normal."""
        assert judge(Measurement(36.6, ambient, "mlx90614"), LIMITS) is Reason.TEMPERATURE_DOUBTFUL

    def test_what_the_station_doubts_is_never_normal(self) -> None:
        """Distance, a warming sensor, a wall in the sun: the station's doubt counts in the best of air."""
        assert judge(Measurement(36.6, 22.0, "mlx90614", doubtful=True), LIMITS) is Reason.TEMPERATURE_DOUBTFUL
        assert judge(Measurement(36.6, sensor=HAND_HELD, doubtful=True), LIMITS) is Reason.TEMPERATURE_DOUBTFUL

    def test_a_guards_own_thermometer_has_no_air_to_tell(self) -> None:
        """What a guard measured by hand and typed is as good as his thermometer; in freezing air too, if it says so."""
        assert judge(Measurement(36.6, sensor=HAND_HELD), LIMITS) is None
        assert judge(Measurement(38.1, sensor=HAND_HELD), LIMITS) is Reason.FEVER
        assert judge(Measurement(36.6, -5.0, HAND_HELD), LIMITS) is Reason.TEMPERATURE_DOUBTFUL


class TestRetest:
    RULE = RetestRule()

    def test_by_default_five_minutes_then_forehead_then_wrist(self) -> None:
        """What the office gets when it says nothing."""
        assert (self.RULE.rest_minutes, self.RULE.sites) == (5.0, (Site.FOREHEAD, Site.WRIST))

    def test_normal_at_every_site_leaves_nothing_against_it(self) -> None:
        """None is not a way in: the guard still has to say so."""
        assert judge_retest([normal(), normal(Site.WRIST)], self.RULE, LIMITS) is None

    def test_a_site_that_was_not_measured_is_missed(self) -> None:
        """A forehead alone is no retest."""
        assert judge_retest([normal()], self.RULE, LIMITS) is Reason.TEMPERATURE_MISSING
        assert judge_retest([], self.RULE, LIMITS) is Reason.TEMPERATURE_MISSING

    @given(st.lists(measurements, max_size=6), limits)
    def test_the_worst_reading_counts(self, readings: list[Measurement], limits: TemperatureLimits) -> None:
        """More readings never make a retest milder."""
        found = judge_retest(readings, self.RULE, limits)
        each = {judge(reading, limits) for reading in readings} - {None}
        if each:
            worst = min(each, key=GRAVITY.index)
            assert found is not None
            assert GRAVITY.index(found) <= GRAVITY.index(worst)
        if Reason.FEVER in each:
            assert found is Reason.FEVER

    @given(st.lists(measurements, max_size=6), st.randoms())
    def test_the_order_of_the_readings_is_nothing(self, readings: list[Measurement], random) -> None:
        """A fever is not washed away by a later, cooler reading."""
        shuffled = list(readings)
        random.shuffle(shuffled)
        assert judge_retest(shuffled, self.RULE, LIMITS) is judge_retest(readings, self.RULE, LIMITS)

    def test_whatever_a_retest_says_it_never_admits(self) -> None:
        """Every answer that is one is the guard's matter or a refusal."""
        assert {reason.outcome for reason in GRAVITY} == {Outcome.REFER, Outcome.REFUSE}

    @pytest.mark.parametrize("sites", [(), (Site.WRIST, Site.WRIST)])
    def test_a_rule_that_measures_nothing_or_twice_is_refused(self, sites: tuple[Site, ...]) -> None:
        """The office hears of it before a gate does."""
        with pytest.raises(ValueError, match="sites"):
            RetestRule(sites=sites)
        with pytest.raises(ValidationError):
            json.decode(json.encode({"sites": sites}), type=RetestRule)


@st.composite
def rising_points(draw: st.DrawFn) -> tuple[tuple[float, float], ...]:
    """Points of a line that a mapping may have: it rises as asked for and never lowers."""
    raw, mapped = draw(st.floats(20, 34)), 0.0
    mapped = raw + draw(st.floats(0, 4))
    points = [(raw, mapped)]
    for _ in range(draw(st.integers(0, 5))):
        step = draw(st.floats(0.1, 4))
        raw, mapped = raw + step, mapped + step * draw(st.floats(LEAST_SLOPE, 3))
        mapped = max(mapped, raw)
        points.append((raw, mapped))
    return tuple(points)


skins = st.floats(20, 50)


def made(points: tuple[tuple[float, float], ...]) -> Mapping:
    return Mapping("trial@1", Site.FOREHEAD, points)


class TestMapping:
    @given(rising_points(), skins, skins)
    def test_no_mapping_squashes(self, points, first: float, second: float) -> None:
        """From 36 to 41 degrees a degree of fever is at least 0.9 degrees on the screen."""
        mapping = made(points)
        low, high = sorted((first, second))
        assume(high - low > 0.01)
        rise = mapping.celsius(high) - mapping.celsius(low)
        assert rise > 0, "a mapping is monotone"
        if FEVERS[0] <= low and high <= FEVERS[1]:
            assert rise >= LEAST_SLOPE * (high - low) - 1e-9

    @given(rising_points(), skins, limits)
    def test_no_mapping_hides_a_fever(self, points, raw: float, limits: TemperatureLimits) -> None:
        """Skin at or above the office's limit, wherever that is, is never shown below it."""
        raw = max(raw, limits.fever_celsius)
        assert made(points).celsius(raw) >= limits.fever_celsius
        assert made(points).celsius(limits.fever_celsius) >= limits.fever_celsius

    def test_not_even_a_rounding_error_lowers_a_reading(self) -> None:
        """A line that adds nothing gives exactly what went in, at every hundredth, or more."""
        mapping = made(((30.1, 30.1), (33.3, 33.3), (43.7, 43.7)))
        assert [raw for raw in range(3000, 4400) if mapping.celsius(raw / 100) < raw / 100] == []

    @given(st.lists(st.tuples(st.floats(30, 45), st.floats(30, 45)), min_size=1, max_size=5))
    def test_a_mapping_that_would_is_refused(self, points: list[tuple[float, float]]) -> None:
        """Any points at all: either refused in a sentence, or neither squashing, falling nor hiding."""
        points.sort()
        try:
            mapping = made(tuple(points))
        except ValueError:
            return
        tenths = [30 + step / 10 for step in range(151)]
        mapped = [mapping.celsius(raw) for raw in tenths]
        assert all(after > before for before, after in pairwise(mapped))
        assert all(celsius >= raw for raw, celsius in zip(tenths, mapped, strict=True))
        among = [celsius for raw, celsius in zip(tenths, mapped, strict=True) if 36 <= raw <= 41]
        assert all(after - before >= 0.09 - 1e-9 for before, after in pairwise(among))

    @pytest.mark.parametrize(
        ("points", "sentence"),
        [
            ((), "has no points"),
            (((36.0, math.nan),), "no pair of temperatures"),
            (((36.0, 36.5), (36.0, 37.0)), "does not rise"),
            (((34.0, 36.5), (40.0, 37.0)), "it rises by 0.08 a degree; between 36 and 41 it must be 0.9 or more"),
            # Squashed only where the result is a fever: skin of 35 is mapped to 38.
            (((33.0, 36.5), (34.5, 38.5), (35.9, 39.0)), "it rises by 0.36 a degree"),
            (((38.0, 37.2),), "makes 37.2 of 38, so a fever could come out below the limit"),
        ],
    )
    def test_the_refusal_says_where(self, points, sentence: str) -> None:
        """Whoever writes a mapping reads which points are wrong, and why."""
        with pytest.raises(ValueError, match="mapping trial@1") as refused:
            made(points)
        assert sentence in str(refused.value)

    def test_the_squash_of_the_study_cannot_be_written_down(self) -> None:
        """The shape that seven of seven commercial devices had: all skins of 34 to 37 come out as 36.4 to 36.8."""
        with pytest.raises(ValueError, match="between 36 and 41 it must be"):
            made(((30.0, 33.0), (34.0, 36.4), (37.0, 36.8), (40.0, 40.0)))

    @pytest.mark.parametrize("name", sorted(MAPPINGS))
    def test_every_mapping_here_keeps_its_released_figures(self, name: str) -> None:
        """A released mapping is never changed: records of years ago name it."""
        released = {
            "skin@1": 34.5, "skin-wrist@1": 34.5, "forehead-indoor@1": 36.6, "wrist-indoor@1": 37.5,
        }  # fmt: skip
        assert mapping_named(name).celsius(34.5) == pytest.approx(released[name])
        assert mapping_named(name).celsius(38.0) - mapping_named(name).celsius(37.0) == pytest.approx(1.0)

    def test_in_other_air_a_mapping_does_not_fit(self) -> None:
        """Indoor is a room: neither winter nor a heat wave, and not an unknown air."""
        fits = mapping_named("forehead-indoor@1").fits
        assert [fits(ambient) for ambient in (18.0, 30.0, 17.9, 30.1, None, math.nan)] == [True, True] + 4 * [False]

    def test_an_unknown_mapping_is_refused_with_the_known_ones(self) -> None:
        """A typing error is answered with what exists."""
        with pytest.raises(ValueError, match="choose one of forehead-indoor@1, skin-wrist@1, skin@1, wrist-indoor@1"):
            mapping_named("forehead@9")
