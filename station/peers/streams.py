"""The digests of crossings that gates tell each other: this gate's own, and how far each peer's is known without a gap.

`Peers` owns both; pure. A digest names the stretch of a journal that it covers, so each one says whether something was
missed before it; a longer one that comes later may fill the hole. Rule: what is not whole is not known.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from gate.evidence import ALWAYS
from gate.wire import MOST_CROSSINGS, VERSION, Crossing, Crossings

# Digests after a hole in which the peer may still tell what was missed; then it is taken for lost.
TRIES_TO_FILL_A_GAP = 12


class OwnStream:
    """What this gate has to tell; after, through: the records between which all its crossings are at hand."""

    def __init__(self, gate: str, journal: str, after: int = 0) -> None:
        self._gate = gate
        self.journal = journal
        self.through = self._told = self._after = after
        self._crossings: deque[Crossing] = deque()

    def note(self, sequence: int, crossing: Crossing | None) -> None:
        """A record was written, which says that somebody crossed, or speaks of nobody."""
        self.through = sequence
        if crossing is not None:
            self._crossings.append(crossing)
        while len(self._crossings) > MOST_CROSSINGS:
            self._after = self._crossings.popleft().sequence

    def news(self, at: datetime) -> Crossings:
        """What was not told yet."""
        after = max(self._told, self._after)
        fresh = tuple(each for each in self._crossings if each.sequence > after)
        return self._digest(at, after, fresh, hello=False)

    def everything(self, at: datetime, hello: bool = False) -> Crossings:
        """As much as one digest holds, for whoever has just come."""
        return self._digest(at, self._after, tuple(self._crossings), hello)

    def _digest(self, at: datetime, after: int, crossings: tuple[Crossing, ...], hello: bool) -> Crossings:
        self._told = self.through
        return Crossings(VERSION, self._gate, self.journal, after, self.through, at, crossings, hello)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a peer's journal without a gap: up to the record `through`, and since when."""

    since: datetime
    through: int


class PeerStream:
    """What is known of one peer. fresh_at: what it said is no older than that (`Echoes`). told_at: the peer's clock.

    before_gap: the stretch before the last hole, which may still be filled. set_back: its card was, by what was heard.
    """

    def __init__(self, digest: Crossings, fresh_at: float) -> None:
        self.journal = digest.journal
        self.fresh_at, self.told_at = fresh_at, digest.at
        self.stretch = _stretch(digest)
        if digest.after == 0:
            self.stretch = Stretch(ALWAYS, digest.through)
        self._before_gap: Stretch | None = None
        self._heard_since_gap = 0
        self.set_back = False

    @property
    def has_a_gap(self) -> bool:
        return self._before_gap is not None

    def take(self, digest: Crossings, fresh_at: float) -> bool:
        """Go on with the peer's next digest; whether it can say anything new."""
        if digest.journal == self.journal and digest.through < self.stretch.through:
            return self._take_earlier(digest, fresh_at)
        if digest.journal != self.journal:
            return self._take_other(digest, fresh_at)
        self.fresh_at, self.told_at = max(self.fresh_at, fresh_at), digest.at
        if digest.after > self.stretch.through:
            self._before_gap, self._heard_since_gap = self._before_gap or self.stretch, 0
            self.stretch = _stretch(digest)
        elif self._before_gap is not None and digest.after <= self._before_gap.through:
            self.stretch, self._before_gap = Stretch(self._before_gap.since, digest.through), None
        else:
            self.stretch = Stretch(self.stretch.since, digest.through)
            self._heard_since_gap += 1
            if self._heard_since_gap >= TRIES_TO_FILL_A_GAP:
                self._before_gap = None
        return True

    def _take_other(self, digest: Crossings, fresh_at: float) -> bool:
        """One of another journal: what the last one held at its end can never be known any more, nor by a word of it
        that comes again."""
        new = _stretch(digest)
        self.journal, self.stretch = digest.journal, Stretch(max(new.since, self.told_at), new.through)
        self.fresh_at, self.told_at = max(self.fresh_at, fresh_at), max(self.told_at, digest.at)
        self._before_gap = None
        return True

    def _take_earlier(self, digest: Crossings, fresh_at: float) -> bool:
        """One that ends before what is known: an old one again, which says nothing of now; or its card was set back,
        and what it will write under the same numbers is not what was heard."""
        if digest.at <= self.told_at:
            return False
        self.fresh_at, self.told_at = max(self.fresh_at, fresh_at), digest.at
        self.stretch, self._before_gap = Stretch(digest.at, digest.through), None
        self.set_back = True
        return True


def _stretch(digest: Crossings) -> Stretch:
    """What a digest vouches for by itself: since its first crossing, or since it was told."""
    return Stretch(min((each.at for each in digest.crossings), default=digest.at), digest.through)
