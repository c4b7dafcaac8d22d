"""The lane's hardware, on gpiozero's mocked pins: a bounded barrier, one lamp at a time, buttons pressed once."""

import pytest
from gpiozero.pins.mock import MockFactory

from station.happenings import Press
from station.panels import GpioPanel, NoPanel, PanelFailed, open_panel
from station.panels.signals import BEEPS
from station.settings import PanelBackend, PanelSettings
from station.visit import Lamp, Tone
from tests.station.broken_pin import broken

PINS = PanelSettings(PanelBackend.REHEARSAL, barrier_seconds=3.0)


class Board:
    """A panel and the pins it moves."""

    def __init__(self) -> None:
        self.factory = MockFactory()
        self.panel = GpioPanel(PINS, self.factory)

    def high(self, pin: int) -> bool:
        return bool(self.factory.pin(pin).state)

    @property
    def lamps(self) -> list[Lamp]:
        pins = {Lamp.GREEN: PINS.green_pin, Lamp.YELLOW: PINS.yellow_pin, Lamp.RED: PINS.red_pin}
        return [lamp for lamp, pin in pins.items() if self.high(pin)]

    @property
    def open(self) -> bool:
        return self.high(PINS.barrier_pin)


@pytest.fixture
def board():
    board = Board()
    yield board
    board.panel.close()


def test_a_panel_begins_dark_and_closed(board):
    """Nothing moves because the program starts."""
    assert (board.lamps, board.open) == ([], False)


def test_one_lamp_burns_at_a_time(board):
    """No resident sees green and red at once."""
    for lamp in (Lamp.GREEN, Lamp.RED, Lamp.YELLOW):
        board.panel.lamp(lamp)
        assert board.lamps == [lamp]
    board.panel.lamp(Lamp.DARK)
    assert board.lamps == []


def test_the_barrier_closes_in_time(board):
    """The relay is held for the settings' seconds, counted by ticks, and for as long again by the next opening."""
    board.panel.open_barrier(10.0)
    board.panel.tick(12.9)
    assert board.open
    board.panel.open_barrier(12.9)
    board.panel.tick(15.8)
    assert board.open
    board.panel.tick(15.9)
    assert not board.open


def test_a_beep_ends_by_itself(board):
    """Each tone switches the buzzer as its pattern says and ends silent."""
    for tone, lengths in BEEPS.items():
        board.panel.sound(tone, 100.0)
        heard = [board.high(PINS.buzzer_pin)]
        at = 100.0
        for length in lengths:
            at += length
            board.panel.tick(at + 0.001)
            heard.append(board.high(PINS.buzzer_pin))
        assert heard == [number % 2 == 0 for number in range(len(lengths) + 1)]


def test_a_late_tick_leaves_the_buzzer_silent(board):
    """A tick that comes after the whole pattern does not leave the buzzer on."""
    board.panel.sound(Tone.REFUSE, 100.0)
    board.panel.tick(200.0)
    assert not board.high(PINS.buzzer_pin)


def test_a_button_is_pressed_once_however_long_it_is_held(board):
    """One press is one tap; the next one needs a release between."""
    pin = board.factory.pin(PINS.admit_button_pin)
    pin.drive_low()
    assert board.panel.tick(1.0) == (Press.ADMIT,)
    assert board.panel.tick(1.05) == ()
    pin.drive_high()
    assert board.panel.tick(1.1) == ()
    pin.drive_low()
    assert board.panel.tick(1.15) == (Press.ADMIT,)


def test_two_panels_do_not_share_pins():
    """No global factory: two rehearsed lanes in one process have their own pins."""
    one, two = Board(), Board()
    one.panel.open_barrier(0.0)
    assert (one.open, two.open) == (True, False)
    one.panel.close()
    two.panel.close()


def test_hardware_that_does_not_obey_is_a_sentence(board):
    """What gpiozero raises becomes a fault for the guard's screen; the next tick closes the barrier all the same."""
    with broken(board.factory.pin(PINS.barrier_pin)), pytest.raises(PanelFailed, match="open by hand"):
        board.panel.open_barrier(0.0)
    board.panel.open_barrier(0.0)
    board.panel.tick(3.0)
    assert not board.open


def test_a_lane_without_a_panel_does_nothing():
    """The screen is its only sign; every call is harmless."""
    panel = open_panel(PanelSettings(PanelBackend.NONE))
    assert isinstance(panel, NoPanel)
    panel.lamp(Lamp.RED)
    panel.open_barrier(0.0)
    assert panel.tick(9.0) == ()


def test_a_machine_without_pins_says_so():
    """Named `gpio` on an office computer: a sentence, not a traceback."""
    with pytest.raises(PanelFailed, match=r"lgpio|pins"):
        open_panel(PanelSettings(PanelBackend.GPIO))
