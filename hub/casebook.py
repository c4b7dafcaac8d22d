"""What the office asks besides passages: what befell the gates, which temporary passes they made, who came back.

The office's pages call it. Like hub.feed it never writes; what is open stands first.
"""

import sqlite3
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct, json

from gate.passage import What
from hub.feed_row import Lists, Named, lists_of
from hub.registry import instants
from hub.registry.reader import Reader

MOST_HAPPENINGS = 200
MOST_PASSES = 200
MOST_CASES = 200
MOST_RECOVERIES = 50
# What begins and what ends it; the newest of a family on a lane tells how it stands.
_FAMILIES = (
    ((What.FIRE,), (What.FIRE_OVER,)),
    ((What.TAMPERED,), (What.TAMPER_OVER,)),
    ((What.BARRIER_STUCK, What.BARRIER_FORCED), (What.BARRIER_MENDED,)),
    ((What.TRAINING_BEGAN,), (What.TRAINING_ENDED,)),
)
TWICE = "pass_number_twice"
"""No happening of a gate's: two passes bear one number of its key, so somebody else may have that key."""
ALARMS = frozenset((What.FIRE, What.TAMPERED, What.BARRIER_STUCK, What.BARRIER_FORCED, What.RECORDS_LOST, TWICE))


class Befell(Struct, frozen=True, kw_only=True):
    """One happening. alarm: somebody has to go and look. note: what the guard left to the next one.

    person, masked_name: whom the passage was about that it speaks of. told_at, dated: as for a passage (hub.feed).
    """

    at: datetime
    station: str
    gate: str
    lane: str
    what: str
    guard: str | None
    note: str
    sealed: str
    person: str | None = None
    masked_name: str | None = None
    told_at: datetime | None = None
    dated: str | None = None

    @property
    def alarm(self) -> bool:
        return self.what in ALARMS

    @property
    def of_passes(self) -> bool:
        return self.what == TWICE


class TemporaryPass(Struct, frozen=True, kw_only=True):
    """One pass that a gate made. flagged: beyond what its station was allowed, or another bears its number (twice).

    form: of a visitor, by its own names.
    """

    serial: str
    at: datetime
    station: str
    gate: str
    number: int
    expires_at: datetime
    caller: str
    masked_name: str | None
    building: str | None
    guard: str | None
    confirmed_at: datetime | None
    revoked_at: datetime | None
    settled_by: str | None
    most: int | None
    twice: bool
    form: dict[str, object] | None
    sealed: str

    @property
    def flagged(self) -> bool:
        return self.twice or self.most is None or self.number > self.most

    def state(self, now: datetime) -> str:
        """ "revoked", "confirmed", "expired" or "waiting"."""
        if self.revoked_at is not None:
            return "revoked"
        if self.confirmed_at is not None:
            return "confirmed"
        return "expired" if self.expires_at <= now else "waiting"


class Case(Struct, frozen=True, kw_only=True):
    """Somebody came back from elsewhere. name: whole, since the office has to find this person."""

    id: int
    opened_at: datetime
    gate: str
    person: str | None
    name: str | None
    building: str | None
    unit: str | None
    room: str | None
    telephone: str | None
    place: Named | None
    said: str
    came_back_on: date | None
    closed_at: datetime | None
    closed_by: str | None


class Recovery(Struct, frozen=True, kw_only=True):
    """This registry took the place of a damaged one ("salvaged"), or a backup that of another ("restored").

    file: the report, or the registry before; "" for none. mended, other: rows; None where nobody can count them.
    """

    id: int
    what: str
    at: datetime
    file: str
    backed_up_at: datetime | None
    mended: int | None
    other: int | None
    read_at: datetime | None
    read_by: str | None


