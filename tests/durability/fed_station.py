"""A gate's journal and uplink without its camera: `python -m tests.durability.fed_station STATION.TOML RATE [puback]`.

It records as many passages a second as it is told, as long as not too many wait; after SIGUSR1 it only sends what
waits; SIGTERM ends it. The newest number stands on its standard output when it is ready, and whenever it is committed.
`puback`: the control, which takes the broker's acknowledgement for the hub's.
"""

import queue
import random
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client

from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.wire import Envelope, JournalReceipt, decode_records, encode_body, unpack_backlog
from station.identity import Identity
from station.inbox import Inbox, Receipted
from station.journal import JournalReader, open_journal
from station.roster import Reader
from station.settings import Settings
from station.settings.reading import load
from station.uplink import Uplink
from station.uplink.broker_link import Address

MOST_WAITING = 3000
TURN_SECONDS = 0.02


class Fed:
    """One life of it. rate: passages a second. on_puback: whether it is the control."""

    def __init__(self, config: Path, rate: float, on_puback: bool, at_end: ExitStack) -> None:
        self._settings, identity = load(config)
        self._rate, self._on_puback = rate, on_puback
        self._inbox: Inbox = queue.SimpleQueue()
        path = self._settings.data_folder / "journal.sqlite"
        self._journal = open_journal(path, lambda: secrets.token_hex(8), lambda: datetime.now(UTC))
        at_end.callback(self._journal.close)
        self._uplink = _uplink(self._settings, identity, path, self._inbox)
        self._acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
        if on_puback:
            Believing(self._uplink._broker._client, self._acknowledged.put)
        self.feeding = self.alive = True

    def run(self) -> None:
        _say(self._journal.newest)
        self._uplink.start()
        began, written = time.monotonic(), 0
        while self.alive:
            due = round((time.monotonic() - began) * self._rate)
            while self.feeding and written < due and self._journal.unconfirmed_count < MOST_WAITING:
                self._record()
                written += 1
            # What could not be written while too much waited is not made up for all at once.
            written = max(written, due)
            self._uplink.nudge()
            self._note_receipts()
        self._uplink.stop()

    def _record(self) -> None:
        now = time.monotonic()
        stamp = Stamp(datetime.now(UTC), ClockState.SYNCED, "b0" * 8, now)
        person = f"{self._journal.newest + 1:016x}"
        passage = Passage(stamp, self._settings.gate, self._settings.lane, Direction.IN, person=person)
        _say(self._journal.append("passage", encode_body(passage)))

    def _note_receipts(self) -> None:
        """For a moment, as the loop does; all that is there."""
        deadline = time.monotonic() + TURN_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                post = self._inbox.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(post, Receipted) and not self._on_puback:
                for receipt in post.receipt.journals:
                    assert not self._journal.outrun_by(receipt), "the hub has more than was ever written here"
                    self._journal.confirm(receipt)
        while not self._acknowledged.empty():
            self._journal.confirm(JournalReceipt(self._journal.id, self._acknowledged.get()))


def _uplink(settings: Settings, identity: Identity, journal: Path, inbox: Inbox) -> Uplink:
    broker = settings.broker
    return Uplink(
        station=settings.station,
        gate=settings.gate,
        lane=settings.lane,
        address=Address(broker.host, broker.port, broker.tls_ca, identity.username, identity.password),
        reader=Reader(identity.compound, identity.hub_key, identity.roster_key),
        open_journal=lambda: JournalReader(journal),
        documents_path=settings.data_folder / "documents.sqlite",
        peers_path=settings.data_folder / "peers.sqlite",
        post=inbox.put,
        clock=time.monotonic,
        jitter=lambda: random.uniform(0.8, 1.2),
    )


def _say(sequence: int) -> None:
    """This and all before it is committed."""
    sys.stdout.write(f"{sequence}\n")
    sys.stdout.flush()


class Believing:
    """Hears what the broker acknowledges. say: called with the last number of such a message."""

    def __init__(self, client: Client, say: Callable[[int], None]) -> None:
        # The broker may have acknowledged, on the network's thread, before paho has told the number of the message.
        self._lock = threading.RLock()
        self._last: dict[int, int] = {}
        self._early: set[int] = set()
        self._publish: Any = client.publish
        self._on_publish: Any = client.on_publish
        self._say = say
        client.publish = self.publish  # type: ignore[method-assign, assignment]
        client.on_publish = self.published

    def publish(self, topic: str, payload: bytes, *words: Any, **named: Any) -> Any:
        last = _last_of(topic, payload)
        info = self._publish(topic, payload, *words, **named)
        with self._lock:
            self._last[info.mid] = last
            if info.mid in self._early:
                self._early.discard(info.mid)
                self._believe(info.mid)
        return info

    def published(self, client: Client, data: Any, mid: int, *words: Any) -> None:
        self._on_publish(client, data, mid, *words)
        with self._lock:
            if mid in self._last:
                self._believe(mid)
            else:
                self._early.add(mid)

    def _believe(self, mid: int) -> None:
        if last := self._last.pop(mid):
            self._say(last)


def _last_of(topic: str, payload: bytes) -> int:
    """The last number of a message of records; 0 for any other."""
    if not topic.endswith(("/records", "/backlog")):
        return 0
    found = (decode_records if topic.endswith("/records") else unpack_backlog)(payload)
    return max((each.sequence for each in found if isinstance(each, Envelope)), default=0)


def main(config: str, rate: str, strength: str = "") -> None:
    with ExitStack() as at_end:
        fed = Fed(Path(config), float(rate), strength == "puback", at_end)
        signal.signal(signal.SIGUSR1, lambda *_: setattr(fed, "feeding", False))
        signal.signal(signal.SIGTERM, lambda *_: setattr(fed, "alive", False))
        fed.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
