"""This lane's figures for Prometheus: what the guard's screen says of its health, and how long decisions take.

station.wiring makes it, the kiosk serves it on loopback at /metrics. Rules: a registry of its own and nothing of the
process-wide one; a scrape reads what others left behind and asks nobody to wait; no label but station, gate and part
names, so nothing of a person can be among them.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from gate.clock import ClockState
from gate.exposition import AtEachScrape, gauge, labelled
from station.inbox import CrossingsHeard, Post, Receipted
from station.view import Health, Link

# A gate decides in some milliseconds, most of which a card's disk takes for the commit.
DECISION_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_STATES = {"link": tuple(Link), "clock": tuple(ClockState)}


class Metrics:
    """place: station, gate, lane and version. journal: its file. seconds: monotonic."""

    def __init__(self, place: dict[str, str], journal: Path, seconds: Callable[[], float]) -> None:
        self._place = place
        self._journal = journal
        self._health: Callable[[], Health] = Health
        self._seconds = seconds
        self._receipted_at: float | None = None
        self._peers_at: dict[str, float] = {}
        self._registry = CollectorRegistry()
        self._decisions = Histogram(
            "gate_decision_seconds",
            "From the evidence in hand until the decision is on the disk.",
            buckets=DECISION_SECONDS,
            registry=self._registry,
        )
        self._registry.register(AtEachScrape(self._families))

    def watch(self, health: Callable[[], Health]) -> None:
        """health: as the guard's screen last had it; before the first scrape."""
        self._health = health

    def decided(self, seconds: float) -> None:
        """A decision is committed; from the loop's thread."""
        self._decisions.observe(seconds)

    def hearing(self, post: Callable[[Post], None]) -> Callable[[Post], None]:
        """The same, for the uplink, with an ear at what it says."""

        def listened(told: Post) -> None:
            if isinstance(told, Receipted):
                self._receipted_at = self._seconds()
            elif isinstance(told, CrossingsHeard):
                self._peers_at[told.station] = self._seconds()
            post(told)

        return listened

    def text(self) -> bytes:
        """Everything, in the text format 1.0.0; from any thread."""
        return generate_latest(self._registry)

    def _families(self) -> Iterator[Metric]:
        health, now = self._health(), self._seconds()
        yield InfoMetricFamily("gate_station", "Which lane this is, and its software.", self._place)
        yield gauge("gate_queue_records", "Records without the hub's receipt.", health.queue)
        yield gauge(
            "gate_oldest_unconfirmed_seconds", "Age of the oldest record without a receipt.", health.oldest_seconds
        )
        for name, told in (("link", health.link), ("clock", health.clock)):
            yield _state(f"gate_{name}_state", f"How this gate's {name} stands; 1 for the one that holds.", name, told)
        if health.rules_age_hours is not None:
            age = health.rules_age_hours * 3600
            yield gauge("gate_rules_age_seconds", "Since the hub last confirmed the rules and the roster.", age)
        yield gauge("gate_rules_stale", "1 where the rules are too old to admit anybody by.", health.rules_stale)
        if self._receipted_at is not None:
            yield gauge("gate_receipt_age_seconds", "Since the hub's last receipt.", now - self._receipted_at)
        broken = {(part,): 1 for part in health.faults}
        yield labelled("gate_fault", "1 for each part that is out of order.", ("part",), broken)
        heard = {(peer,): now - at for peer, at in list(self._peers_at.items())}
        yield labelled("gate_peer_last_heard_seconds", "Since that gate last told its crossings.", ("station",), heard)
        yield from self._disk()

    def _disk(self) -> Iterator[Metric]:
        """A disk that cannot be asked is left out; that it is broken, gate_fault says."""
        files = (self._journal, self._journal.with_name(f"{self._journal.name}-wal"))
        try:
            yield gauge(
                "gate_disk_free_bytes", "Left where the journal is.", shutil.disk_usage(self._journal.parent).free
            )
            size = sum(each.stat().st_size for each in files if each.exists())
            yield gauge("gate_journal_bytes", "Size of the journal with what waits to be worked into it.", size)
        except OSError:
            return


def _state(name: str, says: str, of: str, told: str) -> GaugeMetricFamily:
    return labelled(name, says, ("state",), {(str(each),): each == told for each in _STATES[of]})
