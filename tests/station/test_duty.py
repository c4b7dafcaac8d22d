"""Who is on duty: signs on with a PIN or a badge, hands over with a note, and every record says who it was."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.forms import HandOver, decode_form
from gate.passage import Amendment, Ground, Happening, Passage, What
from gate.reason import Outcome
from gate.sealing import open_sealed
from gate.staff import Staff
from station.duty import FIRST_PAUSE_SECONDS, FREE_GUESSES, LONGEST_PAUSE_SECONDS, PinCheck
from station.inbox import SnapshotCame
from station.taps import ArriveWithoutCode, Dismiss, Settle, SignOff, SignOn, TapRefused
from tests.station.guards_on_staff import LIU, STAFF, ZHANG, staffed
from tests.station.lane_of_tests import FORM_SECRET, TestLane, pass_of, snapshot


@pytest.fixture
def lane(tmp_path: Path):
    lane = TestLane(tmp_path, staffed())
    yield lane
    lane.close()


def happenings(lane: TestLane) -> list[tuple[What, str | None]]:
    return [(each.what, each.guard) for each in lane.records_of(Happening)]


class TestSigningOn:
    def test_by_pin_shows_who_is_on_duty_and_is_recorded(self, lane):
        lane.tap(SignOn("271828"))
        duty = lane.view.duty
        assert (duty.id, duty.name, duty.since, duty.note) == ("zhang", "张师傅", lane.wall(), "")
        assert happenings(lane) == [(What.SIGNED_ON, "zhang")]

    def test_puts_the_guard_on_every_passage_and_amendment(self, lane):
        lane.tap(ArriveWithoutCode())
        lane.forehead(36.5)
        lane.tap(Dismiss())
        lane.tap(SignOn("314159"))
        lane.forehead(None)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        guards = [each.guard for each in lane.records() if isinstance(each, Passage | Amendment)]
        assert guards == [None, "liu", "liu"]

    def test_with_a_wrong_pin_is_refused_and_leaves_no_record(self, lane):
        with pytest.raises(TapRefused) as refused:
            lane.tap(SignOn("000000"))
        assert (refused.value.zh, refused.value.en) == ("密码不对", "Wrong PIN")
        assert (lane.view.duty, lane.records()) == (None, [])

    def test_needs_a_list_of_guards(self, tmp_path):
        lane = TestLane(tmp_path, snapshot())
        with pytest.raises(TapRefused, match="no list of guards"):
            lane.tap(SignOn("271828"))
        lane.close()

    def test_twice_says_that_he_is_on_duty(self, lane):
        lane.tap(SignOn("271828"))
        with pytest.raises(TapRefused, match="on duty already"):
            lane.tap(SignOn("271828"))
        assert len(lane.records()) == 1

    def test_signs_off_whoever_forgot_to(self, lane):
        """The journal never has two on duty at one gate."""
        lane.tap(SignOn("271828"))
        lane.tap(SignOn("314159"))
        assert happenings(lane) == [
            (What.SIGNED_ON, "zhang"),
            (What.SIGNED_OFF, "zhang"),
            (What.SIGNED_ON, "liu"),
        ]

    def test_outlives_a_restart_and_the_file_names_nobody(self, lane, tmp_path):
        """After a power cut nobody has to find his PIN; the card holds an id, for the station's user alone."""
        lane.tap(SignOn("271828"))
        since = lane.view.duty.since
        lane.close()
        again = TestLane(tmp_path, staffed())
        again.show(pass_of("a"))
        again.forehead(36.5)
        assert (again.view.duty.name, again.view.duty.since) == ("张师傅", since)
        assert again.records()[-1].guard == "zhang"
        again.close()
        file = tmp_path / "duty.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "张" not in file.read_text("utf-8")

    def test_holds_while_the_disk_refuses_and_is_written_down_later(self, lane):
        """A gate whose journal is broken needs its guard more than ever; the record keeps its own time."""
        lane.break_disk()
        lane.tap(SignOn("271828"))
        at = lane.wall()
        assert lane.view.duty.name == "张师傅"
        lane.mend_disk()
        lane.wait(2.0)
        (record,) = lane.records()
        assert (record.what, record.guard, record.stamp.at) == (What.SIGNED_ON, "zhang", at)
        assert lane.told[-1][2] == record


