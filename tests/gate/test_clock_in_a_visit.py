"""The clock changes between the reading of a code and the decision: no code out of its time is green."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import ClockEvidence, ClockState, Moment, judge
from gate.credential import read
from gate.decision import Decision, decide
from gate.evidence import Evidence
from gate.policy import Direction, Policy, Rules
from gate.reason import Outcome, Reason
from gate.roster import Resident
from tests.gate.makers import EXPIRES, ISSUED, NOON, a_pass, trust
from tests.gate.phone_makers import a_phone_code

RESIDENT = Resident("00112233aabbccdd", "ffeeddccbbaa0099", "王*明", "3")
POLICY = Policy("test", measure_on=frozenset())
PAPER, PHONE = a_pass(), a_phone_code()
BUILT = ISSUED - timedelta(days=30)
YEAR = timedelta(days=365)
WALLS = st.sampled_from(
    [
        datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 2, 7, 6, 28, tzinfo=UTC), NOON.utc, NOON.utc - YEAR,
        NOON.utc + YEAR, ISSUED - timedelta(seconds=1), EXPIRES - timedelta(seconds=1), EXPIRES,
    ]
)  # fmt: skip
EVIDENCE = st.builds(
    ClockEvidence,
    WALLS | st.datetimes(datetime(2026, 10, 1), datetime(2027, 6, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.booleans(),
    st.sampled_from([BUILT, NOON.utc, EXPIRES]),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=100)),
)


def decided(code: bytes, read_at: Moment, now: Moment) -> Decision:
    rules = Rules("east", POLICY, "1.1", now.utc)
    return decide(Evidence(Direction.IN, read(code, trust(), read_at), RESIDENT), rules, now)


def at(when: datetime, state: ClockState = ClockState.SYNCED) -> Moment:
    return Moment(when, state)


@given(EVIDENCE, EVIDENCE)
def test_a_pass_is_green_only_by_clocks_that_are_both_within_its_days(
    reading: ClockEvidence, deciding: ClockEvidence
) -> None:
    """Whatever the clock says when the code is read, and whatever it says when the visit is decided."""
    read_at, now = judge(reading), judge(deciding)
    if decided(PAPER, read_at, now).outcome is Outcome.ADMIT:
        for moment in (read_at, now):
            assert moment.believed
            assert ISSUED <= moment.utc + moment.drift < EXPIRES


@given(EVIDENCE | st.integers(-40, 70).map(lambda age: NOON.utc + timedelta(seconds=age)), st.integers(-400, 400))
def test_a_photograph_of_a_phone_is_not_green_for_longer_than_a_minute_and_a_visit(
    reading: ClockEvidence | datetime, seconds: int
) -> None:
    read_at = at(reading) if isinstance(reading, datetime) else judge(reading)
    if decided(PHONE, read_at, at(NOON.utc + timedelta(seconds=seconds))).outcome is Outcome.ADMIT:
        assert read_at.believed
        assert seconds <= 60 + POLICY.visit_seconds


@pytest.mark.parametrize("code", [PAPER, PHONE])
def test_a_code_within_its_time_is_green_by_a_clock_that_goes_on(code: bytes) -> None:
    """The guarantees above would hold at a gate that never opens."""
    assert decided(code, NOON, at(NOON.utc + timedelta(seconds=POLICY.visit_seconds))).reasons == ()


def test_a_pass_that_expires_while_its_temperature_is_waited_for_is_expired() -> None:
    second = timedelta(seconds=1)
    assert decided(PAPER, at(EXPIRES - second), at(EXPIRES)).reasons == (Reason.EXPIRED,)


def test_a_clock_that_is_set_after_the_code_was_read_came_too_late_for_it() -> None:
    """By a floor no code is early and hardly one is old; the guard has it read again."""
    old = a_phone_code(NOON.utc - timedelta(seconds=50))
    floor = at(NOON.utc - timedelta(days=9), ClockState.FLOOR)
    assert decided(old, floor, NOON).reasons == (Reason.CLOCK_NOT_BELIEVED,)
    assert Reason.CLOCK_NOT_BELIEVED.outcome is Outcome.REFER


def test_a_pass_from_after_the_clock_was_put_right_is_early() -> None:
    assert decided(PAPER, NOON, at(ISSUED - timedelta(days=1))).reasons == (Reason.NOT_YET_VALID,)


def test_a_screenshot_that_stays_before_the_camera_grows_old_there() -> None:
    """A code in view is read once; by the time somebody else's visit is over it may be worth nothing."""
    assert decided(PHONE, NOON, at(NOON.utc + timedelta(minutes=5))).reasons == (Reason.CODE_NOT_FRESH,)
