"""A panel on gpiozero's mocked pins, with the world around it: fingers, a fire, a screwdriver, a boom with its switch.

Picked by `backend = "rehearsal"`; the rehearsal's stage and tests drive it. Rule: the world moves pins and nothing
else, so what is rehearsed is the panel that runs at a gate. Any thread may be the world; it moves when the loop ticks.
"""

import queue
from typing import Any

from gpiozero.pins.mock import MockFactory

from station.happenings import Press, Told
from station.panels.gpio import GpioPanel
from station.settings import PanelSettings, WiredPin

TICKS_TO_MOVE = 4
"""Ticks that the boom takes, up or down."""
MOST_KEPT = 200


class RehearsalPanel(GpioPanel):
    """One lane's mocked panel. Only what the settings wire can be touched; the rest does nothing."""

    def __init__(self, settings: PanelSettings) -> None:
        self.pins: Any = MockFactory()
        super().__init__(settings, self.pins)
        self._settings = settings
        self._fingers: queue.SimpleQueue[Press] = queue.SimpleQueue()
        self._pressing: WiredPin = "none"
        self._on_fire = self._jammed = self._lifted = False
        self._ticks_up = 0
        self.tamper(False)

    # --- the world ---

    def press(self, press: Press) -> None:
        """A finger presses and lets go of a button."""
        self._fingers.put(press)

    def fire(self, burns: bool) -> None:
        """Alarm or emergency button join their contacts: the notice's, and the barrier's own."""
        self._on_fire = burns
        self._join(self._settings.fire_notice_pin, burns)

    def tamper(self, opened: bool) -> None:
        """Somebody opens the box, or closes it."""
        self._join(self._settings.tamper_pin, not opened)

    def jam(self, jammed: bool) -> None:
        """The boom stays where it is, whatever the relay says."""
        self._jammed = jammed

    def lift(self, lifted: bool) -> None:
        """Somebody holds the boom up by hand."""
        self._lifted = lifted

    # --- as the loop sees it ---

    def tick(self, seconds: float) -> tuple[Told, ...]:
        self._move_finger()
        self._move_boom()
        self._forget_old_moves()
        return super().tick(seconds)

    def _move_finger(self) -> None:
        """A press lasts a tick, and a tick lies between two."""
        if self._pressing != "none":
            self._join(self._pressing, False)
            self._pressing = "none"
            return
        try:
            press = self._fingers.get_nowait()
        except queue.Empty:
            return
        self._pressing = {
            Press.ADMIT: self._settings.admit_button_pin,
            Press.DISMISS: self._settings.dismiss_button_pin,
            Press.THIRD: self._settings.third_button_pin,
        }[press]
        self._join(self._pressing, True)

    def _move_boom(self) -> None:
        raised = bool(self.pins.pin(self._settings.barrier_pin).state) or self._on_fire
        if not self._jammed:
            step = 1 if raised else -1
            self._ticks_up = min(TICKS_TO_MOVE, max(0, self._ticks_up + step))
        up = self._lifted or self._ticks_up == TICKS_TO_MOVE
        self._join(self._settings.barrier_sensor_pin, up)

    def _forget_old_moves(self) -> None:
        """A mocked pin keeps every one, for ever; a demo may go on for days."""
        for pin in self.pins.pins.values():
            if len(pin.states) > MOST_KEPT:
                pin.clear_states()

    def _join(self, pin: WiredPin, joined: bool) -> None:
        """A contact to ground closes or opens."""
        if pin != "none":
            device = self.pins.pin(pin)
            device.drive_low() if joined else device.drive_high()
