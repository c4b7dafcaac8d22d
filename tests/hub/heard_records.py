"""A hub that hears a gate's records of every kind: ingest and feed over one registry, without a broker.

Used by the tests of what comes besides plain passages. Rule: a test file names the fixture that it takes from here in
`__all__`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate import topics
from gate.clock import ClockState
from gate.direction import Direction
from gate.forms import Door, Form, VisitorForm, encode_form
from gate.passage import Passage, Record, Stamp
from gate.sealing import close, public_of
from gate.temperature import Measurement
from gate.wire import encode_body, encode_records, envelope
from hub.feed import Feed, FeedRow, Filter
from hub.incoming.ingest import Ingest, Message
from hub.registry import Registry, opened, people
from hub.registry.parcels import Taken
from hub.registry.people import Household, Person

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL, PERSON, PERMIT = "ab" * 8, "0b" * 8, "cc" * 8
SECRET = bytes(range(32))
STAMP = Stamp(NOW, ClockState.SYNCED, "b0" * 8, 12.5)
PASSAGE = Passage(STAMP, "east", "1", Direction.IN, temperature=Measurement(36.4, 20.0, "mlx90614"))
VISITOR = VisitorForm(Door("3", "2", "501"), 2, name="钱来访", telephone="13900001111")


def sealed(form: Form, secret: bytes = SECRET) -> bytes:
    return close(encode_form(form), "sunshine", public_of(secret), b"r" * 32)


class Hub:
    """Ingest and feed over one registry. secret: the form key that it has."""

    def __init__(self, registry: Registry, secret: bytes = SECRET) -> None:
        self.registry = registry
        self.taken: list[Taken] = []
        self.feed = Feed(registry.path)
        self._ingest = Ingest("sunshine", lambda _, taken: self.taken.append(taken), lambda: NOW, secret)
        self._sequence = 0

    def hear(self, *records: Record) -> int:
        """In one message; the sequence of the last."""
        parts = []
        for record in records:
            self._sequence += 1
            parts.append(envelope("sunshine", "east-1", JOURNAL, self._sequence, encode_body(record)))
        message = Message(topics.RECORDS.of("sunshine", "east-1"), encode_records(parts))
        self._ingest.take(self.registry, [message])
        return self._sequence

    def row(self) -> FeedRow:
        (row,) = self.feed.recent(Filter())
        return row

    def one(self, sql: str) -> tuple[object, ...]:
        row = self.registry.one(sql)
        assert row is not None
        return row


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        yield Hub(registry)


def settle(registry: Registry) -> None:
    home = Household(id="aa" * 8, building="3")
    registry.run(lambda each: people.put_households(each, [home]))
    person = Person(id=PERSON, household=home.id, name="王小明", masked_name="王*明")
    registry.run(lambda each: people.put_persons(each, [person]))
