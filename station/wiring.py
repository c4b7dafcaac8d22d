"""The whole object graph of a lane, put together once from its settings; with station.world the only place that names
concrete classes.

`__main__` calls `wire`, starts the threads, and runs the loop. Rules: everybody reaches the loop by its inbox alone;
what has to be closed at the end stands on the caller's stack, in the order in which it was made.
"""

import logging
import queue
import random
import secrets
import ssl
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from gate.trust import index
from station import self_check
from station.cards import Cards
from station.caretaker import Caretaker
from station.codes import Cascade
from station.disk_space import MEGABYTE, DiskSpace
from station.documents import load_snapshot
from station.duty import Duty
from station.ears import Ears
from station.equipment import Equipment
from station.eyes import Eyes
from station.feeler import Feeler
from station.identity import Identity
from station.inbox import Inbox
from station.journal import Journal, JournalReader, JournalUnusable, Reserve, open_journal, set_aside
from station.loop import Loop
from station.matches import KEY_BYTES, Matches
from station.metrics import Metrics
from station.notify import Notifier
from station.panels import Panel, open_panel
from station.panels.rehearsal import RehearsalPanel
from station.pass_maker import PassMaker
from station.peers import REMEMBERED_RECORDS, Peers
from station.peers.store import load_digests
from station.recorder import Recorded, Recorder
from station.resolver import HealthDesk, RehearsalResolver, Resolver
from station.resolver_https import HttpsResolver, token_of
from station.roster import Reader
from station.scanners import open_scanner
from station.settings import ResolverBackend, ScannerBackend, Settings, Synchronisation
from station.snapshot import Snapshot
from station.timekeeper import Timekeeper, last_synced, system_clocks
from station.toml import Wrong
from station.uplink import Uplink
from station.uplink.broker_link import Address
from station.voice import Speaking, open_voice
from station.world import World

log = logging.getLogger(__name__)

