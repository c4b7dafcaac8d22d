"""How old what a peer said is at most, however long it was on its way, by this gate's own seconds alone.

A message that lay in a broker or a socket for half a minute is read now and tells of then, and a peer's clock proves
nothing. So each gate names its beats, and every digest says which beat of each peer had been heard by then: what names
a beat of ours was said after we sent it. Rule: a name that we did not give in this run proves nothing.
"""

from datetime import datetime

from msgspec import structs

from gate.wire import MOST_PEERS, Crossings

# Three minutes of beats; what is older than FRESH_SECONDS is of no use any more.
_MOST_BEATS = 64
NEVER = float("-inf")


class Echoes:
    """station: this gate's own."""

    def __init__(self, station: str) -> None:
        self._station = station
        self._beat: datetime | None = None
        self._sent_at: dict[datetime, float] = {}
        self._heard: dict[str, datetime] = {}

    def begin_beat(self, at: datetime, seconds: float) -> None:
        """What is told from now on goes under this name; of two beats of one name the first one counts."""
        self._beat = at
        self._sent_at.setdefault(at, seconds)
        while len(self._sent_at) > _MOST_BEATS:
            del self._sent_at[next(iter(self._sent_at))]

    def marked(self, digest: Crossings) -> Crossings:
        """This gate's digest, as it is told."""
        return structs.replace(digest, beat=self._beat, heard=dict(self._heard))

    def said_after(self, digest: Crossings) -> float:
        """When our beat that it answers went out, in monotonic seconds."""
        answered = digest.heard.get(self._station)
        return NEVER if answered is None else self._sent_at.get(answered, NEVER)

    def hear(self, station: str, digest: Crossings) -> None:
        """That peer hears of it with our next digest."""
        if digest.beat is not None and (station in self._heard or len(self._heard) < MOST_PEERS):
            self._heard[station] = digest.beat
