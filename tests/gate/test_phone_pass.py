"""The pass on a phone: a minute's worth of belief, for the phone that the office certified and for nobody else."""

from dataclasses import replace
from datetime import timedelta

import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.formats import base45, phone_pass
from gate.reason import Outcome, Reason
from tests.gate.makers import CREDENTIAL, NOON, a_pass, trust
from tests.gate.phone_makers import a_phone_code, certified, point, signer

AGES = st.integers(-400, 400)


def at(age: float, state: ClockState = ClockState.SYNCED, drift: float = 0) -> Moment:
    """The moment at which the code of NOON is so many seconds old."""
    return Moment(NOON.utc + timedelta(seconds=age), state, timedelta(seconds=drift))


def reasons(now: Moment) -> tuple[Reason, ...]:
    return read(a_phone_code(), trust(), now).reasons


def test_a_phones_code_passes_every_step_and_says_what_the_office_certified() -> None:
    """It differs from the paper pass of the same resident in its format and in the name of this one code."""
    reading = read(a_phone_code(), trust(), NOON)
    assert [step.name for step in reading.steps] == [name for name, _ in phone_pass.FORMAT.steps]
    named, until = phone_pass.fresh_id(CREDENTIAL.serial, NOON.utc), NOON.utc + timedelta(seconds=60)
    expected = replace(CREDENTIAL, format="GC1-PHONE", fresh_id=named, fresh_until=until)
    assert reading.credential == expected


def test_a_photograph_is_worth_a_minute() -> None:
    assert reasons(at(60)) == ()
    assert reasons(at(60.001)) == reasons(at(61)) == (Reason.CODE_NOT_FRESH,)


def test_what_is_cut_out_of_a_photograph_is_worth_nothing() -> None:
    """The certified pass can be read out of any code; shown alone it is refused even while it is fresh."""
    bare = b"GC1:" + base45.encode(certified())
    assert read(bare, trust(), NOON).reasons == (Reason.CODE_NOT_FRESH,)
    assert Reason.CODE_NOT_FRESH.outcome is Outcome.REFUSE


def test_a_phones_clock_may_be_half_a_minute_ahead() -> None:
    assert reasons(at(-30)) == ()
    assert reasons(at(-31)) == (Reason.CODE_NOT_FRESH,)


@given(AGES, st.integers(0, 200))
def test_the_doubt_of_a_held_clock_is_the_guards_matter_and_never_green(age: int, drift: int) -> None:
    """Green where the code is fresh by every clock that may be right, refused where by none, else the guard."""
    by_each = {-30 <= age + error <= 60 for error in range(-drift, drift + 1)}
    found = reasons(at(age, ClockState.HELD, drift))
    if by_each == {True}:
        assert found == ()
    elif by_each == {False}:
        assert found == (Reason.CODE_NOT_FRESH,)
    else:
        assert found == (Reason.CLOCK_NOT_BELIEVED,)
        assert found[0].outcome is Outcome.REFER


def test_under_a_clock_that_is_only_a_floor_an_old_code_stays_old() -> None:
    """Time only moves on; a code from after the floor is left to the decision, which refers under such a clock."""
    assert reasons(at(61, ClockState.FLOOR)) == (Reason.CODE_NOT_FRESH,)
    assert reasons(at(-9000, ClockState.FLOOR)) == ()


def test_a_code_is_known_again_however_often_it_was_signed() -> None:
    """ECDSA signs differently each time; what marks a replay is the pass and the second."""
    codes = [a_phone_code() for _ in range(3)]
    assert len(set(codes)) == 3
    assert len({_fresh_id(code) for code in codes}) == 1
    assert _fresh_id(a_phone_code(NOON.utc + timedelta(seconds=1))) != _fresh_id(codes[0])
    assert _fresh_id(a_phone_code(serial="b1b2b3b4b5b6b7b8")) != _fresh_id(codes[0])
    assert _fresh_id(a_pass()) is None


def _fresh_id(code: bytes) -> str | None:
    credential = read(code, trust(), NOON).credential
    assert credential is not None
    return credential.fresh_id


def test_a_phones_code_is_of_version_12_with_error_correction_m() -> None:
    """Large modules on the smallest phone; with the longest usual name of a compound no more than version 13."""
    code = a_phone_code().decode()
    assert segno.make(code, error="m", boost_error=False).designator == "12-M"
    longest = a_phone_code(compound="y" * 32).decode()
    assert segno.make(longest, error="m", boost_error=False).version <= 13


@settings(max_examples=300)
@given(st.binary(max_size=420))
def test_no_bytes_in_a_wrapper_make_the_reader_raise_or_believe(tail: bytes) -> None:
    opening = a_phone_code()[:10]
    for code in (opening + tail, b"GC1:" + base45.encode(b"\xd2\x84\x43\xa1\x01\x26\xa0" + tail)):
        reading = read(code, trust(), NOON)
        assert reading.format == "GC1-PHONE"
        assert not reading.accepted


@settings(max_examples=300)
@given(st.binary(max_size=250))
def test_no_pass_in_a_genuine_wrapper_makes_the_reader_raise_or_believe(inner: bytes) -> None:
    code = phone_pass.pack(inner, NOON.utc, signer()).encode()
    assert not read(code, trust(), NOON).accepted


def test_a_phones_key_is_33_bytes() -> None:
    assert len(point()) == 33
