"""What the panel does in its own time: a buzzer's rhythm, a lamp that blinks, a contact that must hold to be believed.

Each is moved on by ticks and never waits. Called by GpioPanel alone.
"""

from typing import Any

from station.visit import Lamp, Tone

# Seconds on, off, on ... An active buzzer has one pitch, so rhythm tells them apart: in is one short beep, out two; the
# guard is called by three, a refusal is two long ones; attention is one long and two short, an error five quick ones.
BEEPS = {
    Tone.READ: (0.05,),
    Tone.ADMIT: (0.15,),
    Tone.OUT: (0.15, 0.1, 0.15),
    Tone.REFER: (0.15, 0.15, 0.15, 0.15, 0.15),
    Tone.REFUSE: (0.6, 0.2, 0.6),
    Tone.ATTENTION: (0.6, 0.2, 0.15, 0.15, 0.15),
    Tone.ERROR: (0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08),
}
BLINK_SECONDS = 0.5
CALL_SECONDS = 10.0
SETTLE_SECONDS = 0.15


class Beeper:
    """A buzzer that is switched by ticks."""

    def __init__(self, device: Any) -> None:  # noqa: ANN401 - gpiozero has no types
        self.device = device
        self._switches: list[float] = []

    def start(self, lengths: tuple[float, ...], seconds: float) -> None:
        self._switches = [seconds + sum(lengths[: count + 1]) for count in range(len(lengths))]
        self.device.on()

    def tick(self, seconds: float) -> None:
        while self._switches and seconds >= self._switches[0]:
            self._switches.pop(0)
            self.device.toggle() if self._switches else self.device.off()


class Tower:
    """The lamps, one at a time; all of them while the alarm lasts, whatever the lane asks for meanwhile.

    A call for attention makes the lamp that is lit blink, or the yellow one where it is dark: its colour still holds.
    """

    def __init__(self, lamps: dict[Lamp, Any]) -> None:
        self.lamps = lamps
        self._asked = Lamp.DARK
        self._all = False
        self._calls_until = float("-inf")
        self._shown: frozenset[Lamp] = frozenset()

    def show(self, lamp: Lamp) -> None:
        """Always written to the pins, so that a board that was away is right again."""
        self._asked = lamp
        self._calls_until = float("-inf")
        self._write(self._lit(0.0))

    def call(self, seconds: float) -> None:
        """Blink until the lane asks for another lamp, or CALL_SECONDS are over."""
        self._calls_until = seconds + CALL_SECONDS

    def show_all(self, every: bool) -> None:
        self._all = every

    def tick(self, seconds: float) -> None:
        lit = self._lit(seconds)
        if lit != self._shown:
            self._write(lit)

    def _lit(self, seconds: float) -> frozenset[Lamp]:
        if self._all:
            return frozenset(self.lamps)
        steady = frozenset({self._asked} & self.lamps.keys())
        if self._asked is not Lamp.ATTENTION and seconds >= self._calls_until:
            return steady
        return (steady or frozenset({Lamp.YELLOW})) if int(seconds / BLINK_SECONDS) % 2 == 0 else frozenset()

    def _write(self, lit: frozenset[Lamp]) -> None:
        # Noted first: a lamp that fails is told of once for every change, not on every tick.
        self._shown = lit
        for colour, device in self.lamps.items():
            device.value = colour in lit


class Contact:
    """An input that counts as changed once it stayed so for SETTLE_SECONDS: doors rattle, and lightning is near."""

    def __init__(self, device: Any) -> None:  # noqa: ANN401
        self.device = device
        self._held: bool | None = None
        self._other_since: float | None = None

    def tick(self, seconds: float) -> bool:
        """Whether it is joined to ground. What it says first is believed at once."""
        now = bool(self.device.is_active)
        if self._held is None or now == self._held:
            self._held, self._other_since = now, None
        elif self._other_since is None:
            self._other_since = seconds
        elif seconds - self._other_since >= SETTLE_SECONDS:
            self._held, self._other_since = now, None
        return self._held
