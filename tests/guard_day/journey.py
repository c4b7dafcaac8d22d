"""A journey: what happens at a gate, told as a function of the day, with what it may cost the guard.

`journeys_*` write them down in the order of a day by `@journey`. Rule: its name is the sentence that it proves, and it
is done when the office's registry holds what the page showed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gate.policy import Direction
from tests.guard_day import rules
from tests.guard_day.day import Day, Rules
from tests.guard_day.post import Look
from tests.guard_day.town import EAST

Happens = Callable[[Day], None]


@dataclass(frozen=True)
class Journey:
    """costs: touches on the glass, keys included; just so many, in every size and language."""

    happens: Happens
    costs: int
    gate: str
    under: Rules
    way: Direction

    @property
    def name(self) -> str:
        return self.happens.__name__

    def live(self, day: Day, look: Look) -> int:
        """How many touches it took. Raises AssertionError where anything was not as it should be."""
        with day.at(self.gate, look, self.under, self.way):
            self.happens(day)
            touched = day.post.touched
        assert touched == self.costs, f"{self.name}: {touched} touches, not {self.costs}"
        return touched


def journey(
    into: list[Journey],
    costs: int,
    gate: str = EAST,
    under: Rules = rules.usual,
    way: Direction = Direction.IN,
) -> Callable[[Happens], Happens]:
    """Write it down in that part of the day."""

    def written(happens: Happens) -> Happens:
        into.append(Journey(happens, costs, gate, under, way))
        return happens

    return written
