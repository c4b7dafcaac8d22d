"""gate-station: one lane from its settings, put together (station.wiring) and run; and the commands beside it.

Rule: what is wrong with the settings, the machine or a port ends in one sentence on stderr and exit code 2; what
nobody foresaw ends in a traceback and exit code 1, and systemd starts the station anew.
"""

import argparse
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from station import calibrate, read_pictures, verify
from station.calibrate import CannotCalibrate
from station.heap import give_back_now_and_then, keep_frames_apart, leave_alone_what_stays, share_heaps
from station.identity import Identity
from station.journal import JournalUnusable
from station.kiosk import PortTaken, create_app, serve
from station.notify import Notifier
from station.panels import PanelFailed
from station.settings import Settings
from station.settings.reading import load, rehearsed
from station.toml import Wrong
from station.verify import CannotVerify, Desk
from station.wiring import wall_clock, wire
from station.world import real_world, rehearsed_world

REFUSED = 2
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
        terminal = calibrate.Terminal(sys.stdin, _screen()[0], wall_clock)
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
    return Desk(*_screen(), sys.stdin.buffer, wall_clock(), hub_key)


def run(settings: Settings, identity: Identity, *, rehearsal: bool) -> int:
    """Run the lane in this thread until it is told to end."""
    # Journal and documents speak of residents: nobody else on this machine reads them.
    os.umask(0o077)
    share_heaps()
    keep_frames_apart()
    with ExitStack() as at_end:
        _lock(settings, at_end)
        world = rehearsed_world(settings) if rehearsal else real_world(settings)
        lane = wire(settings, identity, world, at_end, rehearsal=rehearsal)
        app = create_app(lane.loop.desk, world.stage, lane.metrics.text)
        kiosk = serve(app, settings.kiosk.host, settings.kiosk.port)
        at_end.callback(kiosk.stop)
        for part in lane.threads:
            part.start()
            at_end.callback(part.stop)
        for ending in (signal.SIGTERM, signal.SIGINT):
            at_end.callback(signal.signal, ending, signal.signal(ending, lambda _number, _frame: lane.loop.stop()))
        _announce(settings.kiosk.host, kiosk.port, rehearsal)
        notifier = Notifier()
        at_end.callback(notifier.stopping)
        leave_alone_what_stays()
        notifier.ready()
        lane.loop.run()
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


def _announce(host: str, port: int, rehearsal: bool) -> None:
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    print(f"kiosk {address}", flush=True)
    if rehearsal:
        print(f"rehearsal {address}rehearsal", flush=True)


if __name__ == "__main__":
    main()
