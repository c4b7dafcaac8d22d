"""MLX90614 over I2C: one spot of warmth, 50 times a degree, each word with a checksum of its own.

Melexis data sheet 3901090614, sections 8.4 (SMBus) and 8.5 (memory). Rule: no word without its packet error code, none
with the error flag, none before the sensor has started and has been seen to change.
"""

import threading
import time
from collections.abc import Callable

from smbus2 import i2c_msg

from station.thermometers.bus import Bus, Damaged, asked, crc8, open_bus
from station.thermometers.faults import Fault, failed
from station.thermometers.plausible import Plausible
from station.thermometers.sensor import Sensed, skin

ADDRESS = 0x5A
AMBIENT, OBJECT = 0x06, 0x07
EMISSIVITY = 0x24
SERIAL = (0x3C, 0x3D, 0x3E, 0x3F)
"""Its number from the factory, one of each."""
AS_DELIVERED = 0xFFFF
"""Emissivity 1: a reading is the temperature of a black body that shines as much; the mapping knows what skin does."""
ERROR_FLAG = 0x8000
START_SECONDS = 0.25
PERIOD_SECONDS = 0.1
STUCK_SECONDS = 10.0


class Mlx90614:
    """A live sensor. seconds: monotonic; wait: sleeps, and says whether it was closed meanwhile."""

    name = "mlx90614"
    uncertainty_celsius = 0.5
    ambient_range = (0.0, 50.0)

    def __init__(
        self,
        bus: Bus,
        seconds: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        """Waits until it has started and moves. Raises ThermometerFailed."""
        self._bus = bus
        self._seconds = seconds
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        # What the data sheet can say: object -70.01 to 382.19 C, ambient -38.2 to 125 C.
        self._plausible = Plausible((-70.02, 382.2), (-38.21, 125.0), STUCK_SECONDS)
        try:
            self._wait(START_SECONDS)
            if self._word(EMISSIVITY) != AS_DELIVERED:
                raise failed(Fault.CHANGED)
            self.serial = "".join(f"{self._word(command):04x}" for command in SERIAL)
            while not self._plausible.alive:
                self.sense()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, source: str) -> "Mlx90614":
        return cls(open_bus(source))

    def sense(self) -> Sensed:
        if self._wait(PERIOD_SECONDS) or self._closed.is_set():
            raise failed(Fault.CLOSED)
        spot, ambient = celsius(self._word(OBJECT)), celsius(self._word(AMBIENT))
        self._plausible.check(spot, ambient, self._seconds())
        return Sensed(spot, ambient, skin(spot))

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._bus.close()

    def _word(self, command: int) -> int:
        word = asked(lambda: self._transfer(command))
        if word & ERROR_FLAG and command in (AMBIENT, OBJECT):
            raise failed(Fault.SENSOR_ERROR)
        return word

    def _transfer(self, command: int) -> int:
        ask, answer = i2c_msg.write(ADDRESS, [command]), i2c_msg.read(ADDRESS, 3)
        self._bus.i2c_rdwr(ask, answer)
        low, high, code = bytes(answer)
        if crc8(bytes((ADDRESS << 1, command, ADDRESS << 1 | 1, low, high))) != code:
            raise Damaged
        return high << 8 | low


def celsius(word: int) -> float:
    """A word of its RAM, 0.02 K a step (section 8.4.7)."""
    return round(word * 0.02 - 273.15, 2)
