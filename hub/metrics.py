"""The compound's figures for Prometheus: what the hub owes its gates, what they owe it, and what lies aside.

`hub.run` makes it; the office serves it at /metrics to whoever bears the token in DATA/metrics.token. Rules: a registry
of its own and nothing of the process-wide one; a scrape reads what the hub's own looks left behind; labels are
stations, gates and kinds, never anything of a person.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric

from gate.exposition import AtEachScrape, gauge, labelled
from hub.incoming.gaps import Outstanding, Seen, Station
from hub.quarantine.set_aside import SetAside
from hub.settings import Settings

TOKEN_FILE = "metrics.token"  # noqa: S105 - where it is, not what it is
TOKEN_BYTES = 24
FEED_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


class Hub(Protocol):
    """As much of the running hub as is told. receipted: by station, when its last receipt went out."""

    @property
    def connected(self) -> bool: ...
    @property
    def was_put_back(self) -> int: ...
    @property
    def left_to_come_again(self) -> int: ...
    @property
    def seen(self) -> Seen: ...
    @property
    def owed(self) -> Mapping[str, Outstanding]: ...
    @property
    def receipted(self) -> Mapping[str, datetime]: ...


class Metrics:
    """backups: when each of the registry's was made, the newest first."""

    def __init__(self, settings: Settings, backups: Callable[[], list[Path]], clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._backups = backups
        self._clock = clock
        self._set_aside = SetAside(settings.registry)
        self._hub: Hub | None = None
        self._registry = CollectorRegistry()
        self._feed = Histogram(
            "gate_hub_feed_seconds",
            "From a live message's arrival until its passages are on the office's screens.",
            buckets=FEED_SECONDS,
            registry=self._registry,
        )
        self._registry.register(AtEachScrape(self._families))

    def watch(self, hub: Hub) -> None:
        """Whose figures they are; before the first scrape."""
        self._hub = hub

    def told_the_feed(self, seconds: float) -> None:
        """Live records have been announced; from the writer's thread."""
        self._feed.observe(seconds)

    def text(self) -> bytes:
        """Everything, in the text format 1.0.0; from any thread."""
        return generate_latest(self._registry)

    def _families(self) -> Iterator[Metric]:
        now = self._clock()
        if self._hub is not None:
            yield from _of_hub(self._hub, now)
            yield from _of_stations(self._hub.seen.stations, self._hub.owed, self._hub.receipted, now)
        kinds: dict[tuple[str, ...], float] = {(kind,): number for kind, number in self._set_aside.counts().items()}
        yield labelled("gate_hub_quarantine", "Messages set aside and not dealt with, by kind.", ("kind",), kinds)
        yield from self._disk(now)

    def _disk(self, now: datetime) -> Iterator[Metric]:
        """What cannot be asked is left out."""
        try:
            free = shutil.disk_usage(self._settings.folder).free
            yield gauge("gate_hub_disk_free_bytes", "Left where the registry is.", free)
            files = (self._settings.registry, self._settings.registry.with_name(f"{self._settings.registry.name}-wal"))
            size = sum(each.stat().st_size for each in files if each.exists())
            yield gauge("gate_hub_registry_bytes", "Size of the registry with what waits to be worked into it.", size)
            if backups := self._backups():
                age = now.timestamp() - max(each.stat().st_mtime for each in backups)
                yield gauge("gate_hub_backup_age_seconds", "Since the newest backup in DATA/backups was made.", age)
        except OSError:
            return


def _of_hub(hub: Hub, now: datetime) -> Iterator[Metric]:
    yield gauge("gate_hub_broker_connected", "1 while the hub has its broker.", hub.connected)
    yield gauge("gate_hub_unfolded_records", "Receipted records that are not in the tables yet.", hub.seen.unfolded)
    if hub.seen.confirmed_at is not None:
        age = (now - hub.seen.confirmed_at).total_seconds()
        yield gauge("gate_hub_manifest_age_seconds", "Since rules and roster were last confirmed to the gates.", age)
    for name, says, value in (
        (
            "gate_hub_put_back",
            "Messages of its own that the broker had lost or a stranger overwrote.",
            hub.was_put_back,
        ),
        ("gate_hub_left", "Messages for which there was no room; their stations send again.", hub.left_to_come_again),
    ):
        yield CounterMetricFamily(name, says, value)


def _of_stations(
    stations: Iterable[Station], owed: Mapping[str, Outstanding], receipted: Mapping[str, datetime], now: datetime
) -> Iterator[Metric]:
    labels = ("station", "gate")
    told: dict[str, tuple[str, dict[tuple[str, ...], float]]] = {name: (says, {}) for name, says in _STATION.items()}
    for station in stations:
        if station.status is None or station.heard_at is None:
            continue
        figures = _figures(station, owed.get(station.id, Outstanding(station.id)), receipted.get(station.id), now)
        for name, value in figures.items():
            told[name][1][station.id, station.status.gate] = value
    for name, (says, values) in told.items():
        yield labelled(name, says, labels, values)


_STATION = {
    "gate_station_online": "1 while its last word is not that it is off.",
    "gate_station_silent": "1 where it should have been heard and was not.",
    "gate_station_last_heard_seconds": "Since its last status.",
    "gate_station_queue_records": "Records for which it has no receipt, as it last said.",
    "gate_station_missing_records": "Records that the hub knows of and does not have.",
    "gate_station_missing_seconds": "Since the first of these was known to be missing.",
    "gate_station_missing_stuck": "1 where they do not come.",
    "gate_station_faults": "Parts that are out of order.",
    "gate_station_lacking_documents": "Documents of the hub that it asked for in vain.",
    "gate_station_clock_believed": "1 while it believes its clock.",
    "gate_station_clock_offset_seconds": "Its clock beyond the hub's, when its last status came.",
    "gate_station_receipt_age_seconds": "Since its last receipt went out.",
}


def _figures(station: Station, owed: Outstanding, receipted: datetime | None, now: datetime) -> dict[str, float]:
    status, heard_at = station.status, station.heard_at
    assert status is not None
    assert heard_at is not None
    figures: dict[str, float] = {
        "gate_station_online": status.online,
        "gate_station_silent": owed.silent_since is not None and not owed.off,
        "gate_station_last_heard_seconds": (now - heard_at).total_seconds(),
        "gate_station_queue_records": status.queue,
        "gate_station_missing_records": owed.missing,
        "gate_station_missing_seconds": (now - owed.since).total_seconds() if owed.since else 0,
        "gate_station_missing_stuck": owed.stuck,
        "gate_station_faults": len(status.faults),
        "gate_station_lacking_documents": len(status.lacks),
        "gate_station_clock_believed": "clock" not in status.faults,
    }
    if status.at is not None and status.online:
        figures["gate_station_clock_offset_seconds"] = (status.at - heard_at).total_seconds()
    if receipted is not None:
        figures["gate_station_receipt_age_seconds"] = (now - receipted).total_seconds()
    return figures


def token(folder: Path) -> str:
    """The word that lets somebody read the figures; drawn at the first start, for the hub's user alone to read."""
    path = folder / TOKEN_FILE
    if not path.exists():
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
    return path.read_text(encoding="ascii").strip()
