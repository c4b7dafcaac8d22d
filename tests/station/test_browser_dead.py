"""A lane whose browser is dead: lamps, voice, buzzer, barrier and the three buttons carry the gate alone.

No kiosk is served here and nobody looks at the screen; what is asked is what a resident sees and hears, and what the
office is told.
"""

import shutil
import time
import wave
from zoneinfo import ZoneInfo

import pytest

from gate.passage import Amendment, Happening, Passage, What
from gate.reason import Outcome
from station.inbox import Faulty
from station.prompts import Prompt
from station.settings import VoiceBackend, VoiceSettings
from station.visit import Lamp
from station.voice import Voice
from station.voice.players import AplayPlayer
from tests.station.broken_pin import broken
from tests.station.lane_of_tests import TestLane, pass_of

ADMIT, DISMISS, THIRD, SENSOR, FIRE, TAMPER, BUZZER = 5, 6, 7, 8, 18, 15, 23
WIRED = {"third_button_pin": THIRD, "barrier_sensor_pin": SENSOR, "fire_notice_pin": FIRE, "tamper_pin": TAMPER}


class Gate(TestLane):
    """A lane with every contact wired and a boom that follows its relay, ticked 20 times a second."""

    __test__ = False

    def __init__(self, folder, **options):
        super().__init__(folder, panel=WIRED, **options)
        self.boom_works = True
        self.factory.pin(TAMPER).drive_low()
        self.minutes(0.01)
        self.voice.said.clear()

    def minutes(self, minutes: float) -> None:
        for _ in range(round(minutes * 60 * 20)):
            if self.boom_works:
                self.boom(up=self.open)
            self.wait(0.05)

    def boom(self, *, up: bool) -> None:
        pin = self.factory.pin(SENSOR)
        pin.drive_low() if up else pin.drive_high()

    @property
    def faults(self) -> tuple[str, ...]:
        """As the office is told."""
        return self.reports[-1].faults

    def happened(self) -> list[What]:
        return [record.what for record in self.records_of(Happening)]


@pytest.fixture
def gate(tmp_path):
    gate = Gate(tmp_path)
    yield gate
    gate.close()


def test_a_resident_comes_in_and_the_barrier_closes_behind_him(gate):
    """Green, 'come in', open; and all by itself dark and closed again."""
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    assert (gate.open, gate.lamps) == (True, [Lamp.GREEN])
    assert [prompt for prompt in gate.voice.said if prompt is not Prompt.MASK] == [Prompt.COME_IN]
    gate.minutes(0.2)
    assert (gate.open, gate.lamps, gate.faults) == (False, [], ())
    assert not gate.factory.pin(BUZZER).state


def test_a_stranger_waits_and_the_guards_green_button_lets_him_in(gate):
    """Yellow and 'please wait' until he has decided; what he decided is on the disk."""
    gate.forehead(36.5)
    gate.show(b"https://example.com/")
    assert (gate.open, gate.lamps) == (False, [Lamp.YELLOW])
    assert gate.voice.said[-2:] == [Prompt.PLEASE_WAIT, Prompt.SHOW_OUR_CODE]
    gate.minutes(0.5)
    assert (gate.open, gate.lamps) == (False, [Lamp.YELLOW])
    gate.press(ADMIT)
    assert (gate.open, gate.lamps) == (True, [Lamp.GREEN])
    assert gate.voice.said[-1] is Prompt.COME_IN
    passage, amendment = gate.records()
    assert isinstance(passage, Passage)
    assert isinstance(amendment, Amendment)
    assert amendment.outcome is Outcome.ADMIT


def test_the_red_button_clears_and_the_yellow_one_has_it_said_again(gate):
    gate.forehead(36.5)
    gate.show(b"https://example.com/")
    gate.press(THIRD)
    assert gate.voice.repeats == 1
    assert gate.factory.pin(BUZZER).state
    gate.press(DISMISS)
    gate.minutes(0.1)
    assert (gate.lamps, gate.open, bool(gate.factory.pin(BUZZER).state)) == ([], False, False)


def test_a_button_that_may_not_be_obeyed_rings(gate):
    """Whoever presses without a screen hears that nothing came of it: of a fever, and with nobody there."""
    gate.forehead(38.5)
    gate.show(pass_of("a"))
    for _ in range(2):
        gate.minutes(0.1)
        assert not gate.factory.pin(BUZZER).state
        gate.press(ADMIT)
        assert gate.factory.pin(BUZZER).state
        assert (gate.open, "buttons" in gate.view.warnings) == (False, True)
        gate.minutes(0.2)
        gate.press(DISMISS)


def test_a_button_does_not_let_in_whom_a_dead_disk_could_not_record(gate):
    """That is the guard's own hand, and a line on paper; the button says so."""
    gate.break_disk()
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    gate.minutes(0.6)
    gate.press(ADMIT)
    assert (gate.open, gate.view.warnings["buttons"].en) == (False, "It could not be stored; write it down by hand")


