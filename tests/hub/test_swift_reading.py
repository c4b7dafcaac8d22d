"""Reading by the thousand says exactly what gate.wire says of the same bytes, or leaves them to it."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Raw, inspect, json
from msgspec.structs import replace

from gate.caller import Caller
from gate.clock import ClockState
from gate.passage import Amendment, Ground, Happening, MadePass, Passage, Record, Stamp, What
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.temperature import Measurement, Site
from gate.wire import BodyMalformed, Envelope, decode_body, decode_records, encode_body, encode_records, envelope
from hub.forms import Opener
from hub.incoming import swift_reading
from hub.incoming.ingest import parcel_of
from hub.registry.rows import rows_of

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL, PERSON = "ab" * 8, "0b" * 8
STAMP = Stamp(NOW, ClockState.SYNCED, "b0" * 8, 12.5)
PLAIN = Passage(STAMP, "east", "1", Direction.IN, person=PERSON)
FULL = Passage(
    STAMP, "east", "1", Direction.OUT, (Reason.FEVER, Reason.EXPIRED), PERSON, "cc" * 8, "GC1",
    Measurement(36.4, 20.0, "mlx90614", 33.1, Site.WRIST, "forehead-indoor@1", 0.2), "17.1", "17.2", "li", "dd" * 16,
    ("harbin",), Caller.VISITOR, True, "food", "market", "ee" * 8, 7, (Measurement(36.0),), b"sealed",
)  # fmt: skip
RECORDS: tuple[Record, ...] = (
    PLAIN, FULL, Amendment(STAMP, JOURNAL, 1, Outcome.ADMIT, Ground.MISTAKE), Happening(STAMP, "east", "1", What.FIRE),
    MadePass(STAMP, "east", "cc" * 8, 1, NOW),
)  # fmt: skip
ODD = ["", "EAST", "east\n", "-", "0b", "0B" * 8, "x" * 33, "17.1\n", "1", "GC1 ", "王", None, 5, {}]


def read(body: bytes) -> tuple[str, bytes]:
    """By gate.wire."""
    try:
        return "read", encode_body(decode_body(body))
    except BodyMalformed as cause:
        return "malformed", str(cause).encode()


def read_swiftly(body: bytes) -> tuple[str, bytes]:
    try:
        return "read", encode_body(swift_reading.record(body))
    except BodyMalformed as cause:
        return "malformed", str(cause).encode()


@pytest.mark.parametrize("record", RECORDS, ids=lambda each: type(each).__name__)
def test_every_kind_of_record_reads_as_it_does_otherwise_and_makes_the_same_rows(record: Record):
    body, opener = encode_body(record), Opener("sunshine", b"")
    swift = swift_reading.record(body)
    assert isinstance(swift, type(record))
    assert read_swiftly(body) == read(body) == ("read", body)
    assert rows_of("east-1", JOURNAL, 1, swift, opener).passage == rows_of("east-1", JOURNAL, 1, record, opener).passage


FIELDS = [each.name for each in inspect.type_info(Passage).fields]


@given(st.sampled_from([*FIELDS, "boot", "kind", "other"]), st.sampled_from(ODD), st.sampled_from((PLAIN, FULL)))
@settings(max_examples=400, deadline=None)
@example("gate", "EAST", PLAIN)
@example("fresh_id", "dd" * 15, FULL)
@example("boot", "b0", FULL)
def test_whatever_is_odd_in_any_field_is_refused_in_the_same_words(field: str, odd: object, passage: Passage):
    told = json.decode(encode_body(passage))
    (told["stamp"] if field == "boot" else told)[field] = odd
    body = json.encode(told)
    assert read_swiftly(body) == read(body)
    assert read_swiftly(body) == read(body), "the second time it is remembered"


def test_a_field_that_is_left_out_is_missed():
    for field in FIELDS:
        told = json.decode(encode_body(FULL))
        del told[field]
        assert read_swiftly(json.encode(told)) == read(json.encode(told)), field


def test_no_name_of_a_passage_goes_untried():
    """A field with a pattern that is added later is tried too, or read as gate.wire reads it."""
    told = json.decode(encode_body(FULL))
    texts = [field for field, value in told.items() if isinstance(value, str) and field not in ("kind", "form")]
    assert len(texts) >= 10
    for field in texts:
        body = json.encode({**told, field: "no such name "})
        assert read(body)[0] == "malformed", field
        assert read_swiftly(body) == read(body)


GOOD = envelope("sunshine", "east-1", JOURNAL, 1, encode_body(PLAIN))
CHANGES = st.sampled_from(
    [("v", 2), ("v", 0), ("compound", "moonlight"), ("station", "west-1"), ("station", "East 1"), ("journal", "AB" * 8),
     ("journal", "ab" * 7), ("sequence", 0), ("sequence", 2**53), ("sequence", "1"), ("hash", "0" * 32),
     ("hash", "no digest"), ("hash", ""), ("body", 5), ("more", 1)]
)  # fmt: skip


@given(st.lists(st.none() | CHANGES, max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_list_of_envelopes_is_read_as_gate_wire_reads_it_or_left_to_it(changes):
    """Left to it whenever any of them is odd, but for a digest that is another body's: ingest looks at those."""
    parts = [json.decode(json.encode(GOOD)) | ({} if each is None else {each[0]: each[1]}) for each in changes]
    payload = json.encode(parts)
    swift = swift_reading.envelopes(payload, "sunshine", "east-1")
    strict = decode_records(payload)
    if swift is not None and all(parcel_of(each, None).hash == each.hash for each in swift):
        assert [bytes(each.body) for each in swift] == [bytes(each.body) for each in strict]
        assert [parcel_of(each, None) for each in swift] == [parcel_of(each, None) for each in strict]
        assert all((each.compound, each.station) == ("sunshine", "east-1") for each in strict)
    else:
        assert any(changes)


@pytest.mark.parametrize("payload", [b"", b"[", b"{}", b"5", b'["x"]', b"[[]]", b"\xff", b"[" * 5000])
def test_what_is_no_list_of_envelopes_is_left_to_gate_wire(payload: bytes):
    assert swift_reading.envelopes(payload, "sunshine", "east-1") is None


def test_a_station_whose_name_is_none_is_left_to_gate_wire():
    """The broker's list lets no such name through; nothing here relies on it."""
    strange = replace(GOOD, station="East 1", body=Raw(b"{}"))
    assert isinstance(strange, Envelope)
    assert swift_reading.envelopes(encode_records([strange]), "sunshine", "East 1") is None
