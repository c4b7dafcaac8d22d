"""The text in which the registry keeps a time: of one width, in the order of time, and read back as it was."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.registry.instants import read, written

ZONES = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))
EARLIEST = datetime(1, 1, 2)  # noqa: DTZ001 - hypothesis wants bounds without a zone
LATEST = datetime(9999, 12, 30)  # noqa: DTZ001
INSTANTS = st.datetimes(EARLIEST, LATEST, timezones=ZONES)


@given(INSTANTS)
@example(datetime(2026, 11, 22, 4, 19, 22, tzinfo=UTC))
@example(datetime(2026, 11, 22, 4, 19, 22, 120_000, tzinfo=UTC))
def test_a_time_is_written_as_python_writes_it_in_utc_with_six_digits(instant: datetime) -> None:
    """Registries of older versions hold what isoformat wrote; both must sort and compare as one."""
    assert written(instant) == instant.astimezone(UTC).isoformat(timespec="microseconds")
    assert read(written(instant)) == instant


@given(INSTANTS, INSTANTS)
def test_the_order_of_the_texts_is_that_of_the_times(one: datetime, other: datetime) -> None:
    assert (written(one) < written(other)) == (one < other)


def test_a_time_that_utc_does_not_know_is_an_overflow() -> None:
    """As hub.incoming.ingest expects it of a gate whose clock is at the end of the calendar."""
    with pytest.raises(OverflowError):
        written(datetime.max.replace(tzinfo=timezone(timedelta(hours=-8))))
