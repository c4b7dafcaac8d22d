"""The whole panel with a world around it: buttons, alarm, box and boom, told to the loop as they happen."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from station.happenings import Happening, Press
from station.panels import PanelFailed, open_panel
from station.panels.rehearsal import MOST_KEPT, RehearsalPanel
from station.panels.signals import BEEPS
from station.settings import PanelBackend, PanelSettings
from station.view import Barrier
from station.visit import Lamp, Tone
from tests.station.broken_pin import broken

WIRED = PanelSettings(
    PanelBackend.REHEARSAL, third_button_pin=7, barrier_sensor_pin=8, fire_notice_pin=18, tamper_pin=15
)
LAMPS = {WIRED.green_pin: Lamp.GREEN, WIRED.yellow_pin: Lamp.YELLOW, WIRED.red_pin: Lamp.RED}


class Gate:
    """A rehearsed panel that is ticked as a loop would, 20 times a second."""

    def __init__(self, settings: PanelSettings = WIRED) -> None:
        self.panel = RehearsalPanel(settings)
        self.seconds = 1000.0
        self.wait(0.1)

    def wait(self, seconds: float) -> list[Press | Happening]:
        told: list[Press | Happening] = []
        for _ in range(round(seconds * 20)):
            self.seconds += 0.05
            told += self.panel.tick(self.seconds)
        return told

    def high(self, pin: int) -> bool:
        return bool(self.panel.pins.pin(pin).state)

    @property
    def lamps(self) -> set[Lamp]:
        return {lamp for pin, lamp in LAMPS.items() if self.high(pin)}


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.panel.close()


def test_a_quiet_gate_tells_nothing(gate):
    """Contacts as they hang there: box shut, no alarm, boom down, nobody's finger."""
    assert (gate.wait(2.0), gate.lamps, gate.panel.barrier) == ([], set(), Barrier.CLOSED)


@pytest.mark.parametrize("press", Press)
def test_each_of_the_three_buttons_is_pressed_once(gate, press):
    gate.panel.press(press)
    assert gate.wait(1.0) == [press]


def test_two_fingers_one_after_the_other_are_two_presses(gate):
    gate.panel.press(Press.THIRD)
    gate.panel.press(Press.THIRD)
    gate.panel.press(Press.ADMIT)
    assert gate.wait(1.0) == [Press.THIRD, Press.THIRD, Press.ADMIT]


def test_a_passage_moves_the_boom_up_and_down(gate):
    gate.panel.open_barrier(gate.seconds)
    assert gate.wait(1.0) == [Happening.BARRIER_OPENED]
    assert gate.wait(3.0) == [Happening.BARRIER_CLOSED]
    assert not gate.high(WIRED.barrier_pin)


def test_a_jammed_boom_is_told(gate):
    """The relay clicked, and nothing moved."""
    gate.panel.jam(True)
    gate.panel.open_barrier(gate.seconds)
    assert gate.wait(6.0) == [Happening.BARRIER_STUCK_CLOSED]
    assert gate.panel.barrier is Barrier.STUCK


def test_a_boom_that_is_jammed_open_is_told(gate):
    gate.panel.open_barrier(gate.seconds)
    gate.wait(1.0)
    gate.panel.jam(True)
    assert gate.wait(30.0) == [Happening.BARRIER_STUCK_OPEN]
    gate.panel.jam(False)
    assert gate.wait(1.0) == [Happening.BARRIER_CLOSED]


def test_a_lifted_boom_is_told_as_forced(gate):
    gate.panel.lift(True)
    assert gate.wait(1.0) == [Happening.BARRIER_FORCED]
    gate.panel.lift(False)
    assert gate.wait(1.0) == [Happening.BARRIER_CLOSED]


def test_an_alarm_lights_every_lamp_and_moves_no_relay(gate):
    """The hardware opens; the software tells, shows it, and lets go what it held at the usual limit."""
    gate.panel.lamp(Lamp.RED)
    gate.panel.open_barrier(gate.seconds)
    gate.wait(1.0)
    gate.panel.fire(True)
    assert gate.wait(1.0) == [Happening.FIRE]
    assert (gate.lamps, gate.high(WIRED.barrier_pin)) == ({Lamp.GREEN, Lamp.YELLOW, Lamp.RED}, True)
    gate.wait(60.0)
    assert (gate.high(WIRED.barrier_pin), gate.panel.barrier) == (False, Barrier.OPEN)


