"""What of the hub's own the broker has lost, or somebody else wrote over: put back, and told as an alarm.

The link hears every word on the hub's topics that is not the hub's, the statuses which documents a gate asked for in
vain; `hub.running` puts back on the writer's thread. Rule: the first time at once, then less and less often, so that
neither a broker that keeps nothing nor a stranger who keeps writing can busy the hub.
"""

import logging
from collections.abc import Callable, Iterable
from threading import Lock

from hub.registry import Registry

SHORTEST_REST_SECONDS = 2.0
LONGEST_REST_SECONDS = 60.0

log = logging.getLogger(__name__)


class PuttingBack:
    """post: hands the writer a job. put: publishes what belongs on these topics, and takes away what strangers wrote on
    the latter. clock: monotonic seconds.
    """

    def __init__(
        self,
        post: Callable[[Callable[[Registry], None]], object],
        put: Callable[[Registry, frozenset[str], frozenset[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self._post = post
        self._put = put
        self._clock = clock
        self._lock = Lock()
        self._wanted: set[str] = set()
        self._strange: set[str] = set()
        # When each may be put back next, and how long it then rests.
        self._rest: dict[str, tuple[float, float]] = {}
        self.count = 0

    def overwritten(self, topic: str, payload: bytes) -> None:
        """Somebody else spoke on a topic of the hub's; from any thread."""
        what = "emptied" if not payload else "wrote on"
        log.error("ALARM somebody %s %s with rights that only the hub has; it is put back", what, topic)
        if payload:
            with self._lock:
                self._strange.add(topic)
        self.want([topic])

    def want(self, topics: Iterable[str]) -> None:
        """From any thread."""
        with self._lock:
            self._wanted.update(topics)
        self.go_on()

    def go_on(self) -> None:
        """Post what may be put back by now; called every few seconds too, for what had to rest."""
        if self._due():
            self._post(self._carry_out)

    def _due(self) -> frozenset[str]:
        now = self._clock()
        with self._lock:
            return frozenset(topic for topic in self._wanted if now >= self._rest.get(topic, (0.0, 0.0))[0])

    def _carry_out(self, registry: Registry) -> None:
        due, now = self._due(), self._clock()
        with self._lock:
            strange = due & self._strange
            self._wanted -= due
            self._strange -= due
            for topic in due:
                at, rest = self._rest.get(topic, (now, 0.0))
                quiet = now - at > LONGEST_REST_SECONDS
                rest = SHORTEST_REST_SECONDS if quiet or not rest else min(rest * 2, LONGEST_REST_SECONDS)
                self._rest[topic] = now + rest, rest
        if due:
            self.count += len(due)
            self._put(registry, due, strange)
