"""A thermometer in the guard's hand: he measures, and types what it says.

The kiosk's words reach `type_in`, from any thread; a lane without a sensor reads it like any other thermometer. `typed`
makes the same reading for a lane that has a sensor too, as in a retest. Rule: a typed figure counts once.
"""

import math
import threading
from collections import deque

from gate.temperature import HAND_HELD, Site
from station.thermometers.faults import Fault, failed
from station.thermometers.reading import RawReading

# What a clinical thermometer can show.
LOWEST, HIGHEST = 32.0, 43.0
PERIOD_SECONDS = 0.5
NOBODY = RawReading(object_celsius=None, ambient_celsius=None, sensor=HAND_HELD)
STAYS = RawReading(object_celsius=None, ambient_celsius=None, sensor=HAND_HELD, there=True)
# For so many periods whoever was measured counts as still there, so that his figure waits for his pass.
STAYS_PERIODS = 10


def typed(celsius: float, site: Site = Site.FOREHEAD) -> RawReading:
    """The guard's figure as a reading. Raises ValueError with a sentence where no thermometer shows such a figure."""
    if not math.isfinite(celsius) or not LOWEST <= celsius <= HIGHEST:
        raise ValueError(f"{celsius:g} is no body temperature: type what the thermometer shows, from 32.0 to 43.0")
    figure = round(celsius, 1)
    return RawReading(figure, None, HAND_HELD, raw_celsius=figure, site=site, uncertainty_celsius=0.2)


class HandHeld:
    """Starts with nobody measured."""

    def __init__(self, period: float = PERIOD_SECONDS) -> None:
        self._period = period
        self._news = threading.Condition()
        self._next: deque[RawReading] = deque()
        self._stays = 0
        self._closed = False

    def type_in(self, celsius: float, site: Site = Site.FOREHEAD) -> None:
        """The guard measured somebody. Raises ValueError, as `typed`."""
        reading = typed(celsius, site)
        with self._news:
            # Whoever was measured before has gone, or there would be no second figure.
            self._next.extend((NOBODY, reading))
            self._news.notify_all()

    def again(self, celsius: float, site: Site) -> None:
        """The same person once more, elsewhere. Raises ValueError."""
        reading = typed(celsius, site)
        with self._news:
            self._next.append(reading)
            self._news.notify_all()

    def read(self) -> RawReading:
        with self._news:
            self._news.wait_for(lambda: self._next or self._closed, self._period)
            if self._closed:
                raise failed(Fault.CLOSED)
            if self._next:
                reading = self._next.popleft()
                self._stays = STAYS_PERIODS if reading.object_celsius is not None else 0
                return reading
            self._stays = max(0, self._stays - 1)
            return STAYS if self._stays else NOBODY

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()
