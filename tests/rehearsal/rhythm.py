"""When residents come to the gate and with what: a winter day of a closed compound, out and in again.

The demo takes `endless()` through `paced()`, so that every few seconds somebody stands at each gate; a soak
takes `day()` at its own speed. Rule: this is the town, not the gate. It knows who comes, what they hold up and
how warm they are, and that who is kept in does not come back in; what the gate ought to say of each is for
whoever checks it to write down.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Literal

from tests.rehearsal.held import Carrier
from tests.rehearsal.people import ELDERLY_FROM, HealthCode, Resident, Standing
from tests.rehearsal.pictures import Kind

Direction = Literal["out", "in"]
DAY = 24 * 3600.0
VISIT_SECONDS = 4.0  # nobody reaches a lane sooner after the one before
FEVER_FROM, TOO_COLD_BELOW = 37.3, 35.0  # Celsius: the posters' fever limit; below it a forehead came in from the cold


class Shows(StrEnum):
    """What is held before the camera."""

    OWN = "own"
    NOTHING = "nothing"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    SOMEONE_ELSES = "someone else's"


@dataclass(frozen=True)
class Arrival:
    """One attempt at one gate.

    `offset_seconds` counts from the beginning of the day or the run; `gate_index` from 0; `code_of` is whose code is
    held up (or was damaged), None for nothing and for a foreign code.
    """

    offset_seconds: float
    gate_index: int
    resident: Resident
    direction: Direction
    carrier: Carrier
    scene_kind: Kind
    forehead_celsius: float
    shows: Shows
    code_of: Resident | None


@dataclass(frozen=True)
class _Habit:
    """Of a sort of people: the share who leave, around which hour, and for how many hours."""

    share: float
    hour: float
    spread: float
    away: tuple[float, float]


_WORK = _Habit(0.62, 7.9, 0.6, (9.2, 11.0))
_SCHOOL = _Habit(0.75, 7.4, 0.3, (9.3, 10.2))
_ERRAND = _Habit(0.30, 12.0, 1.3, (0.4, 2.0))
_MARKET = _Habit(0.45, 8.4, 1.0, (0.5, 1.8))
_EVENING = _Habit(0.12, 18.6, 0.9, (0.4, 1.6))
_NIGHT_DUTY = _Habit(0.015, 21.5, 1.5, (1.0, 2.0))
_KINDS: dict[Kind, float] = {"easy": 0.34, "ordinary": 0.56, "hard": 0.08, "hopeless": 0.02}
_SHOWS = {
    Shows.OWN: 0.955,
    Shows.NOTHING: 0.015,
    Shows.FOREIGN: 0.012,
    Shows.DAMAGED: 0.006,
    Shows.SOMEONE_ELSES: 0.012,
}
_STUBBORN = 0.25  # of those kept in, who try the gate all the same
_IN_SIGHT = 12  # how far back in the queue somebody is called forward to a free gate


def day(
    rng: random.Random, residents: Sequence[Resident], today: date, *, gates: int = 2, speed: float = 1.0
) -> Iterator[Arrival]:
    """The arrivals of one day in the order of time; `speed` 60 makes an hour pass in a minute.

    Out-peak from 7 to 9, a little at noon, in-peak from 17 to 19, few at night. Everyone who comes in went out
    that day; two residents never reach the same gate within `VISIT_SECONDS` of the day's own time.
    """
    free = [0.0] * gates
    queued: list[Arrival] = []
    for one in sorted(_Town(rng, residents, today, gates).crossings(), key=_when):
        at = max(one.offset_seconds, free[one.gate_index])
        free[one.gate_index] = at + VISIT_SECONDS
        queued.append(replace(one, offset_seconds=at / speed))
    yield from sorted(queued, key=_when)


def endless(
    rng: random.Random, residents: Sequence[Resident], today: date, *, gates: int = 2, from_hour: float = 0.0
) -> Iterator[Arrival]:
    """Day after day without end, each beginning where the one before ended.

    The first day begins at `from_hour`, as on the day a gate is installed: some who then come in were never seen
    to go out. From 11 on both directions are mixed; from 0 on the first 700 go out.
    """
    begun = -from_hour * 3600
    while True:
        for one in day(rng, residents, today, gates=gates):
            if begun + one.offset_seconds >= 0:
                yield replace(one, offset_seconds=begun + one.offset_seconds)
        begun += DAY + 3600


def paced(
    arrivals: Iterable[Arrival], rng: random.Random, *, gates: int = 2, least: float = 2.0, most: float = 4.0
) -> Iterator[Arrival]:
    """The same arrivals, retimed so that each gate sees one every `least` to `most` seconds, whatever the hour.

    In the order of the new time. Nobody overtakes themselves, and a gate nobody was bound for takes over from
    the other's queue, as people do.
    """
    source = iter(arrivals)
    queue = list(islice(source, _IN_SIGHT))
    due = [rng.uniform(0, most) for _ in range(gates)]
    while queue:
        gate = due.index(min(due))
        one = queue.pop(_next_for(gate, queue))
        yield replace(one, offset_seconds=due[gate], gate_index=gate)
        due[gate] += rng.uniform(least, most)
        queue.extend(islice(source, 1))


def _next_for(gate: int, queue: Sequence[Arrival]) -> int:
    """Where in the queue the next one stands who is bound for the gate and has no earlier errand; else the first."""
    ahead: set[str] = set()
    for at, one in enumerate(queue):
        if one.gate_index == gate and one.resident.identity_number not in ahead:
            return at
        ahead.add(one.resident.identity_number)
    return 0


def _when(one: Arrival) -> float:
    return one.offset_seconds


class _Town:
    """One day of the compound: who goes where, drawn from one source of chance."""

    def __init__(self, rng: random.Random, residents: Sequence[Resident], today: date, gates: int) -> None:
        self._rng, self._residents, self._today, self._gates = rng, residents, today, gates
        self._homes: dict[str, list[Resident]] = {}
        for one in residents:
            self._homes.setdefault(one.door, []).append(one)

    def crossings(self) -> Iterator[Arrival]:
        """Every attempt of the day, resident by resident."""
        for resident in self._residents:
            for left, back in self._outings(resident):
                yield from self._outing(resident, left, back)

    def _outings(self, resident: Resident) -> list[tuple[float, float]]:
        """(left, came back) in seconds of the day, one after the other."""
        outings: list[tuple[float, float]] = []
        for habit in _habits(resident, self._today):
            left = self._rng.gauss(habit.hour, habit.spread) * 3600
            back = left + self._rng.uniform(*habit.away) * 3600
            follows = left > (outings[-1][1] + 600 if outings else 300)
            if self._rng.random() < habit.share and follows and back < DAY - 600:
                outings.append((left, back))
        return outings

    def _outing(self, resident: Resident, left: float, back: float) -> Iterator[Arrival]:
        """Out, and in again unless the attempt ended at the gate: who stays inside cannot come back."""
        out = self._visit(resident, left, "out")
        yield from out
        fit = out[-1].forehead_celsius < FEVER_FROM and not _kept_in(resident)
        if fit and out[-1].shows is Shows.OWN and out[-1].scene_kind != "hopeless":
            yield from self._visit(resident, back, "in")

    def _visit(self, resident: Resident, at: float, direction: Direction) -> list[Arrival]:
        """One attempt, or two: who held it up wrongly mostly does better a little later."""
        rng = self._rng
        carrier: Carrier = "phone" if resident.phone and rng.random() < 0.85 else "paper"
        shows = rng.choices(list(_SHOWS), weights=list(_SHOWS.values()))[0]
        kind = rng.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
        gate, warmth, owner = self._gate(resident), _forehead(rng, at), self._owner(resident, shows)
        first = Arrival(at, gate, resident, direction, carrier, kind, warmth, shows, owner)
        if (shows is Shows.OWN and kind != "hopeless") or rng.random() < 0.3:
            return [first]
        later = at + rng.uniform(10, 40)
        return [
            first,
            replace(first, offset_seconds=later, scene_kind="ordinary", shows=Shows.OWN, code_of=resident),
        ]

    def _gate(self, resident: Resident) -> int:
        """Most people use the gate on their side of the compound."""
        near = (resident.building * 2 // 13) % self._gates
        return near if self._rng.random() < 0.8 else self._rng.randrange(self._gates)

    def _owner(self, resident: Resident, shows: Shows) -> Resident | None:
        """Whose code it is; one taken by mistake or lent is mostly of the same household."""
        if shows in (Shows.NOTHING, Shows.FOREIGN):
            return None
        if shows is not Shows.SOMEONE_ELSES:
            return resident
        others = [one for one in self._homes[resident.door] if one is not resident]
        if others and self._rng.random() < 0.7:
            return self._rng.choice(others)
        while (anyone := self._rng.choice(self._residents)) is resident and len(self._residents) > 1:
            pass
        return anyone


def _kept_in(resident: Resident) -> bool:
    """Who has been told to stay at home."""
    return resident.standing is Standing.ISOLATED or resident.health_code is not HealthCode.GREEN


def _habits(resident: Resident, today: date) -> tuple[_Habit, ...]:
    age = resident.age(today)
    if age < 7 or (age >= 80 and resident.needs_help):
        return ()  # carried past the gate, or others fetch what they need
    if _kept_in(resident):
        return (replace(_ERRAND, share=_STUBBORN),)
    if age < 18:
        return _SCHOOL, _EVENING
    if age >= ELDERLY_FROM:
        return _MARKET, replace(_ERRAND, hour=15.5), _EVENING
    return _WORK, _ERRAND, _EVENING, _NIGHT_DUTY


def _forehead(rng: random.Random, at: float) -> float:
    """Celsius, to a tenth: mostly 35.9 to 37.1, a few feverish, more too cold to be true early and after dark."""
    hour = at / 3600
    cold = 0.035 if hour < 7.5 or hour > 18 else 0.008
    chance = rng.random()
    if chance < 0.006:
        return round(rng.uniform(FEVER_FROM, 39.2), 1)
    if chance < 0.006 + cold:
        return round(rng.uniform(33.0, 34.4), 1)
    return round(min(37.1, max(35.9, rng.gauss(36.5, 0.25))), 1)
