"""Who comes to the gates on a guard's day: a few dozen people of the compound, each with one part to play.

`town` has them imported and `journeys_*` call them by their part. Rule: no journey shares a resident with another, so
that none depends on how another ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from tests.rehearsal.people import HealthCode, Resident, Standing
from tests.rehearsal.settings import CONTROLLED, SEALED
from tests.rehearsal.town import everybody

# Each of these lives alone behind a door of an open building.
ALONE = (
    "worker", "paper", "wanderer", "grandmother", "by door", "by phone", "feverish", "still feverish", "yellow",
    "isolated", "patient", "monitored", "returnee", "host", "newcomer", "slip", "payer", "errand",
    "second outing", "late", "under duty", "after the cut", "while alone", "without broker", "cold", "trainee",
    "of the unsure hour", "at the fire", "before the boom", "card holder", "traveller",
)  # fmt: skip
_MARKS: dict[str, dict[str, object]] = {
    "grandmother": {"phone": None},
    "by phone": {"phone": "15400007731"},
    "yellow": {"health_code": HealthCode.YELLOW},
    "isolated": {"standing": Standing.ISOLATED},
    "patient": {"standing": Standing.ISOLATED},
    "monitored": {"standing": Standing.MONITORED},
}
FAMILY = 4


@dataclass(frozen=True)
class Neighbours:
    """parts: who plays what. family: four behind one door. people: all of them, as the office imports them."""

    parts: dict[str, Resident]
    family: tuple[Resident, ...]

    @property
    def people(self) -> tuple[Resident, ...]:
        return (*self.parts.values(), *self.family)


def neighbours() -> Neighbours:
    """The same on every run."""
    homes = [tuple(home) for _, home in groupby(everybody(), key=lambda each: each.door)]
    alone = _ordinary(home[0] for home in homes if len(home) == 1 and home[0].building not in (CONTROLLED, SEALED))
    parts = {part: replace(next(alone), **_MARKS.get(part, {})) for part in ALONE}  # type: ignore[arg-type]
    for part, building in (("sealed in", SEALED), ("controlled", CONTROLLED)):
        parts[part] = next(_ordinary(home[0] for home in homes if len(home) == 1 and home[0].building == building))
    family = next(home for home in homes if len(home) == FAMILY and len(tuple(_ordinary(home))) == FAMILY)
    return Neighbours(parts, family)


def _ordinary(people: Iterator[Resident] | tuple[Resident, ...]) -> Iterator[Resident]:
    return (
        each
        for each in people
        if each.standing is Standing.NORMAL and each.health_code is HealthCode.GREEN and not each.returnee
    )
