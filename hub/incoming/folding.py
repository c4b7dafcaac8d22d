"""Records that are kept and receipted are entered into the registry's tables, a little at a time, behind all else.

A turn is one transaction of bounded length on the writer's thread, then back into its queue: a live passage or a clerk
never waits longer than one turn. `hub.running` wakes it when something was put off, and when the hub starts. Rule: one
record that cannot be entered is set aside, and never in the way of the others.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from hub.forms import Opener
from hub.incoming.backlog import Post
from hub.incoming.ingest import say
from hub.registry import Registry, inbox
from hub.registry.instants import written
from hub.registry.parcels import NOT_FOLDED, Taken, is_of_the_disk
from hub.registry.writer import Rank

# One turn; what it holds grows and shrinks with how long the last one took. Fewer would cost more pages for each.
TURN_SECONDS = 0.06
LEAST_RECORDS = 400
MOST_RECORDS = 4_000
# However fast more comes in, something is folded this often.
LONGEST_WAIT_SECONDS = 1.0
# Screens are told of what had waited this often; it is not news.
TELL_SECONDS = 0.5

log = logging.getLogger(__name__)


class Folding:
    """post: hands the writer a job. told: called after commits with what they brought. Belongs to the writer's thread.

    seconds: a clock that only measures. most: how many records the next turn takes.
    """

    def __init__(
        self,
        post: Post,
        opener: Opener,
        told: Callable[[Taken], None],
        clock: Callable[[], datetime],
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._post = post
        self._opener = opener
        self._told = told
        self._clock = clock
        self._seconds = seconds
        self.most = LEAST_RECORDS
        self._posted = False
        self._last_turn = self._last_told = seconds()
        self._untold = Taken()

    def wake(self) -> None:
        """Something was put off. On the writer's thread, or before it starts."""
        if not self._posted:
            self._posted, self._last_turn = True, self._seconds()
            self._post(self._turn, Rank.FOLD)
        elif self._seconds() - self._last_turn > LONGEST_WAIT_SECONDS:
            self._last_turn = self._seconds()
            self._post(self._extra, Rank.BACKLOG)

    def _turn(self, registry: Registry) -> None:
        self._posted = False
        if self._fold(registry):
            self.wake()

    def _extra(self, registry: Registry) -> None:
        self._fold(registry)

    def _fold(self, registry: Registry) -> bool:
        """Whether there may be more, and it is worth trying."""
        began = self._seconds()
        try:
            brought = registry.run(lambda each: inbox.fold(each, self._opener, self.most, written(self._clock())))
        except Exception as cause:
            if is_of_the_disk(cause):
                log.exception("what is kept could not be folded; it is tried again within a minute")
                return False
            brought = self._smaller(registry, cause)
        else:
            self.pace(brought.put_off, self._seconds() - began)
        self._last_turn = self._seconds()
        say(brought)
        self._tell(brought)
        return brought.put_off > 0

    def _smaller(self, registry: Registry, cause: Exception) -> Taken:
        """Fewer at once the next time; what cannot be folded alone is set aside."""
        if self.most > 1:
            self.most = max(1, self.most // 8)
            return Taken(put_off=1)
        log.error("a record is set aside, it cannot be entered into the registry", exc_info=cause)
        why, at = f"{NOT_FOLDED}{type(cause).__name__}", written(self._clock())
        return registry.run(lambda each: inbox.pass_over(each, why, at))

    def pace(self, records: int, took: float) -> None:
        """So many took so many seconds: let the next turn keep to its time."""
        if records >= self.most or took > TURN_SECONDS:
            wanted = round(records * TURN_SECONDS / max(took, TURN_SECONDS / 8))
            self.most = min(max(wanted, self.most // 2, LEAST_RECORDS), self.most * 2, MOST_RECORDS)

    def _tell(self, brought: Taken) -> None:
        """At once where all is folded; otherwise some of it is gathered."""
        untold = self._untold
        if brought.arrivals:
            untold.arrivals = range(untold.arrivals.start or brought.arrivals.start, brought.arrivals.stop)
        untold.amended |= brought.amended
        untold.besides += brought.besides
        untold.quarantined += brought.quarantined
        if not brought.put_off or self._seconds() - self._last_told > TELL_SECONDS:
            self._last_told, self._untold = self._seconds(), Taken()
            self._told(untold)