def test_while_the_alarm_lasts_the_lane_goes_on_and_the_lamps_stay(gate):
    """Who is admitted meanwhile is admitted; the lamp that was asked for last comes when the alarm is over."""
    gate.panel.fire(True)
    gate.wait(1.0)
    gate.panel.lamp(Lamp.GREEN)
    gate.panel.open_barrier(gate.seconds)
    gate.panel.press(Press.DISMISS)
    assert gate.wait(1.0) == [Press.DISMISS]
    assert len(gate.lamps) == 3
    gate.panel.fire(False)
    assert Happening.FIRE_OVER in gate.wait(0.5)
    assert gate.lamps == {Lamp.GREEN}


def test_an_alarm_before_the_first_tick_is_told():
    """A station that starts in a fire says so at once."""
    panel = RehearsalPanel(WIRED)
    panel.fire(True)
    assert panel.tick(0.0) == (Happening.FIRE,)
    panel.close()


def test_an_opened_box_is_told_and_so_is_a_cut_wire(gate):
    """The loop is closed while all is well: opening the box and cutting its wire are the same."""
    gate.panel.tamper(True)
    assert gate.wait(1.0) == [Happening.TAMPERED]
    gate.panel.tamper(False)
    assert gate.wait(1.0) == [Happening.TAMPER_OVER]


def test_a_rattling_door_is_no_news(gate):
    """A contact counts as changed once it stayed so."""
    told = []
    for _ in range(20):
        gate.panel.tamper(True)
        told += gate.wait(0.1)
        gate.panel.tamper(False)
        told += gate.wait(0.1)
    assert told == []


def test_attention_blinks_yellow_and_nothing_else(gate):
    """A call that nobody takes for the steady yellow of a verdict."""
    gate.panel.lamp(Lamp.ATTENTION)
    seen = []
    for _ in range(40):
        gate.wait(0.05)
        seen.append(frozenset(gate.lamps))
    assert set(seen) == {frozenset(), frozenset({Lamp.YELLOW})}
    changes = sum(one != other for one, other in pairwise(seen))
    assert changes in (3, 4)
    gate.panel.lamp(Lamp.RED)
    gate.wait(2.0)
    assert gate.lamps == {Lamp.RED}


@pytest.mark.parametrize("asked", [Lamp.DARK, Lamp.GREEN, Lamp.RED])
def test_a_call_for_attention_blinks_for_a_while_in_the_colour_that_holds(gate, asked):
    """A red lamp stays the only lamp, and is steady again ten seconds later."""
    gate.panel.lamp(asked)
    gate.panel.sound(Tone.ATTENTION, gate.seconds)
    seen = set()
    for _ in range(40):
        gate.wait(0.05)
        seen.add(frozenset(gate.lamps))
    blinks = Lamp.YELLOW if asked is Lamp.DARK else asked
    assert seen == {frozenset(), frozenset({blinks})}
    gate.wait(10.0)
    assert gate.lamps == ({asked} - {Lamp.DARK})


def test_a_verdict_ends_a_call_for_attention(gate):
    gate.panel.sound(Tone.ATTENTION, gate.seconds)
    gate.wait(1.0)
    gate.panel.lamp(Lamp.GREEN)
    for _ in range(40):
        gate.wait(0.05)
        assert gate.lamps == {Lamp.GREEN}


def test_every_tone_has_a_rhythm_of_its_own():
    """In, out, attention and error can be told apart with the eyes shut."""
    assert BEEPS.keys() == set(Tone)
    assert len(set(BEEPS.values())) == len(BEEPS)
    assert all(len(lengths) % 2 == 1 for lengths in BEEPS.values())


