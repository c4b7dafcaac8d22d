"""gate-station: wires one lane from its settings and runs it. The only place that names concrete classes.

Rule: what is wrong with the settings, the machine or a port ends in one sentence on stderr and exit code 2; what
nobody foresaw ends in a traceback and exit code 1, and systemd starts the station anew.
"""

import argparse
import fcntl
import logging
import os
import queue
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from gate.trust import index
from station import calibrate, read_pictures, self_check, verify
from station.calibrate import CannotCalibrate
from station.cameras import Camera, open_camera
from station.cameras.rehearsal import RehearsalCamera
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
from station.heap import give_back_now_and_then, share_heaps
from station.identity import Identity
from station.inbox import Inbox, Post
from station.journal import Journal, JournalReader, JournalUnusable, Reserve, open_journal, set_aside
from station.kiosk import PortTaken, create_app, serve
from station.loop import Loop
from station.matches import KEY_BYTES, Matches
from station.metrics import Metrics
from station.notify import Notifier
from station.panels import PanelFailed, open_panel
from station.panels.rehearsal import RehearsalPanel
from station.pass_maker import PassMaker
from station.peers import REMEMBERED_RECORDS, Peers
from station.peers.store import load_digests
from station.recorder import Recorded, Recorder
from station.resolver import HealthDesk, RehearsalResolver, Resolver
from station.resolver_https import HttpsResolver, token_of
from station.roster import Reader
from station.scanners import open_scanner
from station.settings import ResolverBackend, ScannerBackend, Settings, Synchronisation, load, rehearsed
from station.snapshot import Snapshot
from station.stage import RehearsalStage
from station.thermometers import Thermometer, open_thermometer
from station.thermometers.rehearsal import RehearsalThermometer
from station.timekeeper import Timekeeper, last_synced, system_clocks
from station.toml import Wrong
from station.uplink import Uplink
from station.uplink.broker_link import Address
from station.verify import CannotVerify, Desk
from station.voice import Speaking, open_voice

log = logging.getLogger("station")

REFUSED = 2
RECORDS_ASKED_FOR_THE_TIME = 100
NEED_SETTINGS = frozenset({"run", "check", "calibrate"})


def main() -> None:
    """The command gate-station."""
    try:
        code = command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the answers has read enough, as `head` does.
        code = 0
    sys.stderr.flush()
    # Everything is closed by now; a camera's driver that hangs in its thread must not hold up the end.
    os._exit(code)


def command(arguments: Sequence[str]) -> int:
    """Carry it out. Exit code: 0 after a clean end, 2 when it refuses to start; `verify` has a 1 of its own."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.config is None and asked.command in NEED_SETTINGS:
        parser.error(f"{asked.command} needs the lane's settings: gate-station --config FILE {asked.command}")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        if asked.command == "read":
            return read_pictures.carry_out(asked, *_screen(), time.perf_counter)
        if asked.command == "verify":
            return verify.carry_out(asked, _desk(asked.config))
        settings, identity = load(Path(asked.config))
        if asked.command == "check":
            print(f"{asked.config}: in order; station {settings.station}, gate {settings.gate}, lane {settings.lane}")
            return 0
        if asked.command == "calibrate":
            return _calibrate(asked, settings)
        return run(rehearsed(settings) if asked.rehearsal else settings, identity, rehearsal=asked.rehearsal)
    except (PanelFailed, Wrong, JournalUnusable, PortTaken, DataInUse, CannotVerify, CannotCalibrate) as refused:
        print(f"gate-station: {refused}", file=sys.stderr)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gate-station",
        description="One lane of one compound gate: reads passes, decides, records, asks the guard.",
    )
    parser.add_argument("--config", metavar="FILE", help="the lane's settings, station.toml; run and check need it")
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('gate-checkpoint')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    running = commands.add_parser("run", help="run the lane until SIGTERM or Ctrl-C")
    running.add_argument(
        "--rehearsal", action="store_true", help="doubles in place of camera, thermometer, panel and time server"
    )
    commands.add_parser("check", help="read settings and identity, say what is wrong, and end")
    calibrate.add_words(commands.add_parser("calibrate", help="hold the thermometer against a black body"))
    read_pictures.add_words(commands.add_parser("read", help="say which codes are in pictures"))
    verify.add_words(commands.add_parser("verify", help="say of a code, step by step, whether it may be believed"))
    return parser


def _calibrate(asked: argparse.Namespace, settings: Settings) -> int:
    """While no station uses the sensor. Raises DataInUse, CannotCalibrate."""
    with ExitStack() as at_end:
        at_end.callback(give_back_now_and_then())
        _lock(settings, at_end)
        terminal = calibrate.Terminal(sys.stdin, _screen()[0], _wall)
        return calibrate.carry_out(asked, settings.thermometer, settings.data_folder, terminal)


def _screen() -> tuple[TextIO, TextIO]:
    """Where answers and troubles go; what the terminal cannot show is spelled out rather than an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return sys.stdout, sys.stderr


