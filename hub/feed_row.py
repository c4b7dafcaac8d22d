"""One passage as the office sees it, put together from a row of the registry; `hub.feed` asks, this reads.

Rule: what a gate said is shown as it stands where this version, or the policy of today, has no word for it.
"""

import sqlite3
from datetime import UTC, datetime

from msgspec import MsgspecError, Struct, json

from gate.policy import Choice
from gate.temperature import Measurement
from gate.trip import RiskPlace
from hub.registry import instants


class Named(Struct, frozen=True):
    """Something of the policy's lists, in both languages; the id itself where the list has it no more."""

    id: str
    zh: str
    en: str

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Lists(Struct, frozen=True):
    """What of the policy in force gives ids their names."""

    purposes: tuple[Choice, ...] = ()
    destinations: tuple[Choice, ...] = ()
    risk_places: tuple[RiskPlace, ...] = ()

    def purpose(self, id_: str | None) -> Named | None:
        return _named(id_, self.purposes)

    def destination(self, id_: str | None) -> Named | None:
        return _named(id_, self.destinations)

    def place(self, id_: str | None) -> Named | None:
        return _named(id_, [Choice(each.id, each.name_zh, each.name_en) for each in self.risk_places])


class FeedRow(Struct, frozen=True, kw_only=True):
    """One passage as the office sees it. at, received_at: UTC. final_outcome, ground: what the guard made of it.

    told_at: what the gate said, where `at` is the hub's own finding; dated: whence it has that (hub.redating.Dated).
    not_before: of what is dated by its receipt alone, the last time that is known before it in its journal.

    person: whom the code or the guard named; found: the guard did, afterwards. guard: on duty; settled_by: who settled
    it; guard_name: of the latter, or of the former. named: found on the roster, without a code. with_permit: a permit
    was used. together: of a family that came in one go. also_measured, retest: further readings. form: what was
    written down, by its own field names; sealed: why it could not be opened, "" where it could.
    """

    arrival: int
    station: str
    journal: str
    sequence: int
    at: datetime
    gate: str
    lane: str
    direction: str
    outcome: str
    reasons: tuple[str, ...]
    person: str | None
    masked_name: str | None
    building: str | None
    celsius: float | None
    clock: str
    final_outcome: str | None
    ground: str | None
    guard: str | None
    received_at: datetime | None
    caller: str = "resident"
    found: bool = False
    named: bool = False
    settled_by: str | None = None
    guard_name: str | None = None
    purpose: Named | None = None
    destination: Named | None = None
    trip: tuple[Named, ...] = ()
    with_permit: bool = False
    together: bool = False
    sensor: str | None = None
    site: str | None = None
    also_measured: tuple[Measurement, ...] = ()
    retest: tuple[Measurement, ...] = ()
    form: dict[str, object] | None = None
    sealed: str = ""
    told_at: datetime | None = None
    dated: str | None = None
    not_before: datetime | None = None

    @property
    def identity(self) -> str:
        return f"{self.station}/{self.journal}/{self.sequence}"

    @property
    def guard_shown(self) -> str:
        """Who had to do with it last; "" where nobody had signed on."""
        return self.guard_name or self.settled_by or self.guard or ""

    @property
    def now_holds(self) -> str:
        """The guard's outcome where there is one, else the machine's."""
        return self.final_outcome or self.outcome


def lists_of(policy: str | None) -> Lists:
    """The policy as the registry keeps it; nothing where there is none, or one of another version."""
    try:
        return json.decode(policy, type=Lists) if policy else Lists()
    except MsgspecError:
        return Lists()


def feed_row(row: sqlite3.Row, lists: Lists) -> FeedRow:
    """row: what `hub.feed` asks for."""
    found = dict(row)
    found["at"] = instants.read(row["at"]).astimezone(UTC)
    for instant in ("received_at", "told_at", "not_before"):
        found[instant] = instants.read(row[instant]).astimezone(UTC) if row[instant] else None
    found["reasons"] = tuple(json.decode(row["reasons"], type=list[str]))
    for flag in ("found", "named", "with_permit", "together"):
        found[flag] = bool(row[flag])
    found["purpose"] = lists.purpose(row["purpose"])
    found["destination"] = lists.destination(row["destination"])
    places = (lists.place(each) for each in json.decode(row["trip"] or "[]", type=list[str]))
    found["trip"] = tuple(place for place in places if place is not None)
    for readings in ("also_measured", "retest"):
        found[readings] = json.decode(row[readings] or "[]", type=tuple[Measurement, ...])
    found["form"] = json.decode(row["form"]) if row["form"] else None
    found["sealed"] = row["sealed"] or ""
    return FeedRow(**found)


def _named(id_: str | None, choices: "list[Choice] | tuple[Choice, ...]") -> Named | None:
    if id_ is None:
        return None
    return next((Named(each.id, each.zh, each.en) for each in choices if each.id == id_), Named(id_, id_, id_))
