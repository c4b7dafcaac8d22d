"""The one thread that owns the lane and the journal: reads the inbox, tells the lane, and draws the screen.

Camera, thermometer and uplink reach it through its inbox, the kiosk through its desk, which has the view that it leaves
behind. `__main__` runs it in the main thread, so that an error nobody foresaw ends the process, loudly.
Rules: the disk first, then everything else; nothing in a turn may wait but the disk; the watchdog is fed only by a
loop that really turned.
"""

import queue
from datetime import timedelta

from gate.clock import Moment
from gate.temperature import Measurement
from gate.wire import Receipt
from station.desk import GuardDesk
from station.equipment import Equipment
from station.gatehouse import Gatehouse
from station.inbox import (
    CrossingsHeard,
    Faulty,
    Felt,
    Flush,
    GoneThrough,
    HealthCodeResolved,
    Inbox,
    JournalNews,
    JournalSuspected,
    LinkChanged,
    Looked,
    PassAsked,
    Post,
    Receipted,
    RowsFound,
    SnapshotCame,
    Tapped,
    Warned,
)
from station.lanes import Lanes
from station.orders import Orders, answer
from station.prompter import Prompter
from station.recogniser import Recogniser
from station.screen import Surroundings, view_of
from station.snapshot import Snapshot
from station.status import status_of
from station.troubles import Troubles
from station.view import Aim, Hint, Link
from station.visit import (
    CodesRead,
    Gathering,
    HealthTold,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Ready,
    Tick,
)
from station.watch import Watch

TICK_SECONDS = 0.05
VIEW_EVERY_SECONDS = 0.5

Sight = tuple[object, ...]


