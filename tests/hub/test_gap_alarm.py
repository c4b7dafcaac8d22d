"""What a gate owes is seen at once, is an alarm within a minute where it does not come, and ends when it has come."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from gate.wire import StationStatus
from hub.incoming.gaps import LOOK_EVERY_SECONDS, Gaps, Station
from hub.incoming.received import Received

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL, OTHER = "ab" * 8, "cd" * 8
MINUTE = timedelta(minutes=1)


class Office:
    """A hub's watch over east-1: what came, what its status says, and the time."""

    def __init__(self) -> None:
        self.now = NOON
        self.received = Received()
        self.gaps = Gaps()
        self.status: StationStatus | None = None
        self.heard_at: datetime | None = None
        self.listening_since: datetime | None = NOON

    def comes(self, *sequences: int, journal: str = JOURNAL) -> None:
        self.received.note((("east-1", journal, each) for each in sequences), self.now)

    def says(self, newest: int, online: bool = True) -> None:
        self.status = StationStatus(1, online, "east", "1", JOURNAL, newest)
        self.heard_at = self.now

    def looks(self):
        gaps = [each for each in self.received.gaps(self.now) if each.station == "east-1"]
        station = Station("east-1", self.status, self.heard_at, gaps, self.received.newest("east-1"))
        self.gaps.look([station], self.now, self.listening_since)
        return self.gaps.found["east-1"]

    def waits(self, seconds: float):
        """With a look every few seconds, as the running hub has it, and a status every half minute."""
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now += timedelta(seconds=LOOK_EVERY_SECONDS)
            if self.status is not None and self.status.online and (self.now - NOON).seconds % 30 == 0:
                self.heard_at = self.now
            owed = self.looks()
        return owed


@pytest.fixture
def office() -> Office:
    return Office()


def test_nothing_is_owed_where_everything_came(office: Office):
    office.comes(1, 2, 3)
    office.says(3)
    owed = office.waits(120)
    assert (owed.missing, owed.since, owed.alarming) == (0, None, False)


def test_a_hole_is_seen_at_once(office: Office):
    office.comes(1, 2, 5)
    owed = office.looks()
    assert (owed.missing, owed.since, owed.alarming) == (2, NOON, False)


def test_records_that_only_the_status_tells_of_are_seen_too(office: Office):
    """The newest ones, behind which nothing came, and a journal of which nothing came at all."""
    office.comes(1, 2)
    office.says(7)
    assert office.looks().missing == 5
    office.status = StationStatus(1, True, "east", "1", OTHER, 3)
    assert office.looks().missing == 3


def test_what_does_not_come_is_an_alarm_within_a_minute_and_once(office: Office, caplog: pytest.LogCaptureFixture):
    office.comes(1, 3)
    office.says(3)
    office.looks()
    assert office.waits(60).alarming
    office.waits(600)
    (line,) = (each for each in caplog.records if each.levelno >= logging.ERROR)
    assert "1 of its records" in line.getMessage()


def test_it_ends_when_the_record_has_come_and_says_so(office: Office, caplog: pytest.LogCaptureFixture):
    office.comes(1, 3)
    office.says(3)
    office.waits(120)
    office.comes(2)
    owed = office.looks()
    assert (owed.missing, owed.since, owed.alarming) == (0, None, False)
    assert "none of its records is missing any more" in caplog.text
    office.comes(5)
    assert office.looks().since == office.now


def test_a_backlog_that_drains_is_shown_and_no_alarm(office: Office, caplog: pytest.LogCaptureFixture):
    """Live records come ahead of it, so there is a hole all the while; but its beginning moves."""
    office.says(100_000)
    office.comes(*range(99_990, 100_001))
    for first in range(1, 9_000, 100):
        office.comes(*range(first, first + 100))
        owed = office.waits(10)
        assert owed.missing > 0
        assert not owed.alarming
    assert "ALARM" not in caplog.text


def test_one_lost_record_is_not_hidden_by_a_gate_that_goes_on(office: Office):
    """Others come and go missing for a moment all the time; the first of them stays."""
    office.comes(1, 3)
    for sequence in range(4, 40):
        office.comes(sequence)
        office.says(sequence + 1)
        office.waits(5)
    assert office.looks().stuck


def test_a_record_missing_of_an_older_journal_counts_like_any_other(office: Office):
    office.comes(1, 2, 4, journal=OTHER)
    office.comes(1, 2, 3)
    office.says(3)
    office.looks()
    assert office.waits(60).stuck


@pytest.mark.parametrize("back", [timedelta(hours=-1), timedelta(days=-400)], ids=["an hour", "a year"])
def test_a_clock_set_back_makes_no_gap_younger(office: Office, back: timedelta):
    """It may be told a little later, and is never told for ever as something new."""
    office.comes(1, 3)
    office.says(3)
    office.waits(30)
    office.now += back
    office.heard_at = office.now
    assert office.waits(120).stuck


def test_a_gate_that_says_nothing_any_more_is_told_within_a_minute(office: Office, caplog: pytest.LogCaptureFixture):
    office.says(0)
    for _ in range(12):
        office.now += timedelta(seconds=LOOK_EVERY_SECONDS)
        owed = office.looks()
    assert owed.alarming
    assert owed.silent_since == NOON
    assert "says nothing any more" in caplog.text
    office.says(0)
    assert not office.looks().alarming
    assert "is heard again" in caplog.text


def test_a_gate_whose_last_will_came_is_off_and_said_so_at_once(office: Office, caplog: pytest.LogCaptureFixture):
    office.says(0, online=False)
    owed = office.looks()
    assert (owed.off, owed.silent_since) == (True, NOON)
    assert not owed.alarming
    assert "is off" in caplog.text


def test_while_the_hub_hears_nobody_nobody_is_silent(office: Office):
    """The broker is away: that is one trouble, not one for every gate; and each has its minute when it is back."""
    office.says(0)
    office.listening_since = None
    office.now += 10 * MINUTE
    assert office.looks().silent_since is None
    office.listening_since = office.now
    office.now += MINUTE / 2
    assert office.looks().silent_since is None
    office.now += MINUTE / 2
    assert office.looks().silent_since == NOON
