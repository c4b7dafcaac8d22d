"""The loop's hand at the journal: makes the records, notes receipts, and knows whether anything can be written.

The loop alone calls it, from its own thread. Rule: a record is on the disk before anybody is told of it, and a disk
that refuses is a fault on the screen until it takes a commit again. What happened meanwhile is not lost with it: it is
written down, by its own time, as soon as that can be. A full disk gets the reserve first; a journal that is not as it
was written makes room for a new one.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import structs

from gate.decision import caller as caller_of
from gate.passage import MOST_LOST, MOST_READINGS, Amendment, Happening, MadePass, Passage, Record, Stamp, What
from gate.reason import Reason
from gate.wire import JournalReceipt, Receipt, encode_body
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
from station.settings import Settings
from station.visit import Draft, GuardSettled

log = logging.getLogger(__name__)

PROBE_EVERY_SECONDS = 2.0
# Where nobody comes, a disk that takes nothing any more is to be known before somebody does.
PROBE_IDLE_SECONDS = 30.0
PRUNE_EVERY_SECONDS = 1.0
LOOK_FOR_OLD_SECONDS = 600.0
# A day's worth at a busy gate: each is shown to the guard as it happens, and kept in memory alone.
MOST_OWED = 2000
# A resident waits for them.
MOST_OWED_AT_ONCE = 200
MOST_TIMED = 1000
# So long the guard reads what became of a damaged file.
SALVAGED_STANDS_SECONDS = 600.0
_SALVAGING = (
    "记录文件损坏：已另存，正在找回；闸口照常工作"
    " / the file of records was damaged: it was set aside and is being salvaged; the gate works on"
)

T = TypeVar("T")
Recorded = Callable[[str, int, Record], None]
"""Told after each commit, by the loop's thread, and must not wait: journal id, sequence, record."""


