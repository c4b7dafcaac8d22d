"""What the panel tells by itself at every tick: buttons, the barrier's way, fire, force; and the alarm over a fault.

The loop ticks it; all of it works with the browser dead. Rule: of what befalls the gate the software only tells.
"""

import logging

from station.equipment import Equipment
from station.gatehouse import Gatehouse
from station.happenings import Happening, Press, fault_of
from station.lanes import Lanes
from station.orders import Orders
from station.panels import PanelFailed
from station.prompts import Prompt
from station.troubles import Troubles
from station.view import Barrier
from station.visit import BarrierMoved, Sound, Tone

log = logging.getLogger(__name__)

RING_EVERY_SECONDS = 30.0
_ENDS_TRAINING = (Happening.FIRE, Happening.TAMPERED)


class Watch:
    """Owned by the loop's thread. seconds: monotonic."""

    def __init__(
        self, equipment: Equipment, lanes: Lanes, gatehouse: Gatehouse, orders: Orders, troubles: Troubles
    ) -> None:
        self._panel = equipment.panel
        self._voice = equipment.voice
        self._wired = equipment.settings.panel
        self._lanes = lanes
        self._gatehouse = gatehouse
        self._orders = orders
        self._troubles = troubles
        self._barrier = Barrier.NONE
        self._rang_at = float("-inf")
        self._failed = False
        self._looked = False

    def tick(self, seconds: float) -> None:
        """Move on what takes its time, and hear what happened meanwhile."""
        try:
            told = self._panel.tick(seconds)
        except PanelFailed as failed:
            self._failed = True
            self._troubles.note("panel", str(failed))
            return
        if self._failed:
            self._failed = False
            self._troubles.note("panel", "")
        if not self._looked:
            self._looked = True
            self._gatehouse.first_look(told, self._panel.barrier)
        for each in told:
            if isinstance(each, Press):
                self._orders.pressed(each)
            else:
                self._happened(each)
        if self._panel.barrier is not self._barrier:
            self._barrier = self._panel.barrier
            self._lanes.say_of_gate(BarrierMoved(self._barrier))

    def ring(self, seconds: float) -> None:
        """A part that has failed is heard, once; a gate that cannot record rings on."""
        faults = self._troubles.faults
        self._troubles.alarm = bool(faults) and (self._troubles.alarm or "journal" in faults)
        if self._troubles.alarm and seconds - self._rang_at >= RING_EVERY_SECONDS:
            self._rang_at, self._troubles.alarm = seconds, False
            self._lanes.act(Sound(Tone.ERROR))

    def _happened(self, happening: Happening) -> None:
        part, sentence = fault_of(happening, self._wired.opens_within_seconds, self._wired.closes_within_seconds)
        log.log(logging.WARNING if sentence else logging.DEBUG, "%s", happening)
        self._troubles.note(part, sentence)
        if happening in _ENDS_TRAINING and self._lanes.training:
            self._orders.end_training()
        if happening is Happening.FIRE:
            self._voice.say(Prompt.FIRE)
        self._gatehouse.befell(happening)
