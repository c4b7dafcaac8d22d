"""The guard himself in Chromium: signs on and hands over, sets the clock, trains, and is told what he should know."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from gate.clock import ClockState
from gate.reason import Outcome
from station.taps import SetClock, SignOff, SignOn, TapRefused, Train
from station.view import Barrier, Told
from tests.station.desk import WELL, decided, ready
from tests.station.guard import Guard
from tests.station.states import NOTICES, ON_DUTY

pytestmark = pytest.mark.browser


def types_pin(guard: Guard, pin: str) -> None:
    for digit in pin:
        guard.touches(f"[data-pin='{digit}']")


def test_a_guard_signs_on_with_his_pin(guard) -> None:
    """From the bar or from the amber button: four digits and 'sign on'; the digits are never shown."""
    guard.lane(ready(sign_on=True), "ready")
    guard.touches(".todo")
    types_pin(guard, "4071")
    guard.reads("#pin-dots", "●●●●")
    guard.touches("#pin-send")
    guard.tapped(SignOn("4071"))
    assert guard.taps_counted() == 6
    guard.desk.put(ready(sign_on=True, duty=ON_DUTY))
    guard.reads("#duty-who", "赵建国")
    expect(guard.page.locator(".todo")).to_have_count(0)


def test_a_wrong_pin_is_told_and_forgotten(guard) -> None:
    guard.desk.refuses = TapRefused("密码不对", "Wrong PIN")
    guard.touches("#duty-open")
    types_pin(guard, "1111")
    guard.touches("#pin-send")
    guard.reads("#toast", "密码不对")
    expect(guard.page.locator("#pin-dots")).not_to_contain_text("●")
    assert all("409" in complaint for complaint in guard.complaints)
    guard.complaints.clear()


def test_three_digits_are_no_pin(guard) -> None:
    """The button rests until there are four; a slip is rubbed out."""
    guard.touches("#duty-open")
    types_pin(guard, "123")
    expect(guard.page.locator("#pin-send")).to_be_disabled()
    types_pin(guard, "4")
    expect(guard.page.locator("#pin-send")).to_be_enabled()
    guard.touches("#pin-rub")
    expect(guard.page.locator("#pin-send")).to_be_disabled()


def test_a_hand_over_takes_ready_sentences(guard) -> None:
    """Two sentences and 'hand over'; what was chosen does not lie there for the next one."""
    guard.desk.put(ready(duty=ON_DUTY))
    guard.reads("#duty-who", "赵建国")
    guard.touches("#duty-open")
    guard.touches("[data-sentence='handover.heat']")
    guard.touches("[data-sentence='handover.medicine']")
    guard.touches("#duty-leave")
    guard.tapped(SignOff("留意体温计；货架上有药品"))
    expect(guard.page.locator("#sentences [aria-pressed=true]")).to_have_count(0)


def test_a_few_words_of_his_own_go_with_it(guard) -> None:
    guard.desk.put(ready(duty=ON_DUTY))
    guard.reads("#duty-who", "赵建国")
    guard.touches("#duty-open")
    guard.page.locator("#duty-typed").fill("钥匙在抽屉")
    guard.touches("#duty-leave")
    guard.tapped(SignOff("钥匙在抽屉"))


def test_what_the_one_before_left_is_read_on_the_ready_screen(guard) -> None:
    guard.desk.put(ready(duty=ON_DUTY))
    guard.reads("#tidings p span", "交班留言：等候区有人；留意体温计")


def test_the_offices_notices_take_turns(guard) -> None:
    """Two at once, both languages by one touch."""
    guard.desk.put(ready(notices=NOTICES))
    expect(guard.page.locator("#tidings p span")).to_have_text([each.zh for each in NOTICES])
    guard.touches("#language")
    expect(guard.page.locator("#tidings p span")).to_have_text([each.en for each in NOTICES])


def test_a_part_that_is_only_doubted_is_amber_and_in_words(guard) -> None:
    """A warning is no fault: the part's chip asks to be watched, and the sentence says why."""
    guard.desk.put(ready(warnings={"thermometer": Told("读数偏高，请校准", "Reads high: calibrate")}))
    guard.reads("#health .amber", "体温计请留意")
    guard.reads("#tidings .warning span", "读数偏高，请校准")


def test_a_clock_that_nobody_believes_is_set_by_the_guards_watch(guard) -> None:
    """Begun at the browser's time, in the compound's zone; each stepper moves its own part and what hangs on it."""
    guard.page.clock.set_fixed_time(datetime(2026, 12, 31, 15, 58, tzinfo=UTC))
    guard.desk.put(ready(health=replace(WELL, clock=ClockState.FLOOR)))
    guard.touches(".todo")
    expect(guard.page.locator(".stepper b")).to_have_text(["2026", "12", "31", "23", "58"])
    guard.touches(".stepper[data-part=minute] [data-step='1']")
    guard.touches(".stepper[data-part=minute] [data-step='1']")
    expect(guard.page.locator(".stepper b")).to_have_text(["2027", "01", "01", "00", "00"])
    guard.touches(".stepper[data-part=hour] [data-step='-1']")
    guard.touches("#clock-set")
    guard.tapped(SetClock(datetime(2026, 12, 31, 15, 0, tzinfo=UTC)))


def test_training_is_never_mistaken_for_the_real_thing(guard) -> None:
    """On every screen: stripes around it, the word over it, another ground; and one touch ends it."""
    guard.touches("#duty-open")
    guard.touches("#train")
    guard.tapped(Train(True))
    plain = guard.page.evaluate("getComputedStyle(document.body).backgroundColor")
    for view, screen in ((ready(training=True), "ready"), (replace(decided(Outcome.ADMIT), training=True), "verdict")):
        guard.lane(view, screen)
        expect(guard.page.locator(".watermark b").first).to_have_text("培训 TRAINING")
        expect(guard.page.locator(".watermark")).to_be_visible()
        assert guard.page.evaluate("getComputedStyle(document.body).backgroundColor") != plain
    guard.touches("#train-end")
    guard.tapped(Train(True), Train(False))


def test_fire_goes_over_everything(guard) -> None:
    """The banner stands on the ready screen and over a verdict alike, and in words."""
    guard.desk.put(ready(fire=True))
    guard.reads("#fire", "消防报警：门已打开，请疏散")
    guard.lane(replace(decided(Outcome.ADMIT), fire=True), "verdict")
    expect(guard.page.locator("#fire")).to_be_visible()
    guard.lane(ready(), "ready")
    expect(guard.page.locator("#fire")).to_be_hidden()


def test_a_barrier_that_moves_is_told(guard) -> None:
    """By its sensor's word: on the ready screen and under a green; nothing where no sensor is."""
    guard.desk.put(ready(barrier=Barrier.STUCK))
    guard.reads("#ready-way", "道闸不动，请手动开关")
    guard.lane(replace(decided(Outcome.ADMIT), barrier=Barrier.OPENING), "verdict")
    guard.reads("#verdict-barrier", "道闸正在打开")
    guard.lane(ready(), "ready")
    guard.reads("#ready-way", "进小区")


def test_what_nobody_touches_closes_itself(guard) -> None:
    """A guard called away leaves no search open."""
    guard.page.clock.install()
    guard.touches("#duty-open")
    expect(guard.page.locator("#duty")).to_be_visible()
    guard.page.clock.run_for(121_000)
    guard.desk.put(ready(lane="2"))
    expect(guard.page.locator("#duty")).to_be_hidden()