def _desk(config: str | None) -> Desk:
    """Where `verify` is given."""
    hub_key = load(Path(config))[1].hub_key if config is not None else None
    return Desk(*_screen(), sys.stdin.buffer, _wall(), hub_key)


@dataclass(frozen=True, slots=True)
class World:
    """What the lane senses through. stage: the rehearsal's door to it; None at a real gate."""

    open_camera: Callable[[], Camera]
    open_thermometer: Callable[[], Thermometer]
    stage: RehearsalStage | None = None


def run(settings: Settings, identity: Identity, *, rehearsal: bool) -> int:
    """Run the lane in this thread until it is told to end."""
    # Journal and documents speak of residents: nobody else on this machine reads them.
    os.umask(0o077)
    share_heaps()
    with ExitStack() as at_end:
        _lock(settings, at_end)
        world = _rehearsed_world(settings) if rehearsal else _real_world(settings)
        metrics = _metrics(settings)
        loop, eyes, feeler, uplink = _wire(settings, identity, world, at_end, rehearsal, metrics)
        if world.stage is not None:
            world.stage.enter(loop.desk, feeler)
        kiosk = serve(create_app(loop.desk, world.stage, metrics.text), settings.kiosk.host, settings.kiosk.port)
        at_end.callback(kiosk.stop)
        for part in (eyes, feeler, uplink):
            part.start()
            at_end.callback(part.stop)
        _hear_scanner(settings, loop, at_end)
        for ending in (signal.SIGTERM, signal.SIGINT):
            at_end.callback(signal.signal, ending, signal.signal(ending, lambda _number, _frame: loop.stop()))
        _announce(settings.kiosk.host, kiosk.port, rehearsal)
        notifier = Notifier()
        at_end.callback(notifier.stopping)
        notifier.ready()
        loop.run()
    return 0


class DataInUse(Exception):
    """Another station writes to this data folder; the message says which."""


