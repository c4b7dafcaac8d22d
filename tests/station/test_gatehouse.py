"""The gate's own matters: fire, tampering, a barrier that sticks, its clock, and the passes it makes, each a record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gate.clock import ClockState
from gate.credential import read
from gate.formats.gate_pass import LONGEST_BUILDING
from gate.forms import Door, VisitorForm, decode_form
from gate.passage import Caller, Happening, MadePass, What
from gate.sealing import open_sealed
from gate.trust import index
from gate.wording import Words
from station.inbox import Warned
from station.snapshot import Snapshot
from station.taps import ActivateCard, ArriveWithoutCode, ReadAloud, SetClock, TapRefused
from station.timekeeper import CONTRADICTED_BY
from station.view import Barrier, MadeCode
from tests.station.lane_of_tests import CERTIFICATE, FORM_SECRET, NOON, TestLane, pass_of, snapshot

FIRE_PIN, TAMPER_PIN, SENSOR_PIN = 12, 13, 16
WIRED = {"fire_notice_pin": FIRE_PIN, "tamper_pin": TAMPER_PIN, "barrier_sensor_pin": SENSOR_PIN}


@pytest.fixture
def lane(tmp_path: Path):
    lane = TestLane(tmp_path, panel=WIRED)
    join(lane, TAMPER_PIN, True)
    yield lane
    lane.close()


def join(lane: TestLane, pin: int, joined: bool) -> None:
    """A contact to ground closes or opens, for good."""
    device = lane.factory.pin(pin)
    device.drive_low() if joined else device.drive_high()
    for _ in range(3):
        lane.wait(0.1)


def after_a_power_cut(lane: TestLane, *joined: int) -> TestLane:
    """The same lane on the same disk; its box is shut, and these contacts are joined."""
    lane.close()
    again = TestLane(lane.path.parent, panel=WIRED)
    again.seconds += 60.0
    for pin in (TAMPER_PIN, *joined):
        again.factory.pin(pin).drive_low()
    again.wait()
    return again


def whats(lane: TestLane) -> list[What]:
    return [each.what for each in lane.records_of(Happening)]


class TestWhatBefallsIt:
    def test_a_fire_is_on_the_screen_and_in_the_journal_until_it_is_over(self, lane):
        join(lane, FIRE_PIN, True)
        assert (lane.view.fire, whats(lane)) == (True, [What.FIRE])
        assert "fire" in lane.view.health.faults
        join(lane, FIRE_PIN, False)
        assert (lane.view.fire, whats(lane)) == (False, [What.FIRE, What.FIRE_OVER])
        assert "fire" not in lane.view.health.faults

    def test_a_box_that_is_opened_is_recorded(self, lane):
        join(lane, TAMPER_PIN, False)
        join(lane, TAMPER_PIN, True)
        assert whats(lane) == [What.TAMPERED, What.TAMPER_OVER]

    def test_a_barrier_that_sticks_and_moves_again_is_recorded(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.wait(0.1)
        assert lane.view.barrier is Barrier.OPENING
        lane.wait(6.0)
        assert (lane.view.barrier, whats(lane)) == (Barrier.STUCK, [What.BARRIER_STUCK])
        join(lane, SENSOR_PIN, True)
        assert whats(lane) == [What.BARRIER_STUCK, What.BARRIER_MENDED]

    def test_a_barrier_that_works_leaves_no_record(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        join(lane, SENSOR_PIN, True)
        lane.wait(3.0)
        join(lane, SENSOR_PIN, False)
        assert (lane.view.barrier, whats(lane)) == (Barrier.CLOSED, [])

    def test_a_barrier_that_is_forced_is_recorded(self, lane):
        join(lane, SENSOR_PIN, True)
        assert whats(lane) == [What.BARRIER_FORCED]

    @pytest.mark.parametrize(
        ("pin", "joined", "after"),
        [
            (FIRE_PIN, True, [What.FIRE, What.FIRE_OVER]),
            (TAMPER_PIN, False, [What.TAMPERED, What.TAMPER_OVER]),
            (SENSOR_PIN, True, [What.BARRIER_FORCED, What.BARRIER_MENDED]),
        ],
        ids=["fire", "box", "barrier"],
    )
    def test_what_ends_while_the_station_is_off_is_written_down_as_it_comes_back(self, lane, pin, joined, after):
        """Else the office would look for ever at an alarm that was over with the power cut."""
        join(lane, pin, joined)
        again = after_a_power_cut(lane)
        again.wait(1.0)
        assert whats(again) == after
        again.close()

    def test_a_fire_that_still_burns_as_the_station_comes_back_is_not_over(self, lane):
        join(lane, FIRE_PIN, True)
        again = after_a_power_cut(lane, FIRE_PIN)
        assert (again.view.fire, What.FIRE_OVER in whats(again)) == (True, False)
        again.close()

    def test_a_barrier_that_stuck_before_a_power_cut_is_mended_once_it_has_moved(self, lane):
        """A boom that would not rise lies there like one that would."""
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.wait(0.1)
        lane.wait(6.0)
        again = after_a_power_cut(lane)
        assert whats(again) == [What.BARRIER_STUCK]
        again.forehead(36.5)
        again.show(pass_of("b"))
        join(again, SENSOR_PIN, True)
        assert whats(again) == [What.BARRIER_STUCK, What.BARRIER_MENDED]
        again.close()

    def test_a_fire_with_a_broken_disk_is_written_down_once_it_can_be(self, lane):
        """The alarm shows at once; its record follows, by the time of the fire."""
        lane.break_disk()
        join(lane, FIRE_PIN, True)
        at = lane.wall()
        assert lane.view.fire
        lane.mend_disk()
        lane.wait(3.0)
        (record,) = lane.records()
        assert record.what is What.FIRE
        assert record.stamp.at <= at < lane.wall()


class TestItsClock:
    @pytest.fixture
    def lane(self, tmp_path):
        """A Pi after a power cut without a network: nothing but the floor is known."""
        lane = TestLane(tmp_path)
        lane.synchronised = False
        lane.timekeeper._sync = None
        lane.wait(1.0)
        yield lane
        lane.close()

    def test_set_by_the_guard_is_believed_as_a_held_one_and_recorded(self, lane):
        """Rule 7: until the guard sets the time, everybody is referred; afterwards residents are admitted."""
        assert lane.view.health.clock is ClockState.FLOOR
        told = NOON + timedelta(hours=5)
        lane.tap(SetClock(told))
        assert (lane.view.health.clock, lane.view.now) == (ClockState.HELD, told)
        (record,) = lane.records()
        assert (record.what, record.stamp.at, record.stamp.clock) == (What.CLOCK_SET, told, ClockState.HELD)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert lane.open

    def test_goes_on_from_there(self, lane):
        lane.tap(SetClock(NOON + timedelta(hours=5)))
        lane.wait(60.0)
        assert lane.view.now == NOON + timedelta(hours=5, seconds=60)

    def test_can_be_set_again_by_a_guard_who_mistook_the_day(self, lane):
        lane.tap(SetClock(NOON + timedelta(days=1)))
        lane.tap(SetClock(NOON + timedelta(hours=5)))
        assert lane.view.now == NOON + timedelta(hours=5)
        assert whats(lane) == [What.CLOCK_SET, What.CLOCK_SET]

    def test_is_never_set_before_what_is_certainly_past(self, lane):
        """The hub signed its rules at noon: no earlier time can be true, and an expired pass stays expired."""
        with pytest.raises(TapRefused) as refused:
            lane.tap(SetClock(NOON - timedelta(minutes=1)))
        assert refused.value.en == "The time cannot lie before 2026-03-01 12:00: check the date"
        assert (lane.view.health.clock, lane.records()) == (ClockState.FLOOR, [])

    def test_raises_no_floor(self, lane):
        """A guard's slip into next year leaves no trace once it is put right, or the network is back."""
        lane.tap(SetClock(NOON + 9 * CONTRADICTED_BY))
        assert lane.timekeeper.floor == NOON
        lane.synchronised = True
        lane.wait(1.0)
        assert (lane.view.health.clock, lane.view.now) == (ClockState.SYNCED, lane.wall())

    def test_that_is_right_is_not_for_the_guard_to_set(self, lane):
        lane.synchronised = True
        with pytest.raises(TapRefused, match="right already"):
            lane.tap(SetClock(NOON + timedelta(hours=5)))
        lane.wait(1.0)
        lane.synchronised = False
        with pytest.raises(TapRefused, match="right already"):
            lane.tap(SetClock(NOON + timedelta(hours=5)))
        assert lane.records() == []

    def test_set_by_a_guard_outlives_a_restart_and_no_power_cut(self, lane, tmp_path):
        """Within one run of the machine its own counter goes on; how long it was off, nobody knows."""
        lane.tap(SetClock(NOON + timedelta(hours=5)))
        lane.close()
        again = TestLane(tmp_path, synchronised=False)
        assert again.view.health.clock is ClockState.HELD
        again.close()
        rebooted = TestLane(tmp_path, synchronised=False, boot="b" * 16)
        assert rebooted.view.health.clock is ClockState.FLOOR
        rebooted.close()


