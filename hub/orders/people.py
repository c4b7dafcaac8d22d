"""Who lives in the compound, as the office's spreadsheet has it. `gate-hub import` gives this order."""

from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Pseudonym
from hub.orders import Answer, Desk, Order
from hub.registry import Registry, people
from hub.sheet import changes
from hub.sheet.cells import MOST_ROWS
from hub.sheet.people import Mistake, SheetPerson

MOST_MISSING_TOLD = 40


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
    """Counts of people; with mistakes, or on a dry run, nothing was written. missing: the first of `not_named`."""

    new: int
    changed: int
    same: int
    not_named: int
    missing: tuple[Missing, ...]
    written: bool
    mistakes: tuple[Mistake, ...] = ()


def carry_out(order: ImportPeople, desk: Desk, registry: Registry) -> PeopleImported:
    said = order.people
    homes, persons = people.meant(
        registry,
        (each.identity_number for each in said),
        (each.name for each in said),
        ((each.building, each.unit, each.room) for each in said),
    )
    plan = changes.plan(said, order.fields, homes, persons, people.have_units(registry), desk.randomness)
    not_named, first = people.others(registry, plan.named, MOST_MISSING_TOLD)
    write = not order.dry_run and not plan.mistakes
    if write and plan.households:
        people.put_households(registry, plan.households)
    if write and (plan.new or plan.changed):
        people.put_persons(registry, (*plan.new, *plan.changed))
    missing = tuple(Missing(*each) for each in first)
    return PeopleImported(len(plan.new), len(plan.changed), plan.same, not_named, missing, write, plan.mistakes)