def _lock(settings: Settings, at_end: ExitStack) -> None:
    """Two stations on one journal would give out the same numbers. Raises DataInUse."""
    lock = at_end.enter_context((settings.data_folder / "lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise DataInUse(
            f"another gate-station is running on {settings.data_folder}: end it, or give this one its own data folder"
        ) from None


def _wire(
    settings: Settings, identity: Identity, world: World, at_end: ExitStack, rehearsal: bool, metrics: Metrics
) -> tuple[Loop, Eyes, Feeler, Uplink]:
    """The whole object graph of a lane. Everybody reaches the loop by its inbox alone."""
    inbox: Inbox = queue.SimpleQueue()
    reader = Reader(identity.compound, identity.hub_key, identity.roster_key)
    cascade = Cascade()
    eyes = Eyes(world.open_camera, cascade.look, inbox.put, sight=lambda: cascade.sight)
    feeler = Feeler(world.open_thermometer, inbox.put)
    reserve = Reserve(settings.data_folder / "reserve", settings.journal.reserve_megabytes * MEGABYTE)
    journal = _open_journal(settings, reserve)
    at_end.callback(journal.close)
    caretaker = Caretaker(_journal_path(settings), inbox.put)
    uplink = _uplink(settings, identity, reader, metrics.hearing(inbox.put), caretaker.look_again)
    peers = _peers(settings, journal, uplink)
    told: list[Recorded] = [lambda _journal, _sequence, _record: uplink.nudge(), peers.recorded]
    if world.stage is not None:
        told.append(world.stage.recorded)
    checked = self_check.of_lane(settings, journal.last(self_check.REMEMBERED_RECORDS), _wall, inbox.put)
    if checked is not None:
        told.append(checked.recorded)
    panel = open_panel(settings.panel)
    if world.stage is not None and isinstance(panel, RehearsalPanel):
        world.stage.reach(panel)
    maker = PassMaker(identity.pass_key, settings.data_folder / "passes_made", secrets.token_bytes)
    equipment = Equipment(
        settings=settings,
        recorder=Recorder(
            settings,
            journal,
            _journals(settings, at_end, uplink, caretaker.look_again),
            tuple(told),
            time.monotonic,
            reserve,
            DiskSpace(settings.journal),
            metrics.decided,
        ),
        timekeeper=_timekeeper(settings, journal),
        panel=panel,
        peers=peers,
        health=_health_desk(settings, inbox.put, at_end),
        matches=_matches(settings, at_end),
        duty=Duty(settings.data_folder / "duty.json"),
        maker=maker,
        voice=_voice(settings, inbox.put, at_end),
        cards=Cards(settings.data_folder / "cards.json", lambda trust: maker.certificate(trust) is not None),
        preview=eyes.preview,
        report=uplink.report,
        notifier=Notifier(),
        rehearsal=rehearsal,
    )
    loop = Loop(equipment, inbox, _last_snapshot(settings, reader))
    metrics.watch(lambda: loop.desk.view().health)
    caretaker.start()
    at_end.callback(caretaker.stop)
    return loop, eyes, feeler, uplink


def _metrics(settings: Settings) -> Metrics:
    place = {"station": settings.station, "gate": settings.gate, "lane": settings.lane}
    return Metrics(place | {"version": version("gate-checkpoint")}, _journal_path(settings), time.monotonic)


def _hear_scanner(settings: Settings, loop: Loop, at_end: ExitStack) -> None:
    """Where the lane has a scanner head; like the camera it may be missing."""
    scanner = settings.scanner
    if scanner.backend is ScannerBackend.NONE:
        return
    ears = Ears(lambda: open_scanner(scanner.backend, scanner.source), loop.post)
    ears.start()
    at_end.callback(ears.stop)


def _health_desk(settings: Settings, post: Callable[[Post], None], at_end: ExitStack) -> HealthDesk:
    """Where the lane has somebody to ask about health codes; raises Wrong where he cannot be asked as it says."""
    asked = settings.resolver
    resolver: Resolver | None = None
    match asked.backend:
        case ResolverBackend.HTTPS:
            resolver = HttpsResolver(asked.url, token_of(asked.token_file), asked.timeout_seconds, asked.tls_ca)
        case ResolverBackend.REHEARSAL:
            resolver = RehearsalResolver()
    desk = HealthDesk(resolver, post, time.monotonic, _wall)
    desk.start()
    at_end.callback(desk.stop)
    return desk


def _voice(settings: Settings, post: Callable[[Post], None], at_end: ExitStack) -> Speaking:
    """Started at once: an announcement may be due before anybody comes."""
    zone = ZoneInfo(settings.timezone)
    voice = open_voice(settings.voice, settings.data_folder / "announcements", zone, post, _wall, time.monotonic)
    voice.start()
    at_end.callback(voice.stop)
    return voice


def _uplink(
    settings: Settings,
    identity: Identity,
    reader: Reader,
    post: Callable[[Post], None],
    suspect: Callable[[], None] = lambda: None,
) -> Uplink:
    """suspect: called where the journal, as it reads it, is not as it was written."""
    broker = settings.broker
    return Uplink(
        station=settings.station,
        gate=settings.gate,
        lane=settings.lane,
        address=Address(broker.host, broker.port, broker.tls_ca, identity.username, identity.password),
        reader=reader,
        open_journal=lambda: JournalReader(_journal_path(settings), suspect),
        documents_path=_documents_path(settings),
        peers_path=_peers_path(settings),
        post=post,
        clock=time.monotonic,
        jitter=lambda: random.uniform(0.8, 1.2),  # noqa: S311 - spreads gates in time, guards nothing
    )


def _peers(settings: Settings, journal: Journal, uplink: Uplink) -> Peers:
    """With all that was known of the compound's crossings when this station ended."""
    newest = journal.last(REMEMBERED_RECORDS)
    peers = Peers(settings.station, settings.gate, journal.id, newest, uplink.tell_peers)
    for station, digest in load_digests(_peers_path(settings)):
        peers.hear(station, digest, 0.0, live=False)
    return peers


def _real_world(settings: Settings) -> World:
    """A camera that is not there is a fault on the guard's screen, also after a power cut: he works on without it."""
    camera = settings.camera
    return World(
        open_camera=lambda: open_camera(
            camera.backend, camera.source, camera.width, camera.height, camera.frames_per_second
        ),
        open_thermometer=lambda: open_thermometer(settings.thermometer, settings.data_folder),
    )


def _rehearsed_world(settings: Settings) -> World:
    camera = RehearsalCamera(settings.camera.width, settings.camera.height, settings.camera.frames_per_second)
    thermometer = RehearsalThermometer()
    pictures = Path(settings.rehearsal.pictures) if settings.rehearsal.pictures else None
    return World(lambda: camera, lambda: thermometer, RehearsalStage(camera, thermometer, pictures))


def _timekeeper(settings: Settings, journal: Journal) -> Timekeeper:
    rehearsal = settings.clock.synchronised_by is Synchronisation.REHEARSAL
    if rehearsal:
        log.warning("the clock counts as right because the settings say so: never at a real gate")
    clocks = system_clocks(rehearsal=rehearsal)
    recorded_at = last_synced(journal.last(RECORDS_ASKED_FOR_THE_TIME))
    return Timekeeper(settings.data_folder / "clock.json", clocks, settings.clock.image_built_at, recorded_at)


def _last_snapshot(settings: Settings, reader: Reader) -> Snapshot:
    """What the hub said last, or a gate that has never heard from it."""
    stored = load_snapshot(_documents_path(settings), reader, settings.gate)
    return stored or Snapshot(rules=None, trust=index(settings.compound, ()))


def _open_journal(settings: Settings, reserve: Reserve) -> Journal:
    """Also on a full disk: SQLite needs a little room beside the file. Raises JournalUnusable."""
    try:
        return open_journal(_journal_path(settings), _new_id, _wall)
    except JournalUnusable:
        if not reserve.release():
            raise
        return open_journal(_journal_path(settings), _new_id, _wall)


def _journals(
    settings: Settings, at_end: ExitStack, uplink: Uplink, replaced: Callable[[], None] = lambda: None
) -> Callable[[Journal, str], Journal]:
    """What begins a new journal in place of one that is set aside, for the reason it is told."""

    def begin(old: Journal, why: str) -> Journal:
        try:
            # Before it is closed: SQLite would mend its log as it thinks right.
            set_aside(_journal_path(settings), why, _wall())
        except OSError as refused:
            raise JournalUnusable(f"the journal cannot be set aside: {refused}; check the disk") from refused
        old.close()
        journal = open_journal(_journal_path(settings), _new_id, _wall)
        at_end.callback(journal.close)
        uplink.journal_replaced()
        replaced()
        return journal

    return begin


def _journal_path(settings: Settings) -> Path:
    return settings.data_folder / "journal.sqlite"


def _documents_path(settings: Settings) -> Path:
    return settings.data_folder / "documents.sqlite"


def _matches(settings: Settings, at_end: ExitStack) -> Matches:
    matches = Matches(settings.data_folder / "matches.sqlite", secrets.token_bytes(KEY_BYTES))
    at_end.callback(matches.close)
    return matches


def _peers_path(settings: Settings) -> Path:
    return settings.data_folder / "peers.sqlite"


def _announce(host: str, port: int, rehearsal: bool) -> None:
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    print(f"kiosk {address}", flush=True)
    if rehearsal:
        print(f"rehearsal {address}rehearsal", flush=True)


def _new_id() -> str:
    return secrets.token_hex(8)


def _wall() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
