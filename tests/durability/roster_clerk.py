"""A clerk's word on its way to every gate: `python -m tests.durability.roster_clerk PEOPLE GATES CHANGES BARE`.

A real Mosquitto, the hub's own process and commands, and for each gate a process with a station's uplink and documents
(`roster_gate`); prints one line of JSON. fresh: a gate that has nothing, from its start until it holds everybody.
change: from the order (one resident isolated, or freed again, as a sheet of one row) until the last gate holds the
whole new set; restricted: until the last gate holds whom it isolates. leave: the same for
leave that is given to one resident, an order that reads nobody else. bare: the same number of bytes published by a bare
client until the last bare subscriber has them; the ratios are to it. wrong: editions of the roster that were no newer.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from msgspec import json
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate.permit import PermitKind
from gate.roster import Standing
from hub import control, settings
from hub.orders.leaves import GrantPermit
from hub.orders.people import ImportPeople, PeopleImported
from hub.registry import read_only
from hub.sheet.people import SheetPerson
from tests.broker import Broker
from tests.durability.roster_push import BARE_LAST
from tests.rehearsal.people import Resident, compound, write_csv
from tests.rehearsal.processes import Process
from tests.rehearsal.progress import Progress

SEED, TODAY = 20211230, date(2021, 12, 30)
COMPOUND = "willow-court"
CHANGE_SECONDS, FRESH_SECONDS = 2.0, 5.0
PATIENCE_SECONDS = 60.0
FIELDS = frozenset({"name", "building", "unit", "room", "identity_number", "standing"})


class Office:
    """The hub in its folder; its commands, and the orders that one of them would give."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._config = folder / "hub.toml"
        self._config.write_text(f'compound = "{COMPOUND}"\ndata = "data"\n[broker]\nport = {port}\n')
        self._hub = [sys.executable, "-m", "hub", "--config", str(self._config)]
        self.settings = settings.load(self._config)

    def command(self, *words: str) -> None:
        subprocess.run([*self._hub, *words], check=True, capture_output=True)

    @contextmanager
    def running(self) -> Iterator[Process]:
        hub = Process("hub", [*self._hub, "run"], self.folder)
        try:
            hub.announced("office")
            yield hub
        finally:
            hub.end()

    def puts(self, resident: Resident, standing: Standing) -> None:
        said = SheetPerson(
            row=2, name=resident.name, building=str(resident.building), unit=str(resident.unit), room=resident.room,
            identity_number=resident.identity_number, standing=standing,
        )  # fmt: skip
        done = control.ask(ImportPeople((said,), FIELDS), self.settings)
        assert isinstance(done, PeopleImported)
        assert done.changed == 1, done.mistakes

    def gives_leave(self, person: str) -> None:
        now = control.wall_clock()
        control.ask(GrantPermit(person, PermitKind.MEDICAL, now, now + timedelta(hours=4)), self.settings)

    def persons(self) -> list[str]:
        return [str(row[0]) for row in self._ask("SELECT id FROM person ORDER BY id")]

    def sizes(self) -> tuple[int, int]:
        """Bytes of a middling bucket and of the manifest, as they lie on the broker."""
        rows = self._ask("SELECT kind, length(payload) FROM document")
        buckets = [size for kind, size in rows if kind == "roster"]
        return int(median(buckets)), next(size for kind, size in rows if kind == "manifest")

    def _ask(self, sql: str) -> list[Any]:
        reader = read_only(self.settings.registry)
        try:
            return reader.execute(sql).fetchall()
        finally:
            reader.close()


class Gate:
    """A gate's process, and what it last said."""

    def __init__(self, name: str, office: Office, port: int) -> None:
        identity = office.settings.folder / "stations" / f"{name}.toml"
        module = [sys.executable, "-m", "tests.durability.roster_gate"]
        self.process = Process(name, [*module, str(identity), str(port), str(office.folder / name)], office.folder)
        self.edition = (0, 0)
        self.backwards = 0

    def whole(self, people: int) -> dict[str, float]:
        """The next whole set that it holds."""
        told = json.decode(self.process.announced("whole", PATIENCE_SECONDS), type=dict)
        generation, number = told["edition"].split(".")
        edition = (int(generation), int(number))
        self.backwards += edition <= self.edition
        self.edition = edition
        assert told["people"] == people, f"{told['people']} of {people} are on this gate's roster"
        return told

    def at(self, word: str) -> float:
        return float(json.decode(self.process.announced(word, PATIENCE_SECONDS))["at"])


