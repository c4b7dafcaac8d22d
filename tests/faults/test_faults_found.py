"""What the fault matrix found at running gates, each held at the lane where it was mended."""

import cv2
import numpy as np
import pytest

from gate.passage import Passage
from gate.reason import Reason
from station.cameras import CameraFailed, open_camera
from station.inbox import Faulty
from station.panels.barrier import BarrierDrive, BarrierTimes
from station.recorder import PROBE_IDLE_SECONDS
from station.view import Barrier
from tests.station.lane_of_tests import TestLane, pass_of


@pytest.fixture
def lane(tmp_path):
    lane = TestLane(tmp_path)
    yield lane
    lane.close()


def test_whoever_stood_there_as_the_thermometer_died_lends_his_figure_to_nobody(lane):
    """A dead sensor cannot say that he stepped aside; the next one, a second later, was never measured."""
    lane.forehead(36.5)
    lane.post(Faulty("thermometer", "no answer"))
    lane.wait(0.1)
    lane.show(pass_of("b"))
    assert (lane.records(), lane.open) == ([], False)
    lane.wait(0.1)
    lane.wait(1.1)
    (passage,) = lane.records()
    assert isinstance(passage, Passage)
    assert (passage.reasons, passage.temperature.celsius) == ((Reason.THERMOMETER_FAULT,), None)
    assert not lane.open


def test_a_thermometer_that_is_back_measures_the_next_one(lane):
    """Its fault ends with it."""
    lane.post(Faulty("thermometer", "no answer"))
    lane.wait(0.1)
    lane.post(Faulty("thermometer", ""))
    lane.forehead(36.5)
    lane.show(pass_of("b"))
    assert (lane.records()[0].reasons, lane.open) == ((), True)


def test_a_disk_that_takes_nothing_is_known_before_somebody_comes(lane):
    """Nobody came for half a minute, and nothing was to be written: the station tried."""
    lane.wait(0.1)
    lane.break_disk()
    lane.wait(PROBE_IDLE_SECONDS + 1)
    assert "journal" in lane.view.health.faults
    lane.mend_disk()
    lane.wait(3.0)
    assert "journal" not in lane.view.health.faults
    assert lane.records() == []


def test_a_boom_that_nobody_could_tell_to_rise_is_not_stuck():
    """The relay failed: the panel is at fault, not the boom, and once it works the gate is as before."""
    works = False

    def relay(_closed: bool) -> None:
        if not works:
            raise OSError("the relay board is gone")

    drive = BarrierDrive(relay, BarrierTimes(held=1.0, opens_within=5.0, closes_within=20.0), sensed=True)
    drive.watch(0.0, False, False)
    with pytest.raises(OSError, match="gone"):
        drive.open(1.0)
    with pytest.raises(OSError, match="gone"):
        drive.let_go(2.1)
    works = True
    drive.let_go(3.0)
    told = [happening for seconds in range(4, 40) for happening in drive.watch(float(seconds), False, False)]
    assert (told, drive.where) == ([], Barrier.CLOSED)


def test_a_folder_of_pictures_that_goes_away_is_a_lost_camera(tmp_path):
    """As a real one whose plug is pulled: a sentence, and not a stumble."""
    folder = tmp_path / "scene"
    folder.mkdir()
    cv2.imwrite(str(folder / "lane.png"), np.zeros((20, 30, 3), np.uint8))
    camera = open_camera("file", str(folder), 30, 20, 100)
    camera.read()
    folder.rename(tmp_path / "away")
    with pytest.raises(CameraFailed, match="cannot be looked into"):
        camera.read()
