"""The rehearsal page in Chromium: a picture is chosen, held up, and the guard's screen beside it answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.happenings import Press
from station.kiosk import Shown, create_app, serve
from station.kiosk.rehearsal import Touch
from station.taps import TapRefused
from tests.station.desk import MemoryDesk, MemoryStage, decided, ready

pytestmark = pytest.mark.browser


class World:
    """Desk, stage and page of one rehearsal."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.desk = MemoryDesk(ready(rehearsal=True))
        self.stage = MemoryStage(folder)

    def result(self, text: str) -> None:
        expect(self.page.locator("#result")).to_contain_text(text)


@pytest.fixture
def world(page: Page, tmp_path: Path) -> Iterator[World]:
    for name, shade in (("wang.png", 60), ("li.png", 200)):
        cv2.imwrite(str(tmp_path / name), np.full((360, 640, 3), shade, np.uint8))
    listed = [
        {"file": "wang.png", "caption_zh": "王*明", "caption_en": "Mr Wang", "forehead_celsius": 36.6},
        {"file": "li.png", "caption_zh": "李*，发热", "caption_en": "Ms Li, fever", "forehead_celsius": 38.2},
    ]
    (tmp_path / "index.json").write_text(json.dumps(listed))
    world = World(page, tmp_path)
    complaints: list[str] = []
    page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    kiosk = serve(create_app(world.desk, world.stage), "127.0.0.1", 0)
    try:
        page.goto(f"http://127.0.0.1:{kiosk.port}/rehearsal")
        page.locator(".pictures button").first.wait_for()
        yield world
        assert complaints == []
        page.goto("about:blank")
    finally:
        kiosk.stop()


def test_a_resident_from_the_list_is_shown_with_their_own_temperature(world) -> None:
    """Choose, show, read the outcome; the thermometer gets the forehead of whoever was chosen."""
    world.stage.becomes = Shown("0" * 16, 12, Outcome.REFUSE, (Reason.FEVER,))
    world.page.locator("[data-file='li.png']").click()
    expect(world.page.locator("#celsius")).to_have_text("38.2 ℃")
    world.page.locator("[data-way=out]").click()
    world.page.locator("#show").click()
    world.result("第 12 条记录：请勿通行")
    assert world.stage.shown == [((360, 640, 3), 38.2, Direction.OUT)]


def test_a_picture_from_the_disk_is_shown(world) -> None:
    """Any picture, also one that is on no list."""
    world.page.locator("[data-tab=disk]").click()
    world.page.locator("#file").set_input_files(str(world.folder / "wang.png"))
    world.page.locator("[data-celsius='33.9']").click()
    world.page.locator("#show").click()
    world.result("没有形成通行记录")
    assert world.stage.shown == [((360, 640, 3), 33.9, None)]


def test_hands_and_fate_reach_the_panel(world) -> None:
    """A button is pressed and let go; an alarm lasts until it is taken back, and shows so."""
    for press in ("third", "dismiss", "admit"):
        world.page.locator(f"[data-press={press}]").click()
    for fate in ("fire", "tamper", "jam", "lift"):
        button = world.page.locator(f"[data-fate={fate}]")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")
    assert world.stage.touched == [
        *(Touch(press=press) for press in (Press.THIRD, Press.DISMISS, Press.ADMIT)),
        *(Touch(**{fate: begins}) for fate in ("fire", "tamper", "jam", "lift") for begins in (True, False)),
    ]


def test_a_forehead_alone_is_felt(world) -> None:
    """A preset, or the slider let go, reaches the thermometer without a picture."""
    world.page.locator("[data-celsius='37.8']").click()
    world.page.locator("[data-celsius='']").click()
    expect(world.page.locator("#celsius")).to_have_text("没有人")
    world.page.locator("#take-away").click()
    world.result("已拿走")
    assert world.stage.foreheads == [37.8, None]
    assert world.stage.cleared == 1


def test_nothing_chosen_and_nothing_readable_are_said_plainly(world) -> None:
    """No picture yet; a file that is none; a direction the lane does not have."""
    world.page.locator("#show").click()
    world.result("先选一张图片")
    world.page.locator("[data-tab=disk]").click()
    world.page.locator("#file").set_input_files(str(world.folder / "index.json"))
    world.page.locator("#show").click()
    world.result("这不是可读的图片")
    world.stage.refuses = TapRefused("此通道只进不出", "This lane is for entering only")
    world.page.locator("#file").set_input_files(str(world.folder / "wang.png"))
    world.page.locator("#show").click()
    world.result("此通道只进不出")


def test_the_guards_screen_is_live_beside_it_in_the_same_language(world) -> None:
    """The kiosk itself in a frame; one tap turns both pages to English."""
    kiosk = world.page.frame_locator("#kiosk")
    expect(kiosk.locator("#rehearsal")).to_be_visible()
    world.desk.put(decided(Outcome.ADMIT))
    expect(kiosk.locator("#verb")).to_have_text("请进")
    world.page.locator("#language").click()
    expect(kiosk.locator("#verb")).to_have_text("Come in")
    expect(world.page.locator("[data-file='wang.png'] span")).to_have_text("Mr Wang")
