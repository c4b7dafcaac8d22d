"""What is said next: the queue of a gate's voice, as a value. Pure; station.voice is its only caller.

How it works. A newer verdict wipes out whatever waits and cuts off whatever is being said: it is about whoever stands
there now. A next step waits behind its verdict. Guidance ("closer") is said only while no verdict is, takes the place
of older guidance, and not again before REST_SECONDS. An announcement is said only when the gate has been silent for
LULL_SECONDS, and gives way to anything else; begun, it counts as said.

Rule: at most MOST_WAITING wait, and never two of one kind but steps.
"""

from dataclasses import dataclass, field
from pathlib import Path

from station.prompts import Prompt, Rank

MOST_WAITING = 3
LULL_SECONDS = 6.0
REST_SECONDS = {Prompt.MASK: 30.0}
SHORT_REST_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """name: of a prompt, or of an announcement's id. files: one after the other. volume: hundredths."""

    name: str
    rank: Rank
    files: tuple[Path, ...]
    volume: int


@dataclass(slots=True)
class Speech:
    """What waits, what is being said, and when what was said last; seconds are monotonic."""

    waiting: list[Utterance] = field(default_factory=list)
    saying: Utterance | None = None
    _quiet_since: float = float("-inf")
    _said_at: dict[str, float] = field(default_factory=dict)

    def offer(self, utterance: Utterance, seconds: float) -> bool:
        """Take it in, or leave it out. Whether what is being said now is to be cut off for it."""
        match utterance.rank:
            case Rank.VERDICT:
                self.waiting = [utterance]
                return self.saying is not None
            case Rank.STEP:
                self.waiting = [*self._but(Rank.GUIDANCE, Rank.ANNOUNCEMENT), utterance][:MOST_WAITING]
                return self._saying(Rank.GUIDANCE, Rank.ANNOUNCEMENT)
            case Rank.GUIDANCE:
                return self._offer_guidance(utterance, seconds)
            case Rank.ANNOUNCEMENT:
                self.waiting = [*self._but(Rank.ANNOUNCEMENT), utterance][:MOST_WAITING]
                return False

    def next(self, seconds: float) -> Utterance | None:
        """What to begin now, if nothing is being said; None while there is nothing, or its time has not come."""
        if self.saying is not None or not self.waiting:
            return None
        first = self.waiting[0]
        if first.rank is Rank.ANNOUNCEMENT and seconds - self._quiet_since < LULL_SECONDS:
            return None
        self.waiting = self.waiting[1:]
        self.saying = first
        self._said_at[first.name] = seconds
        return first

    def without_announcements(self) -> Utterance | None:
        """None waits any more; the one that is being said, to be cut off."""
        self.waiting = self._but(Rank.ANNOUNCEMENT)
        return self.saying if self._saying(Rank.ANNOUNCEMENT) else None

    def ended(self, seconds: float) -> None:
        """What was being said is over, or was cut off."""
        self.saying, self._quiet_since = None, seconds

    def _offer_guidance(self, utterance: Utterance, seconds: float) -> bool:
        rest = REST_SECONDS.get(Prompt(utterance.name), SHORT_REST_SECONDS)
        rested = seconds - self._said_at.get(utterance.name, float("-inf")) >= rest
        verdict_waits = any(each.rank in (Rank.VERDICT, Rank.STEP) for each in self.waiting)
        if not rested or verdict_waits or self._saying(Rank.VERDICT, Rank.STEP):
            return False
        if self.saying is not None and self.saying.name == utterance.name:
            return False
        self.waiting = [utterance, *self._but(Rank.GUIDANCE)][:MOST_WAITING]
        return self._saying(Rank.ANNOUNCEMENT)

    def _but(self, *ranks: Rank) -> list[Utterance]:
        return [each for each in self.waiting if each.rank not in ranks]

    def _saying(self, *ranks: Rank) -> bool:
        return self.saying is not None and self.saying.rank in ranks
