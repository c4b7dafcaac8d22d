"""The barrier of a lane: a relay that tells its box to open, held for a time, and a switch that says whether it did.

GpioPanel gives it relay and switch, and ticks. How it works: `open` closes the relay, `tick` lets it go. While the
relay is closed and for `opens_within` the boom is expected up; from then on, and for `closes_within` after the relay
was let go, expected down. A boom that is up when nobody opened it is forced; one that the fire alarm opened is not, and
while the alarm lasts nobody expects it down.

Rule: the relay is let go at its limit before anything else is looked at; nothing here can keep a barrier shut.
"""

from collections.abc import Callable
from dataclasses import dataclass

from station.happenings import Happening
from station.view import Barrier


@dataclass(frozen=True, slots=True)
class BarrierTimes:
    """Seconds. held: how long the relay stays closed. opens_within, closes_within: how long the boom may take."""

    held: float
    opens_within: float
    closes_within: float


class BarrierDrive:
    """relay: closes (True) and lets go (False). sensed: whether a switch tells of the boom; seconds are monotonic."""

    def __init__(self, relay: Callable[[bool], None], times: BarrierTimes, *, sensed: bool) -> None:
        self._relay = relay
        self._times = times
        self._sensed = sensed
        self._lets_go_at: float | None = None
        self._up_by: float | None = None
        self._down_by: float | None = None
        self._up: bool | None = None
        self._freed = False
        self._stuck = False

    def open(self, seconds: float) -> None:
        # Before the relay moves: should it fail half-way, the next tick lets it go all the same.
        self._lets_go_at = seconds + self._times.held
        self._down_by = None
        if not self._up and not self._stuck and self._up_by is None:
            self._up_by = seconds + self._times.opens_within
        try:
            self._relay(True)
        except BaseException:
            # Nobody told the boom to rise: that it stays down is no fault of its own.
            self._up_by = None
            raise

    def let_go(self, seconds: float) -> None:
        """To be called every tick, before anything of the panel can fail."""
        if self._lets_go_at is not None and seconds >= self._lets_go_at:
            self._relay(False)
            self._lets_go_at = None
            if not self._stuck and (self._up or self._up_by is not None):
                self._down_by = seconds + self._times.closes_within

    def watch(self, seconds: float, up: bool, freed: bool) -> tuple[Happening, ...]:
        """What the switch tells. up: the boom is. freed: fire alarm or emergency button hold it open."""
        if freed and not self._freed and not up:
            self._up_by = seconds + self._times.opens_within
        self._freed = freed
        first = self._up is None
        if up and (first or freed):
            # A station that starts under an open boom, and one in an alarm, wait for it as if they had opened it.
            self._down_by = seconds + self._times.closes_within
        moved = self._moved(up, seconds) if up != self._up else ()
        return (*(() if first else moved), *self._overdue(seconds))

    @property
    def where(self) -> Barrier:
        if not self._sensed:
            return Barrier.NONE
        if self._stuck:
            return Barrier.STUCK
        if self._up:
            return Barrier.CLOSING if self._down_by is not None and not self._freed else Barrier.OPEN
        return Barrier.OPENING if self._up_by is not None else Barrier.CLOSED

    def _moved(self, up: bool, seconds: float) -> tuple[Happening, ...]:
        self._up = up
        if not up:
            # For a while yet its own light curtain may lift it again, off whoever still stands there.
            self._stuck = False
            return (Happening.BARRIER_CLOSED,)
        opened = self._stuck or self._freed or self._expected
        if opened and self._lets_go_at is None:
            self._down_by = seconds + self._times.closes_within
        self._stuck, self._up_by = not opened, None
        return (Happening.BARRIER_OPENED,) if opened else (Happening.BARRIER_FORCED,)

    @property
    def _expected(self) -> bool:
        """Whether somebody asked for it, or the boom was just on its way down."""
        return any(limit is not None for limit in (self._lets_go_at, self._up_by, self._down_by))

    def _overdue(self, seconds: float) -> tuple[Happening, ...]:
        if not self._up and self._up_by is not None and seconds >= self._up_by:
            self._stuck, self._up_by, self._down_by = True, None, None
            return (Happening.BARRIER_STUCK_CLOSED,)
        if self._down_by is not None and seconds >= self._down_by:
            self._stuck, self._down_by = bool(self._up), None
            return (Happening.BARRIER_STUCK_OPEN,) if self._up else ()
        return ()
