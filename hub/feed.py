"""The questions that the office asks of the registry: what passed, and how the gates stand.

The office's pages and streams call it; apart from hub/registry this is the only place with SQL. Rule: it never writes,
and every thread that asks gets a read-only connection of its own.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import MsgspecError, Struct, json

from gate.caller import Caller
from gate.reason import Outcome
from gate.wire import StationStatus
from hub.feed_row import FeedRow as FeedRow  # noqa: PLC0414 - whoever asks the feed knows it by this home
from hub.feed_row import feed_row, lists_of
from hub.registry import instants
from hub.registry.reader import Reader

# The filter's word for 'the guard decided otherwise than the machine'; stands beside the outcomes.
OVERRULED = "overruled"
MOST_ROWS = 500
FEW_PEOPLE = 8


class Cursor(Struct, frozen=True, order=True):
    """How far somebody has read: the last passage's arrival, the last amendment's, and the last of those older passages
    that got another time, each counted by itself."""

    passage: int = 0
    amendment: int = 0
    redated: int = 0


class Filter(Struct, frozen=True, kw_only=True):
    """Which passages are meant; None or "" means any.

    outcome: what holds now (after the guard), or OVERRULED. q: part of the masked name, the whole name or its
    initials. since, until: UTC, the latter excluded. before: only what arrived before this cursor.
    """

    gate: str | None = None
    station: str | None = None
    direction: str | None = None
    outcome: str | None = None
    building: str | None = None
    caller: str | None = None
    person: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


class Counts(Struct, frozen=True, kw_only=True):
    """Passages of one day by what now holds; admitted ones by direction."""

    went_in: int = 0
    went_out: int = 0
    referred: int = 0
    refused: int = 0

    def plus(self, direction: str, outcome: str, number: int) -> "Counts":
        return Counts(
            went_in=self.went_in + number * (outcome == Outcome.ADMIT and direction == "in"),
            went_out=self.went_out + number * (outcome == Outcome.ADMIT and direction == "out"),
            referred=self.referred + number * (outcome == Outcome.REFER),
            refused=self.refused + number * (outcome == Outcome.REFUSE),
        )


class Tile(Struct, frozen=True, kw_only=True):
    """How one station stands. status_at: when the hub last heard of it, None for never; times in UTC.

    queue: records without a receipt, as the station last said.
    """

    station: str
    gate: str
    lane: str
    direction: str
    online: bool
    queue: int
    last_passage_at: datetime | None
    today: Counts
    faults: tuple[str, ...]
    policy: str | None
    roster: str | None
    status_at: datetime | None


class Feed:
    """Read-only answers from the registry at `path`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._ask = Reader(path).ask

    def recent(self, wanted: Filter) -> list[FeedRow]:
        """The newest arrivals first, at most `wanted.limit`."""
        where, values = _conditions(wanted)
        if wanted.person:
            where += f" AND p.arrival IN ({_THEIRS} = :person)"
        elif self._few(wanted.q):
            where += f" AND p.arrival IN ({_THEIRS} IN ({_NAMED}))"
        limit = max(1, min(wanted.limit, MOST_ROWS))
        return self._rows(f"{_ROWS} WHERE {where} ORDER BY p.arrival DESC LIMIT {limit}", values)

    def since(self, after: Cursor, wanted: Filter, through: Cursor | None = None, late: bool = True) -> list[FeedRow]:
        """What arrived or changed after one cursor, up to the other, and is wanted; oldest first.

        late: what had waited at its gate too.
        """
        where, values = _conditions(wanted)
        if not late:
            where = f"({where}) AND NOT p.late"
        return self._changed(f"({where}) AND p.arrival IN ({_NEW} UNION {_CHANGED})", values, after, through)

    def left(self, after: Cursor, wanted: Filter, through: Cursor | None = None) -> list[FeedRow]:
        """What changed between the cursors and is not wanted, any more or from the start; oldest first."""
        where, values = _conditions(wanted)
        return self._changed(f"NOT coalesce(({where}), 0) AND p.arrival IN ({_CHANGED})", values, after, through)

    def live_through(self, after: int, through: int, most: int) -> int:
        """How far that many passages reach after one arrival, up to another, if those that had waited do not count."""
        values = {"after": after, "through": through, "most": most - 1}
        found = self._ask(_LIVE, values)
        return int(found[0][0]) if found else through

    def newest(self) -> Cursor:
        """Where the feed ends now."""
        (newest,) = self._ask(_NEWEST)
        return Cursor(*(count or 0 for count in newest))

    def totals(self, now: datetime, zone: ZoneInfo) -> Counts:
        """Today's passages of the whole compound; today as the compound's zone has it."""
        return _sum(self._today(now, zone))

    def tiles(self, now: datetime, zone: ZoneInfo) -> list[Tile]:
        """Every station that was ever added, by gate and lane."""
        return self.board(now, zone)[1]

    def board(self, now: datetime, zone: ZoneInfo) -> tuple[Counts, list[Tile]]:
        """`totals` and `tiles` for the price of one."""
        today = self._today(now, zone)
        stations = self._ask("SELECT * FROM station ORDER BY gate, lane, id")
        return _sum(today), [self._tile(row, [each for each in today if each[0] == row["id"]]) for row in stations]

    def gates(self) -> list[str]:
        return [row[0] for row in self._ask("SELECT DISTINCT gate FROM station ORDER BY gate")]

    def buildings(self) -> list[str]:
        """Every building in the registry, 2 before 10."""
        found = [row[0] for row in self._ask("SELECT DISTINCT building FROM household WHERE building <> ''")]
        return sorted(found, key=lambda building: (len(building), building))

    def password_hash(self, clerk: str) -> str | None:
        """What is stored of a clerk's password; None for a name nobody has."""
        rows = self._ask("SELECT password_hash FROM clerk WHERE name = :name", {"name": clerk})
        return str(rows[0][0]) if rows else None

    def _few(self, q: str | None) -> bool:
        """Whether so few people are meant that their passages are better looked up than waited for on the way back."""
        if not q:
            return False
        return len(self._ask(_NAMED, _name_values(q))) <= FEW_PEOPLE

    def _rows(self, sql: str, values: dict[str, object]) -> list[FeedRow]:
        found = self._ask(sql, values)
        if not found:
            return []
        policy = self._ask("SELECT value FROM meta WHERE key = 'policy'")
        lists = lists_of(policy[0][0] if policy else None)
        return [feed_row(row, lists) for row in found]

    def _changed(self, where: str, values: dict[str, object], after: Cursor, through: Cursor | None) -> list[FeedRow]:
        end = self.newest() if through is None else through
        values |= {"after": after.passage, "through": end.passage}
        values |= {"amended_after": after.amendment, "amended_through": end.amendment}
        values |= {"redated_after": after.redated, "redated_through": end.redated}
        return self._rows(f"{_ROWS} WHERE {where} ORDER BY p.arrival", values)

    def _today(self, now: datetime, zone: ZoneInfo) -> list[sqlite3.Row]:
        day = now.astimezone(zone).date()
        bounds = [datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1))]
        return self._ask(_TODAY, {"since": instants.written(bounds[0]), "until": instants.written(bounds[1])})

    def _tile(self, row: sqlite3.Row, today: Sequence[sqlite3.Row]) -> Tile:
        status = _status(row["status"])
        return Tile(
            station=row["id"],
            gate=row["gate"],
            lane=row["lane"],
            direction=row["direction"],
            online=status is not None and status.online,
            queue=status.queue if status else 0,
            last_passage_at=self._last_passage(row["id"], today),
            today=_sum(today),
            faults=status.faults if status else (),
            policy=status.policy if status else None,
            roster=status.roster if status else None,
            status_at=instants.read(row["status_at"]) if row["status_at"] else None,
        )

    def _last_passage(self, station: str, today: Sequence[sqlite3.Row]) -> datetime | None:
        texts = [row["last"] for row in today] or [row[0] for row in self._ask(_LAST, {"station": station})]
        return instants.read(max(texts)) if texts else None


