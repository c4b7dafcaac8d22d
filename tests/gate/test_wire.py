"""What crosses the wire: readable, whitelisted, and one bad record never in the way of the next."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import names, wire
from gate.clock import ClockState
from gate.passage import Amendment, Ground, Happening, MadePass, Passage, Stamp
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.temperature import Measurement
from gate.wire import Crossing, Crossings, Envelope, JournalReceipt, Malformed

JOURNAL = "0123456789abcdef"
STAMP = Stamp(datetime(2026, 11, 22, 4, 5, 6, 7000, tzinfo=UTC), ClockState.SYNCED, "aaaabbbbccccdddd", 12.5)
PASSAGE = Passage(
    STAMP, "east", "1", Direction.IN, (Reason.FEVER,), "00112233aabbccdd", "a1a2a3a4a5a6a7a8", "GC1",
    Measurement(37.9, 21.0, "rehearsal"), "1763000000.4", "1763000000.9", "guard-7",
)  # fmt: skip
AMENDMENT = Amendment(STAMP, JOURNAL, 1, Outcome.ADMIT, Ground.MEASURED_AGAIN, "guard-7")


def _message(*bodies: bytes) -> bytes:
    return wire.encode_records(
        wire.envelope("yuyuan", "east-1", JOURNAL, number, body) for number, body in enumerate(bodies, 1)
    )


def test_a_record_comes_back_as_it_was_sent() -> None:
    message = _message(wire.encode_body(PASSAGE), wire.encode_body(AMENDMENT))
    received = wire.decode_records(message)
    assert all(isinstance(each, Envelope) for each in received)
    bodies = [each.body for each in received if isinstance(each, Envelope)]
    assert [wire.decode_body(body) for body in bodies] == [PASSAGE, AMENDMENT]
    assert [wire.body_hash(bytes(body)) for body in bodies] == [
        each.hash for each in received if isinstance(each, Envelope)
    ]


def test_the_wire_is_json_that_a_person_can_read() -> None:
    [envelope] = json.loads(_message(wire.encode_body(PASSAGE)))
    assert envelope["station"] == "east-1"
    assert envelope["body"]["kind"] == "passage"
    assert envelope["body"]["reasons"] == ["fever"]
    assert "outcome" not in envelope["body"], "the outcome follows from the reasons and is never written beside them"


def test_only_these_fields_can_travel() -> None:
    """The whitelist of rule 14: add a field here only after asking what it tells of a person."""
    assert set(Envelope.__struct_fields__) == {"v", "compound", "station", "journal", "sequence", "hash", "body"}
    assert set(Passage.__struct_fields__) == {
        "stamp", "gate", "lane", "direction", "reasons", "person", "pass_serial", "code_format", "temperature",
        "policy", "roster", "guard", "fresh_id", "trip", "caller", "named", "purpose", "destination", "permit", "party",
        "also_measured", "form",
    }  # fmt: skip
    assert set(Happening.__struct_fields__) == {
        *("stamp", "gate", "lane", "what", "guard", "note", "lost_of", "lost", "passage"),
    }
    assert set(MadePass.__struct_fields__) == {
        "stamp", "gate", "serial", "number", "expires_at", "caller", "person", "guard", "form",
    }  # fmt: skip
    assert set(Crossings.__struct_fields__) == {
        "v", "gate", "journal", "after", "through", "at", "crossings", "hello", "beat", "heard",
    }  # fmt: skip
    assert set(Crossing.__struct_fields__) == {
        "person", "direction", "at", "sequence", "passage", "crossed", "fresh_id", "permit",
    }  # fmt: skip
    assert set(Amendment.__struct_fields__) == {
        "stamp", "journal", "sequence", "outcome", "ground", "guard", "person", "readings",
    }  # fmt: skip
    assert set(Stamp.__struct_fields__) == {"at", "clock", "boot", "boot_seconds"}
    assert set(Measurement.__struct_fields__) == {
        "celsius", "ambient_celsius", "sensor", "raw_celsius", "site", "mapping", "uncertainty_celsius", "doubtful",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person", "王小明"),
        ("person", "13000009999"),
        ("gate", "east gate"),
        ("gate", "east\n"),
        ("guard", "老张"),
        ("pass_serial", "x" * 16),
        ("name", "王小明"),
        ("code_format", "a sentence of words"),
        ("policy", "1.2\n"),
        ("trip", ["云南瑞丽"]),
        ("trip", ["ruili"] * 13),
    ],
)
def test_no_name_or_number_fits_into_any_field(field: str, value: str) -> None:
    body: dict[str, Any] = json.loads(wire.encode_body(PASSAGE)) | {field: value}
    with pytest.raises(wire.BodyMalformed):
        wire.decode_body(json.dumps(body).encode())


def test_one_poisoned_record_leaves_its_neighbours_alone() -> None:
    good = json.loads(_message(wire.encode_body(PASSAGE)))[0]
    parts = [good, {"poison": 1}, good | {"sequence": 0}, good | {"sequence": 2}, "words", None]
    received = wire.decode_records(json.dumps(parts).encode())
    assert [isinstance(each, Malformed) for each in received] == [False, True, True, False, True, True]
    assert all(each.why for each in received if isinstance(each, Malformed))


def test_an_unreadable_body_still_has_a_readable_envelope() -> None:
    received = wire.decode_records(_message(b'{"kind":"from-the-future","x":1}'))
    assert isinstance(received[0], Envelope)
    with pytest.raises(wire.BodyMalformed, match="from-the-future"):
        wire.decode_body(received[0].body)


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_malformed_and_never_an_exception(payload: bytes) -> None:
    for each in wire.decode_records(payload):
        assert isinstance(each, Envelope | Malformed)


def test_a_digest_of_crossings_comes_back_as_it_was_told() -> None:
    crossing = Crossing("00112233aabbccdd", Direction.IN, STAMP.at, 17, 17, fresh_id="ab" * 16)
    told = Crossings(
        1, "east", JOURNAL, 16, 17, STAMP.at, (crossing,), hello=True, beat=STAMP.at, heard={"west-1": STAMP.at}
    )
    assert wire.decode_crossings(json.dumps(msgspec.to_builtins(told)).encode()) == told


@given(st.binary(max_size=300))
def test_any_bytes_are_crossings_or_malformed_and_never_an_exception(payload: bytes) -> None:
    assert isinstance(wire.decode_crossings(payload), Crossings | Malformed)


@pytest.mark.parametrize(("field", "value"), [("person", "王小明"), ("note", "x"), ("fresh_id", "13000009999")])
def test_a_crossing_has_no_room_for_a_name_or_number(field: str, value: str) -> None:
    crossing = {
        "person": "00112233aabbccdd",
        "direction": "in",
        "at": "2026-11-22T04:05:06Z",
        "sequence": 1,
        "passage": 1,
    }
    digest = {"v": 1, "gate": "east", "journal": JOURNAL, "after": 0, "through": 1, "at": "2026-11-22T04:05:06Z"}
    good = wire.decode_crossings(json.dumps(digest | {"crossings": [crossing]}).encode())
    assert isinstance(good, Crossings)
    bad = wire.decode_crossings(json.dumps(digest | {"crossings": [crossing | {field: value}]}).encode())
    assert isinstance(bad, Malformed)


def test_a_bomb_of_brackets_is_malformed() -> None:
    [only] = wire.decode_records(b"[" * 200_000)
    assert isinstance(only, Malformed)


@given(st.integers(0, 300), st.lists(st.integers(1, 300), max_size=8))
def test_a_receipt_covers_what_is_through_and_in_no_hole(through: int, missing: list[int]) -> None:
    holes = tuple((each, each) for each in sorted(set(missing)) if each <= through)
    receipt = JournalReceipt(JOURNAL, through, holes)
    covered = {sequence for sequence in range(1, 302) if receipt.covers(sequence)}
    assert covered == set(range(1, through + 1)) - set(missing)


def test_identities_have_no_room_for_a_sentence() -> None:
    decoder = msgspec.json.Decoder(names.Slug)
    for text in ("", "-east", "East", "a" * 40, "east/1", "east+", "#", "\u4e1c\u95e8"):
        with pytest.raises(msgspec.ValidationError):
            decoder.decode(json.dumps(text).encode())
    assert decoder.decode(b'"east-1"') == "east-1"
