"""Looks after the journal's files while the lane works: checks the present one, salvages what was set aside.

A thread of its own that reads and posts; the loop alone writes. Rule: small steps with rests between them, so that
nobody in the lane waits for it; what it could not finish it begins again after the next start.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from station.inbox import GoneThrough, JournalNews, JournalSuspected, RowsFound
from station.journal import JournalReader, Salvage, check_fully

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. first: after the start; every, between: from one full check to the next, and at
    the least; rests: between two steps."""

    first: float = 30.0
    every: float = 86400.0
    between: float = 10.0
    check_rest: float = 0.02
    salvage_rest: float = 0.2


class Caretaker:
    """path: of the present journal."""

    def __init__(self, path: Path, post: Callable[[JournalNews], None], pace: Pace | None = None) -> None:
        self._path, self._post, self._pace = path, post, pace or Pace()
        self._gone_through: set[str] = set()
        self._called, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._called.set()
        self._thread.join(2.0)

    def look_again(self) -> None:
        """Something about the files is new, or looks wrong; from any thread."""
        self._called.set()

    def turn(self) -> None:
        """Everything there is to do, once."""
        self._carefully(self._salvage)
        self._carefully(self._check)

    def _run(self) -> None:
        self._carefully(self._salvage)
        wait = self._pace.first
        while not self._stopped.is_set():
            self._called.wait(wait)
            self._called.clear()
            if not self._stopped.is_set():
                self.turn()
            # Whoever calls at every row that he finds odd is answered once.
            self._stopped.wait(self._pace.between)
            wait = self._pace.every

    def _carefully(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (sqlite3.Error, OSError) as cause:
            log.warning("the journal's files cannot be looked through: %s", cause)

    def _salvage(self) -> None:
        with closing(JournalReader(self._path)) as reader:
            waiting = [each for each in reader.awaiting_salvage() if each.name not in self._gone_through]
        for path in waiting:
            log.warning("salvaging what is whole in %s", path)
            salvage = Salvage(path)
            for rows in salvage.steps():
                if rows:
                    self._post(RowsFound(rows))
                if self._stopped.wait(self._pace.salvage_rest if rows else self._pace.check_rest):
                    return
            self._gone_through.add(path.name)
            self._post(GoneThrough(salvage.result()))

    def _check(self) -> None:
        with closing(JournalReader(self._path)) as reader:
            journal = reader.id
        with closing(check_fully(self._path)) as steps:
            for wrong in steps:
                if wrong:
                    self._post(JournalSuspected(journal, wrong))
                    return
                if self._stopped.wait(self._pace.check_rest):
                    return
