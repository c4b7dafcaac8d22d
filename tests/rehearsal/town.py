"""The town: a broker, a hub and two stations in a fresh folder, set up and run through their own commands.

Demo, smoke, soak, bench and the tests open one with `Town(...)` as a context. Rule: the commands of this very virtual
environment and nothing else of station or hub, which may not meet in one process; whoever leaves, in whatever way,
leaves no process behind.
"""

import csv
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType

from tests.broker import Broker, free_port
from tests.rehearsal import settings
from tests.rehearsal.gates import Screen, until
from tests.rehearsal.people import Resident, compound, write_csv
from tests.rehearsal.processes import Process

BIN = Path(sys.executable).parent
GATES = ("east", "west")
SEED, TODAY = 20211230, date(2021, 12, 30)  # of the people alone, so that they are the same on every run
CLERK = "office"
# For what a long outage left in the inbox.
FOLD_SECONDS = 120.0


@dataclass(frozen=True)
class Pass:
    """A pass as the office issued it: whose it is, and the text of its code."""

    resident: Resident
    person: str
    serial: str
    text: str


class SetUpFailed(Exception):
    """One of the office's commands refused while the town was set up; the message holds what it said."""


def everybody() -> tuple[Resident, ...]:
    """The 835 households and 1,502 people of the demo."""
    return compound(random.Random(SEED), TODAY)


