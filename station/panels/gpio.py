"""The panel on gpiozero: lamps, buzzer, barrier, the guard's three buttons, fire notice and tamper contact.

Picked by `backend = "gpio"`. Rule: the barrier's open time is bounded here, whatever else happens; with the browser
dead all of it works on. In an alarm the hardware opens; this software tells of it, lights every lamp, and leaves its
relay as it is.
"""

from typing import Any

from gpiozero import Button, DigitalInputDevice, GPIOZeroError, OutputDevice

from station.happenings import Happening, Press, Told
from station.panels.barrier import BarrierDrive, BarrierTimes
from station.panels.panel import PanelFailed
from station.panels.signals import BEEPS, Beeper, Contact, Tower
from station.settings import PanelSettings, WiredPin
from station.view import Barrier
from station.visit import Lamp, Tone


class GpioPanel:
    """The panel of the settings' pins. factory: gpiozero's, real or mocked; never its global default."""

    def __init__(self, settings: PanelSettings, factory: Any) -> None:  # noqa: ANN401 - gpiozero has no types
        def out(pin: int) -> Any:  # noqa: ANN401
            return OutputDevice(pin, initial_value=False, pin_factory=factory)

        def contact(pin: WiredPin) -> Contact | None:
            if pin == "none":
                return None
            return Contact(DigitalInputDevice(pin, pull_up=True, pin_factory=factory))

        self._tower = Tower(
            {
                Lamp.GREEN: out(settings.green_pin),
                Lamp.YELLOW: out(settings.yellow_pin),
                Lamp.RED: out(settings.red_pin),
            }
        )
        self._buzzer = Beeper(out(settings.buzzer_pin))
        self._relay = out(settings.barrier_pin)
        self._sensor = contact(settings.barrier_sensor_pin)
        times = BarrierTimes(settings.barrier_seconds, settings.opens_within_seconds, settings.closes_within_seconds)
        self._drive = BarrierDrive(self._switch_relay, times, sensed=self._sensor is not None)
        self._fire = contact(settings.fire_notice_pin)
        self._shut = contact(settings.tamper_pin)
        self._fire_told = self._tamper_told = False
        pins = {
            Press.ADMIT: settings.admit_button_pin,
            Press.DISMISS: settings.dismiss_button_pin,
            Press.THIRD: settings.third_button_pin,
        }
        self._buttons = {
            press: Button(pin, pull_up=True, pin_factory=factory) for press, pin in pins.items() if pin != "none"
        }
        self._down: frozenset[Press] = frozenset()
        self._untold: tuple[Happening, ...] = ()

    def lamp(self, lamp: Lamp) -> None:
        with _Trouble():
            self._tower.show(lamp)

    def sound(self, tone: Tone, seconds: float) -> None:
        with _Trouble():
            if tone is Tone.ATTENTION:
                self._tower.call(seconds)
            self._buzzer.start(BEEPS[tone], seconds)

    def open_barrier(self, seconds: float) -> None:
        with _Trouble():
            self._drive.open(seconds)

    def tick(self, seconds: float) -> tuple[Told, ...]:
        with _Trouble():
            try:
                self._drive.let_go(seconds)
            finally:
                # What happened is told at the next tick, should this one fail; a press is not: by then it is stale.
                self._untold += self._happened(seconds)
                pressed = self._pressed()
            self._tower.tick(seconds)
            self._buzzer.tick(seconds)
        happened, self._untold = self._untold, ()
        return (*happened, *pressed)

    @property
    def barrier(self) -> Barrier:
        return self._drive.where

    def close(self) -> None:
        contacts = [contact.device for contact in (self._sensor, self._fire, self._shut) if contact is not None]
        outputs = (*self._tower.lamps.values(), self._relay, self._buzzer.device)
        for device in (*outputs, *contacts, *self._buttons.values()):
            device.close()

    def _switch_relay(self, closed: bool) -> None:
        self._relay.value = closed

    def _pressed(self) -> tuple[Press, ...]:
        # Asked once a tick, so a contact that chatters is pressed once.
        down = frozenset(press for press, button in self._buttons.items() if button.is_pressed)
        pressed, self._down = down - self._down, down
        return tuple(sorted(pressed))

    def _happened(self, seconds: float) -> tuple[Happening, ...]:
        fire = self._fire is not None and self._fire.tick(seconds)
        self._tower.show_all(fire)
        open_box = self._shut is not None and not self._shut.tick(seconds)
        told: tuple[Happening, ...] = ()
        if fire != self._fire_told:
            told, self._fire_told = (Happening.FIRE if fire else Happening.FIRE_OVER,), fire
        if open_box != self._tamper_told:
            self._tamper_told = open_box
            told += (Happening.TAMPERED if open_box else Happening.TAMPER_OVER,)
        if self._sensor is not None:
            told += self._drive.watch(seconds, self._sensor.tick(seconds), freed=fire)
        return told


class _Trouble:
    """Turns what gpiozero and the kernel raise into a sentence for the guard."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, wrong: BaseException | None, _trace: object) -> None:
        # lgpio's own errors are related to neither.
        if isinstance(wrong, GPIOZeroError | OSError) or type(wrong).__module__ == "lgpio":
            raise PanelFailed(
                "灯和道闸不听指令：请手动开闸，检查接线 / "
                f"lamps and barrier do not obey ({wrong}): open by hand, check the wiring"
            ) from wrong


def open_gpio(settings: PanelSettings) -> GpioPanel:
    """The panel on this Pi's own pins. Raises PanelFailed."""
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
