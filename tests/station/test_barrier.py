"""The barrier's drive, second by second: a bounded opening, and a boom that is watched, not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.happenings import Happening
from station.panels.barrier import BarrierDrive, BarrierTimes
from station.view import Barrier

TIMES = BarrierTimes(held=3.0, opens_within=5.0, closes_within=20.0)


class Watched:
    """A drive at second 0, its relay, and a boom that is where the test puts it."""

    def __init__(self) -> None:
        self.relay = False
        self.seconds = 0.0
        self.up = self.fire = False
        self.told: list[Happening] = []
        self.drive = BarrierDrive(self._switch, TIMES, sensed=True)
        self.wait(0.0)

    def _switch(self, closed: bool) -> None:
        self.relay = closed

    def wait(self, seconds: float) -> "list[Happening]":
        """Ticks of a tenth; what was told meanwhile."""
        first = len(self.told)
        for _ in range(max(1, round(seconds * 10))):
            self.seconds += 0.1 if seconds else 0.0
            self.drive.let_go(self.seconds)
            self.told += self.drive.watch(self.seconds, self.up, self.fire)
        return self.told[first:]

    def open(self) -> None:
        self.drive.open(self.seconds)

    def boom(self, up: bool) -> "list[Happening]":
        self.up = up
        return self.wait(0.0)


@pytest.fixture
def barrier():
    return Watched()


def test_an_opening_that_works_is_told_twice_and_is_no_fault(barrier):
    """Up, and down again: where it is can be followed on the screen."""
    barrier.open()
    assert barrier.drive.where is Barrier.OPENING
    assert barrier.wait(1.0) == []
    assert (barrier.boom(True), barrier.drive.where) == ([Happening.BARRIER_OPENED], Barrier.OPEN)
    assert barrier.wait(3.0) == []
    assert (barrier.relay, barrier.drive.where) == (False, Barrier.CLOSING)
    assert (barrier.boom(False), barrier.drive.where) == ([Happening.BARRIER_CLOSED], Barrier.CLOSED)
    assert barrier.wait(60.0) == []


def test_a_boom_that_does_not_rise_is_told_once_in_its_time(barrier):
    """Five seconds after the relay closed, though the relay was let go before."""
    barrier.open()
    assert barrier.wait(4.8) == []
    assert (barrier.wait(0.4), barrier.drive.where) == ([Happening.BARRIER_STUCK_CLOSED], Barrier.STUCK)
    assert barrier.wait(60.0) == []
    barrier.open()
    assert barrier.wait(60.0) == []


def test_a_late_boom_ends_the_fault_and_is_watched_on_its_way_down(barrier):
    """The guard cranks it up by hand after the fault: nobody forced it, and it must come down all the same."""
    barrier.open()
    barrier.wait(6.0)
    assert barrier.boom(True) == [Happening.BARRIER_OPENED]
    assert barrier.wait(21.0) == [Happening.BARRIER_STUCK_OPEN]


def test_a_boom_that_does_not_fall_is_told_in_its_time(barrier):
    """Twenty seconds after the relay let go; closing at last ends it."""
    barrier.open()
    barrier.boom(True)
    assert barrier.wait(22.8) == []
    assert barrier.wait(0.5) == [Happening.BARRIER_STUCK_OPEN]
    assert barrier.wait(60.0) == []
    assert (barrier.boom(False), barrier.drive.where) == ([Happening.BARRIER_CLOSED], Barrier.CLOSED)


def test_a_queue_of_residents_keeps_it_open_without_a_fault(barrier):
    """Each opening begins the count anew: the boom may stay up as long as people pass."""
    for _ in range(20):
        barrier.open()
        barrier.boom(True)
        assert Happening.BARRIER_STUCK_OPEN not in barrier.wait(10.0)


def test_a_boom_that_nobody_opened_is_forced(barrier):
    """And its fall ends the fault."""
    assert (barrier.boom(True), barrier.drive.where) == ([Happening.BARRIER_FORCED], Barrier.STUCK)
    assert barrier.wait(60.0) == []
    assert barrier.boom(False) == [Happening.BARRIER_CLOSED]


def test_a_boom_that_rises_again_while_it_falls_is_not_forced(barrier):
    """Its own light curtain lifts it off whoever still stands there; half a minute later it would be force."""
    barrier.open()
    barrier.boom(True)
    barrier.wait(4.0)
    assert barrier.boom(False) == [Happening.BARRIER_CLOSED]
    barrier.wait(2.0)
    assert barrier.boom(True) == [Happening.BARRIER_OPENED]
    assert barrier.boom(False) == [Happening.BARRIER_CLOSED]
    barrier.wait(30.0)
    assert barrier.boom(True) == [Happening.BARRIER_FORCED]


def test_what_the_fire_alarm_opened_is_not_forced_and_may_stay_open(barrier):
    """However long the alarm lasts; after it the boom has its usual time to fall."""
    barrier.fire = True
    barrier.wait(0.5)
    assert barrier.boom(True) == [Happening.BARRIER_OPENED]
    assert (barrier.wait(600.0), barrier.drive.where) == ([], Barrier.OPEN)
    barrier.fire = False
    assert barrier.wait(19.0) == []
    assert barrier.wait(2.0) == [Happening.BARRIER_STUCK_OPEN]


def test_an_alarm_that_opens_nothing_is_a_fault(barrier):
    """The one time it matters most: the guard hears within five seconds that he has to open by hand."""
    barrier.fire = True
    assert barrier.wait(5.3) == [Happening.BARRIER_STUCK_CLOSED]


def test_a_station_that_starts_under_an_open_boom_tells_nothing_new():
    """It was restarted during a passage: no force, but a boom that has to come down."""
    drive = BarrierDrive(lambda closed: None, TIMES, sensed=True)
    assert drive.watch(100.0, True, False) == ()
    assert drive.watch(119.9, True, False) == ()
    assert drive.watch(120.0, True, False) == (Happening.BARRIER_STUCK_OPEN,)


def test_a_barrier_without_a_sensor_is_nowhere():
    """What nobody sees is not shown."""
    assert BarrierDrive(lambda closed: None, TIMES, sensed=False).where is Barrier.NONE


@given(
    st.lists(
        st.tuples(st.sampled_from(["open", "up", "down", "fire", "over", "wait"]), st.floats(0.05, 30.0)), max_size=60
    )
)
def test_no_history_holds_the_relay_longer_than_its_limit(history):
    """Whatever boom, fire and callers do, it lets go three seconds after the last opening was asked for."""
    closed = [False]
    drive = BarrierDrive(lambda on: closed.__setitem__(0, on), TIMES, sensed=True)
    seconds, asked, up, fire = 0.0, float("-inf"), False, False
    for what, pause in history:
        seconds += pause
        drive.let_go(seconds)
        if what == "open":
            asked = seconds
            drive.open(seconds)
        up, fire = {"up": True, "down": False}.get(what, up), {"fire": True, "over": False}.get(what, fire)
        drive.watch(seconds, up, fire)
        assert closed[0] == (seconds < asked + TIMES.held)
