"""A thermometer for skin, made of a sensor: who is measured, when a figure stands, and what it is mapped to.

`open_thermometer` puts it around mlx90614, mlx90640 and uart. Rules: somebody who still moves has no figure, since a
spot that is half face and half wall reads as a healthy face; outside of what sensor and mapping are made for a figure
is doubtful, not withheld, since a fever there is a fever all the same.
"""

import time
from collections import deque
from collections.abc import Callable
from math import hypot
from statistics import median

from gate.mapping import Mapping
from station.thermometers.calibration import Calibration
from station.thermometers.distance import MOST_METRES, Distance
from station.thermometers.reading import Guidance, RawReading
from station.thermometers.sensor import Sensed, Sensor

# A face stands when so many looks in a row are so near each other, in degrees.
SETTLED_LOOKS = 3
SETTLED_CELSIUS = 0.3
NEAREST_METRES = 0.02
# With the air this warm a wall may read like a face; so may one in the sun, which stays for longer than anybody.
WARM_AIR_CELSIUS = 28.0
LINGERS_SECONDS = 60.0
# A sensor that warms up or cools down sees the difference as warmth of the face: its figures hold at rest.
UNREST_CELSIUS, UNREST_SECONDS = 1.0, 60.0


class SkinThermometer:
    """site and mapping belong together. reach_metres: how near a face must be, where a distance sensor tells.

    seconds: monotonic.
    """

    def __init__(
        self,
        sensor: Sensor,
        mapping: Mapping,
        calibration: Calibration | None = None,
        distance: Distance | None = None,
        reach_metres: float = 0.1,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sensor = sensor
        self._mapping = mapping
        self._calibration = calibration
        self._distance = distance
        self._reach_metres = reach_metres
        self._seconds = seconds
        self._looks: deque[float] = deque(maxlen=SETTLED_LOOKS)
        self._since: float | None = None
        self._air: deque[tuple[float, float]] = deque()

    def read(self) -> RawReading:
        sensed = self._sensor.sense()
        seconds = self._seconds()
        self._watch_air(sensed.ambient_celsius, seconds)
        skin, guidance = self._seen(sensed)
        if skin is None:
            self._looks.clear()
            self._since = None
            return self._without(sensed, guidance)
        self._since = seconds if self._since is None else self._since
        self._looks.append(self._calibration.celsius(skin) if self._calibration else skin)
        if not self._settled:
            return self._without(sensed, Guidance.HOLD_STILL, there=True)
        return self._with(median(self._looks), sensed, seconds - self._since)

    def close(self) -> None:
        self._sensor.close()
        if self._distance is not None:
            self._distance.close()

    def _seen(self, sensed: Sensed) -> tuple[float | None, Guidance | None]:
        """The skin that is near enough, or what is to be done about it."""
        if self._distance is None:
            return sensed.skin_celsius, sensed.guidance
        metres = self._distance.metres()
        if metres >= MOST_METRES / 2:
            return None, None
        if metres > self._reach_metres:
            return None, Guidance.CLOSER
        if metres < NEAREST_METRES:
            return None, Guidance.FARTHER
        return sensed.skin_celsius, sensed.guidance

    def _watch_air(self, ambient_celsius: float, seconds: float) -> None:
        """Once a second is enough."""
        if not self._air or seconds - self._air[-1][0] >= 1.0:
            self._air.append((seconds, ambient_celsius))
        while seconds - self._air[0][0] > UNREST_SECONDS:
            self._air.popleft()

    def _at_rest(self, ambient_celsius: float) -> bool:
        return all(abs(ambient_celsius - before) <= UNREST_CELSIUS for _, before in self._air)

    @property
    def _settled(self) -> bool:
        return len(self._looks) == SETTLED_LOOKS and max(self._looks) - min(self._looks) <= SETTLED_CELSIUS

    def _doubtful(self, ambient_celsius: float, there_for_seconds: float) -> bool:
        lowest, highest = self._sensor.ambient_range
        if not lowest <= ambient_celsius <= highest or not self._mapping.fits(ambient_celsius):
            return True
        if not self._at_rest(ambient_celsius):
            return True
        may_be_a_wall = ambient_celsius > WARM_AIR_CELSIUS or there_for_seconds > LINGERS_SECONDS
        return self._distance is None and may_be_a_wall

    def _with(self, skin: float, sensed: Sensed, there_for_seconds: float) -> RawReading:
        own = self._calibration.uncertainty_celsius if self._calibration else self._sensor.uncertainty_celsius
        return RawReading(
            object_celsius=round(self._mapping.celsius(skin), 2),
            ambient_celsius=sensed.ambient_celsius,
            sensor=self._sensor.name,
            raw_celsius=round(skin, 2),
            site=self._mapping.site,
            mapping=self._mapping.name,
            uncertainty_celsius=round(hypot(own, self._mapping.uncertainty_celsius), 2),
            doubtful=self._doubtful(sensed.ambient_celsius, there_for_seconds),
        )

    def _without(self, sensed: Sensed, guidance: Guidance | None, there: bool = False) -> RawReading:
        return RawReading(
            None,
            sensed.ambient_celsius,
            self._sensor.name,
            site=self._mapping.site,
            guidance=guidance,
            there=there,
        )
