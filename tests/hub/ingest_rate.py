"""How fast the hub takes records in, beside the bare `executemany` of the same rows into the same tables.

`python -m tests.hub.ingest_rate [RECORDS]` prints one line of JSON, in records a second of a processor's time, which is
nearly the same however busy the machine is; what waits for the disk comes on top of each alike. bare: the rows are made
beforehand, and only inserted. live: the whole way of live records. kept, folded: the two halves of the way of what had
waited at a gate; a receipt follows the first. ratio: live beside bare; backlog_ratio: both halves together beside bare.
They say what decoding, hashing, sifting out repeats and folding cost. live_by_the_clock: the best round, all in all.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from os import getloadavg
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from msgspec import json

from gate import topics
from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.temperature import Measurement
from gate.wire import Envelope, decode_records, encode_body, encode_records, envelope, pack_backlog
from hub.forms import Opener
from hub.incoming.backlog import BACKLOG_RECORDS, LIVE_RECORDS
from hub.incoming.folding import Folding
from hub.incoming.ingest import Ingest, Message, parcel_of
from hub.registry import Registry, opened
from hub.registry.instants import written
from hub.registry.parcels import INSERT, row_of
from hub.registry.records import insert_passages

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STATIONS = 8
PER_MESSAGE = 250
ROUNDS = 5
OPENER = Opener("sunshine", b"")


Batch = list[Message]


def batches(number: int, random: Random, live: bool) -> list[Batch]:
    """Eight stations of a compound of 1,502 people, PER_MESSAGE passages a message, a batch as the hub takes them."""
    people = [random.randbytes(8).hex() for _ in range(1502)]
    topic, pack = (topics.RECORDS, encode_records) if live else (topics.BACKLOG, pack_backlog)
    found = []
    for start in range(0, number, PER_MESSAGE):
        station = f"gate-{start // PER_MESSAGE % STATIONS}"
        first = start // PER_MESSAGE // STATIONS * PER_MESSAGE + 1
        parts = [_envelope(station, first + each, random.choice(people)) for each in range(PER_MESSAGE)]
        found.append(Message(topic.of("sunshine", station), pack(parts), live))
    size = (LIVE_RECORDS if live else BACKLOG_RECORDS) // PER_MESSAGE
    return [found[start : start + size] for start in range(0, len(found), size)]


def _envelope(station: str, sequence: int, person: str) -> Envelope:
    stamp = Stamp(NOW + timedelta(seconds=sequence), ClockState.SYNCED, "b0" * 8, sequence * 1.0)
    warm = Measurement(36.4, 20.0, "mlx90614")
    body = Passage(stamp, "east", "1", Direction.IN, person=person, pass_serial=person, temperature=warm)
    return envelope("sunshine", station, "ab" * 8, sequence, encode_body(body))


def through_ingest(some: Sequence[Batch]) -> Callable[[Registry], None]:
    def take(registry: Registry) -> None:
        ingest = Ingest("sunshine", lambda identities, taken: None, lambda: NOW)
        for batch in some:
            ingest.take(registry, batch)

    return take


def fold(registry: Registry) -> None:
    """In turns of the length that they have while the hub runs."""
    jobs: list[Callable[[Registry], None]] = []
    folding = Folding(lambda job, rank: jobs.append(job), OPENER, lambda taken: None, lambda: NOW)
    folding.wake()
    while jobs:
        jobs.pop()(registry)


def bare(some: Sequence[Batch]) -> Callable[[Registry], None]:
    """What no ingest could be faster than."""
    ready = []
    for batch in some:
        parts = [part for message in batch for part in decode_records(message.payload)]
        parcels = [parcel_of(part, OPENER) for part in parts if isinstance(part, Envelope)]
        passages = [each.rows.passage for each in parcels if each.rows.passage is not None]
        ready.append(([row_of(each, written(NOW)) for each in parcels], passages))

    def insert(registry: Registry) -> None:
        for rows, passages in ready:
            with registry.database.atomic():
                registry.database.conn.executemany(INSERT, rows)
                insert_passages(registry, passages)

    return insert


def seconds(number: int, *work: Callable[[Registry], None]) -> list[tuple[float, float]]:
    """What each step took of a processor, and by the clock, one after the other on one registry."""
    took = []
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "registry.sqlite", NOW, "sunshine") as registry:
        for step in work:
            worked, started = process_time(), perf_counter()
            step(registry)
            took.append((process_time() - worked, perf_counter() - started))
        assert registry.rows("SELECT count(*) FROM passage") == [(number,)]
    return took


def measured(number: int) -> dict[str, float]:
    """The arms take turns, and the best turn of each counts, since other work on the machine only ever slows one."""
    number = max(1, number // PER_MESSAGE) * PER_MESSAGE
    live, waited = (batches(number, Random(1), live) for live in (True, False))
    turns = []
    for _ in range(ROUNDS):
        turns.append([*seconds(number, bare(live)), *seconds(number, through_ingest(live)),
                      *seconds(number, through_ingest(waited), fold)])  # fmt: skip
    plain, whole, kept, folded = (min(turn[arm][0] for turn in turns) for arm in range(4))
    clock = min(turn[1][1] for turn in turns)
    return {
        "records": number, "bare": round(number / plain), "live": round(number / whole), "kept": round(number / kept),
        "folded": round(number / folded), "ratio": round(plain / whole, 2),
        "backlog_ratio": round(plain / (kept + folded), 2), "live_by_the_clock": round(number / clock),
        "load": round(getloadavg()[0], 1),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.encode(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)).decode())
