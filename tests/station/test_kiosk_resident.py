"""The resident's side in Chromium: what he shall do, large, in both languages, and nobody's name."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from gate.reason import Outcome, Reason
from station.kiosk import create_app, serve
from station.view import Retesting, Screen
from tests.station.desk import WANG, MemoryDesk, decided, ready
from tests.station.layout import CUT, OFF_SCREEN
from tests.station.states import NOTICES, STATES

pytestmark = pytest.mark.browser


class Resident:
    def __init__(self, page: Page, desk: MemoryDesk) -> None:
        self.page, self.desk = page, desk

    def reads(self, screen: str, zh: str, en: str) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-screen", screen)
        expect(self.page.locator("#verb span")).to_have_text([zh, en])


@pytest.fixture
def resident(page: Page) -> Iterator[Resident]:
    desk = MemoryDesk()
    kiosk = serve(create_app(desk), "127.0.0.1", 0)
    complaints: list[str] = []
    page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    try:
        page.goto(f"http://127.0.0.1:{kiosk.port}/resident")
        yield Resident(page, desk)
        assert complaints == []
        page.goto("about:blank")
    finally:
        desk.speak()
        kiosk.stop()


def test_he_is_led_from_his_pass_to_the_verdict(resident) -> None:
    """Show it, come close, go in; without a touch."""
    resident.reads("ready", "请出示通行码", "Show your pass")
    resident.desk.put(ready(screen=Screen.GATHERING, person=WANG, awaiting=("temperature",)))
    resident.reads("measure", "请靠近测温", "Come close to be measured")
    resident.desk.put(decided(Outcome.ADMIT))
    resident.reads("admit", "请进", "Come in")
    expect(resident.page.locator("body")).not_to_contain_text("王")


def test_a_refusal_says_why_what_next_and_whom_to_call(resident) -> None:
    resident.desk.put(decided(Outcome.REFUSE, Reason.FEVER, celsius=38.4))
    resident.reads("refuse", "请勿通行", "Do not pass")
    expect(resident.page.locator("#what li")).to_contain_text(["体温偏高", "请到一旁休息后复测"])
    expect(resident.page.locator("#call")).to_contain_text("0991-555-0134")
    expect(resident.page.locator("body")).not_to_contain_text("38.4")


def test_the_guards_word_is_shown_as_soon_as_he_gave_it(resident) -> None:
    resident.desk.put(decided(Outcome.REFER, Reason.NO_CODE))
    resident.reads("refer", "请稍候", "Please wait")
    resident.desk.put(decided(Outcome.REFER, Reason.NO_CODE, settled=Outcome.ADMIT))
    resident.reads("admit", "请进", "Come in")


def test_a_retest_shows_where(resident) -> None:
    resident.desk.put(ready(screen=Screen.GATHERING, retest=Retesting(3, WANG, "wrist")))
    resident.reads("measure", "请测手腕", "Wrist, please")


def test_there_is_nothing_to_touch(resident) -> None:
    """Whatever it shows."""
    for state in STATES.values():
        resident.desk.put(state.view)
        assert resident.page.locator("button, a, input").count() == 0


def test_a_dumb_station_takes_every_green_away(resident) -> None:
    resident.desk.put(decided(Outcome.ADMIT))
    resident.reads("admit", "请进", "Come in")
    resident.desk.fall_dumb()
    resident.reads("lost", "请稍候", "Please wait")


def test_a_green_that_nobody_cleared_is_not_kept(resident) -> None:
    resident.desk.put(replace(decided(Outcome.ADMIT), green_seconds=1.0))
    resident.reads("admit", "请进", "Come in")
    resident.reads("ready", "请出示通行码", "Show your pass")


def test_training_and_fire_are_told_to_him_too(resident) -> None:
    resident.desk.put(ready(training=True))
    expect(resident.page.locator(".watermark")).to_be_visible()
    resident.desk.put(ready(fire=True))
    expect(resident.page.locator("#band")).to_contain_text("消防报警：门已打开，请疏散")
    expect(resident.page.locator(".watermark")).to_be_hidden()


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600), (800, 480)], ids=str)
def test_every_text_fits_its_glass(resident, size) -> None:
    """Each reason in turn, the notices, a closed gate; nothing off the glass and nothing cut."""
    resident.page.set_viewport_size({"width": size[0], "height": size[1]})
    views = [decided(reason.outcome, reason) for reason in Reason]
    views += [ready(notices=NOTICES), STATES["closed"].view, STATES["retest-wrist"].view, ready(fire=True)]
    for number, view in enumerate(views):
        resident.desk.put(replace(view, office_telephone=f"0991-555-{number:04}"))
        expected = "refuse" if not view.gate_open else None
        if view.verdict is not None:
            expected = view.verdict.outcome
            expect(resident.page.locator("#call")).to_contain_text(f"{number:04}")
        if expected:
            expect(resident.page.locator("html")).to_have_attribute("data-screen", expected)
        wrong = resident.page.evaluate(OFF_SCREEN), resident.page.evaluate(CUT)
        assert wrong == ([], []), view