class Loop:
    """The running lane. desk: the kiosk's side of it."""

    def __init__(self, equipment: Equipment, inbox: Inbox, held: Snapshot) -> None:
        self._equipment = with_ = equipment
        self._inbox = inbox
        self._recorder, self._timekeeper, self._seconds = with_.recorder, with_.timekeeper, with_.seconds
        self._troubles = Troubles()
        self._recogniser = Recogniser(
            held, with_.timekeeper, with_.peers, with_.health, with_.seconds, with_.matches, with_.cards
        )
        self._gatehouse = Gatehouse(
            with_.settings, with_.recorder, with_.timekeeper, with_.duty, with_.maker, with_.randomness
        )
        self._lanes = Lanes(with_, held, self._troubles, self._recogniser)
        self._orders = Orders(with_, self._lanes, self._gatehouse, self._recogniser, self._troubles)
        self._watch = Watch(with_, self._lanes, self._gatehouse, self._orders, self._troubles)
        self._prompter = Prompter(with_.voice)
        self._link = Link.NONE
        self._aim: Aim | None = None
        self._guidance: Hint | None = None
        self._beat = 0
        self._viewed_at = self._fed_at = float("-inf")
        self._drawn: Sight | None = None
        self._stopping = False
        self.desk = GuardDesk(inbox, with_.preview, with_.seconds, held)
        self._take_snapshot(held)
        self._orders.tell_guard()
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
            self._equipment.panel.close()
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
        self._watch.tick(seconds)
        self._orders.tick(seconds)
        if "thermometer" in self._troubles.faults:
            sensor = self._equipment.settings.thermometer.backend
            self._lanes.say(Measured(Measurement(None, sensor=sensor), seconds))
        self._look_after_journal()
        self._lanes.say(Tick())
        self._speak(seconds)
        self._watch.ring(seconds)
        self._troubles.clear_in_time(seconds)
        self._timekeeper.save_in_time()
        self._equipment.peers.beat(self._lanes.reading.moment.utc, seconds)
        if self._is_stale() or seconds - self._viewed_at >= VIEW_EVERY_SECONDS:
            self._publish()
        self._feed_watchdog(seconds)

    def _handle(self, item: Post | Tapped | PassAsked | Flush | None) -> None:
        self._begin_again_if_replaced()
        match item:
            case Looked():
                self._look(item)
            case Felt():
                self._feel(item)
            case Tapped():
                self._orders.tapped(item)
            case PassAsked():
                self._orders.pass_asked(item)
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
                self._lanes.say(HealthTold(digest, colour))
            case JournalSuspected() | RowsFound() | GoneThrough():
                self._mend_journal(item)
            case Flush():
                answer(item.done, None)
            case None:
                self._stopping = True

    # --- what the senses tell, as the lane's signals ---

    def _look(self, looked: Looked) -> None:
        if looked.aim != self._aim:
            self._aim = looked.aim
            self._troubles.changed = True
        codes = self._orders.take_cards(self._orders.take_badges(self._recogniser.look(looked)))
        self._lanes.say(CodesRead(codes) if codes else NothingSeen(), looked.taken_at)

    def _feel(self, felt: Felt) -> None:
        guidance = Hint(felt.reading.guidance) if felt.reading.guidance else None
        if guidance is not self._guidance:
            self._guidance = guidance
            self._troubles.changed = True
        if felt.reading.nobody:
            self._lanes.say(NobodyMeasured())
        elif felt.reading.object_celsius is not None:
            self._lanes.say(Measured(felt.reading.measurement(), felt.taken_at), felt.taken_at)

    def _speak(self, seconds: float) -> None:
        """Training has its one word, and its end."""
        if self._lanes.training_is_over(seconds):
            self._orders.end_training()
        if not self._lanes.training:
            hint = self._aim.hint if self._aim else None
            self._prompter.look(self._lanes.lane, self._lanes.held, hint, self._guidance, seconds)

    # --- what the hub and the other gates tell ---

    def _change_link(self, link: Link) -> None:
        if self._link is Link.NONE:
            self._equipment.peers.greet(self._lanes.reading.moment.utc, self._seconds())
        elif link is Link.NONE:
            self._equipment.peers.cut_off()
            # Of whoever stands here nobody can tell any more where else he was.
            self._lanes.crossed()
        self._link = link
        self._troubles.changed = True

    def _hear(self, heard: CrossingsHeard) -> None:
        rules = self._lanes.held.rules
        hours = rules.policy.same_way_hours if rules else 0
        for conflict in self._equipment.peers.hear(heard.station, heard.digest, self._seconds(), hours=hours):
            self._gatehouse.contradicted(conflict.passage)
            self._troubles.say("two gates", conflict.words, self._seconds())
        if heard.digest.crossings:
            # Whoever stands here, or waits for his family, may just have crossed elsewhere.
            self._lanes.crossed()

    def _take_snapshot(self, held: Snapshot) -> None:
        self._recogniser.snapshot = held
        self._lanes.take_snapshot(held)
        self.desk.take_snapshot(held)
        self._equipment.voice.announce(held.notices)
        # What is in view may have been revoked, or isolated.
        self._recogniser.forget()
        self._troubles.changed = True
        if held.rules:
            self._timekeeper.hear_signed(held.rules.confirmed_at)
        self._orders.take_list(held)

    def _confirm(self, receipt: Receipt) -> None:
        self._recorder.confirm(receipt)
        self._begin_again_if_replaced()
        self._troubles.note("journal", self._recorder.fault)
        self._troubles.changed = True

    # --- the journal's disk and files ---

    def _look_after_journal(self) -> None:
        keeper = self._recorder.keeper
        self._recorder.mend_in_time()
        keeper.look_at_disk(self._lanes.reading.moment.utc)
        held = self._lanes.held
        if held.rules is not None and isinstance(self._lanes.lane.phase, Ready) and self._inbox.empty():
            keeper.prune(held.rules.confirmed_at, timedelta(days=self._equipment.settings.journal.keep_days))
        self._begin_again_if_replaced()
        for part, said in (("journal", self._recorder.fault), ("disk", keeper.disk), ("salvage", keeper.damage)):
            self._troubles.note(part, said)

    def _mend_journal(self, news: JournalNews) -> None:
        keeper = self._recorder.keeper
        match news:
            case JournalSuspected(journal, why):
                keeper.suspected(journal, why)
            case RowsFound(rows):
                keeper.keep(rows)
            case GoneThrough(result):
                if keeper.gone_through(result):
                    self._gatehouse.lost(result)
        self._begin_again_if_replaced()
        self._troubles.changed = True

    def _begin_again_if_replaced(self) -> None:
        """Old numbers mean nothing in a new journal, and nobody may settle what bears one."""
        if self._recorder.keeper.take_replaced():
            self._lanes.begin_again()

    # --- the screen and the watchdog ---

    def _is_stale(self) -> bool:
        return self._troubles.changed or _sight(self._lanes.lane) != self._drawn

    def _publish(self) -> None:
        lane, held, settings = self._lanes.lane, self._lanes.held, self._equipment.settings
        self._drawn = _sight(lane)
        self._troubles.changed = False
        self._viewed_at = self._seconds()
        now = self._timekeeper.read().moment
        self.desk.show(view_of(lane, held, settings, self._surroundings(now), now))
        self._equipment.report(status_of(settings, self._recorder.journal, held, now, self._troubles.faults))

    def _surroundings(self, now: Moment) -> Surroundings:
        return Surroundings(
            link=self._link,
            queue=self._recorder.journal.unconfirmed_count,
            oldest_seconds=self._recorder.keeper.oldest_seconds(now.utc),
            faults=self._troubles.faults,
            beat=self._beat + 1,
            rehearsal=self._equipment.rehearsal,
            seconds=self._viewed_at,
            aim=self._aim,
            guidance=self._guidance,
            warnings=self._troubles.warnings,
            duty=self._gatehouse.duty.shown(self._lanes.held.staff),
            training=self._lanes.training,
            fire=self._gatehouse.fire,
            barrier=self._equipment.panel.barrier,
            can_make_passes=self._gatehouse.can_make_passes(self._lanes.held.trust),
            activation=self._orders.activation,
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
