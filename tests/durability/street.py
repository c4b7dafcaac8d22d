"""A street: one hub and its broker, set up by their own commands, and any number of gates without their cameras.

The campaigns on the uplink open one as a context. Rule: hub and broker are the real ones, with keys, passwords and
rights as an office makes them; the gates are real journals and real uplinks, many in one process (see gates).
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import TracebackType

from msgspec import json

from tests.broker import Broker, free_port
from tests.durability.gates import Plan, Standing
from tests.rehearsal import settings
from tests.rehearsal.gates import until
from tests.rehearsal.processes import Process
from tests.rehearsal.town import BIN

CLERK, PASSWORD = "office", "street-backlog"


class Street:
    """gates: how many stations the office adds, street-01 and so on. config: further lines of mosquitto.conf."""

    def __init__(self, gates: int, config: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gate-street-"))
        self.stations = [f"street-{number:02d}" for number in range(1, gates + 1)]
        self.data, self._logs = self.folder / "hub", self.folder / "logs"
        files = self.data / "broker"
        self.broker = Broker(self.folder / "broker", config, files / "passwords", files / "acl")
        self.broker.port = free_port()
        # What the hub is told to connect to; a campaign may put something between.
        self.hub_port = self.broker.port
        self.hub: Process | None = None
        self.crowds: list[Crowd] = []

    def __enter__(self) -> "Street":
        try:
            self._logs.mkdir()
            self._write_hub_settings()
            self._office(["init"], *(["station", "add", station, "--gate", station] for station in self.stations))
            self._office(["clerk", "add", CLERK, "--password-stdin"], said=f"{PASSWORD}\n")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for crowd in self.crowds:
            crowd.end()
        if self.hub is not None:
            self.hub.end()
        self.broker.kill()
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif self.folder.exists():
            print(f"everything is kept in {self.folder}", file=sys.stderr)

    @property
    def registry(self) -> Path:
        return self.data / "registry.sqlite"

    def identity(self, station: str) -> Path:
        return self.data / "stations" / f"{station}.toml"

    def journal(self, station: str) -> Path:
        return self.folder / "gates" / station / "journal.sqlite"

    def start_hub(self) -> str:
        self._write_hub_settings()
        self.hub = Process("hub", [str(BIN / "gate-hub"), "--config", f"{self.folder}/hub.toml", "run"], self._logs)
        return self.hub.announced("office").rstrip("/")

    def end_hub(self) -> None:
        """As the office shuts it down."""
        if self.hub is not None:
            self.hub.end()
            self.hub = None

    def crowd(self, name: str, stations: Iterable[str], port: int = 0, **planned: object) -> "Crowd":
        """Start the gates of these stations, in one process. planned: see gates.Plan."""
        identities = [str(self.identity(each)) for each in stations]
        folder = self.folder / "gates"
        folder.mkdir(exist_ok=True)
        plan = Plan(str(folder), port or self.broker.port, identities, **planned)  # type: ignore[arg-type]
        self.crowds.append(Crowd(name, plan, self._logs))
        return self.crowds[-1]

    def await_folded(self, seconds: float) -> bool:
        return folded_within(self.registry, seconds)

    def _write_hub_settings(self) -> None:
        text = settings.hub(self.data, self.hub_port, free_port()).replace("serve = true", "serve = false")
        (self.folder / "hub.toml").write_text(text, encoding="utf-8")

    def _office(self, *commands: list[str], said: str = "") -> None:
        """gate-hub, one command after the other, in one process: forty-one starts would take half a minute."""
        whole = [["--config", str(self.folder / "hub.toml"), *words] for words in commands]
        code = f"from hub.__main__ import main; raise SystemExit(max(map(main, {whole!r})))"
        subprocess.run(
            [sys.executable, "-c", code], check=True, input=said, capture_output=True, text=True, timeout=300
        )


class Crowd:
    """A process of gates."""

    def __init__(self, name: str, plan: Plan, logs: Path) -> None:
        self.plan = plan
        path = logs / f"{name}.json"
        path.write_bytes(json.encode(plan))
        self._process = Process(name, [sys.executable, "-m", "tests.durability.gates", str(path)], logs)
        self._out = logs / f"{name}.out"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.alive

    @property
    def standing(self) -> Standing | None:
        """As it said last."""
        try:
            with self._out.open("rb") as file:
                file.seek(max(0, self._out.stat().st_size - 16_384))
                lines = [line for line in file.read().split(b"\n")[:-1] if line.startswith(b"standing {")]
        except FileNotFoundError:
            return None
        if not lines:
            return None
        return json.decode(lines[-1].removeprefix(b"standing "), type=Standing)

    def owes(self) -> int:
        """Records of its gates without a receipt; -1 where it has not spoken yet. Raises ProcessFailed."""
        if not self.alive:
            raise self._process.failure("ended by itself")
        standing = self.standing
        return -1 if standing is None else standing.queue

    def has_recorded(self) -> int:
        standing = self.standing
        return 0 if standing is None else standing.recorded

    def end_recording(self) -> None:
        os.kill(self.pid, signal.SIGUSR1)

    def end(self) -> int:
        return self._process.end(30)


def folded_within(registry: Path, seconds: float) -> bool:
    """Until the registry's tables say all that its inbox holds; False where they do not in time."""

    def nothing_waits() -> bool:
        with closing(sqlite3.connect(f"{registry.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute("SELECT 1 FROM unfolded LIMIT 1").fetchone() is None

    return until(nothing_waits, seconds, pause=0.2)


def most_resident_mb(pid: int) -> float:
    """The most that a process has held in memory so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
