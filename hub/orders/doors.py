"""Whom an order means that names people, a building or everybody; always in the order of their doors."""

from gate.names import Pseudonym
from hub.orders import OrderRefused
from hub.registry import Registry, people
from hub.registry.people import Household, Person, natural


def whose(
    registry: Registry, named: tuple[Pseudonym, ...], building: str, everybody: bool
) -> list[tuple[Person, Household]]:
    """Raises OrderRefused where it is nobody, or somebody whom the registry does not know."""
    homes = {each.id: each for each in people.households(registry)}
    persons = {each.id: each for each in people.persons(registry)}
    strangers = [each for each in named if each not in persons]
    if strangers:
        raise OrderRefused(f"nobody in the registry is {strangers[0]}; name a person by the 16 digits of the pseudonym")
    chosen = [
        (person, homes[person.household])
        for person in persons.values()
        if everybody or person.id in named or homes[person.household].building == building
    ]
    if not chosen:
        place = f"building {building}" if building else "the registry"
        raise OrderRefused(f"nobody lives in {place}; import people first, or correct --building")
    return sorted(chosen, key=_door)


def _door(each: tuple[Person, Household]) -> tuple[tuple[int, str], tuple[int, str], tuple[int, str], Pseudonym]:
    person, home = each
    return (natural(home.building), natural(home.unit), natural(home.room), person.id)
