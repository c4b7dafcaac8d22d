"""The one thread that owns the lane and the journal: reads the inbox, tells the lane, carries out what it asks for.

Camera, thermometer and uplink reach it through its inbox, the kiosk by `tap`; the screen reads the view it leaves
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

from gate.forms import VisitorForm
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome
from gate.temperature import Measurement
from gate.wire import VERSION, Receipt, StationStatus
from gate.wording import Words
from station import lane as machine
from station.finding import find
from station.happenings import Happening, Press, fault_of
from station.inbox import (
    CrossingsHeard,
    Faulty,
    Felt,
    HealthCodeResolved,
    LinkChanged,
    Looked,
    Post,
    Receipted,
    SnapshotCame,
)
from station.matches import KEY_BYTES, Matches
from station.notify import Notifier
from station.panel import Panel, PanelFailed
from station.peers import Peers
from station.recogniser import Recogniser
from station.recorder import Recorder
from station.resolver import HealthDesk
from station.screen import Surroundings, view_of
from station.settings import Settings
from station.snapshot import Snapshot
from station.tapped import signal_of
from station.taps import Tap, TapRefused
from station.timekeeper import Reading, Timekeeper
from station.view import Aim, Forms, Found, KioskView, Link, MadeCode
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    CodesRead,
    CommitFailed,
    Committed,
    Decided,
    Draft,
    Effect,
    Gathering,
    GuardDismissed,
    GuardSettled,
    HealthTold,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    OpenBarrier,
    Phase,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Tick,
    Tone,
)

log = logging.getLogger(__name__)

TICK_SECONDS = 0.05
VIEW_EVERY_SECONDS = 0.5
TAP_SECONDS = 5.0
_NO_ANSWER = ("闸口没有应答，请再按一次", "The gate did not answer: tap again")


@dataclass(frozen=True, slots=True)
class Tapped:
    """A guard's tap, and where its answer goes: None, or why it was refused."""

    tap: Tap
    done: "Future[Words | None]"


@dataclass(frozen=True, slots=True)
class Flush:
    """Everything posted before it was handled."""

    done: "Future[None]"


Inbox = queue.SimpleQueue[Post | Tapped | Flush | None]
"""The only way in. None: end."""
Sight = tuple[Phase, Direction, tuple[Decided, ...], tuple[Measured, ...]]


