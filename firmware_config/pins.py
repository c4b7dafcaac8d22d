"""Which pin of a Pi's header does what, for up to two lanes; wiring.md draws it, config.txt holds it from power-up on.

Used by description.py and render.py. Rule: outputs are BCM 9 to 27 only, since BCM 0 to 8 are pulled up while the Pi
starts, before config.txt is read (BCM2835 ARM Peripherals, section 6.2, table of default pulls).
"""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import asdict

Pin = Annotated[int, Meta(ge=0, le=27)]


class Pins(Struct, frozen=True, forbid_unknown_fields=True):
    """BCM numbers of one lane. Lamps, buzzer and barrier are outputs, active high; buttons and contacts are inputs that
    close to ground. None: not wired."""

    green: Pin
    yellow: Pin
    red: Pin
    buzzer: Pin
    barrier: Pin
    admit_button: Pin
    dismiss_button: Pin
    third_button: Pin | None = None
    barrier_sensor: Pin | None = None
    fire_notice: Pin | None = None
    tamper: Pin | None = None

    @property
    def outputs(self) -> dict[str, int]:
        return {name: pin for name, pin in self._wired().items() if name in _OUTPUTS}

    @property
    def inputs(self) -> dict[str, int]:
        return {name: pin for name, pin in self._wired().items() if name not in _OUTPUTS}

    @property
    def unwired(self) -> tuple[str, ...]:
        return tuple(name for name, pin in asdict(self).items() if pin is None)

    def _wired(self) -> dict[str, int]:
        return {name: pin for name, pin in asdict(self).items() if pin is not None}


_OUTPUTS = frozenset({"green", "yellow", "red", "buzzer", "barrier"})
# By the lane's place in gate.toml. Each lane has a pin of its own for the fire notice, on the same wire, since a pin is
# read by one station only; the box is one for both, and lane 1 watches it.
LANES = (
    Pins(
        green=17,
        yellow=27,
        red=22,
        buzzer=23,
        barrier=24,
        admit_button=5,
        dismiss_button=6,
        third_button=7,
        barrier_sensor=8,
        fire_notice=18,
        tamper=15,
    ),
    Pins(
        green=12,
        yellow=16,
        red=13,
        buzzer=19,
        barrier=26,
        admit_button=25,
        dismiss_button=4,
        third_button=9,
        barrier_sensor=10,
        fire_notice=11,
    ),
)
FIRST_OUTPUT = 9
# What every gate needs for itself: I2C of lane 1 and of lane 2.
TAKEN = {2: "I2C SDA", 3: "I2C SCL", 20: "second I2C SDA", 21: "second I2C SCL"}
# By the lane's place; config.txt makes bus 3 of two pins.
THERMOMETER_BUSES = ("/dev/i2c-1", "/dev/i2c-3")
# BCM number -> place on the 40-pin header.
# fmt: off
PHYSICAL = {
    0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33,
    14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
}
# fmt: on
