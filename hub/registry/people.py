"""Households and persons: what the office imports, and what of it the gates' roster carries.

Commands for `Registry.run` or the writer; ids are drawn by the caller. Whatever changes here reaches the gates with
the next bulletin.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct, convert, json, structs

from gate.passage import Caller
from gate.permit import Permits
from gate.roster import BUCKETS, Health, Resident, Standing, heads_of
from hub.registry import Change, Registry, permits
from hub.registry.instants import written


# gc: thousands are read at a time, and none of them holds another; the collector need not walk through them.
class Household(Struct, frozen=True, kw_only=True, gc=False):
    """One flat. id: pseudonym. tenure: owner-occupied, let and so on, as the office's sheet says it.

    caller: whose; a guest has a household of one, with the door of the host.
    """

    id: str
    building: str
    unit: str = ""
    room: str = ""
    tenure: str = ""
    caller: Caller = Caller.RESIDENT


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """One person as the office knows them; id and household are pseudonyms. birth: an ISO date or "".

    until: in the registry's text, when a visitor leaves the roster; None for anybody else.
    """

    id: str
    household: str
    name: str
    masked_name: str
    sex: str = ""
    birth: str = ""
    identity_number: str = ""
    telephone: str = ""
    relation: str = ""
    standing: Standing = Standing.NORMAL
    health: Health = Health.UNKNOWN
    returnee: bool = False
    needs_help: bool = False
    note: str = ""
    initials: str = ""
    phone_tail: str = ""
    caller: Caller = Caller.RESIDENT
    until: str | None = None


_HOUSEHOLD_COLUMNS = tuple(each.name for each in structs.fields(Household))
_PERSON_COLUMNS = tuple(each.name for each in structs.fields(Person))


def put_households(registry: Registry, households: Iterable[Household]) -> int:
    """Add them, or bring those that are known by their id up to date; how many."""
    rows = [structs.astuple(each) for each in households]
    registry.database.conn.executemany(_upsert("household", _HOUSEHOLD_COLUMNS), rows)
    registry.touch(Change.PEOPLE, _who_live_there(registry, [row[0] for row in rows]))
    return len(rows)


def put_persons(registry: Registry, persons: Iterable[Person]) -> int:
    """Add them, or bring those that are known by their id up to date and back home; how many."""
    rows = [structs.astuple(each) for each in persons]
    statement = _upsert("person", _PERSON_COLUMNS) + ", left_at = NULL"
    registry.database.conn.executemany(statement, rows)
    registry.touch(Change.PEOPLE, [row[0] for row in rows])
    return len(rows)


def moved_away(registry: Registry, persons: Iterable[str], now: datetime) -> None:
    """They are taken off the roster; what they did stays."""
    at, gone = written(now), tuple(persons)
    registry.database.conn.executemany(
        "UPDATE person SET left_at = ? WHERE id = ? AND left_at IS NULL", [(at, each) for each in gone]
    )
    registry.touch(Change.PEOPLE, gone)


def came_back(registry: Registry, person: str) -> None:
    """Back on the roster."""
    registry.database.conn.execute("UPDATE person SET left_at = NULL WHERE id = ?", (person,))
    registry.touch(Change.PEOPLE, [person])


def households(registry: Registry) -> list[Household]:
    """Those of residents, in the order of their doors."""
    return _households(registry, "1", {})


def persons(registry: Registry) -> list[Person]:
    """Everybody who lives here now, in the order of their pseudonyms."""
    return _persons(registry, "1", {})


def one(registry: Registry, person: str) -> tuple[Person, Household] | None:
    """Somebody of `persons`, and where that is; None where nobody of that pseudonym lives here now."""
    for found in _persons(registry, "id = :id", {"id": person}):
        (home,) = _households(registry, "id = :id", {"id": found.household})
        return found, home
    return None


def meant(
    registry: Registry, identity_numbers: Iterable[str], names: Iterable[str], doors: Iterable[tuple[str, str, str]]
) -> tuple[list[Household], list[Person]]:
    """Of `persons`, those who have one of these numbers or names; of `households`, theirs and those behind the doors,
    which are building, unit and room. An empty number is nobody's."""
    asked = {"numbers": _listed(filter(None, identity_numbers)), "names": _listed(names)}
    found = _persons(registry, _ALIKE, asked)
    at = {"ids": _listed({each.household for each in found}), "doors": _listed(doors)}
    return _households(registry, _BEHIND, at), found


def have_units(registry: Registry) -> bool:
    """Whether any household's door is told by its unit too."""
    return registry.one("SELECT 1 FROM household WHERE caller = 'resident' AND unit <> '' LIMIT 1") is not None