class Loop:
    """The running lane; also the kiosk's Desk.

    preview: the newest frame as a JPEG. report: takes how the station is, about twice a second. seconds: monotonic.
    """

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        recorder: Recorder,
        timekeeper: Timekeeper,
        panel: Panel,
        snapshot: Snapshot,
        *,
        preview: Callable[[], bytes | None] = lambda: None,
        report: Callable[[StationStatus], None] = lambda _status: None,
        peers: Peers | None = None,
        health: HealthDesk | None = None,
        matches: Matches | None = None,
        notifier: Notifier | None = None,
        seconds: Callable[[], float] = time.monotonic,
        rehearsal: bool = False,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._recorder = recorder
        self._timekeeper = timekeeper
        self._panel = panel
        self._preview = preview
        self._report = report
        self._peers = peers or Peers(settings.station, settings.gate, recorder.journal.id)
        self._notifier = notifier or Notifier({})
        self._seconds = seconds
        self._rehearsal = rehearsal
        # A rehearsal puts an hour's residents into a minute, and its pictures do not shake.
        empty_seconds = 0.0 if rehearsal else machine.EMPTY_SECONDS
        self._lane = Lane(settings.first_direction, settings.both_directions, empty_seconds=empty_seconds)
        self._link = Link.NONE
        self._faults: dict[str, str] = {}
        health = health or HealthDesk(None, self.post, seconds, lambda: timekeeper.read().moment.utc)
        self._matches = matches or Matches(None, bytes(KEY_BYTES))
        self._recogniser = Recogniser(snapshot, timekeeper, self._peers, health, seconds, self._matches)
        self._beat = 0
        self._aim: Aim | None = None
        self._viewed_at = self._fed_at = float("-inf")
        self._drawn: Sight | None = None
        self._stopping = False
        self._changed = threading.Condition()
        self._take_snapshot(snapshot)
        self._reading: Reading = timekeeper.read()
        self._view = self._draw()

    # --- from any thread ---

    def tap(self, tap: Tap) -> None:
        tapped = Tapped(tap, Future())
        self._inbox.put(tapped)
        try:
            refused = tapped.done.result(TAP_SECONDS)
        except TimeoutError:
            # A tap that nobody waits for any more must not open a barrier later.
            tapped.done.cancel()
            raise TapRefused(*_NO_ANSWER) from None
        if refused is not None:
            raise TapRefused(refused.zh, refused.en)

    def post(self, post: Post) -> None:
        """What a sense has to tell."""
        self._inbox.put(post)

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until everything posted so far was handled; False when the time is up."""
        flush = Flush(Future())
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

    def search(self, query: str) -> tuple[Found, ...]:
        return find(self._snapshot.residents.values(), query)

    def forms(self) -> Forms:
        return Forms()

    def make_pass(self, person: str | None, form: VisitorForm | None, hours: int) -> MadeCode:  # noqa: ARG002
        raise TapRefused("本门不能制作临时证", "This gate cannot make passes")

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
        if _sight(self._lane) != self._drawn:
            self._publish()

    def tick(self) -> None:
        """Time passed: for the lane, the panel, the screen and the watchdog."""
        self._beat += 1
        seconds = self._seconds()
        self._work_panel(seconds)
        if "thermometer" in self._faults and isinstance(self._lane.phase, Gathering):
            self._say(Measured(Measurement(None, sensor=self._settings.thermometer.backend), seconds))
        self._say(Tick())
        self._recorder.mend_in_time()
        self._fault("journal", self._recorder.fault)
        self._timekeeper.save_in_time()
        self._peers.beat(self._reading.moment.utc, seconds)
        if _sight(self._lane) != self._drawn or seconds - self._viewed_at >= VIEW_EVERY_SECONDS:
            self._publish()
        self._feed_watchdog(seconds)

    def _handle(self, item: Post | Tapped | Flush | None) -> None:
        match item:
            case Looked():
                self._look(item)
            case Felt():
                self._feel(item)
            case Tapped():
                self._carry_out_tap(item)
            case Faulty():
                self._fault(item.part, item.sentence)
            case SnapshotCame():
                self._take_snapshot(item.snapshot)
            case Receipted():
                self._confirm(item.receipt)
            case LinkChanged():
                self._change_link(item.link)
            case CrossingsHeard():
                self._hear(item)
            case HealthCodeResolved(digest, colour):
                self._recogniser.forget()
                self._say(HealthTold(digest, colour))
            case Flush():
                _answer(item.done, None)
            case None:
                self._stopping = True

    # --- what comes in, as the lane's signals ---

    def _look(self, looked: Looked) -> None:
        if looked.aim != self._aim:
            self._aim = looked.aim
            self._drawn = None
        codes = self._recogniser.look(looked)
        self._say(CodesRead(codes) if codes else NothingSeen(), looked.taken_at)

    def _feel(self, felt: Felt) -> None:
        if felt.reading.nobody:
            self._say(NobodyMeasured())
        elif felt.reading.object_celsius is not None:
            self._say(Measured(felt.reading.measurement(), felt.taken_at), felt.taken_at)

    def _carry_out_tap(self, tapped: Tapped) -> None:
        # Not any more, if whoever tapped has given up waiting.
        if tapped.done.set_running_or_notify_cancel():
            told = signal_of(tapped.tap, self._snapshot.residents)
            _answer(tapped.done, told if isinstance(told, Words) else self._say(told))

    def _work_panel(self, seconds: float) -> None:
        try:
            told = self._panel.tick(seconds)
        except PanelFailed as failed:
            self._fault("panel", str(failed))
            return
        for each in told:
            if isinstance(each, Press):
                self._press(each)
            else:
                self._happened(each)

    def _happened(self, happening: Happening) -> None:
        """What befell the gate by itself, with no browser needed to hear of it."""
        panel = self._settings.panel
        part, sentence = fault_of(happening, panel.opens_within_seconds, panel.closes_within_seconds)
        log.log(logging.WARNING if sentence else logging.DEBUG, "%s", happening)
        self._fault(part, sentence)

    def _press(self, press: Press) -> None:
        """The buttons speak of what is on the screen; a guard who lets somebody through so has seen him."""
        shown = self._lane.phase.decided if isinstance(self._lane.phase, Showing) else None
        if press is Press.DISMISS:
            self._say(GuardDismissed())
        elif press is Press.THIRD:
            self._show(Sound(Tone.ATTENTION))
        elif shown is not None and shown.sequence is not None:
            self._say(GuardSettled(shown.sequence, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))

    def _change_link(self, link: Link) -> None:
        if self._link is Link.NONE:
            self._peers.greet(self._reading.moment.utc, self._seconds())
        self._link = link
        self._drawn = None

    def _hear(self, heard: CrossingsHeard) -> None:
        self._peers.hear(heard.station, heard.digest, self._seconds())
        if heard.digest.crossings:
            # Whoever stands here may just have crossed elsewhere.
            self._recogniser.forget()

    def _fault(self, part: str, sentence: str) -> None:
        """Note a part's fault; an empty sentence ends it."""
        if sentence == self._faults.get(part, ""):
            return
        self._faults = {name: told for name, told in self._faults.items() if name != part}
        if sentence:
            self._faults[part] = sentence
        self._drawn = None

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = self._recogniser.snapshot = snapshot
        # What is in view may have been revoked, or isolated.
        self._recogniser.forget()
        self._drawn = None
        if snapshot.rules:
            self._timekeeper.hear_signed(snapshot.rules.confirmed_at)

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
        passage = self._recorder.passage(draft, self._reading.stamp, self._snapshot.roster_edition, in_hand)
        self._fault("journal", self._recorder.fault)
        if passage is None:
            return self._say(CommitFailed())
        refused = self._say(Committed(self._recorder.journal.newest))
        self._recorder.tell(passage)
        self._recogniser.forget()
        return refused

    def _record_amendment(self, settled: GuardSettled) -> Words | None:
        amendment = self._recorder.amendment(settled, self._reading.stamp)
        self._fault("journal", self._recorder.fault)
        if amendment is None:
            return self._say(AmendmentFailed())
        refused = self._say(AmendmentCommitted())
        self._recorder.tell(amendment)
        self._remember_holder(settled)
        return refused

    def _remember_holder(self, settled: GuardSettled) -> None:
        """The same certificate needs no guard the next time."""
        decided = next((each for each in self._lane.recent if each.sequence == settled.sequence), None)
        code = decided.evidence.code if decided else None
        if settled.resident is not None and code is not None and code.credential is not None:
            self._matches.remember(code.credential, settled.resident.person, self._reading.moment.utc)
            self._recogniser.forget()

    def _confirm(self, receipt: Receipt) -> None:
        if self._recorder.confirm(receipt):
            self._lane = replace(self._lane, recent=(), amending=None)
        self._fault("journal", self._recorder.fault)
        self._drawn = None

    # --- the screen and the watchdog ---

    def _publish(self) -> None:
        view = self._draw()
        with self._changed:
            self._view = view
            self._changed.notify_all()
        self._report(self._status())

    def _draw(self) -> KioskView:
        self._drawn = _sight(self._lane)
        self._viewed_at = self._seconds()
        now = self._timekeeper.read().moment
        around = Surroundings(
            link=self._link,
            queue=self._recorder.journal.unconfirmed_count,
            oldest_seconds=self._recorder.oldest_seconds(now.utc),
            faults=self._faults,
            beat=self._beat + 1,
            rehearsal=self._rehearsal,
            aim=self._aim,
        )
        return view_of(self._lane, self._snapshot, self._settings, around, now)

    def _status(self) -> StationStatus:
        """How the station is, as the hub shall know it."""
        journal, rules = self._recorder.journal, self._snapshot.rules
        believed = self._reading.moment.believed
        return StationStatus(
            v=VERSION,
            online=True,
            gate=self._settings.gate,
            lane=self._settings.lane,
            journal=journal.id,
            newest=journal.newest,
            queue=journal.unconfirmed_count,
            policy=rules.edition if rules else None,
            roster=self._snapshot.roster_edition,
            at=self._reading.moment.utc,
            faults=tuple(sorted({*self._faults, *(() if believed else ("clock",))})),
        )

    def _feed_watchdog(self, seconds: float) -> None:
        limit = self._notifier.watchdog_seconds
        if limit is not None and seconds - self._fed_at >= limit / 4:
            self._fed_at = seconds
            self._notifier.alive()


def _sight(lane: Lane) -> Sight:
    """What of the lane can be seen on the screen; how often it was looked at cannot."""
    readings = lane.readings if isinstance(lane.phase, Gathering) else ()
    return lane.phase, lane.direction, lane.recent, readings


def _answer(done: "Future[Words | None] | Future[None]", answer: Words | None) -> None:
    try:
        done.set_result(answer)  # type: ignore[arg-type]
    except InvalidStateError:
        return
