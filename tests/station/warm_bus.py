"""An I2C bus with sensors on it, faked where the wires are: transactions of smbus2 in, bytes of registers out.

The world sets what the sensor sees and breaks wires; no part of the station is replaced.
"""

import errno
from collections.abc import Callable, Iterator
from itertools import count, cycle

from smbus2 import i2c_msg

from station.thermometers.bus import crc8

READS = 0x0001
"""I2C_M_RD of linux/i2c.h."""


class Mlx90614Bus:
    """One MLX90614 at 0x5A, alive: the last digit of the object flickers. flicker: steps added, look by look."""

    def __init__(self, object_word: int, ambient_word: int, flicker: Iterator[int] | None = None) -> None:
        self.words = {
            0x06: ambient_word,
            0x07: object_word,
            0x24: 0xFFFF,
            0x3C: 0x1A2B,
            0x3D: 0xF00D,
            0x3E: 0x8001,
            0x3F: 0,
        }
        self.flicker = flicker if flicker is not None else cycle((0, 1))
        self.spoil: Callable[[bytes], bytes] = bytes
        self.trouble: Iterator[int | None] = iter(())
        self.transfers = 0
        self.closed = False

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        """A write of the command and a read of three bytes, as the data sheet's read word with PEC."""
        assert not self.closed, "the bus was used after it was given back"
        self.transfers += 1
        trouble = next(self.trouble, None)
        if trouble is not None:
            raise OSError(trouble, "as the kernel says it")
        ask, answer = messages
        assert (ask.addr, ask.flags, answer.flags) == (answer.addr, 0, READS)
        if ask.addr != 0x5A:
            raise OSError(errno.EREMOTEIO, "no such device")
        (command,) = bytes(ask)
        word = self.words[command]
        if command == 0x07:
            word = (word & 0x8000) | ((word + next(self.flicker)) & 0x7FFF)
        for place, byte in enumerate(self.spoil(self.frame(command, word))[: answer.len]):
            answer.buf[place] = byte

    @staticmethod
    def frame(command: int, word: int) -> bytes:
        low, high = word & 0xFF, word >> 8
        return bytes((low, high, crc8(bytes((0x5A << 1, command, 0x5A << 1 | 1, low, high)))))

    def close(self) -> None:
        self.closed = True


def word_of(celsius: float) -> int:
    """The word of an MLX90614 for a temperature."""
    return round((celsius + 273.15) / 0.02)


def a_clock(step: float = 0.1) -> Callable[[], float]:
    """Monotonic seconds that pass with every look."""
    ticks = count()
    return lambda: next(ticks) * step


def no_wait(_seconds: float) -> bool:
    return False
