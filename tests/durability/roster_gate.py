"""One gate's ear in the bench of the roster: `python -m tests.durability.roster_gate IDENTITY PORT FOLDER`.

A station's own uplink and documents, without camera, lane or screen. It prints when what was in force: `whole` with the
roster's edition and how many live there, `isolated` with how many of them are; `bare` when the last message of a bare
publish came. Times are this machine's monotonic seconds, so whoever started it can compare them with its own.
"""

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate.roster import Standing
from gate.wire import StationStatus
from station.identity import read_identity
from station.inbox import Post, SnapshotCame
from station.journal import JournalReader, open_journal
from station.roster import Reader
from station.uplink import Uplink
from station.uplink.broker_link import Address
from tests.durability.roster_push import BARE, BARE_LAST

JOURNAL = "00000000000000aa"


class Ear:
    """Says what the uplink posts. began: when the uplink was started."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._edition = ""
        self._isolated = 0
        self._lock = threading.Lock()

    def post(self, post: Post) -> None:
        if isinstance(post, SnapshotCame):
            at, held = time.monotonic(), post.snapshot
            isolated = sum(each.standing is Standing.ISOLATED for each in held.residents.values())
            if isolated != self._isolated:
                self.say("isolated", at=at, count=isolated)
            if held.roster_edition != self._edition:
                self.say("whole", at=at, edition=held.roster_edition, people=len(held.residents), took=at - self.began)
            self._edition, self._isolated = held.roster_edition, isolated

    def say(self, word: str, **told: object) -> None:
        with self._lock:
            print(word, json.encode(told).decode(), flush=True)


def listen_barely(port: int, say: Callable[..., None]) -> Client:
    """A client without any of ours, to compare with."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(BARE, 1)
    client.on_message = lambda _client, _data, message: (
        say("bare", at=time.monotonic()) if message.topic == BARE_LAST else None
    )
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def main(identity_file: str, port: str, folder: str) -> None:
    identity, place, ear, ended = read_identity(Path(identity_file)), Path(folder), Ear(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    place.mkdir(parents=True)
    with closing(open_journal(place / "journal.sqlite", lambda: JOURNAL, lambda: datetime.now(UTC))):
        bare = listen_barely(int(port), ear.say)
        uplink = Uplink(
            station=identity.station,
            gate=identity.station,
            lane="1",
            address=Address("127.0.0.1", int(port), "", identity.username, identity.password),
            reader=Reader(identity.compound, identity.hub_key, identity.roster_key),
            open_journal=lambda: JournalReader(place / "journal.sqlite"),
            documents_path=place / "documents.sqlite",
            peers_path=place / "peers.sqlite",
            post=ear.post,
            clock=time.monotonic,
            jitter=lambda: random.uniform(0.8, 1.2),
        )
        ear.began = time.monotonic()
        uplink.start()
        uplink.report(StationStatus(1, True, identity.station, "1"))
        ended.wait()
        bare.loop_stop()
        uplink.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