def main(people: int, gates: int, changes: int, bare: int) -> dict[str, object]:
    progress = Progress(sys.stderr)
    with tempfile.TemporaryDirectory(prefix="gate-roster-") as folder, ExitStack() as stack:
        broker = stack.enter_context(Broker(Path(folder) / "broker"))
        office = Office(Path(folder), broker.port)
        residents = compound(random.Random(SEED), TODAY, households=max(1, people * 4458 // 13000), people=people)
        _set_up(office, residents, gates)
        stack.enter_context(office.running())
        progress.say(f"{people} people live there; {gates} gates come one after another")
        listening, fresh = [], []
        for number in range(gates):
            gate = Gate(f"gate-{number}", office, broker.port)
            stack.callback(gate.process.end)
            listening.append(gate)
            fresh.append(gate.whole(people)["took"])
        free = [each for each in residents if each.standing == "正常"]
        whole, restricted = _change(office, listening, free, changes, people, progress)
        leave = _give_leave(office, listening, changes, people, progress)
        bare_seconds = _publish_barely(broker.port, office.sizes(), bare, listening)
        slow = sum(each > CHANGE_SECONDS for each in (*whole, *leave)) + sum(each > FRESH_SECONDS for each in fresh)
        return {
            "people": people, "gates": gates, "changes": changes, "fresh_seconds": _shares(fresh),
            "change_seconds": _shares(whole), "restricted_seconds": _shares(restricted),
            "leave_seconds": _shares(leave), "bare_seconds": _shares(bare_seconds),
            "ratio": round(median(whole) / median(bare_seconds), 1),
            "leave_ratio": round(median(leave) / median(bare_seconds), 1),
            "bytes": sum(office.sizes()), "slow": slow, "wrong": sum(gate.backwards for gate in listening),
        }  # fmt: skip


def _set_up(office: Office, residents: tuple[Resident, ...], gates: int) -> None:
    (office.folder / "policy.toml").write_text('title = "冬季出入管理"\n[gates.gate]\nopen = true\n')
    write_csv(residents, office.folder / "people.csv")
    office.command("init")
    office.command("import", str(office.folder / "people.csv"))
    office.command("policy", "publish", str(office.folder / "policy.toml"))
    for number in range(gates):
        office.command("station", "add", f"gate-{number}", "--gate", "gate", "--lane", str(number + 1))


def _change(
    office: Office, gates: list[Gate], free: list[Resident], changes: int, people: int, progress: Progress
) -> tuple[list[float], list[float]]:
    """Seconds until the last gate holds the whole set, and those until it holds the restriction, where it is one."""
    whole, restricted = [], []
    rng = random.Random(SEED)
    chosen = [rng.choice(free) for _ in range(-(-changes // 2))]
    for number in range(changes):
        progress.draw(f"{number} of {changes} changes")
        isolates, resident = number % 2 == 0, chosen[number // 2]
        began = time.monotonic()
        office.puts(resident, Standing.ISOLATED if isolates else Standing.NORMAL)
        told = [gate.at("isolated") for gate in gates]
        if isolates:
            restricted.append(max(told) - began)
        whole.append(max(gate.whole(people)["at"] for gate in gates) - began)
    return whole, restricted


def _give_leave(office: Office, gates: list[Gate], times: int, people: int, progress: Progress) -> list[float]:
    persons, rng, seconds = office.persons(), random.Random(SEED), []
    for number in range(times):
        progress.draw(f"{number} of {times} leaves")
        began = time.monotonic()
        office.gives_leave(rng.choice(persons))
        seconds.append(max(gate.whole(people)["at"] for gate in gates) - began)
    return seconds


def _publish_barely(port: int, sizes: tuple[int, int], times: int, gates: list[Gate]) -> list[float]:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    bucket, manifest = map(random.Random(SEED).randbytes, sizes)
    seconds = []
    for _ in range(times):
        began = time.monotonic()
        client.publish("bare/bucket", bucket, 1, retain=True)
        client.publish(BARE_LAST, manifest, 1, retain=True)
        seconds.append(max(gate.at("bare") for gate in gates) - began)
    client.disconnect()
    client.loop_stop()
    return seconds


def _shares(seconds: list[float]) -> dict[str, float]:
    ranked = sorted(seconds)
    return {f"p{share}": round(ranked[-(-len(ranked) * share // 100) - 1], 4) for share in (50, 99)}


if __name__ == "__main__":
    print(json.encode(main(*map(int, sys.argv[1:]))).decode())
