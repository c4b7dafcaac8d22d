"""The one thread that owns the lane and the journal: reads the inbox, tells the lane, carries out what it asks for.

Camera, thermometer, uplink and kiosk reach it through `post` and `tap` alone; the screen reads the view it leaves
behind. `__main__` runs it in the main thread, so that an error nobody foresaw ends the process, loudly.
Rules: the disk first, then everything else; nothing in a turn may wait but the disk; the watchdog is fed only by a
loop that really turned.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from gate.credential import read
from gate.passage import Amendment, Ground, Passage, Record
from gate.reason import Outcome
from gate.temperature import Measurement
from gate.wire import Receipt, encode_body
from gate.wording import Words
from station import lane as machine
from station.codes import SeenCode
from station.inbox import Faulty, Felt, LinkChanged, Looked, Post, Receipted, SnapshotCame
from station.journal import Journal, JournalBroken, JournalUnusable
from station.notify import Notifier
from station.panel import Panel, PanelFailed, Press
from station.screen import Surroundings, view_of
from station.settings import Settings
from station.snapshot import Snapshot
from station.timekeeper import Reading, Timekeeper
from station.view import ArriveWithoutCode, ChooseDirection, Dismiss, KioskView, Link, Settle, Tap, TapRefused
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    DirectionChosen,
    Draft,
    Effect,
    GuardDismissed,
    GuardSettled,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    OpenBarrier,
    ReadCode,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Tick,
)

log = logging.getLogger(__name__)

TICK_SECONDS = 0.05
VIEW_EVERY_SECONDS = 0.5
PROBE_EVERY_SECONDS = 2.0
TAP_SECONDS = 5.0
_NO_ANSWER = ("闸口没有应答，请再按一次", "The gate did not answer: tap again")

Recorded = Callable[[str, int, Record], None]
"""Told after each commit, by the loop's thread, and must not wait: journal id, sequence, record."""


@dataclass(frozen=True, slots=True)
class _Tapped:
    tap: Tap
    done: "Future[Words | None]"


@dataclass(frozen=True, slots=True)
class _Flush:
    """Everything posted before it was handled."""

    done: "Future[None]"