_ROWS = """
    SELECT p.arrival, p.station, p.journal, p.sequence, p.at, p.clock, p.gate, p.lane, p.direction, p.outcome,
        p.reasons, p.who AS person, p.celsius, p.final_outcome, p.ground, p.guard, person.masked_name,
        household.building, record.received_at, p.caller, p.who IS NOT p.person AS found, p.named, p.settled_by,
        p.purpose, p.destination, p.trip, p.permit IS NOT NULL AS with_permit, p.party IS NOT NULL AS together,
        p.sensor, p.site, p.also_measured, p.retest, form.body AS form, form.why AS sealed, on_duty.name AS guard_name,
        p.told_at, p.dated, CASE WHEN p.dated = 'receipt' THEN (
            SELECT CASE WHEN known.dated = 'sync' OR known.dated IS NULL AND known.clock = 'synced' THEN known.at END
            FROM passage known WHERE known.station = p.station AND known.journal = p.journal AND known.sequence < (
                SELECT first FROM boot_run WHERE boot_run.station = p.station AND boot_run.journal = p.journal
                    AND p.sequence BETWEEN first AND last)
            ORDER BY known.sequence DESC LIMIT 1) END AS not_before
    FROM passage p LEFT JOIN person ON person.id = p.who LEFT JOIN household ON household.id = person.household
        LEFT JOIN record USING (station, journal, sequence) LEFT JOIN form USING (station, journal, sequence)
        LEFT JOIN guard on_duty ON on_duty.id = coalesce(p.settled_by, p.guard)"""

