"""MLX90640 over I2C: 32 x 24 spots of warmth, so a face can be found and its distance guessed by its size.

Melexis data sheet 3901090640, rev. 12. It has no checksum on the wire, so what decides about every pixel (its memory,
its registers, the words beside the picture) is read twice and must agree; a spoiled pixel is outvoted by those around
it. Rule: half pictures are put together only when both are of this second.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from statistics import fmean

import numpy as np
from smbus2 import i2c_msg

from station.thermometers.bus import Bus, Damaged, asked, open_bus
from station.thermometers.face import hottest_face
from station.thermometers.faults import Fault, failed
from station.thermometers.mlx90640_memory import COLUMNS, PIXELS, ROWS, WORDS, Grid, restored
from station.thermometers.mlx90640_picture import SELF_HEATING, Auxiliary, celsius, chip_celsius, subpage_mask
from station.thermometers.plausible import Plausible
from station.thermometers.sensor import Sensed

ADDRESS = 0x33
MEMORY, RAM, AUXILIARY = 0x2400, 0x0400, 0x0700
AUXILIARY_WORDS = 64
SERIAL = slice(7, 10)
"""Words of its memory: its number from the factory, one of each."""
STATUS, CONTROL = 0x8000, 0x800D
NEW_DATA, SUBPAGE = 0x0008, 0x0007
# Taken: the next half picture may come, and stands until it is taken too (bit 4, 'enable overwrite', stays 0).
TAKEN = 0x0000
# Chess board, 4 half pictures a second; the ADC's resolution stays as it is (section 9.4).
CHESS_BOARD, REFRESH, FOUR_HERTZ, RESOLUTION = 0x1000, 0x0380, 0x0180, 0x0C00
START_SECONDS = 0.25
POLL_SECONDS = 0.02
# A half picture comes every quarter of a second.
LATE_SECONDS = 0.9
STUCK_SECONDS = 10.0
# Longest read at a time, in words: some adapters take no more.
MOST_WORDS = 256


class Mlx90640:
    """A live array. seconds: monotonic; wait: sleeps, and says whether it was closed meanwhile."""

    name = "mlx90640"
    uncertainty_celsius = 1.0
    ambient_range = (0.0, 50.0)

    def __init__(
        self,
        bus: Bus,
        seconds: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        """Reads its memory and waits for a first whole picture. Raises ThermometerFailed."""
        self._bus = bus
        self._seconds = seconds
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        self._plausible = Plausible((-60.0, 400.0), (-48.0, 117.0), STUCK_SECONDS)
        self._picture: Grid = np.full((ROWS, COLUMNS), np.nan)
        self._taken = {0: float("-inf"), 1: float("-inf")}
        try:
            self._wait(START_SECONDS)
            words = self._twice(MEMORY, WORDS)
            self._memory = restored(np.array(words, np.int64))
            self.serial = "".join(f"{word:04x}" for word in words[SERIAL])
            [control] = self._twice(CONTROL, 1)
            self._control = control & ~REFRESH | FOUR_HERTZ | CHESS_BOARD
            self._write(CONTROL, self._control)
            if self._twice(CONTROL, 1) != [self._control]:
                raise failed(Fault.DAMAGED)
            while not self._plausible.alive:
                self.sense()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, source: str) -> "Mlx90640":
        return cls(open_bus(source))

    def sense(self) -> Sensed:
        ambient = self._half_picture()
        while self._seconds() - min(self._taken.values()) > LATE_SECONDS:
            ambient = self._half_picture()
        picture = _mended(self._picture, self._memory.deviating)
        spot = float(picture[ROWS // 2 - 2 : ROWS // 2 + 2, COLUMNS // 2 - 2 : COLUMNS // 2 + 2].mean())
        self._plausible.check(spot, ambient, self._seconds())
        face = hottest_face(picture)
        return Sensed(round(spot, 2), round(ambient, 2), face.celsius, face.guidance)

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._bus.close()

    def _half_picture(self) -> float:
        """Take the newest half picture in; the air's temperature. Raises ThermometerFailed."""
        subpage = self._awaited()
        raw = np.array(self._words(RAM, PIXELS), np.int64).reshape(ROWS, COLUMNS)
        words = self._twice(AUXILIARY, AUXILIARY_WORDS)
        self._write(STATUS, TAKEN)
        aux = Auxiliary.of(words, (self._control & RESOLUTION) >> 10)
        if not aux.gain or not aux.ptat:
            raise failed(Fault.IMPOSSIBLE)
        signed = np.where(raw & 0x8000, raw - 0x10000, raw).astype(np.float64)
        found = celsius(self._memory, aux, signed, subpage)
        mask = subpage_mask(subpage)
        self._picture[mask] = found[mask]
        self._taken[subpage] = self._seconds()
        return chip_celsius(self._memory, aux) - SELF_HEATING

    def _awaited(self) -> int:
        """Which half picture came next."""
        deadline = self._seconds() + LATE_SECONDS
        while self._seconds() < deadline:
            [status] = self._twice(STATUS, 1)
            if status & NEW_DATA:
                return status & SUBPAGE & 1
            if self._wait(POLL_SECONDS) or self._closed.is_set():
                raise failed(Fault.CLOSED)
        raise failed(Fault.STUCK)

    def _twice(self, start: int, count: int) -> list[int]:
        """Read until two reads agree. Raises ThermometerFailed."""

        def agreed() -> list[int]:
            first, second = self._words(start, count), self._words(start, count)
            if first != second:
                raise Damaged
            return first

        return asked(agreed)

    def _words(self, start: int, count: int) -> list[int]:
        words: list[int] = []
        while len(words) < count:
            words += asked(partial(self._read, start + len(words), min(MOST_WORDS, count - len(words))))
        return words

    def _read(self, start: int, count: int) -> list[int]:
        if self._closed.is_set():
            raise failed(Fault.CLOSED)
        ask, answer = i2c_msg.write(ADDRESS, start.to_bytes(2, "big")), i2c_msg.read(ADDRESS, 2 * count)
        self._bus.i2c_rdwr(ask, answer)
        received = bytes(answer)
        return [received[at] << 8 | received[at + 1] for at in range(0, 2 * count, 2)]

    def _write(self, register: int, word: int) -> None:
        message = register.to_bytes(2, "big") + word.to_bytes(2, "big")
        asked(lambda: self._bus.i2c_rdwr(i2c_msg.write(ADDRESS, message)))


def _mended(picture: Grid, deviating: np.ndarray) -> Grid:
    """Deviating pixels as the mean of those around them that do not."""
    mended = picture.copy()
    mended[deviating] = np.nan
    for row, column in np.argwhere(deviating):
        around = mended[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        good = around[~np.isnan(around)]
        mended[row, column] = fmean(float(each) for each in good) if good.size else np.nan
    return mended
