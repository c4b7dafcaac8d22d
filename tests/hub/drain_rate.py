"""A street's backlog into one hub: how fast it is receipted, how fast it is folded, and who has to wait meanwhile.

`python -m tests.hub.drain_rate [RECORDS]` prints one line of JSON. The hub's own parts are fed as its link would feed
them, without a broker, by messages that lie ready; a live passage comes every 50 ms, a clerk's command every 200 ms.
receipted, folded: records a second, the latter from the first message to the last record in the tables; and the
microseconds of a processor for each, live ones and the clerk's included, nearly the same on a busy machine. live_ms:
from the link to the commit that announces the passage; office_ms: from the command to its answer.
"""

import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from os import getloadavg
from pathlib import Path
from random import Random
from threading import Event, Thread

from msgspec import json

from gate import topics
from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.reason import Reason
from gate.temperature import Measurement
from gate.wire import Envelope, encode_body, encode_records, envelope, pack_backlog
from hub import keys
from hub.forms import Opener
from hub.incoming.backlog import Backlog, Message
from hub.incoming.folding import Folding
from hub.incoming.ingest import Ingest
from hub.incoming.receipts import Receipts
from hub.incoming.received import Received
from hub.registry import inbox, opened
from hub.registry.documents import Editions
from hub.registry.parcels import Identity, Taken
from hub.registry.writer import Writer

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
GATES, PER_MESSAGE, PEOPLE = 41, 500, 13_000
JOURNAL = "ab" * 8
# Records that a gate sends without a receipt.
WINDOW = 2_000
LIVE_SECONDS, OFFICE_SECONDS = 0.05, 0.2
_HEAD = struct.Struct("<II")


class Hub:
    """The parts of a running hub between link and feed. kept: records that were receipted."""

    def __init__(self, folder: Path) -> None:
        self._opened = opened(folder / "registry.sqlite", NOW, "sunshine")
        self.registry = self._opened.__enter__()
        self.writer = Writer(self.registry, after=lambda registry: registry.touched.clear())
        self.kept = 0
        self.live_seconds: list[float] = []
        self.sent: dict[Identity, float] = {}
        editions = Editions(self.registry)
        received = Received.of(self.registry)
        key = keys.make(folder / "keys").document
        self._receipts = Receipts("sunshine", key, received, editions, lambda topic, payload: None)
        self.backlog = Backlog(self.writer.post, Ingest("sunshine", self._committed, lambda: NOW).take)
        self._folding = Folding(self.writer.post, Opener("sunshine", b""), lambda taken: None, lambda: NOW)

    def _committed(self, identities: list[Identity], taken: Taken) -> None:
        self._receipts.committed(identities, NOW)
        self.kept += len(identities)
        if taken.put_off:
            self._folding.wake()
        if taken.arrivals:
            now = time.perf_counter()
            self.live_seconds += [now - self.sent.pop(each) for each in identities if each in self.sent]

    def waiting(self) -> int:
        return self.writer.submit(inbox.waiting).result()

    def close(self) -> None:
        self.writer.stop()
        self._opened.__exit__(None, None, None)


def _envelope(rng: Random, people: list[str], station: str, sequence: int) -> Envelope:
    """Most are let in warm, some are not."""
    stamp = Stamp(NOW + timedelta(seconds=3 * sequence), ClockState.SYNCED, "b0" * 8, sequence * 3.0)
    person, reasons = rng.choice(people), (Reason.FEVER,) if rng.random() < 0.02 else ()
    warm = Measurement(round(rng.gauss(36.4, 0.3), 2), 20.0, "mlx90614", 34.1)
    body = Passage(
        stamp, station, "1", rng.choice(list(Direction)), reasons, person, person[::-1], "GC1", warm, "1763800000.12",
        "1763800000.31",
    )  # fmt: skip
    return envelope("sunshine", station, JOURNAL, sequence, encode_body(body))


def write(path: Path, number: int) -> None:
    """What waits, as gates would send it: each in the order of its journal, all of them at once."""
    rng = Random(1)
    people = [rng.randbytes(8).hex() for _ in range(PEOPLE)]
    with path.open("wb") as file:
        for message in range(max(1, number // PER_MESSAGE)):
            station, first = f"gate-{message % GATES}", message // GATES * PER_MESSAGE + 1
            parts = [_envelope(rng, people, station, first + each) for each in range(PER_MESSAGE)]
            topic, payload = topics.BACKLOG.of("sunshine", station).encode(), pack_backlog(parts)
            file.write(_HEAD.pack(len(topic), len(payload)) + topic + payload)


def messages(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            topic, payload = _HEAD.unpack(head)
            yield Message(file.read(topic).decode(), file.read(payload), live=False)


def live(hub: Hub, done: Event) -> None:
    rng, sequence = Random(2), 0
    while not done.wait(LIVE_SECONDS):
        sequence += 1
        part = _envelope(rng, ["0b" * 8], "live-1", sequence)
        hub.sent["live-1", JOURNAL, sequence] = time.perf_counter()
        hub.backlog.put(Message(topics.RECORDS.of("sunshine", "live-1"), encode_records([part])))


def office(hub: Hub, done: Event, took: list[float]) -> None:
    while not done.wait(OFFICE_SECONDS):
        began = time.perf_counter()
        hub.writer.submit(lambda registry: registry.set_meta("rehearsal", str(len(took)))).result()
        took.append(time.perf_counter() - began)


def drain(folder: Path, number: int) -> dict[str, object]:
    path = folder / "waiting"
    subprocess.run([sys.executable, "-m", "tests.hub.drain_rate", "--write", path, str(number)], check=True)
    hub, done, clerk = Hub(folder), Event(), list[float]()
    number = max(1, number // PER_MESSAGE) * PER_MESSAGE
    others = [Thread(target=live, args=(hub, done)), Thread(target=office, args=(hub, done, clerk))]
    hub.writer.start()
    for each in others:
        each.start()
    began, worked = time.perf_counter(), time.process_time()
    for sent, message in enumerate(messages(path)):
        while sent * PER_MESSAGE - hub.kept > GATES * WINDOW or not hub.backlog.put(message):
            time.sleep(0.01)
    while hub.kept - len(hub.live_seconds) < number:
        time.sleep(0.01)
    receipted, kept_us = time.perf_counter() - began, (time.process_time() - worked) / number * 1e6
    while hub.waiting():
        time.sleep(0.1)
    folded, all_us = time.perf_counter() - began, (time.process_time() - worked) / number * 1e6
    done.set()
    for each in others:
        each.join()
    hub.close()
    return {
        "records": number, "receipted": round(number / receipted), "folded": round(number / folded),
        "receipted_seconds": round(receipted, 1), "folded_seconds": round(folded, 1),
        "receipted_cpu_us": round(kept_us, 1), "folded_cpu_us": round(all_us, 1),
        "live_ms": _milliseconds(hub.live_seconds), "office_ms": _milliseconds(clerk),
        "resident_mb": _most_resident_mb(), "load": round(getloadavg()[0], 1),
    }  # fmt: skip


def _most_resident_mb() -> int:
    """Of this program alone; getrusage would count whoever started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return round(int(found[1]) / 1024) if found else 0


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    rising = sorted(seconds) or [0.0]
    at = {"p50": len(rising) // 2, "p99": len(rising) * 99 // 100, "most": len(rising) - 1}
    return {name: round(1000 * rising[place], 1) for name, place in at.items()}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            print(json.encode(drain(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else 400_000)).decode())
