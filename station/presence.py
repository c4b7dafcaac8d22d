"""Who crossed last, and which codes of phones were used: the memory behind 'used twice'.

`peers` fills it with the crossings of this gate and of all others, and asks it for every code that is read. Pure; in
memory alone. Rule: only a passage that somebody really took counts, and what a guard took back never happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from gate.policy import Direction
from gate.wire import Crossing

# A compound's people and its visitors; past that, whoever crossed longest ago is forgotten.
MOST_PEOPLE = 20_000
# A phone's code lives for a minute; ten thousand people do not cross meanwhile.
MOST_CODES = 10_000
# So many crossings of a person that the guard may take the last ones back.
KEPT_OF_A_PERSON = 3


@dataclass(frozen=True, slots=True)
class Crossed:
    """One crossing. place: (station, journal, sequence of the passage), which names it in the whole compound."""

    place: tuple[str, str, int]
    gate: str
    at: datetime
    direction: Direction


class Presence:
    """most_people: how many are remembered at once."""

    def __init__(self, most_people: int = MOST_PEOPLE) -> None:
        self._most_people = most_people
        self._people: dict[str, tuple[Crossed, ...]] = {}
        self._used: dict[str, Crossed] = {}

    def __len__(self) -> int:
        return len(self._people)

    def note(self, station: str, gate: str, journal: str, crossing: Crossing) -> None:
        """Add what a gate said of one passage; of the same passage, the last word holds."""
        place = (station, journal, crossing.passage)
        known = [each for each in self._people.pop(crossing.person, ()) if each.place != place]
        crossed = Crossed(place, gate, crossing.at, crossing.direction)
        if crossing.crossed:
            known = sorted((*known, crossed), key=attrgetter("at"))[-KEPT_OF_A_PERSON:]
        if known:
            self._people[crossing.person] = tuple(known)
        if crossing.fresh_id is not None:
            self._note_code(crossing.fresh_id, crossed, crossing.crossed)
        _forget_the_oldest(self._people, self._most_people)
        _forget_the_oldest(self._used, MOST_CODES)

    def last(self, person: str, until: datetime | None) -> Crossed | None:
        """That person's last crossing that is not behind `until`, which a clock gone wrong might have written."""
        known: Iterable[Crossed] = reversed(self._people.get(person, ()))
        return next((each for each in known if until is None or each.at <= until), None)

    def used(self, fresh_id: str) -> Crossed | None:
        """Whom that code of a phone let through."""
        return self._used.get(fresh_id)

    def _note_code(self, fresh_id: str, crossed: Crossed, used: bool) -> None:
        known = self._used.get(fresh_id)
        if used and known is None:
            self._used[fresh_id] = crossed
        elif not used and known is not None and known.place == crossed.place:
            del self._used[fresh_id]


def _forget_the_oldest(memory: dict[str, tuple[Crossed, ...]] | dict[str, Crossed], most: int) -> None:
    while len(memory) > most:
        del memory[next(iter(memory))]
