"""Keeps a journal to write in: gives a full disk its reserve, takes a new file in place of a damaged one, and prunes.

The recorder writes through `do`, from the loop's thread; the loop tells it what the caretaker found. Rule: the gate
goes on recording while there is any file that takes a record; nothing is deleted but what the hub has had for long.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from station.disk_space import DiskSpace
from station.journal import (
    DAMAGED,
    DiskFull,
    Journal,
    JournalBroken,
    JournalDamaged,
    JournalUnusable,
    Reserve,
    Salvaged,
    Whole,
)

log = logging.getLogger(__name__)

PRUNE_EVERY_SECONDS = 1.0
LOOK_FOR_OLD_SECONDS = 600.0
# So long the guard reads what became of a damaged file.
SALVAGED_STANDS_SECONDS = 600.0
_SALVAGING = (
    "记录文件损坏：已另存，正在找回；闸口照常工作"
    " / the file of records was damaged: it was set aside and is being salvaged; the gate works on"
)

T = TypeVar("T")


class JournalKeeper:
    """begin_journal: sets the present journal aside, for the reason it is told, and begins a new one (rule 8).

    seconds: monotonic. reserve: room for a full disk. space: looks how much of it is left. refused: why the disk took
    nothing, the last time; "" while it does. disk, damage: sentences of a disk that fills, and of a journal that was
    damaged; the gate works on.
    """

    def __init__(
        self,
        journal: Journal,
        begin_journal: Callable[[Journal, str], Journal],
        seconds: Callable[[], float],
        reserve: Reserve | None,
        space: DiskSpace | None,
    ) -> None:
        self.journal = journal
        self._begin_journal = begin_journal
        self._seconds = seconds
        self._reserve, self._space = reserve, space
        self._due_anew = ""
        self._replaced = False
        self._unkept = False
        self._traces = True
        self._prune_at = float("-inf")
        self._said_until = float("inf")
        self.refused = ""
        self.disk = ""
        self.damage = _SALVAGING if journal.awaiting_salvage() else ""

    def do(self, step: Callable[[Journal], T]) -> T | None:
        """Something with the journal, whichever file that is by then; None where the disk refuses, see `refused`."""
        try:
            return self._somehow(step)
        except JournalBroken as broken:
            self._break(broken)
            return None

    def take_replaced(self) -> bool:
        """True once after a new journal began: old sequences mean nothing any more."""
        replaced, self._replaced = self._replaced, False
        return replaced

    def probe(self) -> None:
        """Whether the disk takes a record again; a file that could not be begun is tried anew."""
        if self._due_anew:
            self.begin_anew(self._due_anew, "it could not be begun before")
        if self.do(_probed) is None:
            return
        if self.refused:
            log.warning("the journal can be written again")
        self.refused = ""

    def look_at_disk(self, now: datetime) -> None:
        """Whether it fills, and whether there is room for the reserve again; cheap, every few seconds."""
        if self._space is None or not self._space.is_due(self._seconds()):
            return
        was_held = self._reserve is None or not self._reserve.wanted
        held = self._reserve is None or self._reserve.make() or not self._reserve.wanted
        if held and not was_held:
            self.journal.keep_log_short(short=False)
        self.disk = self._space.complaint(self.journal.path, self.oldest_seconds(now), held)

    def oldest_seconds(self, now: datetime) -> float:
        """The age of the oldest record without a receipt; 0 where there is none."""
        oldest = self.journal.oldest_unconfirmed_written_at()
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    def prune(self, now: datetime, keep: timedelta) -> None:
        """In an idle moment: some of what the hub has had for so long. now: the hub's time."""
        seconds = self._seconds()
        if self.refused or seconds < self._prune_at:
            return
        gone = self.do(lambda journal: journal.prune(now, keep)) or 0
        self._traces = self._traces or gone > 0
        if not gone and self._traces:
            self._traces = not self.journal.empty_log()
        self._prune_at = seconds + (PRUNE_EVERY_SECONDS if gone or self._traces else LOOK_FOR_OLD_SECONDS)

    # --- a journal that is not as it was written ---

    def suspected(self, journal: str, why: str) -> None:
        """Somebody who reads found it so; of an older journal that is no news."""
        if journal == self.journal.id:
            self.begin_anew(DAMAGED, why)

    def keep(self, rows: Sequence[Whole]) -> None:
        """What is whole of a journal that was set aside."""
        if self.do(lambda journal: journal.keep_earlier(rows)) is None:
            self._unkept = True

    def gone_through(self, result: Salvaged) -> bool:
        """Nothing more is in that file. Whether records are lost; where the disk refused some, it is gone through anew
        after the next start."""
        unkept, self._unkept = self._unkept, False
        told = f"journal {result.journal}, {result.whole} whole, {result.lost_count} lost of {result.newest}"
        if unkept or not self.do(lambda journal: journal.note_salvaged(result.name, told)):
            return False
        _log(result)
        self.damage = (
            f"记录文件损坏：找回 {result.whole} 条，{result.lost_count} 条读不出"
            f" / the file of records was damaged: {result.whole} got back, {result.lost_count} cannot be read"
        )
        self._said_until = self._seconds() + SALVAGED_STANDS_SECONDS
        return bool(result.lost)

    def forget_in_time(self) -> None:
        """What became of a damaged file has been said for long enough."""
        if self._seconds() >= self._said_until:
            self.damage, self._said_until = "", float("inf")

    def begin_anew(self, name: str, why: str) -> bool:
        """Whether a new journal began. name: for the file that is set aside."""
        old = self.journal
        log.error("journal %s, through record %d: %s; a new journal begins", old.id, old.newest, why)
        try:
            self.journal = self._begun(old, name)
        except JournalUnusable as unusable:
            self._due_anew = name
            self._break(unusable)
            return False
        self._due_anew, self._replaced = "", True
        if name == DAMAGED:
            self.damage, self._said_until = _SALVAGING, float("inf")
        return True

    def _somehow(self, step: Callable[[Journal], T]) -> T:
        """Do it; on a full disk once more with the reserve's room, in a damaged journal once more in a new one."""
        try:
            return step(self.journal)
        except DiskFull as full:
            return self._in_room_made(step, full)
        except JournalDamaged as damaged:
            if not self.begin_anew(DAMAGED, str(damaged)):
                raise
            return step(self.journal)

    def _in_room_made(self, step: Callable[[Journal], T], full: DiskFull) -> T:
        """First the log's own, which holds a page again for each record that came to it; then the reserve's."""
        if self.journal.empty_log():
            with suppress(DiskFull):
                return step(self.journal)
        if self._reserve is None or not self._reserve.release():
            raise full
        log.error("%s; the reserve is given up, and recording goes on", full)
        self.disk = DiskSpace.NO_RESERVE
        self.journal.empty_log()
        self.journal.keep_log_short(short=True)
        return step(self.journal)

    def _begun(self, old: Journal, name: str) -> Journal:
        try:
            return self._begin_journal(old, name)
        except JournalUnusable:
            if self._reserve is None or not self._reserve.release():
                raise
            return self._begin_journal(old, name)

    def _break(self, broken: Exception) -> None:
        if not self.refused:
            log.error("%s", broken)
        self.refused = str(broken)


def _probed(journal: Journal) -> bool:
    journal.probe()
    return True


def _log(result: Salvaged) -> None:
    told = f"{result.name}: {result.whole} records are whole and will be sent as {result.journal}"
    if not result.lost:
        log.warning("%s; none is lost", told)
        return
    lost = ", ".join(f"{first} to {last}" if last > first else f"{first}" for first, last in result.lost)
    log.error("%s; %d of 1 to %d cannot be read: %s", told, result.lost_count, result.newest, lost)
