"""Wakes the office's streams after a commit: the writer's thread speaks, the web's event loop hears.

A listener is told from which arrival on there is something new and reads the rows itself (hub.feed). What is not yet
heard is merged, so a browser that sleeps costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class News:
    """What a commit brought. arrivals: of new passages, may be empty. amended: arrivals of older ones that changed.

    Where both are empty a station has said how it is.
    """

    arrivals: range
    amended: frozenset[int] = frozenset()


class Subscription:
    """One listener's ear, for one event loop; iterating ends when the announcer ends or `close` is called."""

    def __init__(self, announcer: "Announcer") -> None:
        self._announcer = announcer
        self._loop = asyncio.get_running_loop()
        self._stirred = asyncio.Event()
        self._pending: News | None = None
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[News]:
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                news, self._pending = self._pending, None
                if news is not None:
                    yield news
                if self._closed:
                    return
        finally:
            self.close()

    def close(self) -> None:
        """From the listener's own loop."""
        self._closed = True
        self._announcer.forget(self)
        self._stirred.set()

    def tell(self, news: News) -> None:
        """From any thread."""
        self._call(self._hear, news)

    def end(self) -> None:
        """From any thread."""
        self._call(self.close)

    def _hear(self, news: News) -> None:
        self._pending = news if self._pending is None else _merged(self._pending, news)
        self._stirred.set()

    def _call(self, *call: object) -> None:
        try:
            self._loop.call_soon_threadsafe(*call)  # type: ignore[arg-type]
        except RuntimeError:
            # The listener's loop has ended without it.
            self._announcer.forget(self)


class Announcer:
    """The writer announces, the office's streams subscribe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: set[Subscription] = set()
        self._ended = False

    def subscribe(self) -> Subscription:
        """Inside a running event loop; whoever comes after the end hears nothing and is let go at once."""
        subscription = Subscription(self)
        with self._lock:
            self._listeners.add(subscription)
            ended = self._ended
        if ended:
            subscription.close()
        return subscription

    def announce(self, arrivals: range, amended: frozenset[int] = frozenset()) -> None:
        """From any thread, after the commit."""
        for listener in self._listening():
            listener.tell(News(arrivals, amended))

    def end(self) -> None:
        """Let every listener go, so that open streams do not hold up the end of the hub. From any thread."""
        self._ended = True
        for listener in self._listening():
            listener.end()

    def forget(self, subscription: Subscription) -> None:
        with self._lock:
            self._listeners.discard(subscription)

    def _listening(self) -> list[Subscription]:
        with self._lock:
            return list(self._listeners)


def _merged(earlier: News, later: News) -> News:
    spans = [span for span in (earlier.arrivals, later.arrivals) if span]
    arrivals = range(min(each.start for each in spans), max(each.stop for each in spans)) if spans else range(0)
    return News(arrivals, earlier.amended | later.amended)
