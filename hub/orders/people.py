"""Who lives in the compound, as the office's spreadsheet has it. `gate-hub import` gives this order."""

from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Pseudonym
from hub.orders import Answer, Desk, Order
from hub.orders.doors import natural
from hub.registry import Registry, people
from hub.registry.people import Household, Person
from hub.sheet import changes
from hub.sheet.cells import MOST_ROWS
from hub.sheet.people import Mistake, SheetPerson


class ImportPeople(Order, frozen=True, tag="import_people"):
    """Bring the registry up to what a sheet says; fields: the columns that it has."""

    people: Annotated[tuple[SheetPerson, ...], Meta(max_length=MOST_ROWS)]
    fields: frozenset[str]
    dry_run: bool = False


class Missing(Struct, frozen=True, gc=False):
    """Somebody whom the sheet does not name, as far as a terminal may show it."""

    person: Pseudonym
    masked_name: str
    building: str


class PeopleImported(Answer, frozen=True, tag="people_imported"):
    """Counts of people; with mistakes, or on a dry run, nothing was written."""

    new: int
    changed: int
    same: int
    missing: tuple[Missing, ...]
    written: bool
    mistakes: tuple[Mistake, ...] = ()


def carry_out(order: ImportPeople, desk: Desk, registry: Registry) -> PeopleImported:
    homes, persons = people.households(registry), people.persons(registry)
    plan = changes.plan(order.people, order.fields, homes, persons, desk.randomness)
    write = not order.dry_run and not plan.mistakes
    if write and plan.households:
        people.put_households(registry, plan.households)
    if write and (plan.new or plan.changed):
        people.put_persons(registry, (*plan.new, *plan.changed))
    missing = _missing(set(plan.missing), homes, persons)
    return PeopleImported(len(plan.new), len(plan.changed), plan.same, missing, write, plan.mistakes)


def _missing(missing: set[str], homes: list[Household], persons: list[Person]) -> tuple[Missing, ...]:
    buildings = {each.id: each.building for each in homes}
    told = [Missing(each.id, each.masked_name, buildings[each.household]) for each in persons if each.id in missing]
    return tuple(sorted(told, key=lambda each: (natural(each.building), each.person)))
