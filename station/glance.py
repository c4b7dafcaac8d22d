"""Which verdict a guard has had before his eyes when he presses a button, which names none.

The orders note at every tick what is shown. A button is asked once a tick, so it went down after the tick before.
Rule: whom nobody can have looked at is let in by no finger; nor is whoever came after the finger did.
"""

from station.visit import Decided, Phase, Showing

GLANCE_SECONDS = 1.0
"""For so long a verdict has to have been shown before a button speaks of it."""


class Glance:
    """Times: monotonic seconds."""

    def __init__(self) -> None:
        self._shown: Decided | None = None
        self._since = self._ticked_at = float("-inf")

    def note(self, phase: Phase, seconds: float) -> None:
        """A tick is over, and this is on the screen."""
        shown = phase.decided if isinstance(phase, Showing) else None
        if shown != self._shown:
            self._shown, self._since = shown, seconds
        self._ticked_at = seconds

    def was_of(self, decided: Decided) -> bool:
        """Whether this verdict, and no other, was shown for long enough at the tick before this one."""
        return decided == self._shown and self._ticked_at - self._since >= GLANCE_SECONDS
