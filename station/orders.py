"""What the guard orders, by tap, by badge or by button: each is carried out, or answered with why it is not.

The loop hands over what came in. Rule: whoever tapped and has given up waiting is not obeyed any more.
"""

from concurrent.futures import Future, InvalidStateError
from typing import TypeVar

from gate.passage import Ground, What
from gate.reason import Outcome
from gate.staff import Guard
from gate.wording import Words
from station import view
from station.activation import BUSY, Activation
from station.drill import FIRST_END_IT, NOT_NOW
from station.duty import Badges, signed_on
from station.equipment import Equipment
from station.gatehouse import Gatehouse
from station.glance import Glance
from station.happenings import Press
from station.inbox import GuardKnown, PassAsked, Tapped
from station.lane.answers import NOT_WRITTEN
from station.lanes import Lanes
from station.prompts import Prompt
from station.recogniser import Recogniser
from station.snapshot import Snapshot
from station.tapped import AtHand, signal_of
from station.taps import (
    ActivateCard,
    Dismiss,
    EndActivation,
    GateTap,
    LaneTap,
    ReadAloud,
    SetClock,
    Settle,
    SignOff,
    Train,
)
from station.troubles import Troubles
from station.view import MadeCode
from station.visit import GuardChanged, Lamp, ReadCode, Ready, Showing, ShowLamp, Sound, Tone

T = TypeVar("T")

NOBODY_WAITS = Words("现在没有人等待放行", "Nobody is waiting to be let through")
JUST_CHANGED = Words("屏幕刚换，请看清再按一次", "The screen has just changed: look, and press again")


