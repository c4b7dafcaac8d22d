"""The hub's lives in one run: when it was up, what the office's feed showed meanwhile, and its deaths by SIGKILL.

Smoke follows the feed by it and kills by it. Rule: a death counts only if records were on a station's disk before it
that still had no receipt after it: then the hub died owing something.
"""

import random
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.rehearsal.gates import Screen, until
from tests.rehearsal.office import Office
from tests.rehearsal.town import CLERK, Town
from tests.rehearsal.verdicts import Entry

ATTEMPTS = 60
LINK_SECONDS = 30.0


class HubNotKilled(Exception):
    """The hub never died owing a receipt; the run proves nothing."""


@dataclass
class Life:
    """From when both stations sent to it until it was gone; wall seconds. office: whose feed was open meanwhile."""

    office: Office
    began: float
    ended: float = float("inf")


class HubLives:
    """Follows one town's hub through its lives. screens: of both stations."""

    def __init__(self, town: Town, screens: Iterable[Screen]) -> None:
        self._town, self._screens = town, tuple(screens)
        self.lives: list[Life] = []

    def begin(self) -> Office:
        """Log in, open the feed, and wait until both stations send to this hub."""
        office = Office(self._town.hub_url, CLERK, self._town.clerk_password).follow()
        for screen in self._screens:
            if not screen.until(lambda view: view.health.link == "hub" and view.health.rules is not None, LINK_SECONDS):
                raise HubNotKilled(f"a station has not found its hub within {LINK_SECONDS:.0f} s")
        self.lives.append(Life(office, time.time()))
        return office

    def end(self) -> None:
        """From now on nothing counts for the feed any more."""
        self.lives[-1].ended = min(self.lives[-1].ended, time.time())

    def close(self) -> None:
        for life in self.lives:
            life.office.close()

    def kill_owing(self, rng: random.Random, seconds_dead: float = 1.0) -> int:
        """SIGKILL it while records wait for their receipt, and start it again; how many waited. Raises HubNotKilled.

        It is frozen (SIGSTOP) at a moment of chance and looked at: owing something, it dies just there.
        """
        for _ in range(ATTEMPTS):
            if not until(lambda: bool(self._unreceipted()), 10, pause=0.001):
                raise HubNotKilled("nobody came to the gates any more, so there was nothing that the hub could owe")
            time.sleep(rng.uniform(0, 0.004))  # somewhere between sending, commit and receipt
            outstanding = self._freeze()
            if outstanding:
                self._town.kill_hub()
                self.lives[-1].office.wait_for_end()
                time.sleep(seconds_dead)
                self._town.start_hub()
                self.begin()
                return outstanding
            self._thaw()
        raise HubNotKilled(f"in {ATTEMPTS} attempts the hub never stood still while a record waited for its receipt")

    def feed_ms(self, entries: Iterable[Entry]) -> list[float]:
        """From just before the commit to the office's stream, of each passage written and shown in one life.

        What was written while the hub was away waits for its next life by design, so it says nothing about the feed.
        """
        return [
            (life.office.seen[entry.identity] - entry.written_at.timestamp()) * 1000
            for entry in entries
            for life in self.lives
            if life.began <= entry.written_at.timestamp() <= life.office.seen.get(entry.identity, 0.0) < life.ended
        ]

    def unseen(self, entries: Iterable[Entry]) -> int:
        """Passages of a life that its feed never showed, save those that its death cut short."""
        return sum(
            life.began <= entry.written_at.timestamp() < life.ended - 1.0 and entry.identity not in life.office.seen
            for entry in entries
            for life in self.lives
        )

    def _freeze(self) -> int:
        """How many records that were written before still have no receipt once all that had left has arrived."""
        assert self._town.hub is not None
        frozen_at = datetime.now(UTC)
        self.end()
        self._town.hub.freeze()
        time.sleep(0.15)
        return sum(each < frozen_at for each in self._unreceipted())

    def _thaw(self) -> None:
        assert self._town.hub is not None
        self._town.hub.thaw()
        self.lives.append(Life(self.lives[-1].office, time.time()))

    def _unreceipted(self) -> list[datetime]:
        """When the records that have no receipt were written."""
        found: list[datetime] = []
        for path in self._town.databases.values():
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as journal:
                rows = journal.execute("SELECT written_at FROM record WHERE confirmed = 0").fetchall()
                found += [datetime.fromisoformat(text) for (text,) in rows]
        return found