class Casebook:
    """Read-only answers from the registry at `path`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._ask = Reader(path).ask
        self._folder = path.parent

    def recoveries(self) -> list[Recovery]:
        """The newest first."""
        rows = self._ask("SELECT * FROM recovery ORDER BY id DESC LIMIT :most", {"most": MOST_RECOVERIES})
        return [_recovery(row, self._folder) for row in rows]

    def unread_recoveries(self) -> list[Recovery]:
        return [each for each in self.recoveries() if each.read_at is None]

    def happenings(self) -> list[Befell]:
        """The newest first."""
        return [_befell(row) for row in self._ask(f"{_HAPPENINGS} ORDER BY h.arrival DESC LIMIT {MOST_HAPPENINGS}")]

    def standing(self) -> list[Befell]:
        """What began at a gate and has not ended, the newest first; passes of one number, until both are settled."""
        lanes: dict[tuple[str, int], Befell] = {}
        for row in self._ask(f"{_HAPPENINGS} WHERE h.arrival IN ({_NEWEST_OF_EACH}) ORDER BY h.arrival"):
            befell = _befell(row)
            family = next((number for number, (a, b) in enumerate(_FAMILIES) if befell.what in (*a, *b)), None)
            if family is not None:
                lanes[befell.station, family] = befell
        still = [befell for (_, family), befell in lanes.items() if befell.what in _FAMILIES[family][0]]
        still += [_befell(row) for row in self._ask(_NUMBERED_TWICE)]
        return sorted(still, key=lambda each: each.at, reverse=True)

    def temporary_passes(self, now: datetime) -> list[TemporaryPass]:
        """Those that wait for the office first, then the newest."""
        found = [_temporary_pass(row) for row in self._ask(f"{_PASSES} ORDER BY m.arrival DESC LIMIT {MOST_PASSES}")]
        return sorted(found, key=lambda each: each.state(now) != "waiting")

    def cases(self) -> list[Case]:
        """Open ones first, the newest in front."""
        order = "ORDER BY c.closed_at IS NOT NULL, c.id DESC"
        rows = self._ask(f"{_CASES} {order} LIMIT {MOST_CASES}")
        lists = self._lists()
        return [_case(row, lists) for row in rows]

    def open_cases(self) -> int:
        return int(self._ask("SELECT count(*) FROM returnee_case WHERE closed_at IS NULL")[0][0])

    def waiting_passes(self, now: datetime) -> int:
        return int(self._ask(_WAITING, {"now": instants.written(now)})[0][0])

    def _lists(self) -> Lists:
        policy = self._ask("SELECT value FROM meta WHERE key = 'policy'")
        return lists_of(policy[0][0] if policy else None)


_HAPPENINGS = """
    SELECT h.at, h.station, h.gate, h.lane, h.what, coalesce(on_duty.name, h.guard) AS guard,
        form.body AS form, form.why AS sealed, passage.who AS person, person.masked_name,
        h.told_at, h.dated
    FROM happening h LEFT JOIN form USING (station, journal, sequence)
        LEFT JOIN guard on_duty ON on_duty.id = h.guard
        LEFT JOIN passage ON (passage.station, passage.journal, passage.sequence) = (h.station, h.journal, h.passage)
        LEFT JOIN person ON person.id = passage.who"""

_NEWEST_OF_EACH = "SELECT max(arrival) FROM happening GROUP BY station, what"

# Under one key a station draws each number once; with a new key it may begin anew.
_TWICE = """EXISTS (SELECT 1 FROM made_pass other WHERE other.station = m.station AND other.number = m.number
        AND other.serial <> m.serial AND min(other.at, m.at) >= coalesce(gate_key.made_at, ''))"""

_NUMBERED_TWICE = f"""
    SELECT max(m.at) AS at, m.station, m.gate, station.lane, '{TWICE}' AS what, NULL AS guard, NULL AS form,
        '' AS sealed
    FROM made_pass m JOIN station ON station.id = m.station LEFT JOIN gate_key ON gate_key.station = m.station
    WHERE m.confirmed_at IS NULL AND m.revoked_at IS NULL AND {_TWICE}
    GROUP BY m.station"""  # noqa: S608 - of the constants above

_PASSES = f"""
    SELECT m.serial, m.at, m.station, m.gate, m.number, m.expires_at, m.caller, person.masked_name, household.building,
        coalesce(on_duty.name, m.guard) AS guard, m.confirmed_at, m.revoked_at, m.settled_by,
        gate_key.allowance ->> 'most' AS most, {_TWICE} AS twice, form.body AS form, form.why AS sealed
    FROM made_pass m LEFT JOIN person ON person.id = m.person LEFT JOIN household ON household.id = person.household
        LEFT JOIN gate_key ON gate_key.station = m.station LEFT JOIN guard on_duty ON on_duty.id = m.guard
        LEFT JOIN form USING (station, journal, sequence)"""  # noqa: S608 - of the constants above

_WAITING = "SELECT count(*) FROM made_pass WHERE confirmed_at IS NULL AND revoked_at IS NULL AND expires_at > :now"

_CASES = """
    SELECT c.id, c.opened_at, passage.gate, coalesce(passage.who, c.person) AS person, person.name, household.building,
        household.unit, household.room, person.telephone, c.place, c.said, c.came_back_on, c.closed_at, c.closed_by
    FROM returnee_case c LEFT JOIN passage USING (station, journal, sequence)
        LEFT JOIN person ON person.id = coalesce(passage.who, c.person)
        LEFT JOIN household ON household.id = person.household"""


def _recovery(row: sqlite3.Row, folder: Path) -> Recovery:
    found = dict(row)
    for name in ("at", "backed_up_at", "read_at"):
        found[name] = instants.read(row[name]) if row[name] else None
    return Recovery(**found | {"file": str(folder / row["file"]) if row["file"] else ""})


def _befell(row: sqlite3.Row) -> Befell:
    found = dict(row)
    note = json.decode(found.pop("form") or "{}").get("note", "")
    found["told_at"] = instants.read(row["told_at"]) if found.get("told_at") else None
    return Befell(**found | {"at": instants.read(row["at"]), "note": note, "sealed": row["sealed"] or ""})


def _temporary_pass(row: sqlite3.Row) -> TemporaryPass:
    found = dict(row)
    for name in ("at", "expires_at", "confirmed_at", "revoked_at"):
        found[name] = instants.read(row[name]) if row[name] else None
    found["form"] = json.decode(row["form"]) if row["form"] else None
    return TemporaryPass(**found | {"sealed": row["sealed"] or "", "twice": bool(row["twice"])})


def _case(row: sqlite3.Row, lists: Lists) -> Case:
    found = dict(row)
    for name in ("opened_at", "closed_at"):
        found[name] = instants.read(row[name]) if row[name] else None
    found["came_back_on"] = date.fromisoformat(row["came_back_on"]) if row["came_back_on"] else None
    return Case(**found | {"place": lists.place(row["place"]), "gate": row["gate"] or ""})
