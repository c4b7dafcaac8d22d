"""Hours and days by the compound's clock: never by the machine's, across midnight, and on days of 23 and 25 hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.direction import Direction
from gate.hours import MOST_DAYS, Hours, Quota, within, zone_named

SHANGHAI = "Asia/Shanghai"
MINUTES = st.integers(0, 24 * 60 - 1)
INSTANTS = st.integers(0, 16 * 366 * 86_400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
IN, OUT = Direction.IN, Direction.OUT


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@given(MINUTES, MINUTES, MINUTES)
def test_from_one_time_to_another_and_from_that_back_is_the_whole_day(first: int, second: int, at: int) -> None:
    """Every minute lies in exactly one of the two, whichever of them crosses midnight."""
    if first == second:
        return
    clock = time(at // 60, at % 60)
    there, back = Hours(_text(first), _text(second)), Hours(_text(second), _text(first))
    assert there.cover(clock) != back.cover(clock)
    assert there.cover(time(first // 60, first % 60, 59, 999_999))


@given(MINUTES)
def test_from_midnight_to_midnight_is_always(at: int) -> None:
    """ "24:00" is the end of the day, so the last minute belongs to it."""
    assert Hours("00:00", "24:00").cover(time(at // 60, at % 60))


@pytest.mark.parametrize(
    "hours",
    [
        {"opens": "07:00", "closes": "07:00"},
        {"opens": "24:00", "closes": "07:00"},
        {"opens": "7:00", "closes": "08:00"},
        {"opens": "07:00", "closes": "24:01"},
        {"opens": "07:60", "closes": "08:00"},
        {"opens": "07:00\n", "closes": "08:00"},
        {"opens": "07:00", "closes": "08:00", "directions": []},
    ],
)
def test_hours_that_nobody_could_read_are_refused(hours: dict[str, object]) -> None:
    """Always or never, a time that no clock shows, or hours about nobody."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(hours, Hours)


def test_the_compounds_clock_counts_and_not_the_machines() -> None:
    """Half past seven in the evening in London is half past three in the morning in Shanghai."""
    evening = datetime(2026, 1, 5, 19, 30, tzinfo=UTC)
    night = (Hours("03:00", "04:00"),)
    assert within(night, IN, evening, SHANGHAI)
    assert not within(night, IN, evening, "Europe/London")


def test_hours_say_nothing_of_a_way_that_they_do_not_name() -> None:
    """And none say nothing at all."""
    at = datetime(2026, 1, 5, 4, tzinfo=UTC)
    going_out = (Hours("00:00", "01:00", frozenset({OUT})),)
    assert within(going_out, IN, at, SHANGHAI)
    assert not within(going_out, OUT, at, SHANGHAI)
    assert within((), OUT, at, SHANGHAI)


@given(INSTANTS, st.integers(1, MOST_DAYS), st.sampled_from([SHANGHAI, "Europe/Berlin", "America/Los_Angeles"]))
def test_a_quotas_period_begins_at_a_midnight_of_the_compound(now: datetime, days: int, timezone: str) -> None:
    """So many days of the calendar with today, also where a day has 23 or 25 hours."""
    since = Quota(1, days).since(now, timezone)
    here = now.astimezone(ZoneInfo(timezone))
    assert (since.hour, since.minute, since.second, since.microsecond) == (0, 0, 0, 0)
    assert (here.date() - since.date()).days == days - 1
    assert timedelta(0) <= now - since < timedelta(days=days, hours=2)


def test_a_zone_that_does_not_exist_is_named() -> None:
    """With how it is written."""
    with pytest.raises(ValueError, match="no 'Peking'; write it as Asia/Shanghai"):
        zone_named("Peking")