def others(registry: Registry, persons: Collection[str], most: int) -> tuple[int, list[tuple[str, str, str]]]:
    """How many live here besides these, and the first of them by building and pseudonym, 2 before 12: pseudonym, masked
    name and building."""
    besides, first = {"persons": _listed(persons)}, list[tuple[str, str, str]]()
    count = registry.rows(f"SELECT count(*) FROM person WHERE {_LIVES_HERE} AND {_BESIDES}", besides)[0][0]  # noqa: S608
    buildings = registry.rows("SELECT DISTINCT building FROM household") if count else []
    for building in sorted((row[0] for row in buildings), key=natural):
        if len(first) < most:
            first += registry.rows(_OTHERS, {**besides, "building": building, "most": most - len(first)})
    return count, first


def natural(text: str) -> tuple[int, str]:
    """Building 2 before building 12."""
    return (int(text), "") if text.isdecimal() else (10**9, text)


def masked_name(registry: Registry, person: str) -> str | None:
    """As others may read it; None where nobody of that pseudonym lives here now."""
    row = registry.one("SELECT masked_name FROM person WHERE id = ? AND left_at IS NULL", (person,))
    return None if row is None else str(row[0])


# From each head to the pseudonyms that begin with it by the primary key; without CROSS, SQLite would read everybody.
_ON_ROSTER = """
    SELECT person.id, household.id, masked_name, building, unit, room, initials, phone_tail, standing, health,
        needs_help, person.caller
    FROM json_each(:heads) AS head CROSS JOIN person ON person.id >= head.value AND person.id < head.value || 'g'
        JOIN household ON household.id = person.household
    WHERE left_at IS NULL AND (until IS NULL OR until > :now) ORDER BY person.id"""


def roster(registry: Registry, now: datetime, buckets: Collection[int] | None = None) -> list[Resident]:
    """Everybody who lives here or is expected, as little of them as a gate must know; or only those buckets of it."""
    heads = [head for bucket in (range(BUCKETS) if buckets is None else buckets) for head in heads_of(bucket)]
    rows = registry.rows(_ON_ROSTER, {"heads": json.encode(heads).decode(), "now": written(now)})
    given = permits.told(registry, now)
    return [_resident(given.get(row[0], ()), *row) for row in rows]


_LIVES_HERE = "left_at IS NULL AND person.caller = 'resident'"
_ALIKE = """(identity_number IN (SELECT value FROM json_each(:numbers))
    OR name IN (SELECT value FROM json_each(:names)))"""
_BEHIND = """(id IN (SELECT value FROM json_each(:ids)) OR (building, unit, room) IN (
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(:doors)))"""
_BESIDES = "person.id NOT IN (SELECT value FROM json_each(:persons))"
# CROSS: from the building's households to who lives there.
_OTHERS = f"""SELECT person.id, masked_name, building
    FROM household CROSS JOIN person ON person.household = household.id
    WHERE building = :building AND {_LIVES_HERE} AND {_BESIDES} ORDER BY person.id LIMIT :most"""  # noqa: S608 - our words


def _households(registry: Registry, where: str, values: dict[str, str]) -> list[Household]:
    columns = ", ".join(_HOUSEHOLD_COLUMNS)
    rows = registry.rows(
        f"SELECT {columns} FROM household WHERE caller = 'resident' AND {where}"  # noqa: S608 - our own column names
        " ORDER BY building, unit, room, id",
        values,
    )
    return [convert(dict(zip(_HOUSEHOLD_COLUMNS, row, strict=True)), Household) for row in rows]


def _persons(registry: Registry, where: str, values: dict[str, str]) -> list[Person]:
    columns = ", ".join(_PERSON_COLUMNS)
    rows = registry.rows(
        f"SELECT {columns} FROM person WHERE {_LIVES_HERE} AND {where} ORDER BY id",  # noqa: S608
        values,
    )
    return [_person(dict(zip(_PERSON_COLUMNS, row, strict=True))) for row in rows]


def _listed(texts: Iterable[object]) -> str:
    """As json_each takes them."""
    return json.encode(list(texts)).decode()


def _person(values: dict[str, object]) -> Person:
    return convert(values, Person, strict=False)


def _resident(
    leave: Permits,
    person: str,
    household: str,
    masked_name: str,
    building: str,
    unit: str,
    room: str,
    initials: str,
    phone_tail: str,
    standing: str,
    health: str,
    needs_help: int,
    caller: str,
) -> Resident:
    return Resident(
        person,
        household,
        masked_name,
        building,
        unit,
        room,
        initials,
        phone_tail,
        Standing(standing),
        Health(health),
        bool(needs_help),
        Caller(caller),
        leave,
    )


def _who_live_there(registry: Registry, households: list[str]) -> list[str]:
    asked = json.encode(households).decode()
    rows = registry.rows("SELECT id FROM person WHERE household IN (SELECT value FROM json_each(?))", (asked,))
    return [row[0] for row in rows]


def _upsert(table: str, columns: tuple[str, ...]) -> str:
    """The statement that inserts or, on a known id, overwrites every other column."""
    marks = ", ".join("?" * len(columns))
    others = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "id")
    names = ", ".join(columns)
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {others}"  # noqa: S608
