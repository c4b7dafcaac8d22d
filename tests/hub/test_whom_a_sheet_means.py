"""A sheet is held against those alone whom it may mean: what comes of it is what would come of asking everybody."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random

import pytest

from gate.passage import Caller
from hub.registry import Registry, open_registry, people
from hub.registry.people import Household, Person, natural
from hub.sheet import changes
from hub.sheet.people import SheetPerson

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
BUILDINGS, UNITS, ROOMS = ("2", "12", "北1"), ("", "1"), ("101", "102")
NAMES, BIRTHS = ("王试", "李试", "赵试"), ("", "1990-01-01", "1960-02-02")
NUMBERS = ("", *(f"4199001990010{each:05}" for each in range(12)))
FIELDS = frozenset({"name", "building", "unit", "room", "birth", "identity_number", "tenure"})


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Sixty people with few names and doors among them; some have moved away, some are guests."""
    rng, numbers = Random(4), list(NUMBERS[1:])
    homes = [
        Household(id=f"{number:016x}", building=building, unit=unit, room=room)
        for number, (building, unit, room) in enumerate(
            (building, unit, room) for building in BUILDINGS for unit in UNITS for room in ROOMS
        )
    ]
    guest = Household(id="ff" * 8, building="2", room="101", caller=Caller.VISITOR)
    everybody = [
        Person(
            id=rng.randbytes(8).hex(), household=rng.choice(homes).id, name=rng.choice(NAMES), masked_name="*",
            birth=rng.choice(BIRTHS), identity_number=numbers.pop() if numbers and rng.random() < 0.5 else "",
        )
        for _ in range(60)
    ]  # fmt: skip
    visitor = Person(
        id="ee" * 8, household=guest.id, name=NAMES[0], masked_name="*", caller=Caller.VISITOR, until="2027-01-01"
    )
    with closing(open_registry(tmp_path / "registry.sqlite", NOW, "sunshine")) as registry:
        registry.run(lambda each: people.put_households(each, [*homes, guest]))
        registry.run(lambda each: people.put_persons(each, [*everybody, visitor]))
        registry.run(lambda each: people.moved_away(each, [one.id for one in everybody[:6]], NOW))
        yield registry


def sheet(rng: Random) -> tuple[SheetPerson, ...]:
    return tuple(
        SheetPerson(
            row=row, name=rng.choice((*NAMES, "孙试")), building=rng.choice((*BUILDINGS, "7")), unit=rng.choice(UNITS),
            room=rng.choice(ROOMS), birth=rng.choice(BIRTHS), identity_number=rng.choice(NUMBERS),
            tenure=rng.choice(("", "租住")),
        )
        for row in range(2, 2 + rng.randint(1, 3))
    )  # fmt: skip


def planned(
    said: tuple[SheetPerson, ...], known: tuple[list[Household], list[Person]], fields: frozenset[str]
) -> changes.Intake:
    numbers = count(1)
    return changes.plan(said, fields, *known, True, lambda length: next(numbers).to_bytes(length, "big"))


@pytest.mark.parametrize("fields", [FIELDS, FIELDS - {"birth"}, FIELDS - {"unit"}])
def test_those_whom_a_sheet_may_mean_are_all_that_is_needed(registry: Registry, fields: frozenset[str]) -> None:
    """Same people found, new and changed, same households and mistakes, for three hundred sheets."""
    rng, everybody = Random(9), (people.households(registry), people.persons(registry))
    found = 0
    for _ in range(300):
        said = sheet(rng)
        meant = people.meant(
            registry,
            [each.identity_number for each in said],
            [each.name for each in said],
            [(each.building, each.unit, each.room) for each in said],
        )
        assert len(meant[1]) < len(everybody[1]) or len({each.name for each in said}) >= len(NAMES)
        assert planned(said, meant, fields) == planned(said, everybody, fields)
        found += len(planned(said, meant, fields).named)
    assert found > 30, "the sheets do name some"


def test_who_is_not_in_a_sheet_is_counted_and_the_first_are_told(registry: Registry) -> None:
    """Residents who live here, in the order of buildings as people count them, and not those whom the sheet names."""
    everybody = people.persons(registry)
    buildings = {each.id: each.building for each in people.households(registry)}
    named = {each.id for each in everybody[::3]}
    rest = sorted(
        ((each.id, each.masked_name, buildings[each.household]) for each in everybody if each.id not in named),
        key=lambda each: (natural(each[2]), each[0]),
    )
    assert people.others(registry, named, 100) == (len(rest), rest)
    assert people.others(registry, named, 17) == (len(rest), rest[:17])
    assert people.others(registry, {each.id for each in everybody}, 17) == (0, [])


def test_a_registry_without_units_says_so(registry: Registry) -> None:
    assert people.have_units(registry)
    registry.run(lambda each: each.database.conn.execute("UPDATE household SET unit = '' WHERE caller = 'resident'"))
    assert not people.have_units(registry)


def test_somebody_is_found_with_the_door_and_nobody_who_moved_away(registry: Registry) -> None:
    somebody = people.persons(registry)[3]
    found = people.one(registry, somebody.id)
    assert found is not None
    assert (found[0], found[1].id) == (somebody, somebody.household)
    registry.run(lambda each: people.moved_away(each, [somebody.id], NOW))
    assert people.one(registry, somebody.id) is None
