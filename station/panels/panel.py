"""What every panel is: lamps, a buzzer, a barrier, and what the guard's fingers and the gate's contacts tell of.

Carried out by the loop, which must never wait: what takes time (a barrier that closes again, a beep, a blink) is moved
on by `tick`. Rule: a panel that does not obey raises PanelFailed, whose sentence the guard reads.
"""

from typing import Protocol

from station.happenings import Told
from station.view import Barrier
from station.visit import Lamp, Tone


class PanelFailed(Exception):
    """The panel does not obey; the message says what is wrong and what to do, for the guard."""


class Panel(Protocol):
    """seconds: monotonic, as the loop counts. Every method but `barrier` may raise PanelFailed."""

    def lamp(self, lamp: Lamp) -> None: ...
    def sound(self, tone: Tone, seconds: float) -> None: ...
    def open_barrier(self, seconds: float) -> None: ...

    def tick(self, seconds: float) -> tuple[Told, ...]:
        """Close what was open for long enough; what happened and the buttons pressed since the last tick."""

    @property
    def barrier(self) -> Barrier:
        """Where the barrier is, as far as its sensor told at the last tick."""

    def close(self) -> None:
        """Everything off, barrier closed; harmless when repeated."""