class TestTheOffice:
    def test_can_have_nobody_decide_without_signing_on(self, tmp_path):
        """Taps and buttons alike; whoever stands there is still recorded, and clearing the screen decides nothing."""
        lane = TestLane(tmp_path, staffed(sign_on=True))
        lane.tap(ArriveWithoutCode())
        lane.forehead(36.5)
        with pytest.raises(TapRefused, match="Sign on first"):
            lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        lane.press(5)
        assert (lane.open, len(lane.records())) == (False, 1)
        assert "buttons" in lane.view.warnings
        lane.tap(SignOn("271828"))
        lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        assert lane.open
        lane.close()

    def test_signs_off_whom_it_takes_off_the_list(self, lane):
        lane.tap(SignOn("271828"))
        lane.post(SnapshotCame(replace(snapshot(), staff=Staff((LIU,)))))
        assert lane.view.duty is None
        assert happenings(lane)[-1] == (What.SIGNED_OFF, "zhang")
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert lane.records()[-1].guard is None

    def test_says_nothing_of_guards_and_nobody_is_signed_off(self, lane):
        """A hub of before knows no guards; that is no word against them."""
        lane.tap(SignOn("271828"))
        lane.post(SnapshotCame(snapshot()))
        assert lane.view.duty.id == "zhang"


class TestABadge:
    def test_signs_on_and_is_no_passage(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("d", staff=True))
        assert (lane.view.duty.name, lane.open) == ("张师傅", False)
        assert happenings(lane) == [(What.SIGNED_ON, "zhang")]
        assert lane.view.warnings["duty"].zh == "张师傅已上岗"
        lane.wait(7.0)
        assert "duty" not in lane.view.warnings

    def test_left_in_view_signs_on_once(self, lane):
        """The guard hands over beside his badge, and is not on duty again at once."""
        lane.show(pass_of("d", staff=True))
        lane.tap(SignOff())
        for _ in range(5):
            lane.wait(0.5)
            lane.show(pass_of("d", staff=True))
        assert lane.view.duty is None
        lane.show()
        lane.wait(4.0)
        lane.show(pass_of("d", staff=True))
        assert lane.view.duty.id == "zhang"

    def test_beside_a_pass_leaves_the_pass_alone(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("d", staff=True), pass_of("a"))
        assert lane.open
        assert lane.records()[-1].guard == "zhang"

    def test_of_nobody_on_the_list_is_a_pass_like_any_other(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("e", staff=True))
        assert lane.view.duty is None
        assert isinstance(lane.records()[0], Passage)

    def test_that_was_revoked_signs_nobody_on(self, lane):
        lane.post(SnapshotCame(replace(snapshot(revoked=("d" * 16,)), staff=STAFF)))
        lane.forehead(36.5)
        lane.show(pass_of("d", staff=True))
        assert lane.view.duty is None


