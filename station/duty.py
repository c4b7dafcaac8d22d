"""Who is on duty at this gate: whose PIN or badge it is, since when, and what was left to the next one.

The desk asks `PinCheck` from the kiosk's thread, since a guess is slow on purpose; the gatehouse owns `Duty`, and the
loop shows every code to `Badges` before the lane sees it. Rule: the file says an id and a time and no more, so that a
guard is still on duty after a restart; a hand-over note is in this memory alone, and sealed in the journal for the
office.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import MsgspecError, Struct, json

from gate.formats.chain import Kind
from gate.names import Instant, Slug
from gate.staff import Guard, Staff, whose
from gate.wording import Words
from station import whole_file
from station.taps import TapRefused
from station.view import OnDuty
from station.visit import ReadCode

log = logging.getLogger(__name__)

FREE_GUESSES = 5
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 900.0
AWAY_SECONDS = 3.0

_NO_STAFF = ("本门还没有保安名单，请联系社区", "This gate has no list of guards yet: call the office")
_BUSY = ("正在核对密码，请稍候", "A PIN is being checked: one moment")
_WRONG = ("密码不对", "Wrong PIN")


class PinCheck:
    """For any thread; one guess at a time. seconds: monotonic.

    After FREE_GUESSES wrong ones in a row nobody may guess for FIRST_PAUSE_SECONDS, and twice as long after each
    further one. A badge is let in all the while.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._one_at_a_time = threading.Lock()
        self._wrong = 0
        self._closed_until = float("-inf")

    def guard_of(self, pin: str, staff: Staff | None) -> Guard:
        """Whose PIN it is. Raises TapRefused, also while another one is being checked."""
        if not self._one_at_a_time.acquire(blocking=False):
            raise TapRefused(*_BUSY)
        try:
            return self._checked(pin, staff)
        finally:
            self._one_at_a_time.release()

    def _checked(self, pin: str, staff: Staff | None) -> Guard:
        left = self._closed_until - self._seconds()
        if left > 0:
            raise TapRefused(
                f"输错次数太多，请等 {left:.0f} 秒，或出示工作证",
                f"Too many wrong PINs: wait {left:.0f} s, or show a badge",
            )
        if staff is None or not staff.guards:
            raise TapRefused(*_NO_STAFF)
        guard = whose(staff.guards, pin)
        self._count(guard is None)
        if guard is None:
            raise TapRefused(*_WRONG)
        return guard

    def _count(self, wrong: bool) -> None:
        self._wrong = self._wrong + 1 if wrong else 0
        if self._wrong >= FREE_GUESSES:
            pause = FIRST_PAUSE_SECONDS * 2.0 ** min(self._wrong - FREE_GUESSES, 10)
            self._closed_until = self._seconds() + min(pause, LONGEST_PAUSE_SECONDS)


class _Kept(Struct, frozen=True):
    """duty.json."""

    guard: Slug
    since: Instant


class Duty:
    """Owned by the loop's thread. path: None keeps it in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        kept = _read(path) if path is not None else None
        self.guard: str | None = kept.guard if kept else None
        self._since = kept.since if kept else None
        self._note = ""

    def begin(self, guard: str, at: datetime) -> None:
        self.guard, self._since = guard, at
        self._keep(_Kept(guard, at))

    def end(self, note: str) -> None:
        """note: shown to whoever signs on next; an empty one leaves nothing behind."""
        self.guard = self._since = None
        self._note = note
        self._keep(None)

    def shown(self, staff: Staff | None) -> OnDuty | None:
        """For the screen; by his id where the list does not name him any more."""
        if self.guard is None or self._since is None:
            return None
        guards = staff.guards if staff else ()
        name = next((each.name for each in guards if each.id == self.guard), self.guard)
        return OnDuty(self.guard, name, self._since, self._note)

    def dismissed_by(self, staff: Staff | None) -> bool:
        """Whether whoever is on duty was taken off the list."""
        return staff is not None and self.guard is not None and all(each.id != self.guard for each in staff.guards)

    def _keep(self, kept: _Kept | None) -> None:
        if self._path is None:
            return
        try:
            whole_file.write(self._path, json.encode(kept))
        except OSError as cause:
            log.warning("%s cannot be written (%s); the guard signs on again after a restart", self._path, cause)


class Badges:
    """Tells a guard's badge from the passes of residents; owned by the loop's thread.

    A badge that stays in view, or comes back within AWAY_SECONDS, is shown once: whoever hands over beside it is not
    signed on again by it.
    """

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def part(
        self, codes: tuple[ReadCode, ...], staff: Staff | None, seconds: float
    ) -> tuple[tuple[ReadCode, ...], Guard | None]:
        """The codes that are no badges; and whose badge was just held up. seconds: monotonic."""
        badges = {code.digest: guard for code in codes if (guard := badge_of(code, staff)) is not None}
        if not badges:
            return codes, None
        self._seen = {digest: at for digest, at in self._seen.items() if seconds - at < AWAY_SECONDS}
        fresh = next((guard for digest, guard in badges.items() if digest not in self._seen), None)
        self._seen.update(dict.fromkeys(badges, seconds))
        return tuple(code for code in codes if code.digest not in badges), fresh


def badge_of(code: ReadCode, staff: Staff | None) -> Guard | None:
    """Whose badge it is: a believed staff pass whose serial is on the list; None for every other code."""
    credential = code.reading.credential
    if staff is None or credential is None or credential.kind is not Kind.STAFF:
        return None
    return next((each for each in staff.guards if each.badge == credential.serial), None)


def already_on(guard: Guard) -> Words:
    return Words(f"{guard.name}已在岗", f"{guard.name} is on duty already")


def signed_on(guard: Guard) -> Words:
    return Words(f"{guard.name}已上岗", f"{guard.name} signed on")


def _read(path: Path) -> _Kept | None:
    try:
        return json.decode(path.read_bytes(), type=_Kept | None)
    except FileNotFoundError:
        return None
    except (OSError, MsgspecError) as cause:
        log.warning("%s cannot be read (%s); the guard signs on again", path, cause)
        return None