def test_an_alarm_is_shown_said_recorded_and_told_and_opens_nothing(gate):
    """The hardware opened; whoever passes meanwhile is recorded as ever."""
    gate.factory.pin(FIRE).drive_low()
    gate.minutes(0.02)
    assert (gate.lamps, gate.open) == ([Lamp.GREEN, Lamp.YELLOW, Lamp.RED], False)
    assert gate.voice.said == [Prompt.FIRE]
    assert "fire" in gate.faults
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    assert len([record for record in gate.records() if isinstance(record, Passage)]) == 1
    gate.minutes(0.2)
    gate.factory.pin(FIRE).drive_high()
    gate.minutes(0.02)
    assert gate.happened()[:1] == [What.FIRE]
    assert gate.happened()[-1:] == [What.FIRE_OVER]
    assert ("fire" in gate.faults, gate.lamps) == (False, [])


def test_a_boom_that_does_not_move_is_told_and_so_is_its_mending(gate):
    """The relay was closed, and the sensor says no."""
    gate.boom_works = False
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    gate.minutes(0.1)
    assert (gate.happened(), gate.faults) == ([What.BARRIER_STUCK], ("barrier",))
    gate.boom(up=True)
    gate.minutes(0.01)
    assert (gate.happened(), gate.faults) == ([What.BARRIER_STUCK, What.BARRIER_MENDED], ())


def test_a_relay_that_fails_is_told_though_the_lamps_work(gate):
    """Until it works again, and not until the next lamp lights."""
    with broken(gate.factory.pin(24)):
        gate.forehead(36.5)
        gate.show(pass_of("a"))
        gate.minutes(0.02)
        assert (gate.lamps, "panel" in gate.faults) == ([Lamp.GREEN], True)
    gate.minutes(0.2)
    gate.forehead(None)
    gate.forehead(36.5)
    gate.show(pass_of("b"))
    gate.minutes(0.02)
    assert (gate.open, gate.faults) == (True, ())


def test_a_panel_that_failed_and_works_again_is_in_order_before_anybody_comes(gate):
    """A wire that shook for a moment at night is no fault in the morning."""
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    with broken(gate.factory.pin(24)):
        gate.minutes(0.1)
        assert gate.faults == ("panel",)
    gate.minutes(0.02)
    assert (gate.faults, gate.open) == ((), False)


def test_a_new_fault_is_heard_once_and_a_dead_disk_rings_on(gate):
    """Nobody looks at a screen at night."""

    def rings(minutes: float) -> int:
        heard, high = 0, False
        for _ in range(round(minutes * 60 * 20)):
            gate.minutes(1 / 1200)
            now = bool(gate.factory.pin(BUZZER).state)
            heard, high = heard + (now and not high), now
        return heard

    gate.post(Faulty("camera", "no picture"))
    assert rings(3.0) == 5
    gate.post(Faulty("camera", ""))
    assert rings(1.0) == 0
    gate.break_disk()
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    assert rings(2.0) >= 3 * 5
    gate.mend_disk()
    gate.minutes(0.5)
    gate.post(Faulty("camera", "no picture"))
    gate.post(Faulty("camera", ""))
    assert rings(2.0) == 0


def test_a_lifted_boom_and_an_opened_box_are_told(gate):
    gate.boom_works = False
    gate.boom(up=True)
    gate.factory.pin(TAMPER).drive_high()
    gate.minutes(0.02)
    assert sorted(gate.happened()) == [What.BARRIER_FORCED, What.TAMPERED]
    assert gate.faults == ("barrier", "tamper")
    gate.boom(up=False)
    gate.factory.pin(TAMPER).drive_low()
    gate.minutes(0.02)
    assert gate.faults == ()


@pytest.mark.skipif(shutil.which("aplay") is None, reason="alsa-utils are not installed")
def test_a_dead_sound_card_is_told_and_the_lane_goes_on(gate, tmp_path):
    """A real aplay on a card that is not there; lamps, tones and barrier work as ever."""
    with wave.open(str(tmp_path / "come_in.zh.wav"), "wb") as sound:
        sound.setparams((1, 2, 22050, 0, "NONE", ""))
        sound.writeframes(bytes(2000))
    settings = VoiceSettings(VoiceBackend.APLAY, "plughw:7", str(tmp_path))
    player = AplayPlayer("plughw:7")
    voice = Voice(settings, player, tmp_path / "spoken", ZoneInfo("UTC"), gate.post, gate.wall, time.monotonic)
    voice.say(Prompt.COME_IN)
    deadline = time.monotonic() + 30.0
    while gate.faults != ("voice",):
        assert time.monotonic() < deadline
        voice.turn(0.01)
        gate.minutes(0.01)
    gate.forehead(36.5)
    gate.show(pass_of("a"))
    assert (gate.open, gate.lamps) == (True, [Lamp.GREEN])
