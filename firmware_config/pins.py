"""Which pin of a Pi's header does what, for up to two lanes; wiring.md draws it, config.txt holds it from power-up on.

Used by description.py and render.py. Rule: outputs are BCM 9 to 27 only, since BCM 0 to 8 are pulled up while the Pi
starts, before config.txt is read (BCM2835 ARM Peripherals, section 6.2, table of default pulls).
"""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import asdict

Pin = Annotated[int, Meta(ge=0, le=27)]


class Pins(Struct, frozen=True, forbid_unknown_fields=True):
    """BCM numbers of one lane. Lamps, buzzer and barrier are outputs, active high; buttons close to ground."""

    green: Pin
    yellow: Pin
    red: Pin
    buzzer: Pin
    barrier: Pin
    admit_button: Pin
    dismiss_button: Pin

    @property
    def outputs(self) -> dict[str, int]:
        return {name: pin for name, pin in asdict(self).items() if not name.endswith("_button")}

    @property
    def inputs(self) -> dict[str, int]:
        return {name: pin for name, pin in asdict(self).items() if name.endswith("_button")}


# By the lane's place in gate.toml.
LANES = (
    Pins(green=17, yellow=27, red=22, buzzer=23, barrier=24, admit_button=5, dismiss_button=6),
    Pins(green=12, yellow=16, red=13, buzzer=19, barrier=26, admit_button=25, dismiss_button=4),
)
FIRST_OUTPUT = 9
# Tells that fire alarm or emergency button opened the barriers, which they do without the Pi.
FIRE_NOTICE = 18
# What every gate needs for itself: I2C of lane 1, of lane 2, and the notice.
TAKEN = {2: "I2C SDA", 3: "I2C SCL", 20: "second I2C SDA", 21: "second I2C SCL", FIRE_NOTICE: "fire notice"}
# BCM number -> place on the 40-pin header.
# fmt: off
PHYSICAL = {
    0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33,
    14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
}
# fmt: on
