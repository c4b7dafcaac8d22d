"""Feeler and sensor together: what breaks on the wire reaches the loop as a fault, and never as a reading."""

import errno
import queue
import time
from itertools import cycle, repeat

import pytest

from gate.mapping import mapping_named
from station.feeler import Feeler
from station.inbox import Faulty, Felt, Post, Warned
from station.thermometers.faults import FAULTS, Fault
from station.thermometers.mlx90614 import Mlx90614
from station.thermometers.mlx90640 import Mlx90640
from station.thermometers.skin import SkinThermometer
from tests.station.warm_array import Factory, Mlx90640Bus, face
from tests.station.warm_bus import Mlx90614Bus, a_clock, word_of

PATIENCE = 20.0
MAPPING = mapping_named("forehead-indoor@1")


def told(fault: Fault) -> str:
    """As the screen has it."""
    return f"{FAULTS[fault].zh} / {FAULTS[fault].en}"


class Lane:
    """A feeler on a sensor that is opened anew on the same wires. made: opens the sensor."""

    def __init__(self, bus, made) -> None:
        self.bus = bus
        self.posts: queue.SimpleQueue[Post] = queue.SimpleQueue()

        def open_thermometer() -> SkinThermometer:
            bus.closed = False
            return SkinThermometer(made(bus), MAPPING, seconds=a_clock())

        self.feeler = Feeler(open_thermometer, self.posts.put, retry_seconds=0.01)

    def until(self, wanted) -> Post:
        while True:
            post = self.posts.get(timeout=PATIENCE)
            if wanted(post):
                return post

    def figure(self) -> float:
        """The next figure of a forehead."""
        felt = self.until(lambda post: isinstance(post, Felt) and post.reading.object_celsius is not None)
        assert isinstance(felt, Felt)
        assert felt.reading.object_celsius is not None
        return felt.reading.object_celsius

    def drain(self) -> None:
        while not self.posts.empty():
            self.posts.get()


def short_wait(_seconds: float) -> bool:
    # As quick as can be, without leaving the other threads nothing.
    time.sleep(0.001)
    return False


@pytest.fixture(params=["mlx90614", "mlx90640"])
def lane(request):
    if request.param == "mlx90614":
        lane = Lane(
            Mlx90614Bus(word_of(34.5), word_of(22.0), cycle((0, 1))),
            lambda bus: Mlx90614(bus, a_clock(), short_wait),
        )
    else:
        lane = Lane(Mlx90640Bus(Factory(3), face(12, 10, 34.5)), lambda bus: Mlx90640(bus, a_clock(0.01), short_wait))
    lane.feeler.start()
    yield lane
    lane.feeler.stop()


@pytest.mark.parametrize(
    ("number", "fault"),
    [(errno.EREMOTEIO, Fault.NO_ANSWER), (errno.ETIMEDOUT, Fault.BUS_HANGS), (errno.EAGAIN, Fault.DAMAGED)],
)
def test_a_sensor_that_is_unplugged_is_said_in_both_languages_and_found_again(lane, number, fault):
    """Measured, lost, not one reading while it is lost, and measured again without anybody's help."""
    assert lane.figure() == pytest.approx(36.6, abs=0.2)
    lane.bus.trouble = repeat(number)
    lane.until(lambda post: post == Warned("thermometer", FAULTS[fault]))
    lane.until(lambda post: post == Faulty("thermometer", told(fault)))
    lane.drain()
    for _ in range(5):
        assert lane.posts.get(timeout=PATIENCE) == Faulty("thermometer", told(fault))
    lane.bus.trouble = iter(())
    lane.until(lambda post: post == Faulty("thermometer", ""))
    lane.until(lambda post: post == Warned("thermometer", None))
    assert lane.figure() == pytest.approx(36.6, abs=0.2)
    lane.bus.trouble = repeat(number)
    lane.until(lambda post: post == Warned("thermometer", FAULTS[fault]))


def test_a_stuck_sensor_never_gives_a_reading_between_two_attempts():
    """Opened anew for ever, it says its fault for ever, and 36.6 not once."""
    bus = Mlx90614Bus(word_of(34.5), word_of(22.0), cycle((0, 1)))
    lane = Lane(bus, lambda wired: Mlx90614(wired, a_clock(), short_wait))
    lane.feeler.start()
    lane.figure()
    bus.flicker = repeat(0)
    lane.until(lambda post: post == Faulty("thermometer", told(Fault.STUCK)))
    for _ in range(3):
        assert lane.posts.get(timeout=PATIENCE) == Faulty("thermometer", told(Fault.STUCK))
    lane.feeler.stop()
