"""Who crossed last, who went out how often, and which codes of phones were used: the memory behind 'used twice',
'back too late' and the quotas.

`Peers` fills it with the crossings of this gate and of all others, and asks it for every code that is read. Pure; in
memory alone. Rule: only a passage that somebody really took counts, and what a guard took back never happened.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from gate.policy import Direction
from gate.wire import Crossing

# A compound's people and its visitors; past that, whoever crossed longest ago is forgotten.
MOST_PEOPLE = 20_000
# A phone's code lives for a minute; ten thousand people do not cross meanwhile.
MOST_CODES = 10_000
# So many crossings of a person that the guard may take the last ones back.
KEPT_OF_A_PERSON = 3
KEPT_OF_A_CODE = 3
# Of a person, as times alone: two a day for a month; no quota is that generous.
MOST_EXITS = 64


@dataclass(frozen=True, slots=True)
class Crossed:
    """One crossing. place: (station, journal, sequence of the passage), which names it in the whole compound.

    settled: a guard said so, who had seen what was known.
    """

    place: tuple[str, str, int]
    gate: str
    at: datetime
    direction: Direction
    permit: str | None = None
    settled: bool = False


class Presence:
    """most_people: how many are remembered at once."""

    def __init__(self, most_people: int = MOST_PEOPLE) -> None:
        self._most_people = most_people
        self._people: dict[str, tuple[Crossed, ...]] = {}
        self._exits: dict[str, Exits] = {}
        self._used: dict[str, tuple[Crossed, ...]] = {}

    def __len__(self) -> int:
        return len(self._people)

    def note(self, station: str, gate: str, journal: str, crossing: Crossing) -> None:
        """Add what a gate said of one passage; of the same passage, the last word holds."""
        place = (station, journal, crossing.passage)
        known = [each for each in self._people.pop(crossing.person, ()) if each.place != place]
        settled = crossing.sequence != crossing.passage
        crossed = Crossed(place, gate, crossing.at, crossing.direction, crossing.permit, settled)
        if crossing.crossed:
            known = sorted((*known, crossed), key=attrgetter("at", "place"))[-KEPT_OF_A_PERSON:]
        if known:
            self._people[crossing.person] = tuple(known)
        if crossing.direction is Direction.OUT:
            self._note_exit(crossing, place)
        if crossing.fresh_id is not None:
            self._note_code(crossing.fresh_id, crossed, crossing.crossed)
        _forget_the_oldest(self._people, self._most_people)
        _forget_the_oldest(self._exits, self._most_people)
        _forget_the_oldest(self._used, MOST_CODES)

    def last(self, person: str, until: datetime | None) -> Crossed | None:
        """That person's last crossing that is not behind `until`, which a clock gone wrong might have written."""
        known: Iterable[Crossed] = reversed(self._people.get(person, ()))
        return next((each for each in known if until is None or each.at <= until), None)

    def exits(self, people: Iterable[str], since: datetime, until: datetime | None) -> Iterator[datetime]:
        """When any of these people went out, to the second; not behind `until`, as for `last`."""
        for person in people:
            for at in self._exits[person].times() if person in self._exits else ():
                if since <= at and (until is None or at <= until):
                    yield at

    def used(self, fresh_id: str) -> Crossed | None:
        """Whom that code of a phone let through; of several the first by its place, so that all gates name the same."""
        return min(self._used.get(fresh_id, ()), key=attrgetter("place"), default=None)

    def rivals(self, station: str, crossing: Crossing, place: tuple[str, str, int], hours: float) -> Crossed | None:
        """Which passage of that station contradicts what another gate said, neither of them settled by a guard: by the
        same code, or the same way with no crossing between them and less than so many hours apart."""
        by_code = [each for each in self._used.get(crossing.fresh_id or "", ()) if each.place[0] == station]
        known = self._people.get(crossing.person, ())
        at = next((at for at, each in enumerate(known) if each.place == place), None)
        beside = () if at is None else (*known[max(0, at - 1) : at], *known[at + 1 : at + 2])
        same_way = [
            each
            for each in beside
            if each.place[0] == station
            and each.direction is crossing.direction
            and abs(each.at - crossing.at) < timedelta(hours=hours)
        ]
        return next((each for each in (*by_code, *same_way) if not each.settled), None)

    def knows(self, person: str, place: tuple[str, str, int]) -> bool:
        return any(each.place == place for each in self._people.get(person, ()))

    def _note_exit(self, crossing: Crossing, place: tuple[str, str, int]) -> None:
        exits = self._exits.pop(crossing.person, None) or Exits()
        exits.drop(hash(place))
        if crossing.crossed:
            exits.add(hash(place), crossing.at)
        if exits:
            self._exits[crossing.person] = exits

    def _note_code(self, fresh_id: str, crossed: Crossed, used: bool) -> None:
        known = tuple(each for each in self._used.pop(fresh_id, ()) if each.place != crossed.place)
        if used:
            # Where more gates than that were fooled by one code, whose it was first is known all the same.
            known = tuple(sorted((*known, crossed), key=attrgetter("place"))[:KEPT_OF_A_CODE])
        if known:
            self._used[fresh_id] = known


class Exits:
    """One person's exits in sixteen bytes each: a month of a whole compound stays in memory.

    Pairs of a passage's hash, by which it is taken back, and its second since 1970.
    """

    __slots__ = ("_pairs",)

    def __init__(self) -> None:
        self._pairs = array("q")

    def __len__(self) -> int:
        return len(self._pairs) // 2

    def add(self, passage: int, at: datetime) -> None:
        """Past MOST_EXITS the earliest is forgotten."""
        self._pairs.extend((passage, int(at.timestamp())))
        if len(self) > MOST_EXITS:
            seconds = self._pairs[1::2]
            self._delete(seconds.index(min(seconds)))

    def drop(self, passage: int) -> None:
        passages = self._pairs[0::2]
        if passage in passages:
            self._delete(passages.index(passage))

    def times(self) -> Iterator[datetime]:
        return (datetime.fromtimestamp(seconds, UTC) for seconds in self._pairs[1::2])

    def _delete(self, index: int) -> None:
        del self._pairs[2 * index : 2 * index + 2]


def _forget_the_oldest(memory: dict[str, Any], most: int) -> None:
    while len(memory) > most:
        del memory[next(iter(memory))]
