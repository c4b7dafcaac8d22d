"""How often somebody may fail at the login before he has to wait."""

from collections import deque
from datetime import datetime, timedelta

# Enough for a clerk with cold fingers, hopeless for a guesser: 80-bit passwords at 2,880 tries a day.
MOST_FAILURES = 10
WITHIN = timedelta(minutes=5)
# Addresses remembered; the oldest is forgotten first.
MOST_ADDRESSES = 10_000


class Attempts:
    """Failures by address, for the last five minutes. For one event loop."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}

    def wait(self, address: str, now: datetime) -> timedelta | None:
        """How long this address has to wait; None where it may try."""
        failures = self._failures.get(address, deque())
        while failures and now - failures[0] >= WITHIN:
            failures.popleft()
        return failures[0] + WITHIN - now if len(failures) >= MOST_FAILURES else None

    def failed(self, address: str, now: datetime) -> None:
        failures = self._failures.pop(address, deque())
        failures.append(now)
        self._failures[address] = failures
        if len(self._failures) > MOST_ADDRESSES:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, address: str) -> None:
        self._failures.pop(address, None)
