"""The campaign on kills: station, hub and broker die by SIGKILL at 2,000 points of their writes, syncs and sends.

Called by `make soak` and, in small, by the tests. First it counts how many such calls a life makes, then it spreads the
points evenly over them; each of the three dies at one after the other, two of them at the same time. Rule: it counts in
both databases once everything has come to rest. The control is a second station under the very same deaths, which
takes the broker's word for the hub's.
"""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.broker import Broker, free_port
from tests.durability.mortals import Mortal, Point, last_told, spread
from tests.rehearsal import settings
from tests.rehearsal.gates import until
from tests.rehearsal.progress import Progress
from tests.rehearsal.town import BIN

POINTS, PASSAGES = 2000, 1_000_000
FEWEST_POINTS = 10
# Passages a second while there is dying, and as fast as it goes when only numbers are missing.
RATE, FULL_RATE = 200, 20_000
# What a life has to do before its calls count as those of a whole one: so many passages from the gate to the registry,
# fewer where few points are wanted.
SURVEY_PASSAGES, PASSAGES_A_POINT, SURVEY_SECONDS = 400, 12, 120.0
# A life that has not reached its point by then is ended by hand, and counted as spared.
LIFE_SECONDS = 60.0
REST_SECONDS = 300.0
SEED = 20261122
# Of station, hub and broker among all that die.
SHARES = (0.4, 0.4, 0.2)
OURS, CONTROL = "east-1", "west-1"


@dataclass(frozen=True)
class Held:
    """One station's journal against the registry, once all is at rest. let_go: of lost, those it thinks delivered."""

    written: int
    lost: int
    let_go: int
    doubled: int
    corrupt: int


class NothingArrived(Exception):
    """The town does not work even while nobody is killed; the logs of its processes say why."""


class Siege:
    """A hub, its broker and two gates without cameras, who are to die. A context; it leaves no process behind."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gate-siege-"))
        self._logs, self._data = self.folder / "logs", self.folder / "hub"
        rights = (self._data / "broker" / "passwords", self._data / "broker" / "acl")
        self._broker = Broker(self.folder / "broker", password_file=rights[0], acl_file=rights[1])
        self.broker = self._mortal("broker", "mosquitto", "-c", str(self.folder / "broker" / "mosquitto.conf"))
        self.hub = self._mortal("hub", *self._office, "run")
        self.station = self._fed("station", OURS, str(RATE))
        self.fast = self._fed("fast", OURS, str(FULL_RATE))
        self.control = self._fed("control", CONTROL, str(RATE), "puback")
        self.victims = (self.station, self.hub, self.broker)

    def __enter__(self) -> "Siege":
        try:
            self._set_up()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for each in (self.fast, self.control, *self.victims):
            each.kill()
        self._broker.stop()
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"everything is kept in {self.folder}", file=sys.stderr)

    def _set_up(self) -> None:
        """By the office's own commands."""
        self._logs.mkdir()
        self._broker.port = free_port()
        text = settings.hub(self._data, self._broker.port, free_port()).replace("serve = true", "serve = false")
        (self.folder / "hub.toml").write_text(text, encoding="utf-8")
        for words in (["init"], *(["station", "add", each, "--gate", each] for each in (OURS, CONTROL))):
            subprocess.run([*self._office, *words], check=True, capture_output=True, timeout=120)
        for each in (OURS, CONTROL):
            identity = self._data / "stations" / f"{each}.toml"
            written = settings.station(each, each, self.folder / each, identity, self._broker.port, None, 15)
            (self.folder / f"{each}.toml").write_text(written, encoding="utf-8")
        # Writes its configuration, which stays.
        self._broker.start()
        self._broker.stop()

    @property
    def _office(self) -> list[str]:
        return [str(BIN / "gate-hub"), "--config", f"{self.folder}/hub.toml"]

    def _fed(self, name: str, station: str, *words: str) -> Mortal:
        module = [sys.executable, "-m", "tests.durability.fed_station"]
        return self._mortal(name, *module, f"{self.folder}/{station}.toml", *words)

    def _mortal(self, name: str, *command: str) -> Mortal:
        return Mortal(name, command, self._logs)

    def journal(self, station: str) -> Path:
        return self.folder / station / "journal.sqlite"

    @property
    def registry(self) -> Path:
        return self._data / "registry.sqlite"

    def arrived(self) -> int:
        return _one(self.registry, "SELECT count(*) FROM record")

    def written(self) -> int:
        return int(_one(self.journal(OURS), "SELECT coalesce(max(sequence), 0) FROM record"))

    def waiting(self) -> list[int]:
        """Records without a receipt at our station, and those that the hub has not entered into its tables.

        Not the control's: holes that it takes for delivered are never closed, and a receipt names only so many.
        """
        unreceipted = "SELECT count(*) FROM record WHERE confirmed = 0"
        unfolded = "SELECT coalesce(sum(last - first + 1), 0) FROM unfolded"
        return [_one(self.journal(OURS), unreceipted), _one(self.registry, unfolded)]

    def held(self, station: str) -> Held:
        return held(self.journal(station), self.registry, station)