class Town:
    """A running compound. hub, stations: the processes; passes: by identity number.

    people: all of them get a pass. policy: the office's TOML. revoked: whose passes are withdrawn before it begins.
    pictures: whether the stations offer the newcomer those in `pictures`, which whoever asks for them puts there.
    """

    def __init__(
        self,
        people: Sequence[Resident],
        policy: str = settings.POLICY,
        revoked: Sequence[Resident] = (),
        pictures: bool = False,
        frames_per_second: int = 15,
    ) -> None:
        self.people = tuple(people)
        self.folder = Path(tempfile.mkdtemp(prefix="gate-rehearsal-"))
        self.logs = self.folder / "logs"
        self.data = self.folder / "hub"
        self.pictures = self.folder / "pictures" if pictures else None
        self.clerk_password, self._observer_password = secrets.token_hex(5), secrets.token_hex(8)
        self.hub_url = ""
        self.resident_port = 0
        self.kiosk_urls: dict[str, str] = {}
        self.hub: Process | None = None
        self.stations: dict[str, Process] = {}
        self.passes: dict[str, Pass] = {}
        self._policy, self._revoked = policy, tuple(revoked)
        self._failed = False
        self._frames_per_second = frames_per_second
        files = self.data / "broker"
        self.broker = Broker(
            self.folder / "broker",
            f"persistence true\npersistence_location {self.folder}/broker/\n",
            files / "passwords",
            files / "acl",
        )

    def __enter__(self) -> "Town":
        try:
            self.set_up()
            self.start()
        except BaseException as why:
            self._failed = isinstance(why, Exception)
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    @property
    def names(self) -> tuple[str, ...]:
        """The stations' ids, in the order of their gates."""
        return tuple(f"{gate}-1" for gate in GATES)

    def set_up(self) -> None:
        """Everything an office does once: keys, people, rules, stations, a clerk, a pass for everyone."""
        for folder in (self.logs, self.folder / "broker", *([self.pictures] if self.pictures else [])):
            folder.mkdir(exist_ok=True)
        # The port must be known before anything is written; Mosquitto keeps it over every restart.
        self.broker.port = self.broker.port or free_port()
        self.resident_port = free_port()
        (self.folder / "hub.toml").write_text(
            settings.hub(self.data, self.broker.port, self.resident_port), encoding="utf-8"
        )
        (self.folder / "policy.toml").write_text(self._policy, encoding="utf-8")
        write_csv(self.people, self.folder / "people.csv")
        self.office("init")
        with ThreadPoolExecutor(2) as clerks:
            sheet = clerks.submit(self.office, "import", str(self.folder / "people.csv"))
            for gate, name in zip(GATES, self.names, strict=True):
                self.office("station", "add", name, "--gate", gate)
                self._write_station_settings(gate, name)
            self._let_an_observer_in()
            self.office("clerk", "add", CLERK, "--password-stdin", said=self.clerk_password + "\n")
            sheet.result()
        self.office("policy", "publish", str(self.folder / "policy.toml"))
        self.office("issue", "--all", "--out", str(self.folder / "passes"), "--format", "text")
        self._read_passes()
        if self._revoked:
            self.office("revoke", *(self.passes[one.identity_number].serial for one in self._revoked))

    def start(self) -> None:
        """Broker, hub, then both stations at once; returns when all of them have announced themselves."""
        self.broker.start()
        self.start_hub()
        for name in self.names:
            self.start_station(name)
        for name in self.names:
            self.await_station(name)

    def start_hub(self) -> str:
        self.hub = Process("hub", [str(BIN / "gate-hub"), "--config", f"{self.folder}/hub.toml", "run"], self.logs)
        self.hub_url = self.hub.announced("office").rstrip("/")
        return self.hub_url

    def await_rules(self, seconds: float = 20.0) -> None:
        """Until every gate holds the office's whole word and sends to its hub. Raises ProcessFailed."""
        for name, url in self.kiosk_urls.items():
            with Screen(url) as screen:
                if not screen.until(lambda view: view.health.link == "hub" and view.health.rules is not None, seconds):
                    raise self.stations[name].failure(f"has no rules and no hub after {seconds:.0f} s")

    def start_station(self, name: str) -> None:
        command = [str(BIN / "gate-station"), "--config", f"{self.folder}/{name}.toml", "run", "--rehearsal"]
        self.stations[name] = Process(name, command, self.logs)

    def await_station(self, name: str) -> str:
        self.kiosk_urls[name] = self.stations[name].announced("kiosk").rstrip("/")
        return self.kiosk_urls[name]

    def end_hub(self) -> None:
        """The office shuts it down, as in the evening."""
        assert self.hub is not None
        self.hub.end()

    def kill_hub(self) -> None:
        assert self.hub is not None
        self.hub.kill()

    @property
    def observe(self) -> str:
        """The command that shows every message on the broker."""
        login = f"-p {self.broker.port} -u observer -P {self._observer_password}"
        return f"mosquitto_sub -h 127.0.0.1 {login} -V mqttv5 -t 'gate/1/#' -v"

    def office(self, *words: str, said: str = "") -> str:
        """Run one of the office's commands to its end; what it printed. Raises SetUpFailed."""
        command = [str(BIN / "gate-hub"), "--config", str(self.folder / "hub.toml"), *words]
        done = subprocess.run(command, check=False, input=said, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise SetUpFailed(f"gate-hub {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def invite(self, resident: Resident) -> str:
        """The link with which that resident's phone fetches the pass."""
        cards = self.folder / "cards" / self.passes[resident.identity_number].serial
        self.office("phone", self.passes[resident.identity_number].person, "--out", str(cards))
        with (cards / "index.csv").open(encoding="utf-8-sig", newline="") as index:
            [row] = csv.DictReader(index)
        return row["链接 link"]

    def end(self) -> list[str]:
        """End stations, hub and broker, in this order, and remove the folder; what did not end well, in words."""
        complaints = self.end_processes()
        if self._failed or complaints:
            print(*complaints, f"the logs are kept in {self.logs}", sep="\n", file=sys.stderr)
        elif self.folder.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        return complaints

    def end_processes(self) -> list[str]:
        """End everything that runs, and keep what it wrote; repeated, it does nothing."""
        stations, hub = list(self.stations.values()), self.hub
        self.stations, self.hub = {}, None
        with ThreadPoolExecutor(len(GATES)) as both:
            told = list(both.map(_end, stations))
        if hub is not None:
            if hub.alive and not until(self._all_is_folded, FOLD_SECONDS):
                told.append(f"{hub.name} had not folded all that it had received after {FOLD_SECONDS:.0f} s")
            told.append(_end(hub))
        self.broker.stop()
        return [each for each in told if each]

    def _write_station_settings(self, gate: str, name: str) -> None:
        identity = self.data / "stations" / f"{name}.toml"
        text = settings.station(
            name, gate, self.folder / name, identity, self.broker.port, self.pictures, self._frames_per_second
        )
        (self.folder / f"{name}.toml").write_text(text, encoding="utf-8")

    @property
    def databases(self) -> dict[str, Path]:
        """Each station's journal."""
        return {name: self.folder / name / "journal.sqlite" for name in self.names}

    @property
    def registry(self) -> Path:
        return self.data / "registry.sqlite"

    def _let_an_observer_in(self) -> None:
        """The hub's ACL knows the observer; his password is whoever's who wants to look."""
        entry = ["-b", str(self.data / "broker" / "passwords"), "observer", self._observer_password]
        subprocess.run(["mosquitto_passwd", *entry], check=True, capture_output=True)

    def _all_is_folded(self) -> bool:
        """What the hub has receipted is in the tables that are looked at."""
        with closing(sqlite3.connect(f"{self.registry.as_uri()}?mode=ro", uri=True)) as registry:
            return bool(registry.execute("SELECT count(*) = 0 FROM unfolded").fetchone()[0])

    def _read_passes(self) -> None:
        """The issued texts, matched to the residents by what the registry says of each pseudonym."""
        with closing(sqlite3.connect(f"{self.registry.as_uri()}?mode=ro", uri=True)) as registry:
            known = dict(registry.execute("SELECT id, identity_number FROM person").fetchall())
        residents = {one.identity_number: one for one in self.people}
        with (self.folder / "passes" / "index.csv").open(encoding="utf-8-sig", newline="") as index:
            header, *rows = csv.reader(index)
        # Each heading is Chinese first and English second: "代号 person".
        at = {heading.split()[-1]: column for column, heading in enumerate(header)}
        for row in rows:
            person = row[at["person"]]
            identity = known[person]
            self.passes[identity] = Pass(residents[identity], person, row[at["serial"]], row[at["code"]])


def _end(process: Process) -> str:
    was_alive = process.alive
    status = process.end()
    if not was_alive:
        return f"{process.name} had ended by itself (exit {status})"
    return f"{process.name} did not end cleanly (exit {status})" if status else ""