class TestHandingOver:
    def test_leaves_a_note_to_the_next_one_and_sealed_to_the_office(self, lane):
        """On this screen in clear, in the journal for the hub alone, and in no file."""
        lane.tap(SignOn("271828"))
        lane.tap(SignOff("3号楼有人等药"))
        assert lane.view.duty is None
        lane.tap(SignOn("314159"))
        assert (lane.view.duty.name, lane.view.duty.note) == ("刘师傅", "3号楼有人等药")
        sealed = next(each.note for each in lane.records_of(Happening) if each.note)
        assert decode_form(open_sealed(sealed, "yuyuan", FORM_SECRET)) == HandOver("3号楼有人等药")
        files = [each for each in lane.path.parent.iterdir() if each.is_file()]
        assert all("等药".encode() not in each.read_bytes() for each in files)

    def test_without_a_note_leaves_none_behind(self, lane):
        for pin, note in (("271828", "一"), ("314159", "")):
            lane.tap(SignOn(pin))
            lane.tap(SignOff(note))
        lane.tap(SignOn("271828"))
        assert lane.view.duty.note == ""

    def test_without_the_hubs_key_refuses_a_note_and_not_the_hand_over(self, tmp_path):
        held = staffed()
        lane = TestLane(tmp_path, replace(held, trust=replace(held.trust, form_key=b"")))
        lane.tap(SignOn("271828"))
        with pytest.raises(TapRefused, match="No key from the office"):
            lane.tap(SignOff("note"))
        assert lane.view.duty.id == "zhang"
        lane.tap(SignOff())
        assert lane.view.duty is None
        lane.close()

    def test_needs_somebody_on_duty(self, lane):
        with pytest.raises(TapRefused, match="Nobody is on duty"):
            lane.tap(SignOff())


class TestGuessing:
    """A PIN has a million values; a gate gives no time to try them."""

    def test_ends_after_five_wrong_ones_and_each_further_one_costs_more(self):
        clock = [0.0]
        pins = PinCheck(lambda: clock[0])

        def guess(pin: str) -> str:
            try:
                return pins.guard_of(pin, STAFF).id
            except TapRefused as refused:
                return refused.en

        assert [guess("000000") for _ in range(FREE_GUESSES)] == ["Wrong PIN"] * FREE_GUESSES
        assert guess("271828") == "Too many wrong PINs: wait 30 s, or show a badge"
        clock[0] += FIRST_PAUSE_SECONDS
        assert guess("000000") == "Wrong PIN"
        clock[0] += 2 * FIRST_PAUSE_SECONDS - 1
        assert guess("271828").startswith("Too many")
        clock[0] += LONGEST_PAUSE_SECONDS
        assert guess("271828") == "zhang"
        assert guess("000000") == "Wrong PIN"
        assert guess("271828") == "zhang"

    def test_is_for_one_finger_at_a_time(self):
        """A check takes its time on purpose; taps that pile up behind it would keep a thread each."""
        begun, goes_on = threading.Event(), threading.Event()

        def seconds() -> float:
            begun.set()
            goes_on.wait(10.0)
            return 0.0

        pins = PinCheck(seconds)
        with ThreadPoolExecutor(1) as finger:
            first = finger.submit(pins.guard_of, "271828", STAFF)
            assert begun.wait(10.0)
            with pytest.raises(TapRefused, match="one moment"):
                pins.guard_of("271828", STAFF)
            goes_on.set()
            assert first.result() is ZHANG

    def test_is_never_stopped_for_longer_than_a_quarter_of_an_hour(self):
        clock = [0.0]
        pins = PinCheck(lambda: clock[0])
        alone = Staff((LIU,))
        for _ in range(FREE_GUESSES + 6):
            with pytest.raises(TapRefused, match="Wrong PIN"):
                pins.guard_of("000000", alone)
            clock[0] += LONGEST_PAUSE_SECONDS
        assert pins.guard_of("314159", alone) is LIU


def test_a_file_that_cannot_be_read_is_nobody_on_duty(tmp_path):
    (tmp_path / "duty.json").write_bytes(b"\x00 torn")
    lane = TestLane(tmp_path, staffed())
    assert lane.view.duty is None
    lane.tap(SignOn("271828"))
    assert lane.view.duty.id == "zhang"
    lane.close()


def test_a_badge_by_another_key_signs_nobody_on(lane):
    """A staff pass that nobody trusts is a forgery, whatever serial stands in it."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    lane.forehead(36.5)
    lane.show(pass_of("d", staff=True, key=other))
    assert lane.view.duty is None
    assert not lane.open
