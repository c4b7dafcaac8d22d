"""From a record that is published to its row on the office's stream, beside a bare subscriber that commits one row.

`make bench ONLY=feed_latency` calls it. Both hear the same station's messages from the same broker at the same pace,
one after the other; the ratio of the medians says what registry, receipt and stream cost, whatever the machine.
"""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate import topics
from gate.wire import Envelope, decode_records, encode_body, encode_records, envelope
from station.identity import Identity, read_identity
from tests.durability.filled_journal import passage
from tests.durability.gates import journal_of
from tests.durability.street import CLERK, PASSWORD, Street
from tests.rehearsal.gates import until
from tests.rehearsal.office import Office
from tests.rehearsal.progress import Progress
from tests.rehearsal.smoke import percentiles

RECORDS, FEWEST = 1000, 50
PAUSE_SECONDS = 0.02
SECONDS = 30.0


def feed_latency(scale: float) -> dict[str, object]:
    """Milliseconds of both, and their ratio."""
    count, progress = max(FEWEST, round(RECORDS * scale)), Progress(sys.stderr)
    with Street(1) as street:
        street.broker.start()
        who = read_identity(street.identity(street.stations[0]))
        with Office(street.start_hub(), CLERK, PASSWORD).follow() as clerk, Speaker(street.broker.port, who) as speaker:
            told = speaker.say(range(1, count + 1), progress)
            until(lambda: len(clerk.seen) >= count, SECONDS, pause=0.1)
            seen = {identity[2]: at for identity, at in clerk.seen.items()}
            street.end_hub()
            with Bare(street, who.compound) as bare:
                told_bare = speaker.say(range(count + 1, 2 * count + 1), progress)
                until(lambda: len(bare.committed) >= count, SECONDS, pause=0.1)
    whole = _took(told, seen)
    alone = _took(told_bare, bare.committed)
    ratio = sorted(whole)[len(whole) // 2] / sorted(alone)[len(alone) // 2]
    return {
        "records": count, "lost": 2 * count - len(whole) - len(alone), "feed_ms": percentiles(whole),
        "bare_ms": percentiles(alone), "ratio": round(ratio, 2),
    }  # fmt: skip


def _took(told: dict[int, float], seen: dict[int, float]) -> list[float]:
    return [(seen[sequence] - at) * 1000 for sequence, at in told.items() if sequence in seen]


class Speaker:
    """Publishes records as the station does, one at a time."""

    def __init__(self, port: int, who: Identity) -> None:
        self._who, self._port = who, port
        self._client = _client(who.username, who.password)

    def __enter__(self) -> "Speaker":
        _connect(self._client, self._port)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, sequences: range, progress: Progress) -> dict[int, float]:
        """When each was published, by the wall clock."""
        told = {}
        topic = topics.RECORDS.of(self._who.compound, self._who.station)
        for sequence in sequences:
            body = encode_body(passage(self._who.station, datetime.now(UTC), sequence))
            journal = journal_of(self._who.station)
            payload = encode_records([envelope(self._who.compound, self._who.station, journal, sequence, body)])
            told[sequence] = time.time()
            self._client.publish(topic, payload, qos=topics.QOS)
            progress.draw(f"feed latency: record {sequence}")
            time.sleep(PAUSE_SECONDS)
        return told


class Bare:
    """Hears records and commits a row for each, and nothing else. committed: sequence -> when, by the wall clock."""

    def __init__(self, street: Street, compound: str) -> None:
        self._path = street.folder / "bare.sqlite"
        self.committed: dict[int, float] = {}
        password = (street.data / "broker" / "observer.password").read_text().strip()
        self._client = _client("observer", password)
        self._client.on_message = self._hear
        self._port, self._topic = street.broker.port, topics.RECORDS.of(compound)

    def __enter__(self) -> "Bare":
        self._database = _opened(self._path)
        ready = threading.Event()
        self._client.on_subscribe = lambda *_: ready.set()
        _connect(self._client, self._port, lambda client: client.subscribe(self._topic, topics.QOS))
        if not ready.wait(SECONDS):
            raise RuntimeError("the bare subscriber was not let in")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._database.close()

    def _hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        for each in decode_records(bytes(message.payload)):
            if isinstance(each, Envelope):
                row = (each.station, each.journal, each.sequence, bytes(each.body))
                self._database.execute("INSERT INTO record VALUES (?, ?, ?, ?)", row)
                self.committed[each.sequence] = time.time()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE record(station TEXT, journal TEXT, sequence INTEGER, body BLOB,"
        " PRIMARY KEY (station, journal, sequence)) WITHOUT ROWID"
    )
    return connection


def _client(username: str, password: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(username, password)
    return client


def _connect(client: mqtt.Client, port: int, then: Callable[[mqtt.Client], object] = lambda client: None) -> None:
    """Returns when the broker has let it in."""
    connected = threading.Event()

    def on_connect(*_: object) -> None:
        then(client)
        connected.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", port)
    client.loop_start()
    if not connected.wait(SECONDS):
        raise RuntimeError("the broker let nobody in")
