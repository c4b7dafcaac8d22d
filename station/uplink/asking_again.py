"""Which of the hub's documents this gate lacks, and when to ask for them again: first the broker, then the hub.

The uplink asks, from its own thread. Rule: what is lacking is never guessed at; the broker is asked to hand it out
again, less and less often, and what it does not have then is told to the hub with the station's status. Pure: `now` is
monotonic seconds, jitter a factor around 1.
"""

from collections.abc import Callable, Iterable

from gate.wire import MOST_LACKING
from station.roster import Part

# A set comes as a few dozen messages, the manifest last; it is whole well within this.
PATIENCE_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 300.0
# A broker that has a document hands it out at once.
ANSWER_SECONDS = 1.0


class AskingAgain:
    """first, longest: seconds until the first question, and between the later ones at most. answer: for the broker."""

    def __init__(
        self,
        jitter: Callable[[], float],
        first: float = PATIENCE_SECONDS,
        longest: float = LONGEST_WAIT_SECONDS,
        answer: float = ANSWER_SECONDS,
    ) -> None:
        self._jitter = jitter
        self._first, self._longest, self._answer = first, longest, answer
        self.begin_again()

    def begin_again(self) -> None:
        """A new connection: the broker hands out by itself what it has."""
        self._lacking: frozenset[Part] = frozenset()
        self._asked: frozenset[Part] = frozenset()
        self._in_vain: frozenset[Part] = frozenset()
        self._wait = self._first
        self._asks_at = self._answered_by = float("inf")

    def look(self, missing: Iterable[Part], now: float) -> tuple[Part, ...]:
        """What to ask the broker for now. missing: of the set that the gate knows to be in force.

        Only what has been missing all the while is asked for, so a set that is under way is left in peace.
        """
        there = frozenset(missing)
        if not self._lacking & there:
            self.begin_again()
            if there:
                self._lacking, self._asks_at = there, now + self._wait * self._jitter()
            return ()
        self._asked &= there
        if now >= self._answered_by:
            self._in_vain = self._asked
        if now < self._asks_at:
            self._lacking &= there
            return ()
        asked, self._lacking = self._lacking & there, there
        self._asked |= asked
        self._wait = min(self._wait * 2, self._longest)
        self._asks_at, self._answered_by = now + self._wait * self._jitter(), now + self._answer
        return tuple(sorted(asked, key=str))

    @property
    def in_vain(self) -> tuple[str, ...]:
        """What the broker was asked for and does not have, for the status; the first few, if there is more."""
        return tuple(sorted(map(str, self._in_vain)))[:MOST_LACKING]
