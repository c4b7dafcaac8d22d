"""What the province says of an opaque health code: asked in a thread of its own, and remembered for a while.

The loop asks `HealthDesk` when it reads such a code, and hears the answer in its inbox. Rule: no answer is no colour,
and never a reason to wait: a service that is slow, broken or somebody else ends in UNKNOWN and in a fault that the
guard sees. The code's text is never logged or stored; answers are remembered by its SHA-256.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from gate.roster import Health
from station.inbox import Faulty, HealthCodeResolved, Post

log = logging.getLogger(__name__)

ANSWER_LIVES_SECONDS = 600.0
"""And no longer than the service says."""
FAILURE_LIVES_SECONDS = 5.0
"""Before a code that got no answer is asked about again."""
MOST_REMEMBERED = 512
MOST_WAITING = 8


class ResolverFailed(Exception):
    """The service gave no answer that can be used; the message says why, for the guard, and nothing of the code."""


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """The colour of a health code. valid_until: aware; None where the service does not say."""

    colour: Health
    valid_until: datetime | None = None


class Resolver(Protocol):
    """A service that knows what an opaque code means."""

    def resolve(self, code: bytes) -> HealthAnswer:
        """Ask; may take seconds. Raises ResolverFailed."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one code. asking: an answer may still come. until: monotonic seconds."""

    colour: Health
    asking: bool = False
    until: float = float("inf")


class HealthDesk:
    """Between the loop and the service. resolver: None where there is none. seconds: monotonic; wall: UTC, aware."""

    def __init__(
        self,
        resolver: Resolver | None,
        post: Callable[[Post], None],
        seconds: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._resolver = resolver
        self._post = post
        self._seconds = seconds
        self._wall = wall
        self._known: dict[str, Told] = {}
        self._waiting: queue.Queue[tuple[str, bytes] | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._told = ""
        self._thread = threading.Thread(target=self._run, name="resolver", daemon=True)

    def start(self) -> None:
        if self._resolver is not None:
            self._thread.start()

    def stop(self) -> None:
        """End within a second; a service that hangs is left behind."""
        if self._resolver is None:
            return
        with self._lock:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self._waiting.put_nowait(None)
        self._thread.join(1.0)

    def colour(self, code: bytes) -> Told:
        """What is known of a code, at once; where nothing is, the service is asked. From any thread."""
        if self._resolver is None:
            return Told(Health.UNKNOWN)
        digest = sha256(code).hexdigest()
        with self._lock:
            known = self._known.get(digest)
            if known is not None and self._seconds() < known.until:
                return known
            try:
                self._waiting.put_nowait((digest, code))
            except queue.Full:
                return Told(Health.UNKNOWN)
            return self._remember(digest, Told(Health.UNKNOWN, asking=True))

    def _run(self) -> None:
        while (asked := self._waiting.get()) is not None:
            digest, code = asked
            told, sentence = self._ask(code)
            with self._lock:
                self._remember(digest, told)
            self._say(sentence)
            self._post(HealthCodeResolved(digest, told.colour))

    def _ask(self, code: bytes) -> tuple[Told, str]:
        assert self._resolver is not None
        try:
            answer = self._resolver.resolve(code)
            lives = self._lives_seconds(answer)
        except ResolverFailed as failed:
            return Told(Health.UNKNOWN, until=self._seconds() + FAILURE_LIVES_SECONDS), str(failed)
        except Exception as wrong:
            # Not its text: who knows what it quotes.
            sentence = f"the health code service cannot be asked ({type(wrong).__name__})"
            return Told(Health.UNKNOWN, until=self._seconds() + FAILURE_LIVES_SECONDS), sentence
        return Told(answer.colour, until=self._seconds() + lives), ""

    def _lives_seconds(self, answer: HealthAnswer) -> float:
        if answer.valid_until is None:
            return ANSWER_LIVES_SECONDS
        left = (answer.valid_until - self._wall()).total_seconds()
        if left <= 0:
            raise ResolverFailed("the health code service gave an answer that has run out: is this gate's clock right?")
        return min(ANSWER_LIVES_SECONDS, left)

    def _remember(self, digest: str, told: Told) -> Told:
        self._known.pop(digest, None)
        while len(self._known) >= MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[digest] = told
        return told

    def _say(self, sentence: str) -> None:
        """Each change once, to the log and to the guard."""
        if sentence == self._told:
            return
        if sentence:
            log.error("resolver: %s", sentence)
        self._told = sentence
        self._post(Faulty("resolver", sentence))


class RehearsalResolver:
    """Reads the colour off the end of the code's own text: for rehearsals, where no province answers."""

    def resolve(self, code: bytes) -> HealthAnswer:
        for colour in (Health.GREEN, Health.YELLOW, Health.RED):
            if code.endswith(colour.encode()):
                return HealthAnswer(colour)
        raise ResolverFailed("the rehearsal's health code service knows codes that end in green, yellow or red")
