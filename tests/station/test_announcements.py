"""The office's announcements: in their time, as often as asked for, and never in the hours of rest."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gate.notices import Notice, Notices
from station.voice.announcements import due, resting

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEN = datetime(2026, 3, 1, 10, 0, tzinfo=SHANGHAI)


def notice(name: str = "tests", every: int = 30, begins: datetime = TEN, hours: float = 4.0) -> Notice:
    return Notice(name, "核酸检测今天进行", "Tests today", 60, begins, begins + timedelta(hours=hours), every)


def names(notices: Notices, now: datetime, said: dict[str, datetime] | None = None) -> list[str]:
    return [each.id for each in due(notices, now, said or {})]


def test_one_is_due_from_its_beginning_until_its_end():
    notices = Notices((notice(),))
    at = [names(notices, TEN + timedelta(hours=hours)) for hours in (-0.01, 0, 3.99, 4)]
    assert at == [[], ["tests"], ["tests"], []]


def test_one_is_said_as_often_as_the_office_asked_and_no_more():
    """Every thirty minutes over four hours is eight times, however often it is asked."""
    notices, said, count = Notices((notice(),)), {}, 0
    for minute in range(8 * 60):
        now = TEN + timedelta(minutes=minute)
        for each in due(notices, now, said):
            said[each.id] = now
            count += 1
    assert count == 8


def test_the_hours_of_rest_are_silent_over_midnight():
    """From 19:00 to 08:00 nothing is due, though its time has come."""
    notices = Notices((notice(begins=TEN - timedelta(days=1), hours=72),))
    heard = [hour for hour in range(24) if names(notices, TEN.replace(hour=hour))]
    assert heard == list(range(8, 19))


def test_the_hours_are_those_of_the_compound():
    """What the gate's clock calls 02:00 UTC is ten in the morning there."""
    notices = Notices((notice(),))
    assert names(notices, TEN.astimezone(UTC).astimezone(SHANGHAI)) == ["tests"]


@pytest.mark.parametrize(
    ("begins", "ends", "now", "rests"),
    [
        ("19:00", "08:00", "18:59", False),
        ("19:00", "08:00", "19:00", True),
        ("19:00", "08:00", "07:59", True),
        ("19:00", "08:00", "08:00", False),
        ("12:00", "14:00", "13:00", True),
        ("12:00", "14:00", "14:00", False),
        ("08:00", "08:00", "08:00", False),
    ],
)
def test_hours_of_rest_begin_and_end_on_the_minute(begins, ends, now, rests):
    assert resting(begins, ends, time.fromisoformat(now)) is rests


def test_the_longest_overdue_comes_first():
    notices = Notices((notice("new", begins=TEN), notice("old", begins=TEN - timedelta(hours=1))))
    assert names(notices, TEN + timedelta(minutes=1)) == ["old", "new"]


def test_a_clock_that_was_set_back_does_not_silence_one():
    """It was said 'tomorrow': that time is worth nothing."""
    assert names(Notices((notice(),)), TEN, {"tests": TEN + timedelta(days=1)}) == ["tests"]


@pytest.mark.parametrize(
    "spoiled",
    [{"every_minutes": 1}, {"volume": 101}, {"id": "Not A Slug"}, {"text_zh": "很" * 201}, {"begins": "2026-01-01"}],
)
def test_a_notice_that_would_annoy_or_cannot_be_meant_is_unreadable(spoiled):
    """Every minute, louder than loud, a sentence for a name: refused when the document is read."""
    one = msgspec.to_builtins(notice())
    assert msgspec.convert({"notices": [one]}, Notices).notices == (notice(),)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"notices": [one | spoiled]}, Notices)


@pytest.mark.parametrize("clock", ["24:00", "7:00", "19:60", "dusk", "19:00\n"])
def test_hours_of_rest_are_hours(clock):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"quiet_from": clock}, Notices)
