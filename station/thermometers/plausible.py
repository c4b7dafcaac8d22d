"""Whether a sensor's figures can be a sensor's figures: within its range, moving, and never by leaps.

mlx90614.py and uart.py ask it about every look. Rule: a figure that is certainly wrong is a fault; one that is merely
strange for a forehead is judged elsewhere.
"""

from station.thermometers.faults import Fault, failed
from station.thermometers.sensor import skin

# The sensor's own body cannot change faster; degrees a second, and at any one time.
AMBIENT_STEP = 2.0
# From the coldest sky to the hottest cup is less, in degrees between two looks.
OBJECT_STEP = 100.0


class Plausible:
    """object_range, ambient_range: what the sensor can say, in degrees Celsius.

    stuck_seconds: for how long a live sensor may say the very same; noise alone moves the last digit far sooner.
    idle_seconds: for how long it may where it sees no skin but a wall; None for as long as with skin.
    """

    def __init__(
        self,
        object_range: tuple[float, float],
        ambient_range: tuple[float, float],
        stuck_seconds: float,
        idle_seconds: float | None = None,
    ) -> None:
        self._object_range = object_range
        self._ambient_range = ambient_range
        self._stuck_seconds = stuck_seconds
        self._idle_seconds = stuck_seconds if idle_seconds is None else idle_seconds
        self._last: tuple[float, float] | None = None
        self._looked_at = self._changed_at = 0.0
        self.alive = False

    def check(self, object_celsius: float, ambient_celsius: float, seconds: float) -> None:
        """Take one look in; seconds: monotonic. Raises ThermometerFailed. `alive` once two looks differed."""
        if not self._possible(object_celsius, ambient_celsius):
            raise failed(Fault.IMPOSSIBLE)
        look = (object_celsius, ambient_celsius)
        if self._last is None:
            self._changed_at = seconds
        elif look != self._last:
            self._step(self._last, look, seconds - self._looked_at)
            self.alive, self._changed_at = True, seconds
        elif seconds - self._changed_at >= (self._idle_seconds if skin(look[0]) is None else self._stuck_seconds):
            raise failed(Fault.STUCK)
        self._last, self._looked_at = look, seconds

    def _possible(self, object_celsius: float, ambient_celsius: float) -> bool:
        return (
            self._object_range[0] <= object_celsius <= self._object_range[1]
            and self._ambient_range[0] <= ambient_celsius <= self._ambient_range[1]
        )

    @staticmethod
    def _step(before: tuple[float, float], after: tuple[float, float], seconds: float) -> None:
        leap = abs(after[0] - before[0]) > OBJECT_STEP
        if leap or abs(after[1] - before[1]) > AMBIENT_STEP * max(1.0, seconds):
            raise failed(Fault.JUMPED)
