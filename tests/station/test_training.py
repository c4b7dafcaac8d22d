"""Training: everything as at the gate, and nothing of it is real. Nothing is recorded, told, opened, lit or said."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.forms import Door, ReturneeForm, VisitorForm
from gate.passage import Ground, Happening, What
from gate.policy import Direction, GateRule
from gate.reason import Outcome
from gate.staff import Staff
from gate.wire import Crossing, Crossings
from station.drill import LONGEST_SECONDS
from station.inbox import SnapshotCame
from station.prompts import Prompt
from station.taps import (
    ArriveNamed,
    ArriveWithoutCode,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    Dismiss,
    FillForm,
    ReadAloud,
    SetClock,
    Settle,
    SignOff,
    SignOn,
    TapRefused,
    Train,
    TypeTemperature,
)
from station.view import Screen
from station.visit import Lamp
from tests.station.guards_on_staff import staffed
from tests.station.lane_of_tests import NOON, TestLane, pass_of, snapshot

FIRE_PIN, THIRD_PIN = 12, 13
BUZZER = 23
OUTPUTS = (17, 27, 22, BUZZER, 24)


@pytest.fixture
def lane(tmp_path: Path):
    lane = TestLane(tmp_path, staffed(), panel={"fire_notice_pin": FIRE_PIN, "third_button_pin": THIRD_PIN})
    yield lane
    lane.close()


def whats(lane: TestLane) -> list[What | str]:
    return [each.what if isinstance(each, Happening) else type(each).__name__ for each in lane.records()]


BEGAN_AND_ENDED = [What.TRAINING_BEGAN, What.TRAINING_ENDED]


class TestInTraining:
    def test_nothing_is_recorded_told_opened_lit_or_said(self, lane):
        """A whole hour's work: admitted, referred and let through after all, and sent back."""
        lane.tap(Train(True))
        digests, said = len(lane.digests), len(lane.voice.said)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        seen = {(lane.view.verdict.outcome, lane.open, tuple(lane.lamps))}
        lane.show(b"poster")
        lane.forehead(None)
        lane.forehead(36.5)
        lane.show(b"poster")
        lane.wait(13.0)
        refer = lane.view.verdict
        lane.tap(Settle(refer.sequence, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        seen.add((lane.view.recent[0].settled, lane.open, tuple(lane.lamps)))
        lane.tap(Settle(refer.sequence, Outcome.REFUSE, Ground.SENT_BACK))
        lane.press(5)
        assert seen == {(Outcome.ADMIT, False, ())}
        assert refer.outcome is Outcome.REFER
        assert whats(lane) == [What.TRAINING_BEGAN]
        assert [type(record) for _, _, record in lane.told] == [Happening]
        assert all(not digest.crossings for digest in lane.digests[digests:])
        assert set(lane.voice.said[said:]) == {Prompt.TRAINING}

    def test_a_resident_can_be_rehearsed_and_come_again_for_real(self, lane):
        """What was shown in training never crossed: the real visit afterwards is the first one."""
        lane.post(SnapshotCame(snapshot(same_way_hours=16)))
        lane.tap(Train(True))
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.tap(Train(False))
        lane.wait(2.0)
        for _ in range(3):
            lane.show()
        lane.forehead(None)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert (lane.view.verdict.outcome, lane.open) == (Outcome.ADMIT, True)

    @pytest.mark.parametrize("ends_by", ["tap", "time"])
    def test_nothing_is_announced(self, lane, ends_by):
        """Also where the office sends new announcements meanwhile; afterwards they are said as ever."""
        lane.tap(Train(True))
        lane.post(SnapshotCame(snapshot()))
        assert lane.voice.hushed
        if ends_by == "tap":
            lane.tap(Train(False))
        else:
            lane.wait(LONGEST_SECONDS)
        assert not lane.voice.hushed

    def test_the_screen_says_so_all_the_time(self, lane):
        assert not lane.view.training
        lane.tap(Train(True))
        assert (lane.view.training, lane.view.recent, lane.view.screen) == (True, (), Screen.READY)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert lane.view.training

    def test_the_buttons_neither_sound_nor_tell_what_was_said_for_real(self, lane):
        """The third one asks for attention at a gate; here it says the one word."""
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.wait(4.0)
        lane.tap(Train(True))
        lane.tap(ReadAloud())
        assert (lane.voice.said[-2:], lane.voice.repeats) == ([Prompt.TRAINING] * 2, 0)
        lane.press(THIRD_PIN)
        assert (lane.voice.repeats, lane.factory.pin(BUZZER).state) == (0, 0)

    def test_what_changes_the_gate_itself_is_refused(self, lane):
        """Duty and clock are real; whoever means them ends the training first."""
        lane.tap(SignOn("271828"))
        lane.tap(Train(True))
        for tap in (SignOff(), SignOn("314159"), SetClock(NOON)):
            with pytest.raises(TapRefused, match="End the training first"):
                lane.tap(tap)
        with pytest.raises(TapRefused, match="on already"):
            lane.tap(Train(True))
        assert lane.view.duty.id == "zhang"

    def test_a_badge_signs_nobody_on(self, lane):
        lane.tap(Train(True))
        lane.show(pass_of("d", staff=True))
        assert (lane.view.duty, whats(lane)) == (None, [What.TRAINING_BEGAN])
        assert lane.view.warnings["duty"].en == "End the training first"

    def test_other_gates_are_heard_and_new_rules_taken(self, lane):
        """The world goes on; what it said meanwhile holds afterwards."""
        lane.tap(Train(True))
        crossed = Crossing("a" * 16, Direction.IN, NOON, 1, 1)
        lane.hears(Crossings(1, "east", "e" * 16, 0, 1, NOON, (crossed,)))
        lane.post(SnapshotCame(replace(snapshot(same_way_hours=16), staff=Staff())))
        lane.tap(Train(False))
        lane.forehead(None)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert lane.view.verdict.earlier.gate == "east"


LETTERS = st.sampled_from("abd")
FIGURES = st.sampled_from([None, 33.0, 36.5, 38.4])
RANDOM_TAPS = st.sampled_from(
    [
        ArriveNamed(("a" * 16, "b" * 16)),
        ArriveWithoutCode(),
        BeginRest(1),
        BeginRetest(1),
        ChooseDirection(Direction.OUT),
        Dismiss(),
        FillForm(VisitorForm(Door("3")), admit=True),
        FillForm(ReturneeForm("ruili"), person="b" * 16),
        ReadAloud(),
        Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON),
        Settle(1, Outcome.ADMIT, Ground.MEASURED_AGAIN),
        Settle(2, Outcome.REFUSE, Ground.SENT_BACK),
        SignOff("note"),
        SetClock(NOON + timedelta(hours=1)),
        TypeTemperature(36.6, "wrist"),
        TypeTemperature(38.6),
    ]
)
DEEDS = st.one_of(
    st.tuples(st.just("show"), LETTERS),
    st.tuples(st.just("feel"), FIGURES),
    st.tuples(st.just("tap"), RANDOM_TAPS),
    st.tuples(st.just("press"), st.sampled_from([5, 6, THIRD_PIN])),
    st.tuples(st.just("wait"), st.sampled_from([0.05, 4.0, 13.0])),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(DEEDS, min_size=5, max_size=25))
def test_whatever_is_done_in_training_nothing_of_it_is_real(deeds):
    """No record but that it began, nobody told, no relay, no lamp, no tone, no word but one."""
    with TemporaryDirectory() as folder:
        lane = TestLane(
            Path(folder),
            staffed(),
            panel={"fire_notice_pin": FIRE_PIN, "third_button_pin": THIRD_PIN},
        )
        lane.tap(Train(True))
        digests, said = len(lane.digests), len(lane.voice.said)
        for deed, what in deeds:
            if deed == "show":
                lane.show(pass_of(what, staff=what == "d"))
            elif deed == "feel":
                lane.forehead(what)
            elif deed == "press":
                lane.press(what)
            elif deed == "wait":
                lane.wait(what)
            else:
                with suppress(TapRefused):
                    lane.tap(what)
            assert not any(lane.factory.pin(pin).state for pin in OUTPUTS)
        assert whats(lane) == [What.TRAINING_BEGAN]
        assert [type(record) for _, _, record in lane.told] == [Happening]
        assert all(not digest.crossings for digest in lane.digests[digests:])
        assert set(lane.voice.said[said:]) <= {Prompt.TRAINING}
        assert lane.voice.repeats == 0
        assert lane.view.training
        lane.close()


class TestLeavingIt:
    def test_brings_back_the_gates_own_lane(self, lane):
        """Direction, recent passages and all; none of the training's."""
        lane.forehead(36.5)
        lane.show(b"poster")
        lane.tap(Dismiss())
        lane.tap(ChooseDirection(Direction.OUT))
        before = lane.view
        lane.tap(Train(True))
        lane.tap(ChooseDirection(Direction.IN))
        lane.tap(ArriveWithoutCode())
        lane.wait(13.0)
        assert len(lane.view.recent) == 1
        lane.tap(Train(False))
        after = lane.view
        assert (after.direction, after.recent, after.screen) == (before.direction, before.recent, Screen.READY)
        assert whats(lane)[1:] == BEGAN_AND_ENDED

    def test_is_no_visit_of_whoever_still_stands_there(self, lane):
        """The pass that the trainee holds before the camera is not admitted the moment that training ends."""
        lane.tap(Train(True))
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.tap(Train(False))
        for _ in range(4):
            lane.forehead(36.5)
            lane.show(pass_of("a"))
            lane.wait(1.0)
        assert (lane.open, whats(lane)) == (False, BEGAN_AND_ENDED)

    def test_happens_by_itself_after_half_an_hour(self, lane):
        lane.tap(Train(True))
        lane.wait(LONGEST_SECONDS - 1)
        assert lane.view.training
        lane.wait(1.0)
        assert (lane.view.training, whats(lane)) == (False, BEGAN_AND_ENDED)

    def test_needs_a_training(self, lane):
        with pytest.raises(TapRefused, match="No training"):
            lane.tap(Train(False))
        assert lane.records() == []

    def test_happens_at_once_when_the_fire_alarm_rings(self, lane):
        lane.tap(Train(True))
        lane.factory.pin(FIRE_PIN).drive_low()
        lane.wait()
        lane.wait(0.2)
        assert (lane.view.training, lane.view.fire) == (False, True)
        assert whats(lane) == [*BEGAN_AND_ENDED, What.FIRE]
        assert lane.voice.said[-1] is Prompt.FIRE


def test_ends_at_once_when_the_box_is_opened(tmp_path):
    lane = TestLane(tmp_path, panel={"tamper_pin": 16})
    lane.factory.pin(16).drive_low()
    lane.wait()
    lane.tap(Train(True))
    lane.factory.pin(16).drive_high()
    lane.wait()
    lane.wait(0.2)
    assert not lane.view.training
    assert whats(lane) == [*BEGAN_AND_ENDED, What.TAMPERED]
    lane.close()


def test_does_not_begin_over_a_passage_that_waits_for_the_guard(lane):
    lane.forehead(36.5)
    lane.show(b"poster")
    with pytest.raises(TapRefused, match="Deal with what is on the screen"):
        lane.tap(Train(True))
    lane.tap(Dismiss())
    lane.tap(Train(True))
    assert lane.view.training


def test_of_a_guard_on_duty_needs_no_second_sign_on(tmp_path):
    """Where nobody decides without signing on, whoever has signed on decides in training, too."""
    lane = TestLane(tmp_path, staffed(sign_on=True, measure_on=frozenset()))
    lane.tap(SignOn("271828"))
    lane.tap(Train(True))
    lane.show(b"poster")
    lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
    assert lane.view.recent[0].settled is Outcome.ADMIT
    lane.close()


def test_leaves_the_lamp_of_a_closed_gate_lit_afterwards(tmp_path):
    lane = TestLane(tmp_path, snapshot(gates={"west": GateRule(open=False)}))
    lane.wait()
    assert lane.lamps == [Lamp.RED]
    lane.tap(Train(True))
    lane.wait()
    assert lane.lamps == []
    lane.tap(Train(False))
    lane.wait()
    assert lane.lamps == [Lamp.RED]
    lane.close()


def test_does_not_begin_in_a_fire(lane):
    lane.factory.pin(FIRE_PIN).drive_low()
    lane.wait()
    lane.wait(0.2)
    with pytest.raises(TapRefused):
        lane.tap(Train(True))
    assert whats(lane) == [What.FIRE]


def test_begins_with_dark_lamps(lane):
    """Whatever lamp the last passage left is not the trainee's."""
    lane.tap(Train(True))
    assert lane.lamps == []