def kills(scale: float) -> dict[str, object]:
    """Kill them where it hurts; what the gate has written and the registry has not afterwards, or has twice."""
    count, passages = max(FEWEST_POINTS, round(POINTS * scale)), round(PASSAGES * scale)
    began, progress, rng = time.monotonic(), Progress(sys.stderr), random.Random(SEED)
    with Siege() as siege, ThreadPoolExecutor(3) as hands:
        calls = survey(siege, min(SURVEY_PASSAGES, count * PASSAGES_A_POINT))
        points = [_shuffled(each, rng) for each in _points(calls, count)]
        siege.control.start()
        hits = 0
        for fallen, its in _two_at_a_time(siege, points):
            hits += sum(hands.map(lambda victim, some: _die_at_each(victim, some, progress), fallen, its))
        _fill_up(siege, passages, progress)
        rested = _come_to_rest(siege, progress)
        ours, control, told = siege.held(OURS), siege.held(CONTROL), last_told(siege.station.out)
        unclean = [each.name for each in (siege.fast, siege.control, *siege.victims[1:]) if each.end()]
    return {
        "points": sum(map(len, points)), "trials": hits, "spared": sum(map(len, points)) - hits,
        "passages": ours.written, "lost": ours.lost + max(0, told - ours.written), "doubled": ours.doubled,
        "corrupt": ours.corrupt, "not_ended": len(unclean) + (not rested),
        "calls_of_a_life": dict(zip(("station", "hub", "broker"), calls, strict=True)),
        "control_passages": control.written, "control_lost": control.let_go,
        "control_unharmed": int(not control.let_go),
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def survey(siege: Siege, passages: int) -> list[dict[str, int]]:
    """How many calls of each kind a life of station, hub and broker makes, from its start on. Raises NothingArrived."""
    for each in siege.victims[::-1]:
        each.begin_survey()
    if not until(lambda: siege.arrived() >= passages, SURVEY_SECONDS, pause=0.1):
        raise NothingArrived(f"{siege.arrived()} passages have come to the hub within {SURVEY_SECONDS:.0f} s")
    return [each.end_survey() for each in siege.victims]


def _points(calls: Sequence[dict[str, int]], count: int) -> list[list[Point]]:
    """Of station, hub and broker. Where a life of these two has fewer calls than their share, the station dies more."""
    hub, broker = (spread(each, round(count * share)) for each, share in zip(calls[1:], SHARES[1:], strict=True))
    return [spread(calls[0], count - len(hub) - len(broker)), hub, broker]


def _two_at_a_time(
    siege: Siege, points: Sequence[Sequence[Point]]
) -> Iterator[tuple[tuple[Mortal, ...], tuple[Sequence[Point], ...]]]:
    """The station dies now beside the hub, now beside the broker; without these two there is nothing to be lost."""
    station, hub, broker = points
    half = len(station) * len(hub) // max(1, len(hub) + len(broker))
    siege.broker.start()
    yield (siege.station, siege.hub), (station[:half], hub)
    siege.broker.kill()
    siege.station.kill()
    yield (siege.station, siege.broker), (station[half:], broker)


def _die_at_each(victim: Mortal, points: Sequence[Point], progress: Progress) -> int:
    """Life after life; how many ended where they were meant to. It is left living."""
    hit = 0
    for number, point in enumerate(points, 1):
        victim.start(point.strace)
        if victim.dies(LIFE_SECONDS):
            hit += 1
        else:
            victim.kill()
        progress.draw(f"the {victim.name} has died at {hit} of {number} points, {len(points)} in all")
    victim.start()
    return hit


def _fill_up(siege: Siege, passages: int, progress: Progress) -> None:
    """What the deaths have left time for was not enough: the rest as fast as it goes."""
    siege.station.end()
    siege.fast.start()
    if not until(lambda: siege.fast.has_spoken, SURVEY_SECONDS):
        raise NothingArrived("the station does not begin any more; its log says why")
    while (written := siege.written()) < passages:
        progress.draw(f"{written} of {passages} passages")
        time.sleep(0.2)


def _come_to_rest(siege: Siege, progress: Progress) -> bool:
    for each in (siege.fast, siege.control):
        each.tell(signal.SIGUSR1)
    deadline, before, arrived = time.monotonic() + REST_SECONDS, -1, -1
    while time.monotonic() < deadline:
        # A station that has just heard the signal may still be writing, and what it sent be on its way.
        time.sleep(0.5)
        before, arrived, waiting = arrived, siege.arrived(), siege.waiting()
        progress.draw(f"still waiting: {waiting}")
        if not any(waiting) and arrived == before:
            return True
    return False


def _shuffled(points: list[Point], rng: random.Random) -> list[Point]:
    return rng.sample(points, len(points))


_AGAINST = """FROM record AS mine LEFT JOIN hub.record AS its
    ON its.station = :station AND its.journal = :journal AND its.sequence = mine.sequence WHERE """


def held(journal: Path, registry: Path, station: str) -> Held:
    """Row by row, by the files alone."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute(f"ATTACH '{registry.as_uri()}?mode=ro' AS hub")
        ((mine,),) = connection.execute("SELECT value FROM meta WHERE key = 'journal'")
        whose = {"station": station, "journal": mine}

        def count(statement: str) -> int:
            return int(connection.execute(f"SELECT count(*) {statement}", whose).fetchone()[0])

        written = count("FROM record")
        lost = count(f"{_AGAINST} its.sequence IS NULL")
        let_go = count(f"{_AGAINST} its.sequence IS NULL AND mine.confirmed")
        others = count(f"{_AGAINST} its.body <> mine.body OR its.hash <> mine.hash OR its.quarantined")
        # A number that nobody wrote here, or of another journal that nobody has heard of.
        foreign = count("FROM hub.record WHERE station = :station") - (written - lost)
        rows = count("FROM hub.passage WHERE station = :station")
        told = count("FROM (SELECT DISTINCT journal, sequence FROM hub.passage WHERE station = :station)")
        aside = count("FROM hub.quarantine WHERE station = :station")
    return Held(written, lost, let_go, rows - told, others + abs(foreign) + aside + (written - lost - told))


def _one(path: Path, statement: str) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        return int(connection.execute(statement).fetchone()[0])
