"""Who lives together, by the roster that is in force: a household's quota counts the exits of all of them.

The recogniser asks. Rule: the index is made once for a roster, and only where a rule asks for it.
"""

from collections.abc import Mapping

from gate.names import Pseudonym
from gate.roster import Resident


class Households:
    """The index of the roster that was asked about last."""

    def __init__(self) -> None:
        self._residents: Mapping[Pseudonym, Resident] = {}
        self._people: dict[Pseudonym, tuple[Pseudonym, ...]] = {}

    def of(self, resident: Resident, residents: Mapping[Pseudonym, Resident]) -> tuple[Pseudonym, ...]:
        """Everybody of his household, himself among them."""
        if residents is not self._residents:
            self._residents, self._people = residents, _index(residents)
        return self._people.get(resident.household, (resident.person,))


def _index(residents: Mapping[Pseudonym, Resident]) -> dict[Pseudonym, tuple[Pseudonym, ...]]:
    people: dict[Pseudonym, list[Pseudonym]] = {}
    for person, resident in residents.items():
        people.setdefault(resident.household, []).append(person)
    return {household: tuple(each) for household, each in people.items()}
