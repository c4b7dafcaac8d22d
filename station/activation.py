"""A blank card of the office's is made to count for somebody without a phone: the next one before the camera.

The guard's orders begin and end it, the loop shows it every code before the lane. Rules: while a card is awaited no
code reaches the lane, so nobody is let through by mistake; the record is on the disk before the card counts; and the
card itself begins no visit until it was taken away once.
"""

from gate.passage import MadePass
from gate.reason import Reason
from gate.wording import Words
from station import view
from station.cards import Card, Cards, is_blank
from station.gatehouse import Bearer, Gatehouse
from station.screen import person_of
from station.snapshot import Snapshot
from station.taps import ActivateCard
from station.visit import ReadCode

PATIENCE_SECONDS = 30.0
# How long the last word on it stands, unless the guard has read it before.
STANDS_SECONDS = 10.0
AWAY_SECONDS = 2.0

BUSY = Words("请先办完这一位", "Finish with this visit first")
_NOT_BLANK = Words("这不是空白卡，请换一张", "Not a blank card: hold up another")
_IN_USE = Words("这张卡已经启用，请换一张", "This card is in use: hold up another")
_VOID = Words("这张卡已作废或过期，请换一张", "This card is void or too old: hold up another")
_NO_CARD = Words("没有看到空白卡，已取消", "No blank card was seen: cancelled")
_VOIDED = {Reason.REVOKED, Reason.EXPIRED, Reason.KEY_UNKNOWN}


class Activation:
    """Owned by the loop's thread. Times: monotonic seconds."""

    def __init__(self, gatehouse: Gatehouse, cards: Cards) -> None:
        self._gatehouse = gatehouse
        self._cards = cards
        self._wanted: Bearer | None = None
        self._until = 0.0
        self._given: tuple[str, float] | None = None
        self.shown: view.Activation | None = None

    @property
    def waits(self) -> bool:
        return self._wanted is not None

    def begin(self, tap: ActivateCard, held: Snapshot, seconds: float) -> Words | None:
        """Wait for a card from now on; why not, where this gate could not make it count."""
        wanted = self._gatehouse.wants_card(tap, held)
        if isinstance(wanted, Words):
            return wanted
        self._wanted, self._until = wanted, seconds + PATIENCE_SECONDS
        self.shown = view.Activation(person_of(wanted.resident), wanted.building)
        return None

    def end(self) -> None:
        """The guard has seen enough of it; what was made stays made."""
        self._wanted, self.shown = None, None

    def tick(self, seconds: float) -> bool:
        """True where the screen has to be drawn anew."""
        if self.shown is None or seconds < self._until:
            return False
        self._say(_NO_CARD, seconds) if self.waits else self.end()
        return True

    def take(self, codes: tuple[ReadCode, ...], held: Snapshot, seconds: float) -> tuple[ReadCode, ...]:
        """What of the codes in view is the lane's."""
        if self._wanted is not None:
            ours = [code for code in codes if code.reading.format is not None]
            if ours:
                self._try(ours[0], self._wanted, held, seconds)
            return ()
        if self._given is None:
            return codes
        digest, seen_at = self._given
        if any(code.digest == digest for code in codes):
            self._given = digest, seconds
        elif seconds - seen_at >= AWAY_SECONDS:
            self._given = None
        return tuple(code for code in codes if code.digest != digest)

    def _try(self, code: ReadCode, wanted: Bearer, held: Snapshot, seconds: float) -> None:
        refused = _objection(code)
        if refused is not None:
            self.shown = view.Activation(
                person_of(wanted.resident), wanted.building, told=view.Told(refused.zh, refused.en)
            )
            return
        credential = code.reading.credential
        assert credential is not None
        made = self._gatehouse.activate(credential, wanted, held)
        self._given = code.digest, seconds
        if isinstance(made, Words):
            self._say(made, seconds)
            return
        self._count(made, credential.person, wanted)
        self._wanted, self._until = None, seconds + STANDS_SECONDS
        self.shown = view.Activation(person_of(wanted.resident), wanted.building, waits=False, until=made.expires_at)

    def _count(self, made: MadePass, card: str | None, wanted: Bearer) -> None:
        assert card is not None
        self._cards.add(Card(card, made.person, wanted.building, made.expires_at), made.stamp.at)

    def _say(self, words: Words, seconds: float) -> None:
        """It ends without a card."""
        shown = self.shown
        assert shown is not None
        told = view.Told(words.zh, words.en)
        self._wanted, self._until = None, seconds + STANDS_SECONDS
        self.shown = view.Activation(shown.person, shown.building, waits=False, told=told)


def _objection(code: ReadCode) -> Words | None:
    """Why it is no card that could be given out."""
    if code.reading.credential is None:
        return _VOID if _VOIDED & set(code.reading.reasons) else _NOT_BLANK
    if not is_blank(code.reading.credential):
        return _NOT_BLANK
    return _IN_USE if code.card or code.resident is not None else None
