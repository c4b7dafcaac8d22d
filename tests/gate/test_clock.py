"""How far the time is believed: never further than something stands behind it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gate.clock import GREATEST_HELD_DRIFT, ClockEvidence, ClockState, judge

BUILT = datetime(2026, 11, 1, tzinfo=UTC)
LATER = BUILT + timedelta(days=20)


def test_a_synchronised_clock_is_believed() -> None:
    assert judge(ClockEvidence(LATER, True, BUILT)).state is ClockState.SYNCED


def test_a_clock_behind_what_is_certainly_past_is_wrong_whoever_vouches_for_it() -> None:
    moment = judge(ClockEvidence(datetime(1970, 1, 1, tzinfo=UTC), True, BUILT, timedelta(0)))
    assert (moment.state, moment.utc, moment.believed) == (ClockState.FLOOR, BUILT, False)


def test_after_a_power_cut_without_a_clock_chip_there_is_only_a_floor() -> None:
    moment = judge(ClockEvidence(LATER, False, BUILT, since_sync=None))
    assert (moment.state, moment.utc) == (ClockState.FLOOR, BUILT)


def test_a_clock_held_since_its_last_sync_states_its_drift() -> None:
    moment = judge(ClockEvidence(LATER, False, BUILT, timedelta(days=7)))
    assert moment.state is ClockState.HELD
    assert timedelta(seconds=60) < moment.drift < timedelta(seconds=61)


def test_a_clock_held_for_too_long_is_no_longer_believed() -> None:
    assert not judge(ClockEvidence(LATER, False, BUILT, timedelta(days=200))).believed


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.booleans(),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_the_believed_now_is_never_before_the_floor(
    wall: datetime, synchronised: bool, floor: datetime, since_sync: timedelta | None
) -> None:
    moment = judge(ClockEvidence(wall, synchronised, floor, since_sync))
    assert moment.utc >= floor
    assert moment.drift <= GREATEST_HELD_DRIFT
    assert moment.believed == (moment.state is not ClockState.FLOOR)