_NEWEST = (
    "SELECT (SELECT max(arrival) FROM passage), (SELECT max(arrival) FROM amendment), (SELECT max(id) FROM redated)"
)

_NEW = "SELECT arrival FROM passage WHERE arrival > :after AND arrival <= :through"

_LIVE = f"{_NEW} AND NOT late ORDER BY arrival LIMIT 1 OFFSET :most"

_CHANGED = """
    SELECT meant.arrival FROM amendment a JOIN passage meant ON meant.station = a.station
        AND meant.journal = a.passage_journal AND meant.sequence = a.passage_sequence
    WHERE a.arrival > :amended_after AND a.arrival <= :amended_through
    UNION SELECT arrival FROM redated WHERE id > :redated_after AND id <= :redated_through"""

_TODAY = """
    SELECT station, direction, coalesce(final_outcome, outcome) AS outcome, count(*) AS number, max(at) AS last
    FROM passage WHERE at >= :since AND at < :until GROUP BY 1, 2, 3"""

# From journal to journal of the station by its unique index, the last passage of each: a few seeks, however long ago.
_LAST = """
    WITH RECURSIVE own(journal) AS (
        SELECT min(journal) FROM passage WHERE station = :station
        UNION ALL
        SELECT (SELECT min(journal) FROM passage WHERE station = :station AND journal > own.journal) FROM own
        WHERE own.journal IS NOT NULL)
    SELECT (SELECT at FROM passage WHERE station = :station AND passage.journal = own.journal
        ORDER BY sequence DESC LIMIT 1)
    FROM own WHERE own.journal IS NOT NULL"""

_NAMED = r"""SELECT id FROM person
    WHERE masked_name LIKE :like ESCAPE '\' OR name = :q OR initials = lower(:q)"""

# Somebody's passages, by an index in parts (hub.registry.migrations): a seek in each, 300 in a year of 19,000,000.
_THEIRS = """
    WITH RECURSIVE part(number) AS (
        SELECT max(arrival) >> 16 FROM passage UNION ALL SELECT number - 1 FROM part WHERE number > 0)
    SELECT theirs.arrival FROM part CROSS JOIN passage theirs ON theirs.arrival >> 16 = part.number
    WHERE theirs.who"""

# The unary plus keeps SQLite from an index that would make it sort: the newest hundred are near the end of the table.
_CONDITIONS = {
    "gate": "p.gate = :gate",
    "station": "+p.station = :station",
    "direction": "p.direction = :direction",
    "outcome": "coalesce(p.final_outcome, p.outcome) = :outcome",
    "building": """+p.who IN (SELECT who.id FROM person who JOIN household home ON home.id = who.household
        WHERE home.building = :building)""",
    "caller": "p.caller = :caller",
    "person": "p.who = :person",
    "q": f"+p.who IN ({_NAMED})",
    "since": "p.at >= :since",
    "until": "p.at < :until",
    "before": "p.arrival < :before",
}


def _conditions(wanted: Filter) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {}
    for name in _CONDITIONS:
        value = getattr(wanted, name)
        if value not in (None, ""):
            values[name] = instants.written(value) if isinstance(value, datetime) else value
    parts = dict(_CONDITIONS)
    if wanted.outcome == OVERRULED:
        parts["outcome"] = "p.final_outcome <> p.outcome"
    if wanted.caller not in (None, "", Caller.RESIDENT):
        parts["caller"] += f" AND p.caller <> '{Caller.RESIDENT}'"
    where = " AND ".join(parts[name] for name in values) or "1"
    return where, values | (_name_values(wanted.q) if wanted.q else {})


def _name_values(q: str) -> dict[str, object]:
    return {"q": q, "like": f"%{_literal(q)}%"}


def _literal(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text


def _status(text: str) -> StationStatus | None:
    """None where the station never spoke, or speaks a newer version's words."""
    try:
        return json.decode(text, type=StationStatus) if text else None
    except MsgspecError:
        return None


def _sum(rows: Iterable[sqlite3.Row]) -> Counts:
    counts = Counts()
    for row in rows:
        counts = counts.plus(row["direction"], row["outcome"], row["number"])
    return counts
