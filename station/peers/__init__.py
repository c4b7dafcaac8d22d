"""What the gates of the compound just let through: this one and all others, and whether that is everything.

The loop owns it: tells it of every record, hears the peers' digests through it, lets it tell this gate's own, and asks
it about each code that is read. Rules: a code of a phone that was used is used, wherever that was said. What is known
of crossings goes with the time since when nothing can have been missed, which needs every peer heard without a gap, and
just now; what follows from that is the decision's matter. A peer that was never heard is not known to be one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from gate.clock import Moment
from gate.evidence import ALWAYS, Earlier, Trace
from gate.passage import Amendment, Happening, Passage, Record
from gate.policy import Direction
from gate.reason import Outcome
from gate.wire import BodyMalformed, Crossing, Crossings, decode_body
from gate.wording import GATES, Words
from station.peers.echoes import NEVER, Echoes
from station.peers.presence import Presence
from station.peers.streams import OwnStream, PeerStream

BEAT_SECONDS = 2.0
# Past that a peer is silent: its answer to a beat takes two beats at most, and two more may go missing. So long a gate
# may not know that it has been cut off.
FRESH_SECONDS = 10.0
GREET_SECONDS = 5.0
# A gate that nobody has heard for so long was taken down; a week without a network is not that.
FORGOTTEN_AFTER = timedelta(days=8)
# Clocks of two gates that are both believed are not further apart.
CLOCKS_APART = timedelta(minutes=10)
# The guard settles what is on his screen, and whoever rests with a fever, for which the office may want an hour.
MOST_OWN_PASSAGES = 5_000
# Of the own journal, at the start: a week of one busy lane.
REMEMBERED_RECORDS = 60_000


@dataclass(frozen=True, slots=True)
class Ask:
    """Whose exits a quota counts together, and since when; nobody's where no quota is set."""

    people: tuple[str, ...] = ()
    since: datetime | None = None


