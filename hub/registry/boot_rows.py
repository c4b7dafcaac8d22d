"""What the registry remembers of each run of a station's machine; hub.registry.boots alone reads and writes it."""

from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime

from hub.redating import UNKNOWN, Boot
from hub.registry import Registry
from hub.registry.instants import read, written


@dataclass(frozen=True, slots=True)
class Run:
    """What of one boot stands in one journal: from its first record to its last.

    unsure_first, unsure_last: between them stand all those that did not vouch for themselves. todo: from where on they
    are to be looked at again; None for not at all.
    """

    station: str
    journal: str
    boot: str
    first: int
    last: int
    last_seconds: float
    unsure_first: int | None = None
    unsure_last: int | None = None
    todo: int | None = None

    def with_records(self, first: int, last: int, last_seconds: float) -> "Run":
        run = replace(self, first=min(self.first, first))
        return replace(run, last=last, last_seconds=last_seconds) if last >= self.last else run

    def with_doubt(self, first: int, last: int) -> "Run":
        if self.unsure_first is None or self.unsure_last is None:
            return replace(self, unsure_first=first, unsure_last=last)
        return replace(self, unsure_first=min(self.unsure_first, first), unsure_last=max(self.unsure_last, last))

    def again(self) -> "Run":
        return replace(self, todo=self.unsure_first)


def boot(registry: Registry, station: str, boot: str) -> Boot:
    row = registry.one(
        "SELECT synced_at, synced_seconds, confirmed, latest, disputed FROM boot WHERE station = ? AND boot = ?",
        (station, boot),
    )
    if row is None:
        return UNKNOWN
    synced_at, synced_seconds, confirmed, latest, disputed = row
    return Boot(_seconds(synced_at), synced_seconds, bool(confirmed), _seconds(latest), bool(disputed))


def save_boot(registry: Registry, station: str, name: str, boot: Boot) -> None:
    anchor = (_text(boot.synced_at), boot.synced_seconds, int(boot.confirmed))
    registry.database.conn.execute(
        "INSERT OR REPLACE INTO boot (station, boot, synced_at, synced_seconds, confirmed, latest, disputed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (station, name, *anchor, _text(boot.latest), int(boot.disputed)),
    )


def runs_of_boot(registry: Registry, station: str, boot: str) -> list[Run]:
    return _runs(registry, "station = ? AND boot = ?", (station, boot))


def runs_of_journal(registry: Registry, station: str, journal: str) -> list[Run]:
    """In the journal's order."""
    return _runs(registry, "station = ? AND journal = ? ORDER BY first", (station, journal))


def unfinished(registry: Registry) -> Run | None:
    """One of which something is to be looked at again."""
    return next(iter(_runs(registry, "todo IS NOT NULL LIMIT 1", ())), None)


def save_run(registry: Registry, run: Run) -> None:
    marks = ", ".join("?" * len(fields(run)))
    statement = f"INSERT OR REPLACE INTO boot_run ({_COLUMNS}) VALUES ({marks})"  # noqa: S608 - our own words
    registry.database.conn.execute(statement, astuple(run))


def _runs(registry: Registry, where: str, values: tuple[str, ...]) -> list[Run]:
    rows = registry.rows(f"SELECT {_COLUMNS} FROM boot_run WHERE {where}", values)  # noqa: S608 - our own words
    return [Run(*row) for row in rows]


def _seconds(text: str | None) -> float | None:
    return None if text is None else read(text).timestamp()


def _text(seconds: float | None) -> str | None:
    return None if seconds is None else written(datetime.fromtimestamp(seconds, UTC))


_COLUMNS = ", ".join(field.name for field in fields(Run))
