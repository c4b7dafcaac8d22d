"""Cards that were printed for nobody, and for whom a gate made them count: what the roster says of those.

The bulletin asks. Rules: a card counts only as long as its gate's certificate, the office and its own date let it, and
for whom the newest record says; of a resident the entry names the pseudonym alone, since his own entry says the rest.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import json

from gate.caller import Caller
from gate.names import Pseudonym
from gate.roster import Resident
from hub.masking import mask
from hub.registry import Change, Registry, gate_keys
from hub.registry.gate_keys import Allowance
from hub.registry.instants import read, written

# Of visitors of whom the form says no name.
_A_VISITOR = "访客"

_COUNTS = """
    SELECT person.id, person.household, m.station, m.at, m.expires_at, m.number, m.caller, m.person, form.body
    FROM blank JOIN pass USING (serial) JOIN person ON person.id = pass.person
        JOIN made_pass m USING (serial) LEFT JOIN form USING (station, journal, sequence)
    WHERE pass.revoked_at IS NULL AND pass.expires_at > :now AND m.revoked_at IS NULL AND m.expires_at > :now
    ORDER BY m.at, m.arrival"""


def put(registry: Registry, serials: Iterable[Pseudonym]) -> None:
    """These passes are of nobody."""
    registry.database.conn.executemany("INSERT INTO blank (serial) VALUES (?)", [(each,) for each in serials])


def touch(registry: Registry, serials: Iterable[Pseudonym]) -> None:
    """Gates told of passes: where one of them is a blank, the roster says so at once."""
    asked = json.encode(tuple(serials)).decode()
    cards = registry.rows(
        "SELECT person FROM blank JOIN pass USING (serial) WHERE serial IN (SELECT value FROM json_each(?))", (asked,)
    )
    if cards:
        registry.touch(Change.PEOPLE, [row[0] for row in cards])


def on_roster(registry: Registry, now: datetime) -> list[Resident]:
    """An entry for each card that counts now; of a card that two gates gave out, the later word holds."""
    may = {each.station: each.allowance for each in gate_keys.listed(registry)}
    found: dict[Pseudonym, Resident | None] = {}
    for card, household, station, at, expires_at, number, caller, person, form in registry.rows(
        _COUNTS, {"now": written(now)}
    ):
        until = read(expires_at)
        if _allowed(may.get(station), Caller(caller), number, read(at), until):
            found[card] = _entry(card, household, Caller(caller), person, form, until)
    return [entry for _, entry in sorted(found.items()) if entry is not None]


def _allowed(may: Allowance | None, caller: Caller, number: int, at: datetime, until: datetime) -> bool:
    """As a gate judges a temporary pass of another gate's making (gate.formats.gate_pass)."""
    return (
        may is not None
        and caller in may.callers
        and number <= may.most
        and until - at <= timedelta(hours=may.longest_hours)
        and may.not_before <= at <= may.not_after
    )


def _entry(
    card: Pseudonym, household: Pseudonym, caller: Caller, person: Pseudonym | None, form: str | None, until: datetime
) -> Resident | None:
    """None where it would be somebody of whom nothing is known: no gate could hold him to a zone."""
    if person is not None:
        return Resident(card, household, "", "", caller=caller, until=until, stands_for=person)
    said = json.decode(form) if form else {}
    building = str(said.get("door", {}).get("building", ""))
    if caller is not Caller.VISITOR or not building:
        return None
    name = mask(str(said["name"])) if said.get("name") else _A_VISITOR
    return Resident(card, household, name, building, caller=caller, until=until)
