"""Messages between the link's thread and the writer's: what is live has its own line, and what waited comes behind.

The link puts them in; the writer's thread takes what waits of one line, up to a number of records, as one batch.
Rule: what does not fit into memory is not taken, since without a receipt its station sends it again.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition

from hub.registry import Registry
from hub.registry.writer import Rank

# One batch of the line keeps others waiting for some 100 ms at the most.
LIVE_RECORDS = 1_000
BACKLOG_RECORDS = 3_000
# What may wait in memory of either line. Beyond it the link's thread is held back for a moment, so TCP holds back the
# broker, and then the message is dropped. Manual acknowledgement would not bound it, since Mosquitto 2.0.11 exceeds its
# own window when it releases a backlog.
MOST_BYTES = 16 * 2**20
# Held back for what waited, the link would hear nothing live; its station tries again soon enough.
HOLD_SECONDS = 2.0
# Of one record in a message of backlog, about.
COMPRESSED_BYTES = 90

# Of so many messages that are left, one is told of.
_TOLD_OF = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What came in on a topic of records; the broker's ACL vouches for the station that it names.

    live: as the gate wrote it; False for what waited there, which comes compressed.
    """

    topic: str
    payload: bytes
    live: bool = True


Post = Callable[[Callable[[Registry], None], Rank], object]
Take = Callable[[Registry, Sequence[Message]], None]


class Backlog:
    """post: hands the writer a batch job, and its rank. take_batch: what to do with a batch of messages."""

    def __init__(
        self, post: Post, take_batch: Take, most_bytes: int = MOST_BYTES, hold_seconds: float = HOLD_SECONDS
    ) -> None:
        self._live = _Line(post, take_batch, Rank.BATCH, most_bytes, hold_seconds)
        self._waited = _Line(post, take_batch, Rank.BACKLOG, most_bytes, 0.0)

    def put(self, message: Message) -> bool:
        """From the link's thread; False where there was no room and the message is left to be sent again."""
        return (self._live if message.live else self._waited).put(message)

    @property
    def dropped(self) -> int:
        return self._live.dropped + self._waited.dropped


class _Line:
    def __init__(self, post: Post, take_batch: Take, rank: Rank, most_bytes: int, hold_seconds: float) -> None:
        self._post = post
        self._take_batch = take_batch
        self._rank = rank
        self._most_bytes = most_bytes
        self._hold_seconds = hold_seconds
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._posted = False
        self._changed = Condition()
        self.dropped = 0

    def put(self, message: Message) -> bool:
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(message), self._hold_seconds):
                self.dropped += 1
                if self.dropped % _TOLD_OF == 1:
                    log.warning("%d bytes wait: messages are left for their stations to send again", self._bytes)
                return False
            self._waiting.append(message)
            self._bytes += len(message.payload)
            post, self._posted = not self._posted, True
        if post:
            self._post(self._drain, self._rank)
        return True

    def _has_room(self, message: Message) -> bool:
        return not self._waiting or self._bytes + len(message.payload) <= self._most_bytes

    def _drain(self, registry: Registry) -> None:
        """One batch, then back into the writer's queue, so that whatever outranks it gets its turn."""
        messages = self._next_batch()
        try:
            self._take_batch(registry, messages)
        except Exception:
            log.exception("a batch failed; what got no receipt is sent again by its station")
        finally:
            with self._changed:
                more = self._posted = bool(self._waiting)
            if more:
                self._post(self._drain, self._rank)

    def _next_batch(self) -> list[Message]:
        messages: list[Message] = []
        records = 0
        with self._changed:
            while self._waiting and records < (LIVE_RECORDS if self._rank is Rank.BATCH else BACKLOG_RECORDS):
                message = self._waiting.popleft()
                messages.append(message)
                self._bytes -= len(message.payload)
                records += _about(message)
            self._changed.notify_all()
        return messages


def _about(message: Message) -> int:
    """How many records are in it: each envelope names its hash once; an estimate is enough to bound a batch."""
    return max(1, message.payload.count(b'"hash"') if message.live else len(message.payload) // COMPRESSED_BYTES)
