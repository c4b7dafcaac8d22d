"""What the hub knows that it does not have: records of a gate that have not come, and gates that have gone silent.

`hub.running` looks every few seconds, on the writer's thread; pages and metrics read what was last found. Two things
tell of a missing record: a later one of its journal is here (a hole), or its gate's status says that it was written.
Rule: whatever is missing is shown at once; it is an alarm where the first missing record of a journal stays missing,
for while a backlog drains that one moves on. Both end by themselves, and are said when they begin and when they end.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gate.names import JournalId, Slug
from gate.wire import StationStatus
from hub.incoming.received import Gap

LOOK_EVERY_SECONDS = 5.0
# With one look more, and a status that says what was written within a second, told well within a minute.
STUCK_AFTER = timedelta(seconds=45)
# A station speaks every half minute.
SILENT_AFTER = timedelta(seconds=50)

log = logging.getLogger(__name__)

Places = Mapping[JournalId, int]
"""A sequence number by journal."""


@dataclass(frozen=True, slots=True)
class Station:
    """What the hub has of one station. heard_at: when its status came. gaps: in its journals. newest: by journal, the
    last record that is here, over all gaps."""

    id: Slug
    status: StationStatus | None
    heard_at: datetime | None
    gaps: Sequence[Gap]
    newest: Places


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last look found, for the metrics. unfolded: records that are receipted and not yet in the tables.
    confirmed_at: when the manifest was last signed, None before the first."""

    stations: Sequence[Station] = ()
    unfolded: int = 0
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What is owed by one station. missing: how many records; since: when that was first known, None where it is none.

    stuck: nothing of a journal's beginning has come for STUCK_AFTER. silent_since: when it was last heard, where that
    is too long ago or its last will says that it is gone.
    """

    station: Slug
    missing: int = 0
    since: datetime | None = None
    stuck: bool = False
    silent_since: datetime | None = None
    off: bool = False

    @property
    def alarming(self) -> bool:
        return self.stuck or (self.silent_since is not None and not self.off)


@dataclass(slots=True)
class _Memory:
    """Of a station whose records are missing: since when, and since when which ones are the first."""

    since: datetime
    first: dict[JournalId, tuple[int, datetime]] = field(default_factory=dict)


class Gaps:
    """found: by station; replaced as a whole, so any thread may read it."""

    def __init__(self) -> None:
        self.found: Mapping[Slug, Outstanding] = {}
        self._memory: dict[Slug, _Memory] = {}

    def look(self, stations: Iterable[Station], now: datetime, listening_since: datetime | None) -> bool:
        """Whether anything is otherwise than at the last look. listening_since: when the broker was connected last;
        None where it is not, and then nobody can be heard, so nobody is silent."""
        before, self.found = self.found, {each.id: self._owed_by(each, now, listening_since) for each in stations}
        for station, owed in self.found.items():
            _say(before.get(station, Outstanding(station)), owed)
        return self.found != before

    def _owed_by(self, station: Station, now: datetime, listening_since: datetime | None) -> Outstanding:
        missing, first = _missing(station)
        silent_since, off = _silence(station, now, listening_since)
        if not missing:
            self._memory.pop(station.id, None)
            return Outstanding(station.id, silent_since=silent_since, off=off)
        began = min((gap.since for gap in station.gaps), default=now)
        memory = self._memory.setdefault(station.id, _Memory(min(began, now)))
        memory.first = {journal: _stayed(memory.first.get(journal), place, now) for journal, place in first.items()}
        stuck = any(now - at >= STUCK_AFTER for _, at in memory.first.values())
        return Outstanding(station.id, missing, memory.since, stuck, silent_since, off)


def _missing(station: Station) -> tuple[int, Places]:
    """How many records, and where in each journal they begin."""
    count = sum(gap.last - gap.first + 1 for gap in station.gaps)
    first: dict[JournalId, int] = {}
    for gap in station.gaps:
        first[gap.journal] = min(gap.first, first.get(gap.journal, gap.first))
    status = station.status
    if status is not None and status.journal is not None:
        newest = station.newest.get(status.journal, 0)
        if status.newest > newest:
            count += status.newest - newest
            first.setdefault(status.journal, newest + 1)
    return count, first


def _stayed(known: tuple[int, datetime] | None, place: int, now: datetime) -> tuple[int, datetime]:
    """Since when that record is the first one missing; also where a clock was set back meanwhile."""
    if known is None or known[0] != place:
        return place, now
    return place, min(known[1], now)


def _silence(station: Station, now: datetime, listening_since: datetime | None) -> tuple[datetime | None, bool]:
    """Since when it was not heard, if that is too long; and whether its last will says that it is off."""
    if station.status is None or station.heard_at is None:
        return None, False
    if not station.status.online:
        return station.heard_at, True
    if listening_since is None or now - max(station.heard_at, listening_since) < SILENT_AFTER:
        return None, False
    return station.heard_at, False


def _say(before: Outstanding, owed: Outstanding) -> None:
    if owed.stuck and not before.stuck:
        log.error(
            "ALARM station %s: %d of its records are missing since %s and do not come; if it is on and connected, look"
            " at its log and its card",
            owed.station,
            owed.missing,
            _utc(owed.since),
        )
    elif before.stuck and not owed.missing:
        log.warning("station %s: none of its records is missing any more", owed.station)
    if owed.silent_since is not None and before.silent_since is None:
        what = "station %s is off, since %s" if owed.off else "ALARM station %s says nothing any more, last heard %s"
        log.log(logging.WARNING if owed.off else logging.ERROR, what, owed.station, _utc(owed.silent_since))
    elif owed.silent_since is None and before.silent_since is not None:
        log.warning("station %s is heard again", owed.station)


def _utc(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC" if instant else ""
