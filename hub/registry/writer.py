"""The one thread that writes the registry; everybody else hands it commands and gets a Future.

An office command outranks a live passage, and that a batch of backlog, so a clerk never waits behind ten thousand
passages. Whatever a command raises goes into its Future; the thread itself outlives any of them (rule 12).
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from itertools import count
from queue import Empty, PriorityQueue
from threading import Thread
from typing import Any, TypeVar

from hub.registry import Registry

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Rank(IntEnum):
    """Who goes first. A stop goes before the wire: what is not committed gets no receipt and comes again.

    BATCH: live records, and how stations are. BACKLOG: what had waited at a gate. FOLD: what is kept and receipted, and
    still has to be entered into the tables.
    """

    OFFICE = 0
    STOP = 1
    BATCH = 2
    BACKLOG = 3
    FOLD = 4


_Job = tuple[int, int, Callable[[Registry], Any] | None, "Future[Any]"]


class Writer:
    """after: called on the writer's thread, outside of a transaction, when a command has touched what gates hold."""

    def __init__(self, registry: Registry, after: Callable[[Registry], None]) -> None:
        self._registry = registry
        self._after = after
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._order = count()
        self._thread = Thread(target=self._work, name="registry-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, command: Callable[[Registry], Result]) -> "Future[Result]":
        """An office command: carried out in a transaction of its own, before any batch."""
        return self._put(Rank.OFFICE, lambda registry: registry.run(command))

    def post(self, job: Callable[[Registry], Result], rank: Rank = Rank.BATCH) -> "Future[Result]":
        """Work that makes its own transactions; that of the wire waits for the office."""
        future = self._put(rank, job)
        future.add_done_callback(_report)
        return future

    def stop(self, seconds: float = 2.0) -> None:
        """Let the job at hand end, drop what waits, end the thread."""
        self._put(Rank.STOP, None)
        self._thread.join(seconds)
        while not self._thread.is_alive():
            try:
                self._jobs.get_nowait()[3].cancel()
            except Empty:
                return

    def _put(self, rank: Rank, command: Callable[[Registry], Result] | None) -> "Future[Result]":
        future: Future[Result] = Future()
        self._jobs.put((rank, next(self._order), command, future))
        return future

    def _work(self) -> None:
        while True:
            _, _, command, future = self._jobs.get()
            if command is None:
                future.set_result(None)
                return
            if future.set_running_or_notify_cancel():
                self._carry_out(command, future)

    def _carry_out(self, command: Callable[[Registry], Any], future: "Future[Any]") -> None:
        try:
            result = command(self._registry)
        except Exception as cause:
            future.set_exception(cause)
            return
        future.set_result(result)
        if self._registry.touched:
            self._follow_up()

    def _follow_up(self) -> None:
        try:
            self._after(self._registry)
        except Exception:
            log.exception("what was changed could not be made known to the gates; it is tried again within a minute")


def _report(future: "Future[Any]") -> None:
    """Nobody waits for a posted job, so its failure is told here."""
    if not future.cancelled() and (cause := future.exception()) is not None:
        log.error("work of the wire failed; what got no receipt comes again", exc_info=cause)
