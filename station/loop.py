"""The one thread that owns the lane and the journal: reads the inbox, tells the lane, and draws the screen.

Camera, thermometer and uplink reach it through its inbox, the kiosk through its desk, which has the view that it leaves
behind. `__main__` runs it in the main thread, so that an error nobody foresaw ends the process, loudly.
Rules: the disk first, then everything else; nothing in a turn may wait but the disk; the watchdog is fed only by a
loop that really turned.
"""

import logging
import queue
from concurrent.futures import Future, InvalidStateError
from dataclasses import replace
from typing import TypeVar

from gate.clock import Moment
from gate.passage import Ground, What
from gate.reason import Outcome
from gate.staff import Guard
from gate.temperature import Measurement
from gate.wire import Receipt
from gate.wording import Words
from station import tapped
from station.desk import GuardDesk
from station.drill import FIRST_END_IT, IS_OFF, IS_ON, NOT_NOW, Drill, may_begin
from station.duty import Badges, signed_on
from station.equipment import Equipment, first_lane
from station.gatehouse import Gatehouse
from station.hands import Act, GateHands, Instant, LaneInHand
from station.happenings import Happening, Press, fault_of
from station.inbox import (
    CrossingsHeard,
    Faulty,
    Felt,
    Flush,
    GuardKnown,
    HealthCodeResolved,
    Inbox,
    LinkChanged,
    Looked,
    PassAsked,
    Post,
    Receipted,
    SnapshotCame,
    Tapped,
    Warned,
)
from station.panel import PanelFailed
from station.prompter import Prompter
from station.prompts import Prompt
from station.recogniser import Recogniser
from station.screen import Surroundings, view_of
from station.snapshot import Snapshot
from station.status import status_of
from station.taps import Dismiss, GateTap, LaneTap, ReadAloud, SetClock, Settle, SignOff, Train
from station.timekeeper import Reading
from station.troubles import Troubles
from station.view import Aim, Barrier, Hint, Link
from station.visit import (
    BarrierMoved,
    CodesRead,
    Gathering,
    GuardChanged,
    HealthTold,
    Lamp,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
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
RING_EVERY_SECONDS = 30.0

T = TypeVar("T")
Sight = tuple[object, ...]


class Loop:
    """The running lane. desk: the kiosk's side of it."""

    def __init__(self, equipment: Equipment, inbox: Inbox, held: Snapshot) -> None:
        self._equipment = with_ = equipment
        self._settings = settings = with_.settings
        self._inbox = inbox
        self._recorder, self._timekeeper, self._panel = with_.recorder, with_.timekeeper, with_.panel
        self._peers, self._seconds = with_.peers, with_.seconds
        self._troubles = Troubles()
        self._recogniser = Recogniser(held, with_.timekeeper, with_.peers, with_.health, with_.seconds, with_.matches)
        self._gatehouse = Gatehouse(
            settings, with_.recorder, with_.timekeeper, with_.duty, with_.maker, with_.randomness
        )
        hands = GateHands(
            with_.recorder, with_.panel, with_.voice, self._troubles, with_.matches, self._recogniser.forget
        )
        self._gate = LaneInHand(first_lane(with_), hands)
        self._prompter = Prompter(with_.voice)
        self._drill: Drill | None = None
        self._badges = Badges()
        self._link, self._barrier = Link.NONE, Barrier.NONE
        self._aim: Aim | None = None
        self._guidance: Hint | None = None
        self._beat = 0
        self._viewed_at = self._fed_at = self._rang_at = float("-inf")
        self._drawn: Sight | None = None
        self._stopping = False
        self._reading: Reading = with_.timekeeper.read()
        self.desk = GuardDesk(inbox, with_.preview, with_.seconds, held)
        self._take_snapshot(held)
        self._change_guard()
        self._publish()

    # --- from any thread ---

    def post(self, post: Post) -> None:
        """What a sense has to tell."""
        self._inbox.put(post)

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
        if self._is_stale():
            self._publish()

    def tick(self) -> None:
        """Time passed: for the lane, the panel, the screen and the watchdog."""
        self._beat += 1
        seconds = self._seconds()
        self._work_panel(seconds)
        if "thermometer" in self._troubles.faults and isinstance(self._lane.phase, Gathering):
            self._say(Measured(Measurement(None, sensor=self._settings.thermometer.backend), seconds))
        self._recorder.mend_in_time()
        self._troubles.note("journal", self._recorder.fault)
        self._say(Tick())
        if self._drill is None:
            hint = self._aim.hint if self._aim else None
            self._prompter.look(self._lane, self._held, hint, self._guidance, seconds)
        elif self._drill.is_over(seconds):
            self._end_training()
        self._ring(seconds)
        self._troubles.clear_in_time(seconds)
        self._timekeeper.save_in_time()
        self._peers.beat(self._reading.moment.utc, seconds)
        if self._is_stale() or seconds - self._viewed_at >= VIEW_EVERY_SECONDS:
            self._publish()
        self._feed_watchdog(seconds)

    def _handle(self, item: Post | Tapped | PassAsked | Flush | None) -> None:
        match item:
            case Looked():
                self._look(item)
            case Felt():
                self._feel(item)
            case Tapped():
                self._carry_out(item)
            case PassAsked():
                self._make_pass(item)
            case Faulty():
                self._troubles.note(item.part, item.sentence)
            case Warned():
                self._troubles.warn(item.part, item.words)
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

    # --- what the senses tell, as the lane's signals ---

    def _look(self, looked: Looked) -> None:
        if looked.aim != self._aim:
            self._aim = looked.aim
            self._troubles.changed = True
        codes, guard = self._badges.part(self._recogniser.look(looked), self._held.staff, self._seconds())
        if guard is not None:
            self._sign_on_by_badge(guard)
        self._say(CodesRead(codes) if codes else NothingSeen(), looked.taken_at)

    def _feel(self, felt: Felt) -> None:
        guidance = Hint(felt.reading.guidance) if felt.reading.guidance else None
        if guidance is not self._guidance:
            self._guidance = guidance
            self._troubles.changed = True
        if felt.reading.nobody:
            self._say(NobodyMeasured())
        elif felt.reading.object_celsius is not None:
            self._say(Measured(felt.reading.measurement(), felt.taken_at), felt.taken_at)

    def _work_panel(self, seconds: float) -> None:
        try:
            told = self._panel.tick(seconds)
        except PanelFailed as failed:
            self._troubles.note("panel", str(failed))
            return
        for each in told:
            if isinstance(each, Press):
                self._press(each)
            else:
                self._happened(each)
        if self._panel.barrier is not self._barrier:
            self._barrier = self._panel.barrier
            self._troubles.changed = True
            self._tell_gate(BarrierMoved(self._barrier))

    def _ring(self, seconds: float) -> None:
        """A part that has failed is heard, once; a gate that cannot record rings on."""
        faults = self._troubles.faults
        self._troubles.alarm = bool(faults) and (self._troubles.alarm or "journal" in faults)
        if self._troubles.alarm and seconds - self._rang_at >= RING_EVERY_SECONDS:
            self._rang_at, self._troubles.alarm = seconds, False
            self._act(Sound(Tone.ERROR))

    def _happened(self, happening: Happening) -> None:
        """What befell the gate by itself, with no browser needed to hear of it."""
        panel = self._settings.panel
        part, sentence = fault_of(happening, panel.opens_within_seconds, panel.closes_within_seconds)
        log.log(logging.WARNING if sentence else logging.DEBUG, "%s", happening)
        self._troubles.note(part, sentence)
        if happening in (Happening.FIRE, Happening.TAMPERED):
            self._end_training()
        if happening is Happening.FIRE:
            self._equipment.voice.say(Prompt.FIRE)
        self._gatehouse.befell(happening)

    def _press(self, press: Press) -> None:
        """The buttons speak of what is on the screen; a guard who lets somebody through so has seen him."""
        shown = self._lane.phase.decided if isinstance(self._lane.phase, Showing) else None
        if press is Press.DISMISS:
            self._obey(Dismiss())
        elif press is Press.THIRD:
            self._act(Sound(Tone.ATTENTION))
            self._equipment.voice.repeat()
        elif shown is not None and shown.sequence is not None:
            refused = self._obey(Settle(shown.sequence, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
            if refused is not None:
                self._troubles.say("buttons", refused, self._seconds())

    # --- what the guard taps ---

    def _carry_out(self, item: Tapped) -> None:
        # Not any more, if whoever tapped has given up waiting.
        if item.done.set_running_or_notify_cancel():
            _answer(item.done, self._obey(item.tap))

    def _obey(self, tap: LaneTap | GateTap | GuardKnown) -> Words | None:
        """Why the tap is not carried out, if it is not."""
        refused = self._gatehouse.objection(tap, self._held)
        if refused is not None:
            return refused
        match tap:
            case Train(on):
                return self._begin_training() if on else self._leave_training()
            case ReadAloud():
                self._equipment.voice.repeat()
                return None
            case GuardKnown() | SignOff() | SetClock() if self._drill is not None:
                return FIRST_END_IT
            case GuardKnown(guard):
                return self._change_guard(self._gatehouse.sign_on(guard))
            case SignOff(note):
                return self._change_guard(self._gatehouse.sign_off(note, self._held.trust))
            case SetClock(at):
                self._troubles.changed = True
                return self._gatehouse.set_clock(at)
            case _:
                told = tapped.signal_of(tap, self._understood_by())
                return told if isinstance(told, Words) else self._say(told)

    def _understood_by(self) -> tapped.Desk:
        trust = self._held.trust
        return tapped.Desk(
            residents=self._held.residents,
            phase=self._lane.phase,
            seconds=self._seconds(),
            trace=self._recogniser.trace,
            seal=lambda form: self._gatehouse.seal(form, trust),
        )

    def _make_pass(self, asked: PassAsked) -> None:
        if not asked.done.set_running_or_notify_cancel():
            return
        if self._drill is not None:
            _answer(asked.done, FIRST_END_IT)
            return
        refused = self._gatehouse.objection(None, self._held)
        _answer(asked.done, refused or self._gatehouse.make_pass(asked.person, asked.form, asked.hours, self._held))

    def _sign_on_by_badge(self, guard: Guard) -> None:
        refused = self._obey(GuardKnown(guard))
        self._troubles.say("duty", refused or signed_on(guard), self._seconds())

    def _change_guard(self, refused: Words | None = None) -> Words | None:
        """Every passage from now on carries whoever is on duty."""
        self._troubles.changed = True
        self._tell_gate(GuardChanged(self._gatehouse.duty.guard))
        return refused

    # --- training ---

    def _begin_training(self) -> Words | None:
        if self._drill is not None:
            return IS_ON
        if not may_begin(self._gate.lane.phase):
            return NOT_NOW
        self._gatehouse.write(What.TRAINING_BEGAN)
        self._act(ShowLamp(Lamp.DARK))
        self._drill = Drill(self._gate.lane, self._seconds(), self._equipment.voice)
        self._equipment.voice.say(Prompt.TRAINING)
        self._troubles.changed = True
        return None

    def _leave_training(self) -> Words | None:
        if self._drill is None:
            return IS_OFF
        self._end_training()
        return None

    def _end_training(self) -> None:
        if self._drill is None:
            return
        self._gate.lane = self._drill.leave(self._gate.lane)
        self._drill = None
        self._troubles.changed = True
        self._gatehouse.write(What.TRAINING_ENDED)

    # --- what the hub and the other gates tell ---

    def _change_link(self, link: Link) -> None:
        if self._link is Link.NONE:
            self._peers.greet(self._reading.moment.utc, self._seconds())
        self._link = link
        self._troubles.changed = True

    def _hear(self, heard: CrossingsHeard) -> None:
        self._peers.hear(heard.station, heard.digest, self._seconds())
        if heard.digest.crossings:
            # Whoever stands here may just have crossed elsewhere.
            self._recogniser.forget()

    def _take_snapshot(self, held: Snapshot) -> None:
        self._held = self._recogniser.snapshot = held
        self.desk.take_snapshot(held)
        self._equipment.voice.announce(held.notices)
        # What is in view may have been revoked, or isolated.
        self._recogniser.forget()
        self._troubles.changed = True
        if held.rules:
            self._timekeeper.hear_signed(held.rules.confirmed_at)
        if self._gatehouse.obey_list(held):
            self._change_guard()

    def _confirm(self, receipt: Receipt) -> None:
        if self._recorder.confirm(receipt):
            self._gate.lane = replace(self._gate.lane, recent=(), amending=None)
        self._troubles.note("journal", self._recorder.fault)
        self._troubles.changed = True

    # --- the lane ---

    @property
    def _in_hand(self) -> LaneInHand:
        return self._gate if self._drill is None else self._drill.lane

    @property
    def _lane(self) -> Lane:
        return self._in_hand.lane

    def _say(self, signal: Signal, in_hand: float | None = None) -> Words | None:
        """Tell the lane; why it refused the guard's tap, if it did.

        in_hand: monotonic seconds when the evidence behind the signal was in hand.
        """
        return self._in_hand.hear(signal, self._instant(in_hand))

    def _tell_gate(self, signal: Signal) -> None:
        """What is true of the gate itself, also while its lane is put aside."""
        self._gate.hear(signal, self._instant())

    def _act(self, act: Act) -> None:
        self._gate.act(act, self._instant())

    def _instant(self, in_hand: float | None = None) -> Instant:
        self._reading = self._timekeeper.read()
        seconds = self._seconds()
        now = Now(self._reading.moment, seconds)
        return Instant(now, self._reading.stamp, self._held, seconds if in_hand is None else in_hand)

    # --- the screen and the watchdog ---

    def _is_stale(self) -> bool:
        return self._troubles.changed or _sight(self._lane) != self._drawn

    def _publish(self) -> None:
        self._drawn = _sight(self._lane)
        self._troubles.changed = False
        self._viewed_at = self._seconds()
        now = self._timekeeper.read().moment
        self.desk.show(view_of(self._lane, self._held, self._settings, self._surroundings(now), now))
        status = status_of(self._settings, self._recorder.journal, self._held, now, self._troubles.faults)
        self._equipment.report(status)

    def _surroundings(self, now: Moment) -> Surroundings:
        return Surroundings(
            link=self._link,
            queue=self._recorder.journal.unconfirmed_count,
            oldest_seconds=self._recorder.oldest_seconds(now.utc),
            faults=self._troubles.faults,
            beat=self._beat + 1,
            rehearsal=self._equipment.rehearsal,
            seconds=self._viewed_at,
            aim=self._aim,
            guidance=self._guidance,
            warnings=self._troubles.warnings,
            duty=self._gatehouse.duty.shown(self._held.staff),
            training=self._drill is not None,
            fire=self._gatehouse.fire,
            barrier=self._panel.barrier,
            can_make_passes=self._gatehouse.can_make_passes(self._held.trust),
        )

    def _feed_watchdog(self, seconds: float) -> None:
        limit = self._equipment.notifier.watchdog_seconds
        if limit is not None and seconds - self._fed_at >= limit / 4:
            self._fed_at = seconds
            self._equipment.notifier.alive()


def _sight(lane: Lane) -> Sight:
    """What of the lane can be seen on the screen; how often it was looked at cannot."""
    readings = lane.readings if isinstance(lane.phase, Gathering) else ()
    return lane.phase, lane.direction, lane.recent, readings, lane.party, lane.resting


def _answer(done: "Future[T]", answer: T) -> None:
    try:
        done.set_result(answer)
    except InvalidStateError:
        return