def test_what_is_not_wired_is_not_missed():
    """A lane without sensor, notice, tamper loop and third button has a panel all the same."""
    gate = Gate(PanelSettings(PanelBackend.REHEARSAL))
    gate.panel.fire(True)
    gate.panel.tamper(True)
    gate.panel.press(Press.THIRD)
    gate.panel.open_barrier(gate.seconds)
    assert (gate.wait(30.0), gate.panel.barrier) == ([], Barrier.NONE)
    gate.panel.close()


def test_a_happening_outlives_a_panel_that_does_not_obey_and_a_press_does_not(gate):
    """A relay that fails must not swallow an alarm; a press of a minute ago must not admit whoever stands there now."""
    gate.panel.open_barrier(gate.seconds)
    gate.wait(2.0)
    gate.seconds += 2.0
    gate.panel.fire(True)
    gate.panel.press(Press.ADMIT)
    with broken(gate.panel.pins.pin(WIRED.barrier_pin)):
        for _ in range(10):
            gate.seconds += 0.05
            with pytest.raises(PanelFailed, match="open by hand"):
                gate.panel.tick(gate.seconds)
    assert gate.wait(1.0) == [Happening.FIRE]
    assert not gate.high(WIRED.barrier_pin)


DEEDS = {
    "open": lambda gate: gate.panel.open_barrier(gate.seconds),
    "green": lambda gate: gate.panel.lamp(Lamp.GREEN),
    "red": lambda gate: gate.panel.lamp(Lamp.RED),
    "dark": lambda gate: gate.panel.lamp(Lamp.DARK),
    "refuse": lambda gate: gate.panel.sound(Tone.REFUSE, gate.seconds),
    "call": lambda gate: gate.panel.sound(Tone.ATTENTION, gate.seconds),
    "fire": lambda gate: gate.panel.fire(True),
    "fire over": lambda gate: gate.panel.fire(False),
    "box": lambda gate: gate.panel.tamper(True),
    "box shut": lambda gate: gate.panel.tamper(False),
    "jam": lambda gate: gate.panel.jam(True),
    "free": lambda gate: gate.panel.jam(False),
    "lift": lambda gate: gate.panel.lift(True),
    "drop": lambda gate: gate.panel.lift(False),
    "press": lambda gate: gate.panel.press(Press.ADMIT),
}
BEGINNINGS = {Happening.FIRE: Happening.FIRE_OVER, Happening.TAMPERED: Happening.TAMPER_OVER}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.sampled_from([0.05, 0.2, 1.0])), max_size=15))
def test_no_history_leaves_the_relay_closed_red_beside_green_or_a_buzzer_on(history):
    """Whatever hands, fate and the lane do at once; and what begins ends before it begins again."""
    gate = Gate()
    told, asked, presses = [], float("-inf"), 0
    for deed, pause in history:
        DEEDS[deed](gate)
        asked = gate.seconds if deed == "open" else asked
        presses += deed == "press"
        for _ in range(round(pause * 20)):
            told += gate.wait(0.05)
            assert gate.high(WIRED.barrier_pin) == (gate.seconds < asked + WIRED.barrier_seconds)
            burns = told.count(Happening.FIRE) > told.count(Happening.FIRE_OVER)
            assert burns == (len(gate.lamps) == 3)
            assert burns or len(gate.lamps) <= 1
    told += gate.wait(5.0)
    assert not gate.high(WIRED.buzzer_pin)
    assert told.count(Press.ADMIT) == presses
    for beginning, end in BEGINNINGS.items():
        both = [each for each in told if each in (beginning, end)]
        assert both == [(beginning, end)[number % 2] for number in range(len(both))]
    gate.panel.close()


def test_the_settings_pick_it():
    panel = open_panel(structs.replace(WIRED, backend=PanelBackend.REHEARSAL))
    assert isinstance(panel, RehearsalPanel)
    panel.close()


def test_a_demo_of_days_holds_no_list_of_what_its_pins_did(gate):
    """gpiozero's mocked pins remember each of their moves; many passages leave no more than a few do."""
    for _ in range(300):
        gate.panel.open_barrier(gate.seconds)
        gate.wait(2.0)
    assert max(len(pin.states) for pin in gate.panel.pins.pins.values()) <= MOST_KEPT + 1