RECORDS_ASKED_FOR_THE_TIME = 100


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Thread(Protocol):
    """A part with a thread of its own."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Wired:
    """A lane that is ready to run. threads: to be started, in this order, before the loop runs."""

    loop: Loop
    threads: tuple[Thread, ...]
    metrics: Metrics


def wire(settings: Settings, identity: Identity, world: World, at_end: ExitStack, *, rehearsal: bool) -> Wired:
    """at_end: takes what has to be closed. Raises JournalUnusable, PanelFailed, Wrong."""
    return _Wiring(settings, identity, world, at_end, rehearsal).wired()


class _Wiring:
    """A lane while it is put together."""

    def __init__(
        self, settings: Settings, identity: Identity, world: World, at_end: ExitStack, rehearsal: bool
    ) -> None:
        self._settings, self._identity, self._world = settings, identity, world
        self._at_end, self._rehearsal = at_end, rehearsal
        folder = settings.data_folder
        self._journal_path, self._peers_path = folder / "journal.sqlite", folder / "peers.sqlite"
        self._documents_path = folder / "documents.sqlite"
        self._inbox: Inbox = queue.SimpleQueue()
        self._reader = Reader(identity.compound, identity.hub_key, identity.roster_key)
        place = {"station": settings.station, "gate": settings.gate, "lane": settings.lane}
        self._metrics = Metrics(place | {"version": version("gate-checkpoint")}, self._journal_path, time.monotonic)
        self._reserve = Reserve(folder / "reserve", settings.journal.reserve_megabytes * MEGABYTE)
        self._journal = self._first_journal()
        self._caretaker = Caretaker(self._journal_path, self._inbox.put)
        self._uplink = self._new_uplink()

    def wired(self) -> Wired:
        cascade = Cascade()
        eyes = Eyes(self._world.open_camera, cascade.look, self._inbox.put, sight=lambda: cascade.sight)
        feeler = Feeler(self._world.open_thermometer, self._inbox.put)
        equipment = self._equipment(eyes)
        loop = Loop(equipment, self._inbox, self._last_snapshot())
        self._metrics.watch(lambda: loop.desk.view().health)
        self._caretaker.start()
        self._at_end.callback(self._caretaker.stop)
        if self._world.stage is not None:
            self._world.stage.enter(loop.desk, feeler)
        return Wired(loop, (eyes, feeler, self._uplink, *self._ears(loop)), self._metrics)

    def _equipment(self, eyes: Eyes) -> Equipment:
        folder = self._settings.data_folder
        peers = self._peers()
        maker = PassMaker(self._identity.pass_key, folder / "passes_made", secrets.token_bytes)
        return Equipment(
            settings=self._settings,
            recorder=self._recorder(peers),
            timekeeper=self._timekeeper(),
            panel=self._panel(),
            peers=peers,
            health=self._health_desk(),
            matches=self._matches(),
            duty=Duty(folder / "duty.json"),
            maker=maker,
            voice=self._voice(),
            cards=Cards(folder / "cards.json", lambda trust: maker.certificate(trust) is not None),
            preview=eyes.preview,
            report=self._uplink.report,
            notifier=Notifier(),
            rehearsal=self._rehearsal,
        )

    def _first_journal(self) -> Journal:
        """The one of this start; the recorder may begin another."""
        try:
            journal = self._open_journal()
        except JournalUnusable:
            # A full disk: SQLite needs a little room beside the file.
            if not self._reserve.release():
                raise
            journal = self._open_journal()
        self._at_end.callback(journal.close)
        return journal

    def _new_uplink(self) -> Uplink:
        settings, identity, broker = self._settings, self._identity, self._settings.broker
        if broker.tls_ca:
            _check_authority(broker.tls_ca)
        return Uplink(
            station=settings.station,
            gate=settings.gate,
            lane=settings.lane,
            address=Address(broker.host, broker.port, broker.tls_ca, identity.username, identity.password),
            reader=self._reader,
            # Where the journal, as it is read, is not as it was written, the caretaker is told.
            open_journal=lambda: JournalReader(self._journal_path, self._caretaker.look_again),
            documents_path=self._documents_path,
            peers_path=self._peers_path,
            post=self._metrics.hearing(self._inbox.put),
            clock=time.monotonic,
            jitter=lambda: random.uniform(0.8, 1.2),  # noqa: S311 - spreads gates in time, guards nothing
        )

    def _recorder(self, peers: Peers) -> Recorder:
        return Recorder(
            self._settings,
            self._journal,
            self._begin_journal,
            self._told(peers),
            time.monotonic,
            self._reserve,
            DiskSpace(self._settings.journal),
            self._metrics.decided,
        )

    def _told(self, peers: Peers) -> tuple[Recorded, ...]:
        """Who hears of each record that is on the disk."""
        told: list[Recorded] = [lambda _journal, _sequence, _record: self._uplink.nudge(), peers.recorded]
        if self._world.stage is not None:
            told.append(self._world.stage.recorded)
        newest = self._journal.last(self_check.REMEMBERED_RECORDS)
        checked = self_check.of_lane(self._settings, newest, wall_clock, self._inbox.put)
        if checked is not None:
            told.append(checked.recorded)
        return tuple(told)

    def _open_journal(self) -> Journal:
        return open_journal(self._journal_path, lambda: secrets.token_hex(8), wall_clock)

    def _begin_journal(self, old: Journal, why: str) -> Journal:
        """A new one in the place of one that is set aside, for the reason it is told."""
        try:
            # Before it is closed: SQLite would mend its log as it thinks right.
            set_aside(self._journal_path, why, wall_clock())
        except OSError as refused:
            raise JournalUnusable(f"the journal cannot be set aside: {refused}; check the disk") from refused
        old.close()
        journal = self._open_journal()
        self._at_end.callback(journal.close)
        self._uplink.journal_replaced()
        self._caretaker.look_again()
        return journal

    def _peers(self) -> Peers:
        """With all that was known of the compound's crossings when this station ended."""
        settings, journal = self._settings, self._journal
        newest = journal.last(REMEMBERED_RECORDS)
        peers = Peers(settings.station, settings.gate, journal.id, newest, self._uplink.tell_peers)
        for station, digest in load_digests(self._peers_path):
            peers.hear(station, digest, 0.0, live=False)
        return peers

    def _timekeeper(self) -> Timekeeper:
        clock = self._settings.clock
        rehearsal = clock.synchronised_by is Synchronisation.REHEARSAL
        if rehearsal:
            log.warning("the clock counts as right because the settings say so: never at a real gate")
        recorded_at = last_synced(self._journal.last(RECORDS_ASKED_FOR_THE_TIME))
        file = self._settings.data_folder / "clock.json"
        return Timekeeper(file, system_clocks(rehearsal=rehearsal), clock.image_built_at, recorded_at)

    def _panel(self) -> Panel:
        panel = open_panel(self._settings.panel)
        if self._world.stage is not None and isinstance(panel, RehearsalPanel):
            self._world.stage.reach(panel)
        return panel

    def _health_desk(self) -> HealthDesk:
        """Where the lane has somebody to ask about health codes; raises Wrong where he cannot be asked as it says."""
        asked = self._settings.resolver
        resolver: Resolver | None = None
        match asked.backend:
            case ResolverBackend.HTTPS:
                resolver = HttpsResolver(asked.url, token_of(asked.token_file), asked.timeout_seconds, asked.tls_ca)
            case ResolverBackend.REHEARSAL:
                resolver = RehearsalResolver()
        desk = HealthDesk(resolver, self._inbox.put, time.monotonic, wall_clock)
        desk.start()
        self._at_end.callback(desk.stop)
        return desk

    def _matches(self) -> Matches:
        matches = Matches(self._settings.data_folder / "matches.sqlite", secrets.token_bytes(KEY_BYTES))
        self._at_end.callback(matches.close)
        return matches

    def _voice(self) -> Speaking:
        """Started at once: an announcement may be due before anybody comes."""
        settings = self._settings
        sounds, zone = settings.data_folder / "announcements", ZoneInfo(settings.timezone)
        voice = open_voice(settings.voice, sounds, zone, self._inbox.put, wall_clock, time.monotonic)
        voice.start()
        self._at_end.callback(voice.stop)
        return voice

    def _ears(self, loop: Loop) -> tuple[Ears, ...]:
        """Where the lane has a scanner head; like the camera it may be missing."""
        scanner = self._settings.scanner
        if scanner.backend is ScannerBackend.NONE:
            return ()
        return (Ears(lambda: open_scanner(scanner.backend, scanner.source), loop.post),)

    def _last_snapshot(self) -> Snapshot:
        """What the hub said last, or a gate that has never heard from it."""
        stored = load_snapshot(self._documents_path, self._reader, self._settings.gate)
        return stored or Snapshot(rules=None, trust=index(self._settings.compound, ()))


def _check_authority(tls_ca: str) -> None:
    """Raises Wrong where what is named as the broker's authority is none."""
    try:
        ssl.create_default_context(cafile=tls_ca)
    except OSError:
        raise Wrong(Path(tls_ca), "holds no authority's certificate", "copy it there from the hub anew") from None
