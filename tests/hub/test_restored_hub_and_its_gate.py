"""A hub's disk dies, and a backup takes its registry's place: the gate believes the new generation, sends again what
the backup has not, and nothing of it is lost or there twice. Real hub process, real Mosquitto, a station's uplink."""

import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import json, structs

from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.wire import StationStatus, encode_body
from hub import keys
from hub.registry import mending, opened, read_only
from station.inbox import Receipted, SnapshotCame
from tests.broker import Broker
from tests.station.linked_station import Station, broker_of_the_compound
from tests.station.played_hub import COMPOUND, ROSTER_KEY, STATION

pytestmark = pytest.mark.broker
SECONDS = 30.0
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class Hub:
    """`gate-hub` as its clerk uses it, with the keys that the station of these tests was set up with."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.data = folder / "hub"
        (self.data / "keys").mkdir(parents=True)
        for name, secret in ((keys.DOCUMENT_KEY, bytes([1]) * 32), (keys.ROSTER_KEY, ROSTER_KEY)):
            (self.data / "keys" / name).write_bytes(b64encode(secret))
            (self.data / "keys" / name).chmod(0o600)
        (folder / "hub.password").write_text("hub")
        self.config = folder / "hub.toml"
        self.config.write_text(
            f'compound = "{COMPOUND}"\ndata = "hub"\n[broker]\nport = {broker.port}\npassword_file = "hub.password"\n'
        )
        self.command("init")
        (folder / "rules.toml").write_text('title = "阳光"\n')
        self.command("policy", "publish", str(folder / "rules.toml"))
        self.command("station", "add", STATION, "--gate", "west")

    @property
    def registry(self) -> Path:
        return self.data / "registry.sqlite"

    def command(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(self._line(*words), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen(self._line("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("office "), process.communicate()[1]
            yield
        finally:
            process.terminate()
            process.communicate(timeout=60)

    def passages(self) -> list[int]:
        with closing(read_only(self.registry)) as reader:
            return [row[0] for row in reader.execute("SELECT sequence FROM passage ORDER BY sequence")]

    def generation(self) -> int:
        with closing(read_only(self.registry)) as reader:
            return int(reader.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])

    def _line(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hub", "--config", str(self.config), *words]


def passes(station: Station, sequences: range) -> None:
    for sequence in sequences:
        stamp = Stamp(NOW + timedelta(seconds=sequence), ClockState.SYNCED, "b0" * 8, float(sequence))
        station.journal.append("passage", encode_body(Passage(stamp, "west", "1", Direction.IN)))
    station.uplink.nudge()


def until(done: Callable[[], bool], station: Station) -> None:
    """With the loop's part of the work: what a receipt says is noted in the journal."""
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end, "in vain"
        station.note_receipts()
        time.sleep(0.05)


def receipted(station: Station) -> bool:
    station.note_receipts()
    return station.journal.unconfirmed_count == 0


@pytest.fixture
def town(tmp_path: Path) -> Iterator[tuple[Hub, Station]]:
    (tmp_path / "station").mkdir()
    with broker_of_the_compound(tmp_path / "broker") as broker:
        hub = Hub(tmp_path, broker)
        with Station(tmp_path / "station", broker) as station:
            yield hub, station


def test_after_a_restore_the_gate_s_own_rows_come_back_once_each(town: tuple[Hub, Station]) -> None:
    """Of 30 passages the backup has 10; the registry is gone for good."""
    hub, station = town
    with hub.running():
        passes(station, range(1, 11))
        until(lambda: receipted(station) and hub.passages() == [*range(1, 11)], station)
        hub.command("backup")
        passes(station, range(11, 31))
        until(lambda: receipted(station) and hub.passages() == [*range(1, 31)], station)
        before = hub.generation()
    (made,) = (hub.data / mending.BACKUPS).iterdir()
    for each in hub.data.glob("registry.sqlite*"):
        each.unlink()
    said = hub.command("restore", str(made))
    assert "is lost, and has to be done again" in said
    assert (hub.passages(), hub.generation() > before) == ([*range(1, 11)], True)
    with hub.running():
        until(lambda: hub.passages() == [*range(1, 31)], station)
        until(lambda: any(isinstance(each, Receipted) and each.generation > before for each in station.posts), station)
        passes(station, range(31, 34))
        until(lambda: receipted(station) and hub.passages() == [*range(1, 34)], station)
        until(lambda: _generation_in_force(station) == hub.generation(), station)
        tell(station)
        until(lambda: "all of them here and the same" in hub.command("verify", status=0), station)


def test_a_row_that_changed_by_itself_is_found_and_mended_by_a_start(town: tuple[Hub, Station]) -> None:
    """Verify finds it and leaves word; the next start sets the file aside, and every passage is back."""
    hub, station = town
    with hub.running():
        passes(station, range(1, 21))
        until(lambda: receipted(station) and hub.passages() == [*range(1, 21)], station)
    content = hub.registry.read_bytes()
    at = content.index(b'"lane":"1","direction"') + len(b'"lane":"')
    hub.registry.write_bytes(content[:at] + b"7" + content[at + 1 :])
    found = json.decode(hub.command("verify", "--json", status=1))
    assert (found["sound"], {each["table"] for each in found["findings"]}) == (False, {"record"})
    with hub.running():
        until(lambda: hub.passages() == [*range(1, 21)], station)
    assert json.decode(hub.command("verify", "--json"))["sound"]
    (report,) = hub.data.glob("registry-damaged-*.txt")
    assert f"station {STATION} journal" in report.read_text()
    assert list(hub.data.glob("registry.sqlite.damaged-*"))


def test_a_registry_that_was_set_back_by_hand_is_noticed(town: tuple[Hub, Station]) -> None:
    """A copy put in its place without `restore` has the old generation, so the gate would never send again."""
    hub, station = town
    with hub.running():
        passes(station, range(1, 6))
        until(lambda: receipted(station), station)
        hub.command("backup")
        passes(station, range(6, 11))
        until(lambda: receipted(station), station)
        tell(station)

        def told() -> bool:
            with closing(read_only(hub.registry)) as reader:
                (status,) = reader.execute("SELECT status FROM station").fetchone()
            return bool(status) and (json.decode(status).get("newest"), json.decode(status).get("queue", 0)) == (10, 0)

        until(told, station)
    (made,) = (hub.data / mending.BACKUPS).iterdir()
    status = _status(hub.registry)
    for each in hub.data.glob("registry.sqlite*"):
        each.unlink()
    hub.registry.write_bytes(made.read_bytes())
    with opened(hub.registry, NOW + timedelta(days=9999)) as registry:
        registry.run(lambda each: each.database.conn.execute("UPDATE station SET status = ?", (status,)))
    said = hub.command("verify", status=1)
    assert "wrong: station west-1: 10 records" in said
    assert "gate-hub restore FILE" in said


def tell(station: Station) -> None:
    """How it is, as the loop has it told."""
    journal = station.journal
    status = StationStatus(1, True, "west", "1", journal.id, journal.newest, journal.unconfirmed_count)
    station.uplink.report(structs.replace(status, chain=journal.chain))


def _generation_in_force(station: Station) -> int:
    """Of the set of documents that the gate took over last."""
    sets = [each.snapshot for each in station.posts if isinstance(each, SnapshotCame)]
    return int((sets[-1].trust_edition or "0").partition(".")[0]) if sets else 0


def _status(registry: Path) -> str:
    with closing(read_only(registry)) as reader:
        return str(reader.execute("SELECT status FROM station").fetchone()[0])
