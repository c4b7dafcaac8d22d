"""What the broker was sent and has not acknowledged, and how long to wait before it is called again.

The broker link asks both, from paho's thread and the uplink's. Rule: what lies in paho's memory is bounded in messages
and in bytes, and gates that lost the same broker do not all come back in the same moment.
"""

from collections.abc import Callable
from threading import Lock

# What brokers take at once where they say nothing else (Mosquitto's own default); a bigger window is slower.
MOST_UNACKNOWLEDGED = 20
# Of payloads; so much of a station's memory may lie in paho.
MOST_QUEUED_BYTES = 4 * 2**20
# Of the messages, kept for what nobody sends again: how the station is, that it leaves, whom it let through.
SPARE_MESSAGES = 4

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 4.0
# For a broker that is there and does not let us in.
LONGEST_REFUSED_SECONDS = 30.0


class UnderWay:
    """Payloads by their packet identifier, of one connection at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._most = MOST_UNACKNOWLEDGED
        self._sizes: dict[int, tuple[str, int]] = {}
        # Acknowledged before `left` was told of them.
        self._early: set[int] = set()
        self._bytes = 0
        self._waited_for = False
        self.connection = 0

    def begin(self, most: int) -> None:
        """A connection begins; most: unacknowledged messages that the broker takes."""
        with self._lock:
            self._most = min(most, MOST_UNACKNOWLEDGED)
            self._sizes.clear()
            self._early.clear()
            self._bytes = 0
            self._waited_for = False
            self.connection += 1

    def has_room(self, size: int, urgent: bool) -> bool:
        """Whether a payload may be sent; where not, `acknowledged` says when to try again."""
        with self._lock:
            most = self._most if urgent else max(1, self._most - SPARE_MESSAGES)
            room = len(self._sizes) < most and (not self._bytes or self._bytes + size <= MOST_QUEUED_BYTES)
            self._waited_for |= not room
            return room

    def left(self, identifier: int, topic: str, size: int, connection: int) -> None:
        """It was handed over while that connection stood."""
        with self._lock:
            if connection != self.connection:
                return
            if identifier in self._early:
                self._early.remove(identifier)
                return
            self._sizes[identifier] = (topic, size)
            self._bytes += size

    def acknowledged(self, identifier: int) -> tuple[str, int, bool]:
        """Topic and size, ("", 0) where they are not known; and whether somebody waits for the room that this makes."""
        with self._lock:
            topic, size = self._sizes.pop(identifier, ("", 0))
            if not topic:
                self._early.add(identifier)
            self._bytes -= size
            roomy, self._waited_for = self._waited_for, False
            return topic, size, roomy


class Patience:
    """The wait before the next attempt to connect: twice the last one, up to a bound, times a drawn factor."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._next = FIRST_WAIT_SECONDS
        self._longest = LONGEST_WAIT_SECONDS

    def connected(self) -> None:
        self._next, self._longest = FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS

    def refused(self) -> None:
        """The broker is there, and has a reason to send us away."""
        self._longest = LONGEST_REFUSED_SECONDS

    def next(self) -> float:
        """Seconds."""
        wait = min(self._next, self._longest)
        self._next = wait * 2
        return wait * self._jitter()
