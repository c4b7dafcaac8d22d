"""What a Raspberry Pi has and this machine lacks: lgpio, over a chip that lies in a file (`tests.faults.chip`).

A station finds it by PYTHONPATH in place of the real lgpio; everything above it, gpiozero's pins and the station's own
panel, is what runs at a gate. Rule: a chip whose file is away fails as a chip whose driver is gone, at every call.
"""

import mmap
import os

from gpiozero.pins import local

SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 128, 32, 64
RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3
_IS_OUT = 2
_PI_4B = 0xC03111
_PATH = os.environ["GATE_CHIP"]
# Where the chip's file counts how often a pin went high.
_RISES = 32


class error(Exception):  # noqa: N801 - its name in lgpio
    """As lgpio raises it."""


local.get_pi_revision = lambda: _PI_4B
_modes: dict[int, int] = {}
_levels: dict[int, mmap.mmap] = {}


def gpiochip_open(_chip: int) -> int:
    _alive()
    with open(_PATH, "r+b") as file:
        _levels[0] = mmap.mmap(file.fileno(), 0)
    return 0


def gpiochip_close(_handle: int) -> int:
    return 0


def gpio_claim_input(_handle: int, pin: int, flags: int = 0) -> int:
    _alive()
    _modes[pin] = flags
    return 0


def gpio_claim_output(handle: int, pin: int, level: int = 0, _flags: int = 0) -> int:
    _alive()
    _modes[pin] = _IS_OUT
    return gpio_write(handle, pin, level)


def gpio_claim_alert(_handle: int, pin: int, _edges: int, flags: int = 0) -> int:
    _alive()
    _modes[pin] = flags
    return 0


def gpio_free(_handle: int, _pin: int) -> int:
    _alive()
    return 0


def gpio_get_mode(_handle: int, pin: int) -> int:
    _alive()
    return _modes.get(pin, 0)


def gpio_read(handle: int, pin: int) -> int:
    _alive()
    return _levels[handle][pin]


def gpio_write(handle: int, pin: int, level: int) -> int:
    _alive()
    levels = _levels[handle]
    if level and not levels[pin]:
        levels[_RISES + pin] = (levels[_RISES + pin] + 1) % 256
    levels[pin] = int(bool(level))
    return 0


def gpio_set_debounce_micros(_handle: int, _pin: int, _micros: int) -> int:
    _alive()
    return 0


class callback:  # noqa: N801 - its name in lgpio
    """The station asks its pins at every tick, and is called by none."""

    def __init__(self, *_of: object) -> None:
        _alive()

    def cancel(self) -> None:
        pass


def _alive() -> None:
    if not os.path.exists(_PATH):
        raise error("unknown handle")
