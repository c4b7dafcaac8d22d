"""How many records one message of backlog carries: more while receipts come quickly, fewer after a loss or a delay.

The window asks it. Rule: a hub that keeps up is sent more with every receipt, one that is late or silent half as much;
so forty gates that come back together share the hub among them, and what is live is never far behind.
Pure: seconds are handed in.
"""

from math import inf

FIRST_ROWS = 50
FEWEST_ROWS = 10
MOST_ROWS = 1000
SWIFT_SECONDS = 1.0
"""A receipt that takes no longer than this beyond the quickest says that the hub could take more."""
SLOW_SECONDS = 3.0
"""One that takes so much longer than the quickest says that too much is under way."""


class Batch:
    """rows: for the next message. Messages are numbered in the order in which they were sent."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most, self._fewest = most, min(FEWEST_ROWS, most)
        self.rows = min(FIRST_ROWS, most)
        # Many messages may be late for one cause: those that were under way when it shrank say nothing new.
        self._heeded_from = 0
        # A long line is not a busy hub.
        self._quickest = inf

    def connected(self) -> None:
        """Over another line, perhaps, and to another broker."""
        self._quickest = inf

    def arrived(self, number: int, seconds: float, newest: int) -> None:
        """Message `number` got its receipt after so long; newest: the last number that was sent."""
        self._quickest = min(self._quickest, seconds)
        if seconds <= self._quickest + SWIFT_SECONDS:
            self.rows = min(self._most, self.rows + max(1, self.rows // 4))
        elif seconds > self._quickest + SLOW_SECONDS:
            self.lost(number, newest)

    def lost(self, number: int, newest: int) -> None:
        """A later one had its receipt and this one did not, or none had for a long time.

        Silence is worth no more than that: a hub or a line that is away says little about what it could take.
        """
        if number >= self._heeded_from:
            self.rows = max(self._fewest, self.rows // 2)
            self._heeded_from = newest + 1
