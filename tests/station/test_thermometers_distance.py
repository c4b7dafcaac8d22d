"""The distance sensor on gpiozero's mock pins: an echo is a distance, silence is neither near nor far for ever."""

import time
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPin, MockTriggerPin

from station.thermometers import ThermometerFailed
from station.thermometers.distance import LOST_SECONDS, MOST_METRES, QUIET_SECONDS, EchoDistance

TRIGGER, ECHO = 9, 10
PATIENCE = 20.0
METRE = 2 / 343.26
"""Seconds that an echo takes there and back."""


class Head:
    """A head on two pins; `echoes` off: its wire is cut. now: the clock it is watched by."""

    def __init__(self, echo_seconds: float) -> None:
        self.factory = MockFactory()
        self.now = 100.0
        echo = self.factory.pin(ECHO)
        self.trigger = self.factory.pin(TRIGGER, pin_class=MockTriggerPin, echo_pin=echo, echo_time=echo_seconds)
        self.distance = EchoDistance(TRIGGER, ECHO, self.factory, lambda: self.now)

    def until(self, wanted) -> float:
        """The first distance that is as wanted; fails where none comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            metres = self.distance.metres()
            if wanted(metres):
                return metres
            time.sleep(0.01)
        raise AssertionError("no such distance came")

    def cut(self) -> None:
        """The echo's wire is cut: triggers go out, and nothing comes back."""
        self.trigger.echo_pin = MockPin(self.factory, self.trigger.info)


@pytest.fixture
def near() -> Iterator[Head]:
    head = Head(0.3 * METRE)
    yield head
    head.distance.close()


def test_an_echo_is_a_distance(near):
    """Never nearer than it is; how much farther depends on how busy this machine is."""
    assert near.until(lambda metres: metres < MOST_METRES) >= 0.3


def test_beyond_two_metres_is_two_metres():
    """An echo from across the road is nobody."""
    head = Head(3 * METRE)
    head.until(lambda _: head.distance._sensor.heard)
    assert head.distance.metres() == MOST_METRES
    head.distance.close()


def test_without_an_echo_nobody_is_near_and_then_it_is_a_fault(near):
    """The last distance does not stand for ever: first nobody, then a sentence."""
    near.until(lambda metres: metres < MOST_METRES)
    near.cut()
    heard = near.distance._sensor.heard_at
    near.now = heard + QUIET_SECONDS + 0.1
    near.until(lambda metres: metres == MOST_METRES)
    near.now = heard + LOST_SECONDS + QUIET_SECONDS + 0.2
    with pytest.raises(ThermometerFailed, match="gives no echo: check its wires"):
        near.until(lambda _: False)


def test_before_the_first_echo_nobody_is_near():
    """A lane that has just started does not send anybody away from the sensor."""
    head = Head(0.3 * METRE)
    head.cut()
    assert head.distance.metres() == MOST_METRES or head.distance._sensor.heard
    head.distance.close()


def test_a_closed_one_and_one_without_pins_say_so(near):
    """Never a distance from nowhere."""
    near.distance.close()
    near.distance.close()
    with pytest.raises(ThermometerFailed, match="gives no echo"):
        near.distance.metres()
    with pytest.raises(ThermometerFailed, match="gives no echo"):
        EchoDistance(99, 98, MockFactory())
