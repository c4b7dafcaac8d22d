"""The kiosk's side of the loop: every tap, question and look of the guard's screen comes in here, from any thread.

`__main__` gives it to the kiosk; the loop hands it each new view. Rule: nothing of the lane is touched here. A tap
waits in the inbox for the loop, and what takes long (whose PIN it is, a search) is done in the thread that asks.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from gate.forms import VisitorForm
from gate.policy import Policy
from gate.wording import Words
from station.asked import choices, places
from station.duty import PinCheck
from station.finding import doors, find
from station.inbox import Flush, GuardKnown, Inbox, PassAsked, Tapped
from station.snapshot import Snapshot
from station.taps import SignOn, Tap, TapRefused
from station.view import Forms, Found, KioskView, MadeCode

T = TypeVar("T")
Doors = tuple[tuple[str, tuple[str, ...]], ...]

TAP_SECONDS = 5.0
_NO_ANSWER = ("闸口没有应答，请再按一次", "The gate did not answer: tap again")


class GuardDesk:
    """station.view.Desk. preview: the newest frame as a JPEG. seconds: monotonic."""

    def __init__(
        self, inbox: Inbox, preview: Callable[[], bytes | None], seconds: Callable[[], float], held: Snapshot
    ) -> None:
        self._inbox = inbox
        self._preview = preview
        self._pins = PinCheck(seconds)
        self._held = held
        self._doors: tuple[Snapshot, Doors] | None = None
        self._changed = threading.Condition()
        self._view: KioskView | None = None

    # --- for the loop ---

    def take_snapshot(self, held: Snapshot) -> None:
        self._held = held

    def show(self, view: KioskView) -> None:
        with self._changed:
            self._view = view
            self._changed.notify_all()

    # --- for any thread ---

    def tap(self, tap: Tap) -> None:
        asked = GuardKnown(self._pins.guard_of(tap.pin, self._held.staff)) if isinstance(tap, SignOn) else tap
        tapped = Tapped(asked, Future())
        self._inbox.put(tapped)
        refused = _answered(tapped.done)
        if refused is not None:
            raise TapRefused(refused.zh, refused.en)

    def make_pass(self, person: str | None, form: VisitorForm | None, hours: int) -> MadeCode:
        asked = PassAsked(person, form, hours, Future())
        self._inbox.put(asked)
        made = _answered(asked.done)
        if isinstance(made, Words):
            raise TapRefused(made.zh, made.en)
        return made

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
            assert self._view is not None
            return self._view

    def wait_for_change(self, seen: KioskView | None, timeout_seconds: float) -> KioskView:
        with self._changed:
            self._changed.wait_for(lambda: self._view is not seen, timeout_seconds)
            assert self._view is not None
            return self._view

    def search(self, query: str) -> tuple[Found, ...]:
        return find(self._held.residents.values(), query)

    def forms(self) -> Forms:
        """Doors are sorted once for each snapshot, not five thousand of them at every tap."""
        held, known, view = self._held, self._doors, self.view()
        if known is None or known[0] is not held:
            known = self._doors = (held, doors(held.residents.values()))
        policy = held.rules.policy if held.rules else Policy(title="")
        return Forms(
            buildings=known[1],
            plate_prefix=policy.plate_prefix,
            slots=policy.shelf_slots,
            purposes=choices(policy.purposes),
            places=places(policy.risk_places, view.timezone, view.now),
        )

    def preview(self) -> bytes | None:
        return self._preview()


def _answered(done: "Future[T]") -> T:
    try:
        return done.result(TAP_SECONDS)
    except TimeoutError:
        # A tap that nobody waits for any more must not open a barrier later.
        done.cancel()
        raise TapRefused(*_NO_ANSWER) from None
