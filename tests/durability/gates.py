"""Many gates in one process, each its real journal and its real uplink: `python -m tests.durability.gates FILE.json`.

The campaigns on the uplink start it, so that forty-one gates need neither forty-one machines nor their cameras. One
thread stands for every gate's loop: it records live passages at the rate that was asked for, and notes receipts. It
says how it stands as a line of JSON now and then, and once more when SIGTERM has ended it; SIGUSR1 ends the recording.

believes_puback: the control, which takes the broker's acknowledgement for the hub's word. clock_rate: how many days of
the gates' own clock pass in one, so that a month without a hub takes minutes.
"""

import queue
import random
import signal
import sqlite3
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
from msgspec import Struct, json

from gate.wire import Envelope, Receipt, decode_records, encode_body, unpack_backlog
from station.identity import read_identity
from station.inbox import Post, Receipted
from station.journal import JournalReader, open_journal
from station.roster import Reader
from station.uplink import Uplink
from station.uplink.broker_link import Address
from tests.durability.filled_journal import passage

TURN_SECONDS = 0.01
SAY_SECONDS = 0.25


class Plan(Struct, frozen=True):
    """identities: their files, one a gate. rate: live passages a second, of all gates together; ends when `passages`
    of them are recorded."""

    folder: str
    port: int
    identities: list[str]
    rate: float = 0.0
    passages: int = 0
    believes_puback: bool = False
    begins: datetime | None = None
    clock_rate: float = 1.0


class Standing(Struct, frozen=True):
    """queue: records without a receipt. recorded: live ones of this life."""

    queue: int
    recorded: int
    queues: dict[str, int]


def journal_of(station: str) -> str:
    """16 hex digits, the same on every run."""
    return station.encode().hex().rjust(16, "0")[-16:]


class Gate:
    """One of them."""

    def __init__(self, plan: Plan, identity: Path, posts: "queue.SimpleQueue[tuple[Gate, Receipt]]") -> None:
        who = read_identity(identity)
        self.station, folder = who.station, Path(plan.folder) / who.station
        folder.mkdir(exist_ok=True)
        self._posts, self._plan, self._began = posts, plan, time.monotonic()
        self.path = folder / "journal.sqlite"
        self.journal = open_journal(self.path, lambda: journal_of(self.station), self.wall)
        draw = random.Random(who.station)
        self.uplink = Uplink(
            station=who.station,
            gate=who.station,
            lane="1",
            address=Address("127.0.0.1", plan.port, "", who.username, who.password),
            reader=Reader(who.compound, who.hub_key, who.roster_key),
            open_journal=lambda: JournalReader(self.path),
            documents_path=folder / "documents.sqlite",
            peers_path=folder / "peers.sqlite",
            post=self._post,
            clock=time.monotonic,
            jitter=lambda: draw.uniform(0.8, 1.2),
        )
        if plan.believes_puback:
            Believing(self)

    def wall(self) -> datetime:
        """The gate's clock: the machine's, or a driven one."""
        if self._plan.begins is None:
            return datetime.now(UTC)
        return self._plan.begins + timedelta(seconds=(time.monotonic() - self._began) * self._plan.clock_rate)

    def record(self) -> None:
        self.journal.append("passage", encode_body(passage(self.station, self.wall(), self.journal.newest + 1)))
        self.uplink.nudge()

    def _post(self, post: Post) -> None:
        if isinstance(post, Receipted) and not self._plan.believes_puback:
            self._posts.put((self, post.receipt))

    def confirm(self, receipt: Receipt) -> None:
        for each in receipt.journals:
            self.journal.confirm(each)


class Believing:
    """Marks a record as soon as the broker has acknowledged its message: what the house rules forbid."""

    def __init__(self, gate: Gate) -> None:
        client = gate.uplink._broker._client
        self._publish, self._on_publish = client.publish, client.on_publish
        self._under_way: dict[int, list[int]] = {}
        self._path = gate.path
        client.publish = self._published_with  # type: ignore[method-assign, assignment]
        client.on_publish = self._acknowledged

    def _published_with(self, topic: str, payload: bytes, qos: int, retain: bool) -> mqtt.MQTTMessageInfo:
        info = self._publish(topic, payload, qos=qos, retain=retain)
        if topic.endswith(("/records", "/backlog")):
            found = (decode_records if topic.endswith("/records") else unpack_backlog)(payload)
            self._under_way[info.mid] = [each.sequence for each in found if isinstance(each, Envelope)]
        return info

    def _acknowledged(self, client: mqtt.Client, data: object, mid: int, *rest: object) -> None:
        self._on_publish(client, data, mid, *rest)  # type: ignore[misc, arg-type]
        with sqlite3.connect(self._path, timeout=30) as connection:
            marks = [(sequence,) for sequence in self._under_way.pop(mid, [])]
            connection.executemany("UPDATE record SET confirmed = 1 WHERE sequence = ?", marks)
        connection.close()


class Gates:
    """Their common loop."""

    def __init__(self, plan: Plan, at_end: ExitStack) -> None:
        self._plan = plan
        self._posts: queue.SimpleQueue[tuple[Gate, Receipt]] = queue.SimpleQueue()
        self.gates = [Gate(plan, Path(each), self._posts) for each in plan.identities]
        for gate in self.gates:
            at_end.callback(gate.journal.close)
            gate.uplink.start()
            at_end.callback(gate.uplink.stop)
        self.alive = self.recording = True
        self._recorded, self._said_at = 0, 0.0

    def run(self) -> None:
        began = time.monotonic()
        while self.alive:
            due = min(self._plan.passages, round((time.monotonic() - began) * self._plan.rate))
            deadline = time.monotonic() + TURN_SECONDS
            while self.recording and self._recorded < due and time.monotonic() < deadline:
                self.gates[self._recorded % len(self.gates)].record()
                self._recorded += 1
            self._note_receipts()
            self._say()
        self._said_at = 0.0
        self._say()

    def _note_receipts(self) -> None:
        """The newest of each gate: a receipt says all that those before it said."""
        newest: dict[Gate, Receipt] = {}
        try:
            gate, receipt = self._posts.get(timeout=TURN_SECONDS)
            newest[gate] = receipt
            while True:
                gate, receipt = self._posts.get_nowait()
                newest[gate] = receipt
        except queue.Empty:
            pass
        for gate, receipt in newest.items():
            gate.confirm(receipt)

    def _say(self) -> None:
        now = time.monotonic()
        if now - self._said_at < SAY_SECONDS:
            return
        self._said_at = now
        queues = {gate.station: self._queue(gate) for gate in self.gates}
        standing = Standing(sum(queues.values()), self._recorded, queues)
        sys.stdout.buffer.write(b"standing " + json.encode(standing) + b"\n")
        sys.stdout.buffer.flush()

    def _queue(self, gate: Gate) -> int:
        if not self._plan.believes_puback:
            return gate.journal.unconfirmed_count
        with sqlite3.connect(gate.path, timeout=30) as connection:
            (count,) = connection.execute("SELECT count(*) FROM record WHERE confirmed = 0").fetchone()
        connection.close()
        return int(count)


def main(path: str) -> None:
    plan = json.decode(Path(path).read_bytes(), type=Plan)
    with ExitStack() as at_end:
        gates = Gates(plan, at_end)
        signal.signal(signal.SIGTERM, lambda *_: setattr(gates, "alive", False))
        signal.signal(signal.SIGUSR1, lambda *_: setattr(gates, "recording", False))
        gates.run()


if __name__ == "__main__":
    main(sys.argv[1])
