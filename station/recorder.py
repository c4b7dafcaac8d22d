"""The loop's hand at the journal: makes the records, notes receipts, and knows whether anything can be written.

The loop alone calls it, from its own thread. Rule: a record is on the disk before anybody is told of it, and a disk
that refuses is a fault on the screen until it takes a commit again. What happened meanwhile is not lost with it: it is
written down, by its own time, as soon as that can be.
"""

import logging
from collections import deque
from collections.abc import Callable
from functools import partial

from msgspec import structs

from gate.evidence import caller as caller_of
from gate.passage import MOST_LOST, MOST_READINGS, Amendment, Happening, MadePass, Passage, Record, Stamp, What
from gate.reason import Reason
from gate.wire import JournalReceipt, Receipt, encode_body
from station.disk_space import DiskSpace
from station.journal import Journal, Reserve, Salvaged
from station.journal_keeper import JournalKeeper
from station.settings import Settings
from station.visit import Draft, GuardSettled

log = logging.getLogger(__name__)

PROBE_EVERY_SECONDS = 2.0
# Where nobody comes, a disk that takes nothing any more is to be known before somebody does.
PROBE_IDLE_SECONDS = 30.0
# A day's worth at a busy gate: each is shown to the guard as it happens, and kept in memory alone.
MOST_OWED = 2000
# A resident waits for them.
MOST_OWED_AT_ONCE = 200
MOST_TIMED = 1000

Recorded = Callable[[str, int, Record], None]
"""Told after each commit, by the loop's thread, and must not wait: journal id, sequence, record."""


class Recorder:
    """begin_journal, reserve, space: see JournalKeeper. seconds: monotonic.

    keeper: of the journal that is written in. fault: the sentence about the disk; empty while it takes what it is
    given. took_ms: of the newest decisions, from the evidence in hand until after the commit; timed is told each of
    them, in seconds.
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
        self.keeper = JournalKeeper(journal, begin_journal, seconds, reserve, space)
        self._recorded = recorded
        self._seconds = seconds
        self._probed_at = float("-inf")
        self._owed: deque[tuple[str, Happening | Passage]] = deque(maxlen=MOST_OWED)
        self._untold: list[tuple[str, int, Record]] = []
        self.took_ms: deque[float] = deque(maxlen=MOST_TIMED)
        self._timed = timed

    @property
    def journal(self) -> Journal:
        return self.keeper.journal

    @property
    def fault(self) -> str:
        refused = self.keeper.refused
        if not refused:
            return ""
        owed = f"（{len(self._owed)} 条待补记 / {len(self._owed)} kept in memory）" if self._owed else ""
        return f"记录写不进去：请手工登记、手动开闸，并报修 / {refused}{owed}"

    def passage(self, draft: Draft, stamp: Stamp, roster: str | None, in_hand: float) -> Passage | None:
        """Commit a decided passage; None where the disk refuses. in_hand: when its last evidence was, monotonic."""
        record = self._passage(draft, stamp, roster)
        if not self._append("passage", record, lambda: (self._seconds() - in_hand) * 1000):
            # The machine admits nobody on it; whoever the guard lets in by hand is still to be known of.
            reasons = (*record.reasons, Reason.UNRECORDED)
            self._owed.append(("passage", structs.replace(record, reasons=reasons)))
            return None
        if self.journal.took_ms is not None:
            self.took_ms.append(self.journal.took_ms)
            self._timed(self.journal.took_ms / 1000)
        return record

    def amendment(self, settled: GuardSettled, stamp: Stamp) -> Amendment | None:
        """Commit what the guard settled; None where the disk refuses."""
        record = Amendment(
            stamp=stamp,
            journal=self.journal.id,
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
        """Note the hub's receipt. True where it made a new journal begin, as the keeper's `take_replaced` says too."""
        for each in receipt.journals:
            if self.journal.outrun_by(each):
                self._untold = []
                why = f"the hub holds record {each.through}, so this card was copied or set back"
                return self.keeper.begin_anew("outrun", why)
        receipts = {each.journal: each for each in receipt.journals}
        receipts.setdefault(self.journal.id, JournalReceipt(self.journal.id, 0))
        for each in receipts.values():
            self.keeper.do(partial(Journal.confirm, receipt=each))
        return False

    def mend_in_time(self) -> None:
        """While nothing can be written, find out every 2 s whether it can be again; else now and then that it can."""
        seconds = self._seconds()
        if not self.keeper.refused:
            self._write_owed()
        self.keeper.forget_in_time()
        if seconds - self._probed_at < (PROBE_EVERY_SECONDS if self.keeper.refused else PROBE_IDLE_SECONDS):
            return
        self._probed_at = seconds
        self.keeper.probe()
        if not self.keeper.refused:
            self._write_owed()

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
        sequence = self.keeper.do(lambda journal: journal.append(kind, body, took_ms))
        if sequence is None:
            return False
        self._untold.append((self.journal.id, sequence, record))
        self._probed_at = self._seconds()
        self.keeper.refused = ""
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
