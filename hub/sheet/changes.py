"""A sheet's people held against the registry's: who is new, who changed, who is named at all.

The import command calls `plan` and writes what comes out in one transaction. Rule: importing the same sheet again
changes nothing. A pseudonym is drawn once and kept whatever else changes; nobody is removed for being missing.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from hub.masking import initials, mask, phone_tail
from hub.registry.people import Household, Person
from hub.sheet.people import HEADERS, Mistake, SheetPerson

Door = tuple[str, str, str]

# Fields that a sheet's person and the registry's have in common, less the keys that move with the household.
_OWN_FIELDS = ("name", "sex", "birth", "identity_number", "telephone", "relation", "standing", "health", "returnee",
               "needs_help", "note")  # fmt: skip


class Intake(Struct, frozen=True):
    """What an import would do. mistakes: where there are any, nothing may be written.

    households: new ones and those whose tenure changed. named: pseudonyms of those in the registry whom the sheet
    names.
    """

    households: tuple[Household, ...]
    new: tuple[Person, ...]
    changed: tuple[Person, ...]
    same: int
    named: frozenset[str]
    mistakes: tuple[Mistake, ...] = ()


def plan(
    people: Sequence[SheetPerson],
    fields: frozenset[str],
    households: Iterable[Household],
    persons: Iterable[Person],
    has_units: bool,
    randomness: Callable[[int], bytes],
) -> Intake:
    """fields: the columns that the sheet has. households, persons: of the registry, at least those whom the sheet may
    mean by identity number, name or door. has_units: whether any household there has a unit."""
    homes = _Homes(households, randomness)
    known = _Known(persons, homes)
    new, changed, same = [], [], 0
    mistakes = _units_left_out(people, fields, has_units)
    for told in people:
        home = homes.of(told, "tenure" in fields)
        before = known.find(told, "birth" in fields)
        objection = known.objection(told, before)
        if objection is not None:
            mistakes.append(Mistake(told.row, HEADERS["name"][0], objection))
        elif not before:
            new.append(_person(told, fields, home, _stranger(draw_pseudonym(randomness), home)))
        else:
            after = _person(told, fields, home, before[0])
            changed += [after] * (after != before[0])
            same += after == before[0]
    return Intake(homes.touched(), tuple(new), tuple(changed), same, known.named(), tuple(mistakes))


def draw_pseudonym(randomness: Callable[[int], bytes]) -> str:
    """A pseudonym says nothing about whom it stands for: 8 random bytes in hex."""
    return randomness(8).hex()


class _Homes:
    """The registry's households by their door; draws a pseudonym for a door that is new."""

    def __init__(self, households: Iterable[Household], randomness: Callable[[int], bytes]) -> None:
        self._before = {each.id: each for each in households}
        self._by_door = {_door(each): each for each in self._before.values()}
        self._randomness = randomness

    def of(self, told: SheetPerson, tenure_told: bool) -> str:
        """The pseudonym of the household in which the person is told to live."""
        door = (told.building, told.unit, told.room)
        home = self._by_door.get(door)
        if home is None:
            home = Household(
                id=draw_pseudonym(self._randomness), building=told.building, unit=told.unit, room=told.room
            )
        if tenure_told and told.tenure:
            home = structs.replace(home, tenure=told.tenure)
        self._by_door[door] = home
        return home.id

    def door_of(self, household: str) -> Door | None:
        home = self._before.get(household)
        return None if home is None else _door(home)

    def touched(self) -> tuple[Household, ...]:
        return tuple(each for each in self._by_door.values() if self._before.get(each.id) != each)


class _Known:
    """The registry's people, by identity number, else by name, door and birth; and who was found in the sheet."""

    def __init__(self, persons: Iterable[Person], homes: _Homes) -> None:
        everyone = list(persons)
        self._by_number = {each.identity_number: each for each in everyone if each.identity_number}
        self._by_door: dict[tuple[str, Door | None], list[Person]] = {}
        for each in everyone:
            self._by_door.setdefault((each.name, homes.door_of(each.household)), []).append(each)
        self._claimed: dict[str, int] = {}

    def find(self, told: SheetPerson, birth_told: bool) -> list[Person]:
        """Who may be meant: an identity number decides; where only one side knows it, name, door and birth do."""
        by_number = self._by_number.get(told.identity_number)
        if by_number is not None:
            return [by_number]
        alike = [
            each
            for each in self._by_door.get((told.name, (told.building, told.unit, told.room)), [])
            if not (told.identity_number and each.identity_number)
        ]
        if not birth_told:
            return alike
        exact = [each for each in alike if each.birth == told.birth]
        return exact or [each for each in alike if not (each.birth and told.birth)]

    def objection(self, told: SheetPerson, found: list[Person]) -> str | None:
        """Why the row cannot be anybody's; where it can, the person found is its own from now on."""
        if len(found) > 1:
            return f"{len(found)} people of this name live behind this door; add 出生日期 or 身份证号"
        row = self._claimed.setdefault(found[0].id, told.row) if found else told.row
        return None if row == told.row else f"is the same person as row {row}; delete one of them"

    def named(self) -> frozenset[str]:
        return frozenset(self._claimed)


def _units_left_out(people: Sequence[SheetPerson], fields: frozenset[str], has_units: bool) -> list[Mistake]:
    """A sheet without 单元 would move everybody in a compound that has them."""
    if "unit" in fields or not people or not has_units:
        return []
    return [Mistake(0, HEADERS["unit"][0], "is missing, but the registry knows units; add the column")]


def _door(home: Household) -> Door:
    return (home.building, home.unit, home.room)


def _stranger(pseudonym: str, household: str) -> Person:
    return Person(id=pseudonym, household=household, name="", masked_name="")


def _person(told: SheetPerson, fields: frozenset[str], home: str, before: Person) -> Person:
    """What the sheet says over what was known; a column that is absent, and a blank identity number, take nothing."""
    said = {field: getattr(told, field) for field in _OWN_FIELDS if field in fields}
    if not told.identity_number:
        said.pop("identity_number", None)
    after = structs.replace(before, household=home, **said)
    # What they sound like takes a quarter of a second to look up for the first time, and a word on somebody whom the
    # office knows must not wait for it.
    sounds = before.initials if after.name == before.name and before.initials else initials(after.name)
    return structs.replace(after, masked_name=mask(after.name), initials=sounds, phone_tail=phone_tail(after.telephone))