class Orders:
    """Owned by the loop's thread."""

    def __init__(
        self,
        equipment: Equipment,
        lanes: Lanes,
        gatehouse: Gatehouse,
        recogniser: Recogniser,
        troubles: Troubles,
    ) -> None:
        self._seconds = equipment.seconds
        self._voice = equipment.voice
        self._lanes = lanes
        self._gatehouse = gatehouse
        self._recogniser = recogniser
        self._troubles = troubles
        self._badges = Badges()
        self._glance = Glance()
        self._activation = Activation(gatehouse, equipment.cards)

    def tapped(self, item: Tapped) -> None:
        if item.done.set_running_or_notify_cancel():
            answer(item.done, self.obey(item.tap))

    def pass_asked(self, asked: PassAsked) -> None:
        if asked.done.set_running_or_notify_cancel():
            answer(asked.done, self._make_pass(asked))

    def pressed(self, press: Press) -> None:
        """The buttons speak of what was on the screen; a guard who lets somebody through so has seen him."""
        phase = self._lanes.lane.phase
        refused = None
        if press is Press.DISMISS:
            refused = self.obey(Dismiss())
        elif press is Press.THIRD:
            self._lanes.act(Sound(Tone.ATTENTION))
            refused = self.obey(ReadAloud())
        elif not isinstance(phase, Showing):
            refused = NOBODY_WAITS
        elif phase.decided.sequence is None:
            refused = NOT_WRITTEN
        elif not self._glance.was_of(phase.decided):
            refused = JUST_CHANGED
        else:
            refused = self.obey(Settle(phase.decided.sequence, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        if refused is not None:
            self._troubles.say("buttons", refused, self._seconds())
            # Whoever presses without a screen has to hear that nothing came of it.
            self._lanes.act(Sound(Tone.ERROR))

    def take_badges(self, codes: tuple[ReadCode, ...]) -> tuple[ReadCode, ...]:
        """The codes in view less the guards' badges; whoever holds up his signs on."""
        passes, guard = self._badges.part(codes, self._lanes.held.staff, self._seconds())
        if guard is not None:
            self._troubles.say("duty", self.obey(GuardKnown(guard)) or signed_on(guard), self._seconds())
        return passes

    def take_cards(self, codes: tuple[ReadCode, ...]) -> tuple[ReadCode, ...]:
        """The codes in view that are the lane's: while a blank card is awaited, none."""
        before = self._activation.shown
        left = self._activation.take(codes, self._lanes.held, self._seconds())
        if self._activation.shown != before:
            self._recogniser.forget()
            self._troubles.changed = True
        return left

    def tick(self, seconds: float) -> None:
        """Time passed: nobody is waited for without end, and what is on the screen can be read by now."""
        self._glance.note(self._lanes.lane.phase, seconds)
        if self._activation.tick(seconds):
            self._troubles.changed = True

    @property
    def activation(self) -> view.Activation | None:
        return self._activation.shown

    def take_list(self, held: Snapshot) -> None:
        """The office's list of guards came anew."""
        if self._gatehouse.obey_list(held):
            self.tell_guard()

    def tell_guard(self) -> None:
        """Every passage from now on carries whoever is on duty."""
        self._lanes.say_of_gate(GuardChanged(self._gatehouse.duty.guard))

    def end_training(self) -> Words | None:
        refused = self._lanes.end_training()
        if refused is None:
            self._gatehouse.write(What.TRAINING_ENDED)
        return refused

    def obey(self, tap: LaneTap | GateTap | GuardKnown) -> Words | None:
        """Why the tap is not carried out, if it is not."""
        refused = self._gatehouse.objection(tap, self._lanes.held)
        if refused is not None:
            return refused
        if not isinstance(tap, GuardKnown | Dismiss | ReadAloud | SetClock):
            # Whatever else the guard begins, the card is not waited for any more.
            self._activation.end()
            self._troubles.changed = True
        match tap:
            case ActivateCard():
                return self._begin_activation(tap)
            case EndActivation():
                return None
            case Train(on):
                return self._begin_training() if on else self.end_training()
            case ReadAloud():
                self._read_aloud()
                return None
            case GuardKnown() | SignOff() | SetClock() if self._lanes.training:
                return FIRST_END_IT
            case GuardKnown(guard):
                return self._sign_on(guard)
            case SignOff(note):
                return self._sign_off(note)
            case SetClock(at):
                self._troubles.changed = True
                return self._gatehouse.set_clock(at)
            case _:
                told = signal_of(tap, self._understood_by())
                return told if isinstance(told, Words) else self._lanes.say(told)

    def _understood_by(self) -> AtHand:
        held = self._lanes.held
        return AtHand(
            residents=held.residents,
            phase=self._lanes.lane.phase,
            seconds=self._seconds(),
            trace=self._recogniser.trace,
            seal=lambda form: self._gatehouse.seal(form, held.trust),
        )

    def _sign_on(self, guard: Guard) -> Words | None:
        refused = self._gatehouse.sign_on(guard)
        self.tell_guard()
        return refused

    def _sign_off(self, note: str) -> Words | None:
        refused = self._gatehouse.sign_off(note, self._lanes.held.trust)
        self.tell_guard()
        return refused

    def _read_aloud(self) -> None:
        if self._lanes.training:
            self._voice.say(Prompt.TRAINING)
        else:
            self._voice.repeat()

    def _begin_activation(self, tap: ActivateCard) -> Words | None:
        if self._lanes.training:
            return FIRST_END_IT
        if not isinstance(self._lanes.lane.phase, Ready):
            return BUSY
        return self._activation.begin(tap, self._lanes.held, self._seconds())

    def _begin_training(self) -> Words | None:
        refused = NOT_NOW if self._gatehouse.fire else self._lanes.refuses_training()
        if refused is not None:
            return refused
        self._gatehouse.write(What.TRAINING_BEGAN)
        self._lanes.act(ShowLamp(Lamp.DARK))
        self._lanes.begin_training()
        self._voice.say(Prompt.TRAINING)
        return None

    def _make_pass(self, asked: PassAsked) -> MadeCode | Words:
        if self._lanes.training:
            return FIRST_END_IT
        held = self._lanes.held
        refused = self._gatehouse.objection(None, held)
        return refused or self._gatehouse.make_pass(asked.person, asked.form, asked.hours, held)


def answer(done: "Future[T]", answer: T) -> None:
    try:
        done.set_result(answer)
    except InvalidStateError:
        return