NOTHING = Ask()
_TWO_GATES = Words(
    "刚得知：有人已从{gate}同向通过，本门也放行了；请留意，记录已报社区",
    "Only now known: somebody whom this gate let through had gone the same way by another ({gate}); the office is told",
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A passage of this gate's journal, and the gate whose own came before it."""

    passage: int
    gate: str

    @property
    def words(self) -> Words:
        gate = GATES.get(self.gate, Words(self.gate, self.gate))
        return Words(_TWO_GATES.zh.format(gate=gate.zh), _TWO_GATES.en.format(gate=gate.en))


class _Own(NamedTuple):
    """What is remembered of one of this gate's own passages, in case the guard says more of it."""

    person: str | None
    direction: Direction
    fresh_id: str | None
    permit: str | None

    def said(self, at: datetime, sequence: int, passage: int, crossed: bool = True) -> Crossing | None:
        """As the peers are told; None while nobody knows who it was."""
        if self.person is None:
            return None
        return Crossing(self.person, self.direction, at, sequence, passage, crossed, self.fresh_id, self.permit)


class Peers:
    """records: the newest of this gate's journal, in order: (sequence, body). tell: publishes a digest; never waits."""

    def __init__(
        self,
        station: str,
        gate: str,
        journal: str,
        records: Sequence[tuple[int, bytes]] = (),
        tell: Callable[[Crossings], None] = lambda _digest: None,
    ) -> None:
        self._station, self._gate, self._tell = station, gate, tell
        self._presence, self._echoes = Presence(), Echoes(station)
        # A journal that is read from its first record on has nothing before it.
        self._own_since = ALWAYS if not records or records[0][0] == 1 else None
        self._own = OwnStream(gate, journal, records[0][0] - 1 if records else 0)
        self._passages: dict[int, _Own] = {}
        self._streams: dict[str, PeerStream] = {}
        self._contradicted: set[int] = set()
        self._told_at = self._greeted_at = NEVER
        self._asked = False
        for sequence, body in records:
            self._remember(journal, sequence, body)

    # --- what this gate did ---

    def recorded(self, journal: str, sequence: int, record: Record) -> None:
        """A record was committed; the peers hear of it at once where somebody crossed."""
        if journal != self._own.journal:
            self._own, self._passages = OwnStream(self._gate, journal, sequence - 1), {}
            self._contradicted.clear()
        self._own_since = self._own_since or record.stamp.at
        if self._note_own(journal, sequence, record):
            self._say(self._own.news(record.stamp.at))

    def _remember(self, journal: str, sequence: int, body: bytes) -> None:
        try:
            record = decode_body(body)
        except BodyMalformed:
            self._own.note(sequence, None)
            return
        self._own_since = self._own_since or record.stamp.at
        self._note_own(journal, sequence, record)

    def _note_own(self, journal: str, sequence: int, record: Record) -> bool:
        crossing = self._crossing(journal, sequence, record)
        self._own.note(sequence, crossing)
        if crossing is not None:
            self._presence.note(self._station, self._gate, journal, crossing)
        return crossing is not None

    def _crossing(self, journal: str, sequence: int, record: Record) -> Crossing | None:
        """What a record says of who crossed; None where it says nothing."""
        if isinstance(record, Passage):
            own = self._passages[sequence] = _Own(record.person, record.direction, record.fresh_id, record.permit)
            if len(self._passages) > MOST_OWN_PASSAGES:
                del self._passages[next(iter(self._passages))]
            return own.said(record.stamp.at, sequence, sequence) if record.outcome is Outcome.ADMIT else None
        if isinstance(record, Happening) and record.passage is not None:
            self._contradicted.add(record.passage)
        return self._settled(journal, sequence, record) if isinstance(record, Amendment) else None

    def _settled(self, journal: str, sequence: int, amendment: Amendment) -> Crossing | None:
        """Whose foreign certificate it was, the guard says first in his amendment."""
        own = self._passages.get(amendment.sequence) if amendment.journal == journal else None
        if own is None:
            return None
        if amendment.person is not None:
            own = self._passages[amendment.sequence] = own._replace(person=amendment.person)
        return own.said(amendment.stamp.at, sequence, amendment.sequence, amendment.outcome is Outcome.ADMIT)

    # --- what the others did ---

    def hear(
        self, station: str, digest: Crossings, seconds: float, *, live: bool = True, hours: float = 0.0
    ) -> list[Conflict]:
        """A peer's digest; what it contradicts of this gate's own. seconds: monotonic. live: false for one of an
        earlier run, which says nothing of today. hours: the policy's same_way_hours."""
        if station == self._station:
            return []
        stream, fresh_at = self._streams.get(station), self._echoes.said_after(digest) if live else NEVER
        if stream is None:
            stream = self._streams[station] = PeerStream(digest, fresh_at)
        elif not stream.take(digest, fresh_at):
            return []
        found = [self._note(station, digest, crossing, hours) for crossing in digest.crossings]
        if live:
            self._echoes.hear(station, digest)
            self._asked = self._asked or digest.hello
            if stream.has_a_gap:
                self.greet(digest.at, seconds)
        return [conflict for conflict in found if conflict is not None] if live else []

    def _note(self, station: str, digest: Crossings, crossing: Crossing, hours: float) -> Conflict | None:
        """Two gates let somebody through who did not know of each other: the passage that comes first by station,
        journal and sequence is the one that counts, and the other one's gate says so, once."""
        place = (station, digest.journal, crossing.passage)
        is_news = crossing.crossed and not self._presence.knows(crossing.person, place)
        self._presence.note(station, digest.gate, digest.journal, crossing)
        if not is_news or crossing.sequence != crossing.passage:
            return None
        own = self._presence.rivals(self._station, crossing, place, hours)
        if own is None or own.place < place or own.place[1] != self._own.journal or own.place[2] in self._contradicted:
            return None
        self._contradicted.add(own.place[2])
        return Conflict(own.place[2], digest.gate)

    def greet(self, at: datetime, seconds: float) -> None:
        """Tell everything and ask for the same: after a connection is made, or something was missed."""
        if seconds - self._greeted_at < GREET_SECONDS:
            return
        self._greeted_at = seconds
        self._begin_beat(at, seconds)
        self._say(self._own.everything(at, hello=True))

    def cut_off(self) -> None:
        """This gate has lost its own link: from now on it hears nobody, and need not wait to find that out."""
        for stream in self._streams.values():
            stream.fresh_at = NEVER

    def beat(self, at: datetime, seconds: float) -> None:
        """Time passed: answer who has asked, and be heard every few seconds."""
        if self._asked:
            self._asked = False
            self._begin_beat(at, seconds)
            self._say(self._own.everything(at))
        elif seconds - self._told_at >= BEAT_SECONDS:
            self._begin_beat(at, seconds)
            self._say(self._own.news(at))

    def _begin_beat(self, at: datetime, seconds: float) -> None:
        self._told_at = seconds
        self._echoes.begin_beat(at, seconds)

    def _say(self, digest: Crossings) -> None:
        self._tell(self._echoes.marked(digest))

    # --- what is known ---

    def trace(self, person: str | None, fresh_id: str | None, now: Moment, seconds: float, ask: Ask = NOTHING) -> Trace:
        """What is remembered of the person and the code. person: None where a code names nobody."""
        until = now.utc + CLOCKS_APART if now.believed else None
        used = self._presence.used(fresh_id) if fresh_id is not None else None
        last = used or (self._presence.last(person, until) if person else None)
        exits = self._presence.exits(ask.people, ask.since, until) if ask.since else ()
        under = last.permit if last is not None and last.direction is Direction.OUT else None
        earlier = Earlier(last.gate, last.at, last.direction) if last is not None else None
        return Trace(earlier, used is not None, self.known_since(now, seconds), tuple(exits), under)

    def known_since(self, now: Moment, seconds: float) -> datetime | None:
        """Since when every crossing of the compound up to now is known; None while a gate is silent."""
        streams = [each for each in self._streams.values() if now.utc - each.told_at <= FORGOTTEN_AFTER]
        if any(seconds - stream.fresh_at > FRESH_SECONDS for stream in streams) or self._own_since is None:
            return None
        return max([self._own_since, *(stream.stretch.since for stream in streams)])
