"""The lane's hardware: tower lamp, buzzer, barrier relay, and the guard's two buttons, on gpiozero.

Carried out by the loop, which must never wait: what takes time (a barrier that closes again, a beep) is moved on by
`tick`. Rule: the barrier's open time is bounded here, whatever else happens; with the browser dead all of it works on.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from gpiozero import Button, GPIOZeroError, OutputDevice
from gpiozero.pins.mock import MockFactory

from station.settings import PanelBackend, PanelSettings
from station.visit import Lamp, Tone

# Seconds on, off, on ... A short beep says that the code is read; the grave ones are long.
BEEPS = {
    Tone.READ: (0.05,),
    Tone.ADMIT: (0.15,),
    Tone.REFER: (0.15, 0.15, 0.15),
    Tone.REFUSE: (0.6, 0.2, 0.6),
}


class Press(StrEnum):
    """A button that the guard just pressed."""

    ADMIT = "admit"
    DISMISS = "dismiss"


class PanelFailed(Exception):
    """The panel does not obey; the message says what is wrong and what to do, for the guard."""


class Panel(Protocol):
    """seconds: monotonic, as the loop counts. Every method may raise PanelFailed."""

    def lamp(self, lamp: Lamp) -> None: ...
    def sound(self, tone: Tone, seconds: float) -> None: ...
    def open_barrier(self, seconds: float) -> None: ...

    def tick(self, seconds: float) -> tuple[Press, ...]:
        """Close what was open for long enough; the buttons pressed since the last tick."""

    def close(self) -> None:
        """Everything off, barrier closed; harmless when repeated."""


class NoPanel:
    """A lane whose only sign is the guard's screen."""

    def lamp(self, lamp: Lamp) -> None:
        pass

    def sound(self, tone: Tone, seconds: float) -> None:
        pass

    def open_barrier(self, seconds: float) -> None:
        pass

    def tick(self, seconds: float) -> tuple[Press, ...]:  # noqa: ARG002 - nothing here takes time
        return ()

    def close(self) -> None:
        pass


class GpioPanel:
    """The panel of the settings' pins. factory: gpiozero's, real or mocked; never its global default."""

    def __init__(self, settings: PanelSettings, factory: Any) -> None:  # noqa: ANN401 - gpiozero has no types
        def out(pin: int) -> Any:  # noqa: ANN401
            return OutputDevice(pin, initial_value=False, pin_factory=factory)

        def button(pin: int) -> Any:  # noqa: ANN401
            return Button(pin, pull_up=True, pin_factory=factory)

        self._lamps = {
            Lamp.GREEN: out(settings.green_pin),
            Lamp.YELLOW: out(settings.yellow_pin),
            Lamp.RED: out(settings.red_pin),
        }
        self._buzzer = _Beeper(out(settings.buzzer_pin))
        self._barrier = out(settings.barrier_pin)
        self._barrier_seconds = settings.barrier_seconds
        self._closes_at: float | None = None
        self._buttons = {
            Press.ADMIT: button(settings.admit_button_pin),
            Press.DISMISS: button(settings.dismiss_button_pin),
        }
        self._down: frozenset[Press] = frozenset()

    def lamp(self, lamp: Lamp) -> None:
        with _Trouble():
            for colour, device in self._lamps.items():
                device.value = colour is lamp

    def sound(self, tone: Tone, seconds: float) -> None:
        with _Trouble():
            self._buzzer.start(BEEPS[tone], seconds)

    def open_barrier(self, seconds: float) -> None:
        with _Trouble():
            # Before the relay moves: should it fail half-way, the next tick closes it all the same.
            self._closes_at = seconds + self._barrier_seconds
            self._barrier.on()

    def tick(self, seconds: float) -> tuple[Press, ...]:
        with _Trouble():
            if self._closes_at is not None and seconds >= self._closes_at:
                self._barrier.off()
                self._closes_at = None
            self._buzzer.tick(seconds)
            # Asked once a tick, so a contact that chatters is pressed once.
            down = frozenset(press for press, button in self._buttons.items() if button.is_pressed)
            pressed, self._down = down - self._down, down
            return tuple(sorted(pressed))

    def close(self) -> None:
        for device in (*self._lamps.values(), self._barrier, self._buzzer.device, *self._buttons.values()):
            device.close()


class _Beeper:
    """A buzzer that is switched by ticks."""

    def __init__(self, device: Any) -> None:  # noqa: ANN401
        self.device = device
        self._switches: list[float] = []

    def start(self, lengths: tuple[float, ...], seconds: float) -> None:
        self._switches = [seconds + sum(lengths[: count + 1]) for count in range(len(lengths))]
        self.device.on()

    def tick(self, seconds: float) -> None:
        while self._switches and seconds >= self._switches[0]:
            self._switches.pop(0)
            self.device.toggle() if self._switches else self.device.off()


class _Trouble:
    """Turns what gpiozero and the kernel raise into a sentence for the guard."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, wrong: BaseException | None, _trace: object) -> None:
        if isinstance(wrong, GPIOZeroError | OSError):
            raise PanelFailed(f"lamps and barrier do not obey ({wrong}): open by hand, check the wiring") from wrong


def open_panel(settings: PanelSettings) -> Panel:
    """The panel that the settings name. Raises PanelFailed."""
    return _BACKENDS[settings.backend](settings)


def _real(settings: PanelSettings) -> Panel:
    try:
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415 - exists on a Pi only
    except ImportError as missing:
        raise PanelFailed("this machine has no lgpio: install Debian's python3-lgpio") from missing
    try:
        return GpioPanel(settings, LGPIOFactory())
    except Exception as wrong:  # lgpio raises errors of its own, unrelated to gpiozero's
        raise PanelFailed(
            f"the pins cannot be used ({wrong}): is this a Pi, and its user in the group gpio?"
        ) from wrong


def _mocked(settings: PanelSettings) -> Panel:
    return GpioPanel(settings, MockFactory())


_BACKENDS: dict[PanelBackend, Callable[[PanelSettings], Panel]] = {
    PanelBackend.GPIO: _real,
    PanelBackend.REHEARSAL: _mocked,
    PanelBackend.NONE: lambda _settings: NoPanel(),
}
