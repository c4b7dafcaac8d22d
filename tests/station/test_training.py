"""Training: everything as at the gate, and nothing of it is real. Nothing is recorded, told, opened, lit or said."""

from dataclasses import replace
from pathlib import Path

import pytest

from gate.passage import Ground, Happening, What
from gate.policy import Direction
from gate.reason import Outcome
from gate.staff import Staff
from gate.wire import Crossing, Crossings
from station.drill import LONGEST_SECONDS
from station.inbox import CrossingsHeard, SnapshotCame
from station.prompts import Prompt
from station.taps import (
    ArriveWithoutCode,
    ChooseDirection,
    Dismiss,
    ReadAloud,
    SetClock,
    Settle,
    SignOff,
    SignOn,
    TapRefused,
    Train,
)
from station.view import Screen
from tests.station.lane_of_tests import NOON, TestLane, pass_of, snapshot
from tests.station.test_duty import STAFF

FIRE_PIN, THIRD_PIN = 12, 13
BUZZER = 23


@pytest.fixture
def lane(tmp_path: Path):
    lane = TestLane(
        tmp_path, replace(snapshot(), staff=STAFF), panel={"fire_notice_pin": FIRE_PIN, "third_button_pin": THIRD_PIN}
    )
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
        lane.post(CrossingsHeard("east-1", Crossings(1, "east", "e" * 16, 0, 1, NOON, (crossed,))))
        lane.post(SnapshotCame(replace(snapshot(same_way_hours=16), staff=Staff())))
        lane.tap(Train(False))
        lane.forehead(None)
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        assert lane.view.verdict.earlier.gate == "east"


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


def test_does_not_begin_over_a_passage_that_waits_for_the_guard(lane):
    lane.forehead(36.5)
    lane.show(b"poster")
    with pytest.raises(TapRefused, match="Deal with what is on the screen"):
        lane.tap(Train(True))
    lane.tap(Dismiss())
    lane.tap(Train(True))
    assert lane.view.training


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
