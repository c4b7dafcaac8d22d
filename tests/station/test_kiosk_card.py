"""A blank card for somebody without a phone, on the guard's screen in Chromium: asked for, awaited, told, ended."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from gate.forms import Door, VisitorForm
from station.taps import ActivateCard, EndActivation
from station.view import Activation, Told
from tests.station.desk import NIGHT, WANG, ready
from tests.station.guard import SIZES, Guard, at_the_gate
from tests.station.layout import assert_fits
from tests.station.states import FAMILY

pytestmark = pytest.mark.browser
WAITS = Activation(WANG)
WRONG = Activation(WANG, told=Told("这不是空白卡，请换一张", "Not a blank card: hold up another"))
COUNTS = Activation(WANG, waits=False, until=NIGHT + timedelta(hours=4))
NONE = Activation(WANG, waits=False, told=Told("没有看到空白卡，已取消", "No blank card was seen: cancelled"))


@pytest.fixture
def guard(guard: Guard) -> Guard:
    """Who finds a family of residents, and may make passes."""
    guard.desk.found = FAMILY
    guard.lane(ready(can_make_passes=True), "ready")
    return guard


def asks_for_a_card(guard: Guard) -> None:
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-card")
    guard.reads("#finder-title", "空白卡给谁？")
    guard.page.wait_for_timeout(400)
    guard.touches("#finder-found .taken >> nth=0")
    expect(guard.page.locator("#card")).to_be_visible()


def test_a_residents_card_costs_six_touches_and_says_what_to_do(guard: Guard) -> None:
    """No phone, two initials, 'card', the resident; then 'done' once it counts."""
    asks_for_a_card(guard)
    guard.tapped(ActivateCard(FAMILY[0].person, hours=4))
    guard.lane(ready(activation=WAITS), "ready")
    guard.reads("#card-title", "请把空白卡放到镜头前")
    guard.lane(ready(activation=WRONG), "ready")
    guard.reads("#card-told", "这不是空白卡，请换一张")
    guard.lane(ready(activation=COUNTS), "ready")
    guard.reads("#card-title", "卡已启用，可以交给本人")
    guard.reads("#card-told", "")
    guard.touches("#card-done")
    guard.tapped(ActivateCard(FAMILY[0].person, hours=4), EndActivation())
    assert guard.taps_counted() == 6
    expect(guard.page.locator("#card")).to_be_hidden()


def test_a_visitors_card_is_asked_for_with_his_form(guard: Guard) -> None:
    guard.touches("#guests-open")
    guard.touches("[data-guest=visitor]")
    guard.touches("#door-choices >> text=/^3$/")
    guard.touches("#door-choices >> text=/^202$/")
    guard.touches("#visitor-card")
    guard.tapped(ActivateCard(None, VisitorForm(Door("3", "", "202"), host_agreed=True), 4))
    guard.lane(ready(activation=Activation(None, "3")), "ready")
    guard.reads("#card-who", "访客 · 3 号楼")


def test_back_ends_the_waiting(guard: Guard) -> None:
    asks_for_a_card(guard)
    guard.lane(ready(activation=WAITS), "ready")
    guard.touches("#card-done")
    guard.tapped(ActivateCard(FAMILY[0].person, hours=4), EndActivation())


def test_the_sheet_goes_when_the_gate_waits_no_more(guard: Guard) -> None:
    """By itself, and with no tap of the guard's."""
    asks_for_a_card(guard)
    guard.lane(ready(activation=NONE), "ready")
    guard.reads("#card-title", "没有启用卡")
    guard.lane(ready(), "ready")
    expect(guard.page.locator("#card")).to_be_hidden()
    guard.tapped(ActivateCard(FAMILY[0].person, hours=4))


@pytest.mark.parametrize("size", SIZES)
def test_every_state_fits_the_screen_in_both_languages(browser: Browser, size: tuple[int, int], tmp_path: Path) -> None:
    """Nothing is cut off, too small for a glove, or beside the screen."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, has_touch=True)
    with at_the_gate(page) as guard:
        guard.desk.found = FAMILY
        guard.lane(ready(can_make_passes=True), "ready")
        guard.touches("#no-phone")
        guard.types("WM")
        guard.touches("#finder-card")
        for language in ("zh", "en"):
            picture(guard, tmp_path, f"found-{language}-{size[0]}")
            guard.touches("#language")
        guard.touches("#finder-found .taken >> nth=0")
        states = {"waits": WAITS, "wrong": WRONG, "counts": COUNTS, "none": NONE}
        for name, state in states.items():
            guard.lane(ready(activation=state, can_make_passes=True), "ready")
            for language in ("zh", "en"):
                picture(guard, tmp_path, f"{name}-{language}-{size[0]}")
                guard.touches("#language")
        guard.lane(ready(can_make_passes=True), "ready")
        expect(page.locator("#card")).to_be_hidden()
        guard.touches("#guests-open")
        guard.touches("[data-guest=visitor]")
        guard.touches("#door-choices >> text=/^3$/")
        guard.touches("#door-choices >> text=/^202$/")
        for language in ("zh", "en"):
            picture(guard, tmp_path, f"visitor-{language}-{size[0]}")
            guard.touches("#language")
    page.close()


def picture(guard: Guard, folder: Path, name: str) -> None:
    guard.page.wait_for_timeout(450)
    guard.page.screenshot(path=folder / f"{name}.png")
    assert_fits(guard.page, name)