class Loop:
    """The running lane; also the kiosk's Desk.

    begin_journal: sets the present journal aside and begins a new one (rule 8). preview: the newest frame as a JPEG.
    seconds: monotonic.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        timekeeper: Timekeeper,
        panel: Panel,
        snapshot: Snapshot,
        *,
        begin_journal: Callable[[Journal], Journal],
        preview: Callable[[], bytes | None] = lambda: None,
        notifier: Notifier | None = None,
        recorded: tuple[Recorded, ...] = (),
        seconds: Callable[[], float] = time.monotonic,
        rehearsal: bool = False,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._begin_journal = begin_journal
        self._timekeeper = timekeeper
        self._panel = panel
        self._snapshot = snapshot
        self._preview = preview
        self._notifier = notifier or Notifier({})
        self._recorded = recorded
        self._seconds = seconds
        self._rehearsal = rehearsal
        self._inbox: queue.SimpleQueue[Post | _Tapped | _Flush | None] = queue.SimpleQueue()
        self._lane = Lane(settings.first_direction, settings.both_directions)
        self._link = Link.NONE
        self._faults: dict[str, str] = {}
        self._in_view: dict[bytes, ReadCode] = {}
        self._reading: Reading = timekeeper.read()
        self._beat = 0
        self._viewed_at = self._fed_at = self._probed_at = float("-inf")
        self._drawn: Lane | None = None
        self._stopping = False
        self._changed = threading.Condition()
        self._view = self._draw()
        if snapshot.rules:
            timekeeper.raise_floor(snapshot.rules.confirmed_at)

    # --- from any thread ---

    def post(self, post: Post) -> None:
        """Hand something to the loop and go on."""
        self._inbox.put(post)

    def tap(self, tap: Tap) -> None:
        tapped = _Tapped(tap, Future())
        self._inbox.put(tapped)
        try:
            refused = tapped.done.result(TAP_SECONDS)
        except TimeoutError:
            # A tap that nobody waits for any more must not open a barrier later.
            tapped.done.cancel()
            raise TapRefused(*_NO_ANSWER) from None
        if refused is not None:
            raise TapRefused(refused.zh, refused.en)

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until everything posted so far was handled; False when the time is up."""
        flush = _Flush(Future())
        self._inbox.put(flush)
        try:
            flush.done.result(timeout_seconds)
        except TimeoutError:
            return False
        return True

    def view(self) -> KioskView:
        with self._changed:
            return self._view

    def wait_for_change(self, seen: KioskView | None, timeout_seconds: float) -> KioskView:
        with self._changed:
            self._changed.wait_for(lambda: self._view is not seen, timeout_seconds)
            return self._view

    def preview(self) -> bytes | None:
        return self._preview()

    def stop(self) -> None:
        """End `run` after its present turn; may be called by a signal handler."""
        self._inbox.put(None)

    # --- the loop's own thread ---

    def run(self) -> None:
        """Turn until stopped; then leave lamps dark and the barrier closed."""
        next_tick = self._seconds()
        try:
            while not self._stopping:
                self.turn(next_tick - self._seconds())
                if self._seconds() >= next_tick:
                    self.tick()
                    next_tick = self._seconds() + TICK_SECONDS
        finally:
            self._panel.close()
            self._timekeeper.save()

    def turn(self, wait_seconds: float = 0.0) -> None:
        """Handle what is in the inbox next, if it comes in time."""
        try:
            item = self._inbox.get(timeout=max(0.0, wait_seconds))
        except queue.Empty:
            return
        self._handle(item)
        if self._lane is not self._drawn:
            self._publish()

    def tick(self) -> None:
        """Time passed: for the lane, the panel, the screen and the watchdog."""
        self._beat += 1
        seconds = self._seconds()
        self._work_panel(seconds)
        if "thermometer" in self._faults:
            self._say(Measured(Measurement(None, sensor=self._settings.thermometer.backend), seconds))
        self._say(Tick())
        self._mend_journal(seconds)
        self._timekeeper.save_in_time()
        if self._lane is not self._drawn or seconds - self._viewed_at >= VIEW_EVERY_SECONDS:
            self._publish()
        self._feed_watchdog(seconds)

    def _handle(self, item: Post | _Tapped | _Flush | None) -> None:
        match item:
            case Looked():
                self._look(item)
            case Felt():
                self._feel(item)
            case _Tapped():
                self._carry_out_tap(item)
            case Faulty():
                self._fault(item.part, item.sentence)
            case SnapshotCame():
                self._take_snapshot(item.snapshot)
            case Receipted():
                self._confirm(item.receipt)
            case LinkChanged():
                self._link = item.link
                self._drawn = None
            case _Flush():
                _answer(item.done, None)
            case None:
                self._stopping = True

    # --- what comes in, as the lane's signals ---

    def _look(self, looked: Looked) -> None:
        if not looked.codes:
            self._in_view = {}
            self._say(NothingSeen(), looked.taken_at)
            return
        # A code that stays in view is read once, not fifteen times a second.
        self._in_view = {code.data: self._in_view.get(code.data) or self._read(code) for code in looked.codes}
        self._say(CodesRead(tuple(self._in_view.values())), looked.taken_at)

    def _read(self, code: SeenCode) -> ReadCode:
        reading = read(code.data, self._snapshot.trust, self._timekeeper.read().moment)
        person = reading.credential.person if reading.credential else None
        resident = self._snapshot.residents.get(person) if person else None
        return ReadCode(sha256(code.data).hexdigest(), reading, resident)

    def _feel(self, felt: Felt) -> None:
        raw = felt.reading
        if raw.object_celsius is None:
            self._say(NobodyMeasured())
        else:
            measurement = Measurement(raw.object_celsius, raw.ambient_celsius, raw.sensor)
            self._say(Measured(measurement, felt.taken_at), felt.taken_at)

    def _carry_out_tap(self, tapped: _Tapped) -> None:
        # Not any more, if whoever tapped has given up waiting.
        if tapped.done.set_running_or_notify_cancel():
            _answer(tapped.done, self._say(_signal_of(tapped.tap)))

    def _work_panel(self, seconds: float) -> None:
        try:
            pressed = self._panel.tick(seconds)
        except PanelFailed as failed:
            self._fault("panel", str(failed))
            return
        for press in pressed:
            self._press(press)

    def _press(self, press: Press) -> None:
        """The buttons speak of what is on the screen; a guard who lets somebody through so has seen him."""
        shown = self._lane.phase.decided if isinstance(self._lane.phase, Showing) else None
        if press is Press.DISMISS:
            self._say(GuardDismissed())
        elif shown is not None and shown.sequence is not None:
            self._say(GuardSettled(shown.sequence, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))

    def _fault(self, part: str, sentence: str) -> None:
        """Note a part's fault; an empty sentence ends it."""
        if sentence == self._faults.get(part, ""):
            return
        self._faults = {name: told for name, told in self._faults.items() if name != part}
        if sentence:
            self._faults[part] = sentence
        self._drawn = None

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        # What is in view may have been revoked, or isolated.
        self._in_view = {}
        self._drawn = None
        if snapshot.rules:
            self._timekeeper.raise_floor(snapshot.rules.confirmed_at)

    # --- the lane, and what it asks for ---

    def _say(self, signal: Signal, in_hand: float | None = None) -> Words | None:
        """Tell the lane and do as it says, in its order; why it refused the guard's tap, if it did.

        in_hand: monotonic seconds when the evidence behind the signal was in hand.
        """
        self._reading = self._timekeeper.read()
        seconds = self._seconds()
        now = Now(self._reading.moment, seconds)
        self._lane, effects = machine.step(self._lane, signal, self._snapshot.rules, now)
        refused = None
        for effect in effects:
            refused = self._do(effect, seconds if in_hand is None else in_hand) or refused
        return refused

    def _do(self, effect: Effect, in_hand: float) -> Words | None:
        match effect:
            case RecordPassage(draft):
                return self._record_passage(draft, in_hand)
            case RecordAmendment(settled):
                return self._record_amendment(settled)
            case RefuseTap(why):
                return why
            case OpenBarrier() | ShowLamp() | Sound():
                self._show(effect)
                return None

    def _show(self, effect: OpenBarrier | ShowLamp | Sound) -> None:
        try:
            match effect:
                case OpenBarrier():
                    self._panel.open_barrier(self._seconds())
                case ShowLamp(lamp):
                    self._panel.lamp(lamp)
                case Sound(tone):
                    self._panel.sound(tone, self._seconds())
        except PanelFailed as failed:
            self._fault("panel", str(failed))
        else:
            self._fault("panel", "")

    # --- the disk ---

    def _record_passage(self, draft: Draft, in_hand: float) -> Words | None:
        passage = self._passage(draft)
        sequence = self._append("passage", passage, lambda: (self._seconds() - in_hand) * 1000)
        if sequence is None:
            return self._say(CommitFailed())
        refused = self._say(Committed(sequence))
        self._tell(sequence, passage)
        return refused

    def _record_amendment(self, settled: GuardSettled) -> Words | None:
        amendment = Amendment(self._reading.stamp, self._journal.id, settled.sequence, settled.outcome, settled.ground)
        sequence = self._append("amendment", amendment)
        if sequence is None:
            return self._say(AmendmentFailed())
        refused = self._say(AmendmentCommitted())
        self._tell(sequence, amendment)
        return refused

    def _append(self, kind: str, record: Record, took_ms: Callable[[], float] | None = None) -> int | None:
        try:
            sequence = self._journal.append(kind, encode_body(record), took_ms)
        except JournalBroken as broken:
            self._break_journal(broken)
            return None
        self._fault("journal", "")
        return sequence

    def _passage(self, draft: Draft) -> Passage:
        code = draft.evidence.code
        credential = code.credential if code else None
        return Passage(
            stamp=self._reading.stamp,
            gate=self._settings.gate,
            lane=self._settings.lane,
            direction=draft.evidence.direction,
            reasons=draft.reasons,
            person=credential.person if credential else None,
            pass_serial=credential.serial if credential else None,
            code_format=code.format if code else None,
            temperature=draft.evidence.measurement,
            policy=draft.edition,
            roster=self._snapshot.roster_edition,
        )

    def _tell(self, sequence: int, record: Record) -> None:
        for listener in self._recorded:
            listener(self._journal.id, sequence, record)

    def _confirm(self, receipt: Receipt) -> None:
        try:
            for of_journal in receipt.journals:
                if self._journal.outrun_by(of_journal):
                    self._start_over(of_journal.through)
                else:
                    self._journal.confirm(of_journal)
        except (JournalBroken, JournalUnusable) as broken:
            self._break_journal(broken)
        self._drawn = None

    def _start_over(self, through: int) -> None:
        log.error(
            "the hub holds record %d of journal %s, which ends at %d here: this card was copied or set back;"
            " a new journal begins",
            through,
            self._journal.id,
            self._journal.newest,
        )
        self._journal = self._begin_journal(self._journal)
        # Sequences of the old journal mean nothing any more.
        self._lane = replace(self._lane, recent=(), amending=None)

    def _break_journal(self, broken: Exception) -> None:
        if "journal" not in self._faults:
            log.error("%s", broken)
        self._fault("journal", str(broken))

    def _mend_journal(self, seconds: float) -> None:
        """While nothing can be written, find out when it can be again."""
        if "journal" not in self._faults or seconds - self._probed_at < PROBE_EVERY_SECONDS:
            return
        self._probed_at = seconds
        try:
            self._journal.probe()
        except JournalBroken:
            return
        log.warning("the journal can be written again")
        self._fault("journal", "")

    # --- the screen and the watchdog ---

    def _publish(self) -> None:
        view = self._draw()
        with self._changed:
            self._view = view
            self._changed.notify_all()

    def _draw(self) -> KioskView:
        self._drawn = self._lane
        self._viewed_at = self._seconds()
        now = self._timekeeper.read().moment
        around = Surroundings(
            link=self._link,
            queue=self._journal.unconfirmed_count,
            oldest_seconds=self._oldest_seconds(now.utc),
            faults=self._faults,
            beat=self._beat + 1,
            rehearsal=self._rehearsal,
        )
        return view_of(self._lane, self._snapshot, self._settings, around, now)

    def _oldest_seconds(self, now: datetime) -> float:
        oldest = self._journal.oldest_unconfirmed_written_at()
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    def _feed_watchdog(self, seconds: float) -> None:
        limit = self._notifier.watchdog_seconds
        if limit is not None and seconds - self._fed_at >= limit / 4:
            self._fed_at = seconds
            self._notifier.alive()


def _signal_of(tap: Tap) -> Signal:
    match tap:
        case Settle(sequence, outcome, ground):
            return GuardSettled(sequence, outcome, ground)
        case Dismiss():
            return GuardDismissed()
        case ChooseDirection(direction):
            return DirectionChosen(direction)
        case ArriveWithoutCode():
            return CameWithoutCode()


def _answer(done: "Future[Words | None] | Future[None]", answer: Words | None) -> None:
    try:
        done.set_result(answer)  # type: ignore[arg-type]
    except InvalidStateError:
        return
