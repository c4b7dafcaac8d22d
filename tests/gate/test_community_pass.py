"""The community pass: what the office packs the gate believes, and nothing else."""

from datetime import UTC, datetime, timedelta

import cbor2
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.formats import base45, community_pass
from gate.reason import Reason
from gate.trust import Usage
from tests.gate.makers import (
    COMPOUND,
    CREDENTIAL,
    EXPIRES,
    NOON,
    OFFICE,
    STRANGER,
    a_pass,
    trust,
    trusted,
)

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2105, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_genuine_pass_passes_every_step_and_says_what_was_packed() -> None:
    reading = read(a_pass(), trust(), NOON)
    assert [step.name for step in reading.steps] == [name for name, _ in community_pass.FORMAT.steps]
    assert reading.credential == CREDENTIAL
    assert reading.reasons == ()


def test_a_key_that_may_sign_documents_may_not_sign_passes() -> None:
    reading = read(a_pass(), trust(trusted(usage=Usage.DOCUMENT)), NOON)
    assert reading.reasons == (Reason.KEY_UNKNOWN,)


def test_a_neighbours_key_cannot_sign_passes_in_our_name() -> None:
    reading = read(a_pass(), trust(trusted(compound="liyuan")), NOON)
    assert reading.reasons == (Reason.OTHER_COMMUNITY,)


def test_of_two_keys_with_one_id_each_is_tried() -> None:
    genuine = trusted()
    ours = trust(genuine)
    # A stranger's key filed under our key id, as several certificates of the EU share one.
    crowded = type(ours)(COMPOUND, {genuine.key_id: (trusted(STRANGER), genuine)}, frozenset())
    assert read(a_pass(), crowded, NOON).credential is not None


def test_under_a_clock_that_is_only_a_floor_a_young_pass_is_not_called_early() -> None:
    """The decision then refers to the guard; but an expired pass stays expired, for time only moves on."""
    floor = Moment(CREDENTIAL.issued_at - timedelta(days=300), ClockState.FLOOR)
    assert read(a_pass(), trust(), floor).accepted
    late = Moment(EXPIRES, ClockState.FLOOR)
    assert read(a_pass(), trust(), late).reasons == (Reason.EXPIRED,)


def test_the_doubt_of_a_held_clock_is_held_against_the_pass() -> None:
    nearly = Moment(EXPIRES - timedelta(seconds=30), ClockState.HELD, drift=timedelta(minutes=1))
    assert read(a_pass(), trust(), nearly).reasons == (Reason.EXPIRED,)


@given(MOMENTS)
def test_a_pass_is_believed_exactly_from_its_issue_until_its_expiry(instant: datetime) -> None:
    now = Moment(instant, ClockState.SYNCED)
    expected = CREDENTIAL.issued_at <= now.utc < CREDENTIAL.expires_at
    assert read(a_pass(), trust(), now).accepted is expected


@settings(max_examples=400)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=300).map(lambda tail: b"GC1:" + tail)))
def test_no_code_makes_the_reader_raise_or_believe(code: bytes) -> None:
    reading = read(code, trust(), NOON)
    assert not reading.accepted
    assert len(reading.reasons) == 1


def test_a_code_of_no_known_family_is_called_foreign_not_invalid() -> None:
    for text in (b"https://example.com/{'a':1}", "健康码".encode(), b"", b"gc1:lower", b"XX1:6BF"):
        reading = read(text, trust(), NOON)
        assert (reading.format, reading.reasons) == (None, (Reason.NOT_OURS,))


def test_a_wallet_card_fits_version_8_with_error_correction_m() -> None:
    longest = a_pass(compound="y" * 16)
    for code in (a_pass(), longest):
        assert segno.make(code.decode(), error="m", boost_error=False).version <= 9
    assert segno.make(a_pass().decode(), error="m", boost_error=False).designator == "8-M"


def test_a_pass_tells_nothing_of_its_holder_but_a_pseudonym() -> None:
    """Whoever copies the code learns the compound, a number and two dates."""

    tagged = cbor2.loads(base45.decode(a_pass().removeprefix(b"GC1:")))
    claims = cbor2.loads(tagged.value[2])
    assert set(claims) == {1, 2, 4, 6, 7, -70001}
    assert OFFICE.public_key().public_bytes_raw() not in a_pass()


@pytest.mark.parametrize("prefix", [b"GC1:", b"GT1:"])
def test_no_tag_of_a_pass_is_obeyed(prefix: bytes) -> None:
    """Six bytes, a tag that refers to itself (28, 6, 29), once took the whole gate down."""
    to_itself, number, pattern, huge = b"\xc6\xd8\x1d\x00", b"\x00", b"\x61(", b"\x82\x1b" + b"\x7f" * 8 + b"\x03"
    for tag in range(300):
        head = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1]
        for message in (head + inner for inner in (to_itself, number, pattern, huge)):
            reading = read(prefix + base45.encode(message), trust(), NOON)
            assert (reading.steps[-1].name, reading.reasons) == ("cose", (Reason.CODE_DAMAGED,))
