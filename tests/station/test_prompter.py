"""What is said beside the verdict: masks before the scan, how to hold a code, what a visit still lacks."""

import pytest

from gate.policy import Direction
from station.prompter import AGAIN_SECONDS, MASK_EVERY_SECONDS, Prompter
from station.prompts import Prompt
from station.view import Hint
from station.visit import Gathering, Lane, Ready
from tests.station.lane_of_tests import RecordedVoice, TestLane, pass_of, snapshot

HELD = snapshot()


class Heard:
    """A prompter that looks 20 times a second at a lane of the test's."""

    def __init__(self) -> None:
        self.voice = RecordedVoice()
        self.prompter = Prompter(self.voice)
        self.seconds = 1000.0

    def look(self, phase, seconds: float, hint: Hint | None = None, guidance: Hint | None = None) -> list[Prompt]:
        first = len(self.voice.said)
        for _ in range(round(seconds * 20)):
            self.seconds += 0.05
            self.prompter.look(Lane(Direction.IN, phase=phase), HELD, hint, guidance, self.seconds)
        return self.voice.said[first:]


@pytest.fixture
def heard():
    return Heard()


def test_an_empty_gate_says_nothing(heard):
    """All night."""
    assert heard.look(Ready(), 3600.0) == []


def test_masks_are_asked_for_when_somebody_comes_into_view(heard):
    """Before his code is read, and not again for the queue behind him."""
    assert heard.look(Ready(), 0.1, hint=Hint.CLOSER) == [Prompt.MASK]
    assert Prompt.MASK not in heard.look(Ready(), MASK_EVERY_SECONDS - 1.0, hint=Hint.CLOSER)
    assert Prompt.MASK in heard.look(Ready(), 2.0, guidance=Hint.CLOSER)


def test_a_code_that_cannot_be_read_is_helped_after_a_moment(heard):
    """Whoever gets it right by himself is not told; whoever does not hears it every eight seconds."""
    heard.look(Ready(), 1.0, hint=Hint.HOLD_STILL)
    assert heard.voice.said == [Prompt.MASK]
    said = heard.look(Ready(), 2 * AGAIN_SECONDS, hint=Hint.HOLD_STILL)
    assert said == [Prompt.HOLD_STILL] * 2
    assert heard.look(Ready(), 1.0, hint=Hint.CLOSER) == []
    assert heard.look(Ready(), 1.0, hint=Hint.CLOSER) == [Prompt.CLOSER]


def test_a_visit_that_lacks_something_is_reminded(heard):
    """The lane has said it once; again after eight seconds, however long he waits."""
    visit = Gathering(since=heard.seconds)
    assert heard.look(visit, AGAIN_SECONDS - 1.0) == [Prompt.MASK]
    assert heard.look(visit, 2.0) == [Prompt.MEASURE]


def test_whoever_is_to_be_measured_is_told_how_to_stand(heard):
    visit = Gathering(since=heard.seconds)
    assert Prompt.CLOSER in heard.look(visit, 3.0, guidance=Hint.CLOSER)


def test_the_next_one_of_a_queue_hears_of_masks_before_his_scan(tmp_path):
    """When the green of the one before him has gone; the whole loop."""
    lane = TestLane(tmp_path)
    lane.forehead(36.5)
    lane.show(pass_of("a"))
    lane.wait(0.05)
    assert Prompt.MASK not in lane.voice.said
    for _ in range(80):
        lane.wait(0.05)
    assert lane.voice.said.count(Prompt.MASK) == 1
    lane.close()
