"""The clocks: synced, held within one boot, or only a floor; and nobody turns the time back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.clock import ClockState
from gate.passage import Passage, Stamp
from gate.policy import Direction
from gate.wire import encode_body
from station.timekeeper import (
    CONTRADICTED_BY,
    KEPT_LAGS_BY,
    MOST_AHEAD,
    SAVE_EVERY_SECONDS,
    Clocks,
    Timekeeper,
    kernel_is_synchronised,
    last_synced,
    system_clocks,
)

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


FAR = datetime(2106, 2, 7, tzinfo=UTC)


def _record(at: datetime, clock: ClockState = ClockState.SYNCED) -> tuple[int, bytes]:
    stamp = Stamp(at, clock, "a" * 16, 1.0)
    return 1, encode_body(Passage(stamp, "west", "1", Direction.IN))


class Machine:
    """A machine whose clocks the test sets."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock.json"
        self.wall, self.boot_seconds, self.synchronised, self.boot = NOON, 100.0, True, "a" * 16

    def start(self, recorded_at: datetime | None = None) -> Timekeeper:
        clocks = Clocks(lambda: self.wall, lambda: self.boot_seconds, lambda: self.synchronised, self.boot)
        return Timekeeper(self.path, clocks, BUILT, recorded_at)

    def later(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.boot_seconds += seconds

    def reboot(self, wall: datetime) -> None:
        self.wall, self.boot_seconds, self.synchronised, self.boot = wall, 1.0, False, "b" * 16


@pytest.fixture
def pi(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_synchronised_clock_is_believed(pi):
    """What a time server vouches for is the time, stamped with every clock."""
    stamp = pi.start().read().stamp
    assert (stamp.at, stamp.clock, stamp.boot, stamp.boot_seconds) == (NOON, ClockState.SYNCED, "a" * 16, 100.0)


def test_after_the_last_sync_the_boot_clock_counts_on(pi):
    """The network is gone: the time is held, with a stated drift, also over a restart of the program."""
    keeper = pi.start()
    keeper.read()
    keeper.save()
    pi.synchronised = False
    pi.later(3600)
    for running in (keeper, pi.start()):
        moment = running.read().moment
        assert (moment.utc, moment.state) == (NOON + timedelta(hours=1), ClockState.HELD)
        assert timedelta(0) < moment.drift < timedelta(seconds=1)


@pytest.mark.parametrize("jump", [timedelta(days=-30), timedelta(days=30)])
def test_nobody_sets_the_time_by_hand(pi, jump):
    """A wall clock that is set back or forward after the sync changes nothing: no expired pass becomes valid."""
    keeper = pi.start()
    keeper.read()
    pi.synchronised = False
    pi.later(60)
    pi.wall += jump
    assert keeper.read().moment.utc == NOON + timedelta(minutes=1)


def test_after_a_power_cut_only_the_floor_is_known(pi):
    """A Pi without a clock chip wakes up in the past: the time is at least that of the last sync, and not believed."""
    keeper = pi.start()
    keeper.read()
    keeper.save()
    pi.reboot(datetime(1970, 1, 1, tzinfo=UTC))
    moment = pi.start().read().moment
    assert (moment.utc, moment.state) == (NOON, ClockState.FLOOR)


def test_a_synchronised_clock_behind_the_floor_is_not_believed(pi):
    """A time server that says what is certainly past is wrong, whoever vouches for it."""
    keeper = pi.start()
    keeper.hear_signed(NOON + timedelta(days=1))
    assert keeper.read().moment.state is ClockState.FLOOR


def test_the_hub_may_correct_itself(pi):
    """A hub that signed with its clock in 2106 signs again: its newest edition counts."""
    keeper = pi.start()
    keeper.hear_signed(FAR)
    assert keeper.read().moment.state is ClockState.FLOOR
    keeper.hear_signed(NOON)
    assert (keeper.read().moment.utc, keeper.read().moment.state) == (NOON, ClockState.SYNCED)


def test_a_time_server_gone_mad_holds_the_gate_up_until_the_hub_speaks(pi):
    """One synced reading of 2106: nothing is green for it, it survives a restart, and the hub's next word ends it."""
    keeper = pi.start()
    keeper.hear_signed(NOON)
    pi.wall = FAR
    assert keeper.read().moment.utc == FAR
    pi.wall = NOON
    assert keeper.read().moment.state is ClockState.FLOOR
    keeper.save()
    keeper = pi.start()
    keeper.hear_signed(NOON)
    assert keeper.read().moment.state is ClockState.FLOOR
    assert keeper.read().moment.utc == NOON + MOST_AHEAD, "past that the rules are stale, and nobody is let in by them"
    keeper.hear_signed(NOON + timedelta(hours=1))
    pi.later(3600)
    assert keeper.read().moment.state is ClockState.SYNCED


def test_the_hubs_next_word_leaves_a_sound_floor_alone(pi):
    """Signed while this gate had no network, hours or a day ago: no reason to forget a time server's word."""
    keeper = pi.start()
    keeper.hear_signed(NOON - timedelta(days=3))
    keeper.read()
    keeper.hear_signed(NOON - CONTRADICTED_BY)
    assert keeper.floor == NOON


def test_the_journal_tells_the_time_where_the_file_is_lost(pi):
    """clock.json is gone after a power cut: the last synced record is certainly past."""
    pi.synchronised = False
    recorded = last_synced(
        [_record(NOON - timedelta(hours=2)), _record(NOON), _record(BUILT, ClockState.FLOOR), (9, b"?")]
    )
    assert recorded == NOON
    keeper = pi.start(recorded)
    keeper.hear_signed(NOON - timedelta(days=1))
    assert keeper.read().moment.utc == NOON
    assert last_synced([]) is None


def test_one_bad_record_does_not_poison_the_floor(pi):
    """A record of 2106 says no more than clock.json allows."""
    keeper = pi.start()
    keeper.read()
    keeper.save()
    keeper = pi.start(FAR)
    keeper.hear_signed(NOON)
    assert keeper.floor == NOON + KEPT_LAGS_BY


def test_a_new_machine_starts_from_its_image(pi):
    """Never synchronised: no earlier than the image was built, and not believed."""
    pi.reboot(datetime(1970, 1, 1, tzinfo=UTC))
    moment = pi.start().read().moment
    assert (moment.utc, moment.state) == (BUILT, ClockState.FLOOR)


def test_the_floor_is_written_down_seldom(pi):
    """An SD card is spared: at the start, then every ten minutes."""
    keeper = pi.start()
    written = []
    for _ in range(20):
        pi.path.unlink(missing_ok=True)
        keeper.read()
        keeper.save_in_time()
        written.append(pi.path.exists())
        pi.later(SAVE_EVERY_SECONDS / 10)
    assert [number for number, was in enumerate(written) if was] == [0, 10]


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b'{"synced": "yesterday"}'])
def test_a_damaged_clock_file_is_no_reason_to_stop(pi, content, caplog):
    """A power cut may leave rubbish: the floor starts from the image again, and the log says so."""
    pi.path.write_bytes(content)
    pi.synchronised = False
    assert pi.start().read().moment.utc == BUILT
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("far", ["9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_guards_slip_to_the_end_of_the_calendar_stops_no_gate(pi, far):
    """No clock can count on from there: it is refused, and the gate goes on, also after a restart of the same boot."""
    pi.synchronised = False
    keeper = pi.start()
    assert keeper.set_by_guard(datetime.fromisoformat(far), UTC) is not None
    pi.later(5)
    for running in (keeper, pi.start()):
        assert running.read().moment.state is ClockState.FLOOR


def test_this_machines_clocks_can_be_read():
    """The kernel answers, whatever it says; a rehearsal counts as synchronised."""
    assert kernel_is_synchronised() in (True, False)
    clocks = system_clocks(rehearsal=True)
    assert clocks.synchronised()
    assert clocks.boot_seconds() > 0
    assert len(bytes.fromhex(clocks.boot)) == 8