class Recorder:
    """begin_journal: sets the present journal aside, for the reason it is told, and begins a new one (rule 8).

    seconds: monotonic. reserve: room for a full disk. space: looks how much of it is left.
    fault: the sentence about the journal; empty while it takes what it is given. disk, damage: of a disk that fills,
    and of a journal that was damaged; the gate works on. took_ms: of the newest decisions, from the evidence in hand
    until after the commit; timed is told each of them, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        begin_journal: Callable[[Journal, str], Journal],
        recorded: tuple[Recorded, ...],
        seconds: Callable[[], float],
        reserve: Reserve | None = None,
        space: DiskSpace | None = None,
        timed: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._begin_journal = begin_journal
        self._recorded = recorded
        self._seconds = seconds
        self._probed_at = float("-inf")
        self._owed: deque[tuple[str, Happening | Passage]] = deque(maxlen=MOST_OWED)
        self._untold: list[tuple[str, int, Record]] = []
        self._reserve, self._space = reserve, space
        self._due_anew = ""
        self._replaced = False
        self._unkept = False
        self._traces = True
        self._prune_at = float("-inf")
        self._said_until = float("inf")
        self.took_ms: deque[float] = deque(maxlen=MOST_TIMED)
        self._timed = timed
        self._refused = ""
        self.disk = ""
        self.damage = _SALVAGING if journal.awaiting_salvage() else ""

    @property
    def journal(self) -> Journal:
        return self._journal

    @property
    def fault(self) -> str:
        if not self._refused:
            return ""
        owed = f"（{len(self._owed)} 条待补记 / {len(self._owed)} kept in memory）" if self._owed else ""
        return f"记录写不进去：请手工登记、手动开闸，并报修 / {self._refused}{owed}"

    def passage(self, draft: Draft, stamp: Stamp, roster: str | None, in_hand: float) -> Passage | None:
        """Commit a decided passage; None where the disk refuses. in_hand: when its last evidence was, monotonic."""
        record = self._passage(draft, stamp, roster)
        if not self._append("passage", record, lambda: (self._seconds() - in_hand) * 1000):
            # The machine admits nobody on it; whoever the guard lets in by hand is still to be known of.
            reasons = (*record.reasons, Reason.UNRECORDED)
            self._owed.append(("passage", structs.replace(record, reasons=reasons)))
            return None
        if self._journal.took_ms is not None:
            self.took_ms.append(self._journal.took_ms)
            self._timed(self._journal.took_ms / 1000)
        return record

    def amendment(self, settled: GuardSettled, stamp: Stamp) -> Amendment | None:
        """Commit what the guard settled; None where the disk refuses."""
        record = Amendment(
            stamp=stamp,
            journal=self._journal.id,
            sequence=settled.sequence,
            outcome=settled.outcome,
            ground=settled.ground,
            guard=settled.guard,
            person=settled.resident.person if settled.resident else None,
            readings=settled.readings[:MOST_READINGS],
        )
        return record if self._append("amendment", record) else None

    def happening(
        self,
        what: What,
        stamp: Stamp,
        guard: str | None,
        note: bytes | None = None,
        lost: Salvaged | None = None,
        passage: int | None = None,
    ) -> bool:
        """Commit what befell the gate; where the disk refuses, once it does not any more. note: sealed."""
        whose, runs = (lost.journal, tuple(lost.lost[:MOST_LOST])) if lost is not None else (None, ())
        record = Happening(stamp, self._settings.gate, self._settings.lane, what, guard, note, whose, runs, passage)
        written = self._append("happening", record)
        if not written:
            self._owed.append(("happening", record))
        return written

    def made_pass(self, record: MadePass) -> bool:
        """Commit a temporary pass; False where the disk refuses, and then nobody may be given it."""
        return self._append("made_pass", record)

    def tell(self) -> bool:
        """Whoever listens hears of what was committed, in its order; False where that was nothing."""
        untold, self._untold = self._untold, []
        for journal, sequence, record in untold:
            for listener in self._recorded:
                listener(journal, sequence, record)
        return bool(untold)

    def confirm(self, receipt: Receipt) -> bool:
        """Note the hub's receipt. True where it made a new journal begin, as `take_replaced` says as well."""
        for each in receipt.journals:
            if self._journal.outrun_by(each):
                return self._start_over(each.through)
        try:
            for each in receipt.journals:
                self._note(each)
            if all(each.journal != self._journal.id for each in receipt.journals):
                self._note(JournalReceipt(self._journal.id, 0))
        except JournalBroken as broken:
            self._break(broken)
        return False

    def mend_in_time(self) -> None:
        """While nothing can be written, find out every 2 s whether it can be again; else now and then that it can."""
        seconds = self._seconds()
        if not self._refused:
            self._write_owed()
        if seconds >= self._said_until:
            self.damage, self._said_until = "", float("inf")
        if seconds - self._probed_at < (PROBE_EVERY_SECONDS if self._refused else PROBE_IDLE_SECONDS):
            return
        self._probed_at = seconds
        if self._due_anew:
            self._begin_anew(self._due_anew, "it could not be begun before")
        try:
            self._somehow(self._probe)
        except JournalBroken as broken:
            self._break(broken)
            return
        if self._refused:
            log.warning("the journal can be written again")
        self._refused = ""
        self._write_owed()

    def look_at_disk(self, now: datetime) -> None:
        """Whether it fills, and whether there is room for the reserve again; cheap, every few seconds."""
        if self._space is not None and self._space.is_due(self._seconds()):
            was_held = self._reserve is None or not self._reserve.wanted
            held = self._reserve is None or self._reserve.make() or not self._reserve.wanted
            if held and not was_held:
                self._journal.keep_log_short(short=False)
            self.disk = self._space.complaint(self._journal.path, self.oldest_seconds(now), held)

    def prune(self, now: datetime) -> None:
        """In an idle moment: some of what the hub has had for long enough. now: the hub's time."""
        seconds = self._seconds()
        if self._refused or seconds < self._prune_at:
            return
        try:
            keep = timedelta(days=self._settings.journal.keep_days)
            gone = self._somehow(lambda: self._journal.prune(now, keep))
        except JournalBroken as broken:
            self._break(broken)
            return
        self._traces = self._traces or gone > 0
        if not gone and self._traces:
            self._traces = not self._journal.empty_log()
        self._prune_at = seconds + (PRUNE_EVERY_SECONDS if gone or self._traces else LOOK_FOR_OLD_SECONDS)

    # --- a journal that is not as it was written ---

    def suspected(self, journal: str, why: str) -> None:
        """Somebody who reads found it so; of an older journal that is no news."""
        if journal == self._journal.id:
            self._begin_anew(DAMAGED, why)

    def keep(self, rows: Sequence[Whole]) -> None:
        """What is whole of a journal that was set aside."""
        self._unkept = self._unkept or not self._kept(rows)

    def gone_through(self, result: Salvaged) -> bool:
        """Nothing more is in that file. Whether records are lost; where the disk refused some, it is gone through anew
        after the next start."""
        unkept, self._unkept = self._unkept, False
        if unkept or not self._noted(result):
            return False
        lost = ", ".join(f"{first} to {last}" if last > first else f"{first}" for first, last in result.lost)
        told = f"{result.name}: {result.whole} records are whole and will be sent as {result.journal}"
        if lost:
            log.error("%s; %d of 1 to %d cannot be read: %s", told, result.lost_count, result.newest, lost)
        else:
            log.warning("%s; none is lost", told)
        self.damage = (
            f"记录文件损坏：找回 {result.whole} 条，{result.lost_count} 条读不出"
            f" / the file of records was damaged: {result.whole} got back, {result.lost_count} cannot be read"
        )
        self._said_until = self._seconds() + SALVAGED_STANDS_SECONDS
        return bool(lost)

    def take_replaced(self) -> bool:
        """True once after a new journal began: old sequences mean nothing any more."""
        replaced, self._replaced = self._replaced, False
        return replaced

    def oldest_seconds(self, now: datetime) -> float:
        """The age of the oldest record without a receipt; 0 where there is none."""
        oldest = self._journal.oldest_unconfirmed_written_at()
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    @property
    def owed(self) -> int:
        """How many records wait in memory for the disk."""
        return len(self._owed)

    def _write_owed(self) -> None:
        for _ in range(MOST_OWED_AT_ONCE):
            if not self._owed or not self._commit(*self._owed[0]):
                return
            self._owed.popleft()

    def _append(self, kind: str, record: Record, took_ms: Callable[[], float] | None = None) -> bool:
        """What was owed before goes first, so that records stand in the order in which things happened."""
        self._write_owed()
        return self._commit(kind, record, took_ms)

    def _commit(self, kind: str, record: Record, took_ms: Callable[[], float] | None = None) -> bool:
        body = encode_body(record)
        try:
            self._somehow(lambda: self._journal.append(kind, body, took_ms))
        except JournalBroken as broken:
            self._break(broken)
            return False
        self._untold.append((self._journal.id, self._journal.newest, record))
        self._probed_at = self._seconds()
        self._refused = ""
        return True

    def _somehow(self, step: Callable[[], T]) -> T:
        """Do it; on a full disk once more with the reserve's room, in a damaged journal once more in a new one."""
        try:
            return step()
        except DiskFull as full:
            return self._in_room_made(step, full)
        except JournalDamaged as damaged:
            if not self._begin_anew(DAMAGED, str(damaged)):
                raise
            return step()

    def _in_room_made(self, step: Callable[[], T], full: DiskFull) -> T:
        """First the log's own, which holds a page again for each record that came to it; then the reserve's."""
        if self._journal.empty_log():
            with suppress(DiskFull):
                return step()
        if self._reserve is None or not self._reserve.release():
            raise full
        log.error("%s; the reserve is given up, and recording goes on", full)
        self.disk = DiskSpace.NO_RESERVE
        self._journal.empty_log()
        self._journal.keep_log_short(short=True)
        return step()

    def _probe(self) -> None:
        self._journal.probe()

    def _note(self, receipt: JournalReceipt) -> None:
        self._somehow(lambda: self._journal.confirm(receipt))

    def _kept(self, rows: Sequence[Whole]) -> bool:
        try:
            self._somehow(lambda: self._journal.keep_earlier(rows))
        except JournalBroken as broken:
            self._break(broken)
            return False
        return True

    def _noted(self, result: Salvaged) -> bool:
        told = f"journal {result.journal}, {result.whole} whole, {result.lost_count} lost of {result.newest}"
        try:
            self._somehow(lambda: self._journal.note_salvaged(result.name, told))
        except JournalBroken as broken:
            self._break(broken)
            return False
        return True

    def _passage(self, draft: Draft, stamp: Stamp, roster: str | None) -> Passage:
        evidence = draft.evidence
        code, resident = evidence.code, evidence.resident
        credential = code.credential if code else None
        return Passage(
            stamp=stamp,
            gate=self._settings.gate,
            lane=self._settings.lane,
            direction=evidence.direction,
            reasons=draft.reasons,
            person=(credential.person if credential else None) or (resident.person if resident else None),
            pass_serial=credential.serial if credential and credential.person else None,
            code_format=code.format if code else None,
            temperature=evidence.measurement,
            policy=draft.edition,
            roster=roster,
            guard=draft.guard,
            fresh_id=credential.fresh_id if credential else None,
            trip=None if evidence.trip is None else tuple(stay.place for stay in evidence.trip),
            caller=caller_of(evidence),
            named=evidence.named,
            purpose=evidence.purpose,
            destination=evidence.destination,
            permit=draft.permit.id if draft.permit else None,
            party=draft.party,
            also_measured=evidence.also_measured[:MOST_READINGS],
            form=draft.form,
        )

    def _start_over(self, through: int) -> bool:
        self._untold = []
        return self._begin_anew("outrun", f"the hub holds record {through}, so this card was copied or set back")

    def _begin_anew(self, name: str, why: str) -> bool:
        """Whether a new journal began. name: for the file that is set aside."""
        old = self._journal
        log.error("journal %s, through record %d: %s; a new journal begins", old.id, old.newest, why)
        try:
            self._journal = self._begun(old, name)
        except JournalUnusable as unusable:
            self._due_anew = name
            self._break(unusable)
            return False
        self._due_anew, self._replaced = "", True
        if name == DAMAGED:
            self.damage, self._said_until = _SALVAGING, float("inf")
        return True

    def _begun(self, old: Journal, name: str) -> Journal:
        try:
            return self._begin_journal(old, name)
        except JournalUnusable:
            if self._reserve is None or not self._reserve.release():
                raise
            return self._begin_journal(old, name)

    def _break(self, broken: Exception) -> None:
        if not self._refused:
            log.error("%s", broken)
        self._refused = str(broken)
