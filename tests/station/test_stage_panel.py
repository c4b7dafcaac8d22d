"""What the rehearsal's page does to the panel is what the loop is told of it."""

import pytest

from station.cameras.rehearsal import RehearsalCamera
from station.happenings import Happening, Press
from station.kiosk.rehearsal import Touch
from station.panels.rehearsal import RehearsalPanel
from station.settings import PanelBackend, PanelSettings
from station.stage import RehearsalStage
from station.thermometers.rehearsal import RehearsalThermometer

WIRED = PanelSettings(
    PanelBackend.REHEARSAL, third_button_pin=7, barrier_sensor_pin=8, fire_notice_pin=18, tamper_pin=15
)


@pytest.fixture
def stage():
    return RehearsalStage(RehearsalCamera(64, 64, 15), RehearsalThermometer(), None)


@pytest.mark.parametrize(
    ("touch", "told"),
    [
        (Touch(press=Press.THIRD), [Press.THIRD]),
        (Touch(fire=True), [Happening.FIRE, Happening.BARRIER_OPENED]),
        (Touch(tamper=True), [Happening.TAMPERED]),
        (Touch(lift=True), [Happening.BARRIER_FORCED]),
        (Touch(jam=True), []),
        (Touch(), []),
    ],
)
def test_each_touch_is_told(stage, touch, told):
    panel = RehearsalPanel(WIRED)
    stage.reach(panel)
    panel.tick(0.0)
    stage.touch(touch)
    assert [each for tick in range(1, 20) for each in panel.tick(tick * 0.05)] == told
    panel.close()


def test_a_lane_without_such_a_panel_is_not_touched(stage):
    stage.touch(Touch(press=Press.ADMIT, fire=True))
