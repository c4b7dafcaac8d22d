"""Records that waited, compressed for the wire: nothing is changed by it, and nothing inflates without bound."""

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.wire import (
    MOST_INFLATED_BYTES,
    Envelope,
    Malformed,
    encode_records,
    envelope,
    pack_backlog,
    unpack_backlog,
)

JOURNAL = "ab" * 8


def _envelopes(count: int) -> list[Envelope]:
    return [
        envelope("sunshine", "east-1", JOURNAL, each, b'{"kind":"passage","n":%d}' % each) for each in range(1, count)
    ]


@given(st.integers(1, 60))
def test_what_was_packed_comes_out_as_it_went_in(count: int) -> None:
    """The same envelopes, in order, with their bodies byte for byte."""
    assert unpack_backlog(pack_backlog(_envelopes(count))) == _envelopes(count)


def test_a_list_that_waited_is_much_smaller_than_one_that_did_not() -> None:
    """Else compression would be for nothing."""
    many = _envelopes(200)
    assert len(pack_backlog(many)) * 3 < len(encode_records(many))


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_malformed_and_never_an_exception(payload: bytes) -> None:
    """Whatever comes on the topic, the hub goes on."""
    assert all(isinstance(each, Envelope | Malformed) for each in unpack_backlog(payload))


@pytest.mark.parametrize(
    "payload",
    [
        zlib.compress(b"[" + b" " * MOST_INFLATED_BYTES + b"]"),
        pack_backlog(_envelopes(50))[:-1],
        pack_backlog(_envelopes(50)) + b"x",
        b"",
        os.urandom(2000),
        zlib.compress(b"not a list"),
    ],
    ids=["bomb", "cut", "longer", "empty", "noise", "no list"],
)
def test_what_is_not_one_whole_list_is_one_malformed_thing(payload: bytes) -> None:
    """A bomb, a torn stream, two streams in one: each is quarantined as it came, none is half believed."""
    (only,) = unpack_backlog(payload)
    assert isinstance(only, Malformed)
    assert len(only.payload) <= max(len(payload), 20)


def test_a_poisoned_neighbour_is_in_nobodys_way() -> None:
    """Rule 9 holds for what waited as for what did not."""
    good = encode_records(_envelopes(3))
    mixed = zlib.compress(b'[{"v":1},' + good[1:])
    found = unpack_backlog(mixed)
    assert [type(each) for each in found] == [Malformed, Envelope, Envelope]
