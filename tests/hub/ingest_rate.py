"""How fast the hub takes records in, beside the bare `executemany` of the same rows into the same tables.

`python -m tests.hub.ingest_rate [RECORDS]` prints one line of JSON. The ratio is what counts: it says what decoding,
hashing, sifting out repeats and folding cost, whatever the machine.
"""

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from msgspec import json

from gate import topics
from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.temperature import Measurement
from gate.wire import Envelope, decode_records, encode_body, encode_records, envelope
from hub.forms import Opener
from hub.ingest import Ingest, Message, parcel_of
from hub.registry import Registry, opened, records

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STATIONS = 8
PER_MESSAGE = 250


def messages(number: int, random: Random) -> list[Message]:
    """Eight stations of a compound of 1,502 people, a list of 250 passages a message."""
    people = [random.randbytes(8).hex() for _ in range(1502)]
    found = []
    for start in range(0, number, PER_MESSAGE):
        station = f"gate-{start // PER_MESSAGE % STATIONS}"
        parts = [_envelope(station, start + each + 1, random.choice(people)) for each in range(PER_MESSAGE)]
        found.append(Message(topics.RECORDS.of("sunshine", station), encode_records(parts)))
    return found


def _envelope(station: str, sequence: int, person: str) -> Envelope:
    stamp = Stamp(NOW + timedelta(seconds=sequence), ClockState.SYNCED, "b0" * 8, sequence * 1.0)
    warm = Measurement(36.4, 20.0, "mlx90614")
    body = Passage(stamp, "east", "1", Direction.IN, person=person, pass_serial=person, temperature=warm)
    return envelope("sunshine", station, "ab" * 8, sequence, encode_body(body))


def through_ingest(batches: list[list[Message]]) -> Callable[[Registry], None]:
    def take(registry: Registry) -> None:
        ingest = Ingest("sunshine", lambda identities, taken: None, lambda: NOW)
        for batch in batches:
            ingest.take(registry, batch)

    return take


def bare(batches: list[list[Message]]) -> Callable[[Registry], None]:
    """What no ingest could be faster than: the rows are made beforehand, and only inserted."""
    ready = [
        [parcel_of(part, Opener("sunshine", b"")) for message in batch for part in decode_records(message.payload)]  # type: ignore[arg-type]
        for batch in batches
    ]

    def insert(registry: Registry) -> None:
        for parcels in ready:
            with registry.database.atomic():
                records._insert_records(registry, parcels, "2026-11-22T04:00:00.000000+00:00")
                records.insert_passages(registry, [each.rows.passage for each in parcels if each.rows.passage])

    return insert


def rate(number: int, work: Callable[[Registry], None]) -> float:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "registry.sqlite", NOW, "sunshine") as registry:
        started = perf_counter()
        work(registry)
        seconds = perf_counter() - started
        assert registry.rows("SELECT count(*) FROM passage") == [(number,)]
    return number / seconds


def main(number: int) -> None:
    whole = messages(number, Random(1))
    size = BATCH_RECORDS // PER_MESSAGE
    batches = [whole[start : start + size] for start in range(0, len(whole), size)]
    number = len(whole) * PER_MESSAGE
    plain, full = (max(rate(number, work(batches)) for _ in range(3)) for work in (bare, through_ingest))
    report = {"records": number, "bare": round(plain), "ingest": round(full), "ratio": round(full / plain, 2)}
    print(json.encode(report).decode())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
