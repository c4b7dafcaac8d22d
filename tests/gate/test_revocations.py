"""The list of revoked passes: exact, small enough for the broker, and nothing in it can crash a gate."""

import random
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.credential import read
from gate.document import DocumentKind, DocumentRefused, Edition, body_of, heading_of, open_document, sign
from gate.reason import Reason
from gate.revocations import BYTES, MOST, Revocations, pack, revocations_of, unpack
from gate.trust import TrustList, index, key_id_of
from tests.gate.makers import CREDENTIAL, NOON, OFFICE, a_pass, trusted

SERIALS = st.binary(min_size=BYTES, max_size=BYTES).map(bytes.hex)
LARGEST_PACKET = 2**20  # of the broker, as firmware_config/mosquitto.conf has it
ROOM_FOR_ISSUERS = 128 * 2**10


def _full() -> Revocations:
    drawn = random.Random(7)
    return revocations_of(drawn.randbytes(BYTES).hex() for _ in range(MOST))


@given(st.frozensets(SERIALS, max_size=60), SERIALS)
def test_a_packed_list_knows_the_same_serials_and_no_other(revoked: frozenset[str], other: str) -> None:
    came = unpack(pack(revocations_of(revoked)))
    assert len(came) == len(revoked)
    assert all(serial in came for serial in revoked)
    assert (other in came) == (other in revoked)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_refused(packed: bytes) -> None:
    try:
        came = unpack(packed)
    except ValueError:
        return
    assert unpack(pack(came)) == came


@given(st.text(max_size=20) | st.integers() | st.none())
def test_what_is_no_serial_is_not_revoked(asked: object) -> None:
    revoked = revocations_of(["00" * 8])
    assert (asked in revoked) == (asked == "00" * 8)


def test_a_hundred_thousand_fit_into_one_packet_of_the_broker() -> None:
    """With the office's keys, and room for the keys of foreign issuers; every one of them is found again."""
    assert MOST >= 100_000
    full = _full()
    public = OFFICE.public_key().public_bytes_raw()
    heading = heading_of(DocumentKind.TRUST, "yuyuan", Edition(1, 1), NOON.utc, key_id_of(public))
    payload = sign(heading, TrustList((trusted(),), pack(full)), OFFICE.sign)
    assert len(payload) < LARGEST_PACKET - ROOM_FOR_ISSUERS
    document = open_document(payload, DocumentKind.TRUST, "yuyuan", [public])
    came = body_of(document, TrustList).revocations
    assert len(came) == MOST
    assert all(full.serials[at : at + BYTES].hex() in came for at in range(0, len(full.serials), BYTES))


def test_one_too_many_is_refused_when_it_is_packed_and_when_it_comes() -> None:
    too_many = Revocations(b"".join(number.to_bytes(BYTES, "big") for number in range(MOST + 1)))
    with pytest.raises(ValueError, match=f"{MOST + 1} revoked passes; a trust list holds {MOST}"):
        pack(too_many)
    columns = b"".join(too_many.serials[column::BYTES] for column in range(BYTES))
    with pytest.raises(ValueError, match="too many"):
        unpack(zlib.compress(columns))


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (b"no zlib", "cannot be unpacked"),
        (zlib.compress(bytes(15)), "cut off"),
        (zlib.compress(bytes(16)), "out of order"),
        (zlib.compress(bytes(8))[:-1], "cut off"),
        (zlib.compress(bytes(10**8)), "too many"),
    ],
    ids=["rubbish", "half a serial", "one twice", "truncated", "a bomb"],
)
def test_a_signed_list_that_is_none_is_refused_whole(packed: bytes, why: str) -> None:
    """The hub's slip must not make a gate forget who was revoked: the old list stays in force."""
    public = OFFICE.public_key().public_bytes_raw()
    heading = heading_of(DocumentKind.TRUST, "yuyuan", Edition(1, 1), NOON.utc, key_id_of(public))

    class Slip(msgspec.Struct):
        revoked: bytes

    document = open_document(sign(heading, Slip(packed), OFFICE.sign), DocumentKind.TRUST, "yuyuan", [public])
    with pytest.raises(DocumentRefused, match=why):
        body_of(document, TrustList)


def test_a_revoked_pass_is_refused_and_its_neighbour_is_not() -> None:
    """By the list as it travels; the next serial in order is another pass."""
    listed = TrustList((trusted(),), pack(revocations_of([CREDENTIAL.serial])))
    trust = index("yuyuan", listed.keys, listed.revocations)
    assert read(a_pass(), trust, NOON).reasons == (Reason.REVOKED,)
    neighbour = f"{int(CREDENTIAL.serial, 16) + 1:016x}"
    assert read(a_pass(serial=neighbour), trust, NOON).accepted
