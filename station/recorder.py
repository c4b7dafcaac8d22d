"""The loop's hand at the journal: makes the records, notes receipts, and knows whether anything can be written.

The loop alone calls it, from its own thread. Rule: a record is on the disk before anybody is told of it, and a disk
that refuses is a fault on the screen until it takes a commit again. What befell the gate meanwhile is not lost with it:
it is written down, by its own time, as soon as that can be.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from gate.decision import caller as caller_of
from gate.passage import MOST_READINGS, Amendment, Happening, MadePass, Passage, Record, Stamp, What
from gate.wire import JournalReceipt, Receipt, encode_body
from station.journal import Journal, JournalBroken, JournalUnusable
from station.settings import Settings
from station.visit import Draft, GuardSettled

log = logging.getLogger(__name__)

PROBE_EVERY_SECONDS = 2.0
# Where nobody comes, a disk that takes nothing any more is to be known before somebody does.
PROBE_IDLE_SECONDS = 30.0
MOST_OWED = 64

Recorded = Callable[[str, int, Record], None]
"""Told after each commit, by the loop's thread, and must not wait: journal id, sequence, record."""


class Recorder:
    """begin_journal: sets the present journal aside and begins a new one (rule 8). seconds: monotonic.

    fault: the sentence about the journal; empty while it takes what it is given.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        begin_journal: Callable[[Journal], Journal],
        recorded: tuple[Recorded, ...],
        seconds: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._begin_journal = begin_journal
        self._recorded = recorded
        self._seconds = seconds
        self._probed_at = float("-inf")
        self._owed: list[Happening] = []
        self._untold: list[tuple[int, Record]] = []
        self.fault = ""

    @property
    def journal(self) -> Journal:
        return self._journal

    def passage(self, draft: Draft, stamp: Stamp, roster: str | None, in_hand: float) -> Passage | None:
        """Commit a decided passage; None where the disk refuses. in_hand: when its last evidence was, monotonic."""
        record = self._passage(draft, stamp, roster)
        return record if self._append("passage", record, lambda: (self._seconds() - in_hand) * 1000) else None

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

    def happening(self, what: What, stamp: Stamp, guard: str | None, note: bytes | None = None) -> bool:
        """Commit what befell the gate; where the disk refuses, once it does not any more. note: sealed."""
        record = Happening(stamp, self._settings.gate, self._settings.lane, what, guard, note)
        written = self._append("happening", record)
        if not written and len(self._owed) < MOST_OWED:
            self._owed.append(record)
        return written

    def made_pass(self, record: MadePass) -> bool:
        """Commit a temporary pass; False where the disk refuses, and then nobody may be given it."""
        return self._append("made_pass", record)

    def tell(self) -> bool:
        """Whoever listens hears of what was committed, in its order; False where that was nothing."""
        untold, self._untold = self._untold, []
        for sequence, record in untold:
            for listener in self._recorded:
                listener(self._journal.id, sequence, record)
        return bool(untold)

    def confirm(self, receipt: Receipt) -> bool:
        """Note the hub's receipt. True where it made a new journal begin: old sequences mean nothing any more."""
        ours = JournalReceipt(self._journal.id, 0)
        ours = next((each for each in receipt.journals if each.journal == self._journal.id), ours)
        try:
            if self._journal.outrun_by(ours):
                self._start_over(ours.through)
                return True
            self._journal.confirm(ours)
        except (JournalBroken, JournalUnusable) as broken:
            self._break(broken)
        return False

    def mend_in_time(self) -> None:
        """While nothing can be written, find out every 2 s whether it can be again; else now and then that it can."""
        seconds = self._seconds()
        if not self.fault:
            self._write_owed()
        if seconds - self._probed_at < (PROBE_EVERY_SECONDS if self.fault else PROBE_IDLE_SECONDS):
            return
        self._probed_at = seconds
        try:
            self._journal.probe()
        except JournalBroken as broken:
            self._break(broken)
            return
        if self.fault:
            log.warning("the journal can be written again")
        self.fault = ""
        self._write_owed()

    def oldest_seconds(self, now: datetime) -> float:
        """The age of the oldest record without a receipt; 0 where there is none."""
        oldest = self._journal.oldest_unconfirmed_written_at()
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    def _write_owed(self) -> None:
        while self._owed and self._append("happening", self._owed[0]):
            del self._owed[0]

    def _append(self, kind: str, record: Record, took_ms: Callable[[], float] | None = None) -> bool:
        try:
            self._journal.append(kind, encode_body(record), took_ms)
        except JournalBroken as broken:
            self._break(broken)
            return False
        self._untold.append((self._journal.newest, record))
        self._probed_at = self._seconds()
        self.fault = ""
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

    def _start_over(self, through: int) -> None:
        log.error(
            "the hub holds record %d of journal %s, which ends at %d here: this card was copied or set back;"
            " a new journal begins",
            through,
            self._journal.id,
            self._journal.newest,
        )
        self._untold = []
        self._journal = self._begin_journal(self._journal)

    def _break(self, broken: Exception) -> None:
        if not self.fault:
            log.error("%s", broken)
        self.fault = f"记录写不进去：请手工登记、手动开闸，并报修 / {broken}"