VISITOR = VisitorForm(Door("3", "1", "502"), name="赵六")


def certified() -> Snapshot:
    held = snapshot()
    trust = index("yuyuan", (), form_key=held.trust.form_key, gates=[CERTIFICATE])
    return replace(held, trust=trust)


class TestItsPasses:
    @pytest.fixture
    def lane(self, tmp_path):
        lane = TestLane(tmp_path, certified())
        yield lane
        lane.close()

    def make(self, lane: TestLane, person: str | None, form: VisitorForm | None = None, hours: int = 12) -> MadeCode:
        """As the kiosk does, from another thread."""
        with ThreadPoolExecutor(1) as finger:
            made = finger.submit(lane.kiosk.make_pass, person, form, hours)
            while not made.done():
                lane.loop.turn(0.02)
            return made.result()

    def test_of_a_resident_is_believed_at_the_gates_and_on_record_before_it_is_shown(self, lane):
        made = self.make(lane, "a" * 16)
        (record,) = lane.records()
        assert isinstance(record, MadePass)
        assert (record.person, record.number, record.caller, record.form) == ("a" * 16, 1, Caller.RESIDENT, None)
        assert made.expires_at == record.expires_at == NOON + timedelta(hours=12)
        assert made.person.masked_name == "王*明"
        credential = read(made.code.encode(), certified().trust, lane.timekeeper.read().moment).credential
        assert (credential.person, credential.serial) == ("a" * 16, record.serial)
        assert lane.told[-1][2] == record

    def test_of_a_visitor_carries_his_form_for_the_hub_alone(self, lane):
        made = self.make(lane, None, VISITOR)
        (record,) = lane.records()
        assert (record.person, record.caller, made.person) == (None, Caller.VISITOR, None)
        assert decode_form(open_sealed(record.form, "yuyuan", FORM_SECRET)) == VISITOR
        assert "赵六".encode() not in lane.path.read_bytes()

    @pytest.mark.parametrize("form", [None, VisitorForm(Door("")), VisitorForm(Door("楼" * (LONGEST_BUILDING + 1)))])
    def test_of_a_visitor_names_his_building_whole_or_is_not_made(self, lane, form):
        """Without it, or cut short, no gate could hold him to that building's zone, and his pass would open."""
        with pytest.raises(TapRefused, match="which building"):
            self.make(lane, None, form)
        with pytest.raises(TapRefused, match=r"which building|No longer"):
            lane.tap(ActivateCard(None, form))
        assert lane.records() == []

    @pytest.mark.parametrize("building", ["阳光花园三期东区十二号楼甲", "楼" * LONGEST_BUILDING])
    def test_of_a_visitor_to_a_building_with_a_long_name_says_all_of_it(self, lane, building):
        made = self.make(lane, None, VisitorForm(Door(building)))
        reading = read(made.code.encode(), certified().trust, lane.timekeeper.read().moment)
        assert reading.credential.claims["building"] == building

    def test_lives_no_longer_than_the_certificate_allows(self, lane):
        assert self.make(lane, "a" * 16, hours=100).expires_at == NOON + timedelta(hours=24)

    def test_ends_with_the_number_that_the_office_allowed(self, lane):
        self.make(lane, "a" * 16)
        self.make(lane, "b" * 16)
        with pytest.raises(TapRefused, match="made all its passes"):
            self.make(lane, "a" * 16)
        assert len(lane.records()) == 2

    def test_of_somebody_who_left_the_roster_is_not_made(self, lane):
        with pytest.raises(TapRefused, match="No longer on this gate's list"):
            self.make(lane, "f" * 16)

    def test_is_given_to_nobody_before_it_is_on_the_disk(self, lane):
        lane.break_disk()
        with pytest.raises(TapRefused, match="disk refuses"):
            self.make(lane, "a" * 16)
        assert lane.told == []

    def test_can_be_made_only_where_the_office_allowed_it(self, lane, tmp_path):
        assert lane.view.can_make_passes
        other = TestLane(tmp_path / "other")
        assert not other.view.can_make_passes
        with pytest.raises(TapRefused, match="not let this gate"):
            self.make(other, "a" * 16)
        other.close()


def test_the_last_words_are_said_again_when_the_guard_asks(lane):
    lane.tap(ReadAloud())
    assert lane.voice.repeats == 1


def test_what_a_part_doubts_is_shown_and_ends(lane):
    """A thermometer that drifts is no fault, and is not believed in silence either."""
    lane.post(Warned("thermometer", Words("示值偏低", "Reads low")))
    assert lane.view.warnings["thermometer"].en == "Reads low"
    assert lane.view.health.faults == {}
    lane.tap(ArriveWithoutCode())
    lane.post(Warned("thermometer", None))
    assert lane.view.warnings == {}
