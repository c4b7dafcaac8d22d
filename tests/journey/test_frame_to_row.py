"""The whole way in two browsers: a PNG before the gate's camera, the guard's screen, the office's row.

One town of real processes serves all of it: Mosquitto, `gate-hub`, two times `gate-station`, Chromium.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect

from gate.policy import Direction
from gate.wording import GROUNDS, REASONS, Words
from hub.masking import mask
from tests.rehearsal import settings
from tests.rehearsal.gates import Gate
from tests.rehearsal.people import HealthCode, Resident, Standing
from tests.rehearsal.pictures import blank, render, scene
from tests.rehearsal.town import CLERK, Town, everybody

pytestmark = [pytest.mark.browser, pytest.mark.broker]
PATIENCE_MS = 20_000


@dataclass
class Journey:
    """A town, the east gate from the world's side, its kiosk's page and the office's page."""

    town: Town
    gate: Gate
    kiosk: Page
    office: Page
    rng: random.Random

    def free_residents(self) -> list[Resident]:
        """Those whom nothing keeps from passing, whose passes were not used in an earlier test."""
        return [
            each
            for each in self.town.people
            if each.standing is Standing.NORMAL
            and each.health_code is HealthCode.GREEN
            and each.building not in {settings.CONTROLLED, settings.SEALED}
        ]

    def hold_up(self, text: str | None, celsius: float | None = 36.5) -> None:
        """A code on paper, as a PNG of what the camera sees; None: an empty lane."""
        seen = blank(self.rng) if text is None else render(text, scene("easy", "paper", self.rng), self.rng)
        self.gate.show(cv2.imencode(".png", seen)[1].tobytes(), celsius, Direction.IN)

    def pass_of(self, resident: Resident) -> str:
        return self.town.passes[resident.identity_number].text

    def next_one(self) -> None:
        self.gate.clear()
        if self.kiosk.locator("#dismiss").is_visible():
            self.kiosk.locator("#dismiss").tap()
        self.sees("ready")

    def sees(self, screen: str) -> None:
        expect(self.kiosk.locator("html")).to_have_attribute("data-screen", screen, timeout=PATIENCE_MS)

    def reads(self, selector: str, text: str) -> None:
        expect(self.kiosk.locator(selector)).to_contain_text(text, timeout=PATIENCE_MS)

    def row(self, *texts: str) -> None:
        """The office's newest row says all of these."""
        for text in texts:
            expect(self.office.locator("#rows tr").first).to_contain_text(text, timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town(everybody()[:200], settings.BRISK_POLICY, frames_per_second=30) as town:
        town.await_rules()
        yield town


@pytest.fixture
def journey(town: Town, browser: Browser) -> Iterator[Journey]:
    guard = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    desk = browser.new_context(viewport={"width": 1920, "height": 1080})
    gate = Gate("east-1", town.kiosk_urls["east-1"])
    try:
        kiosk, office = guard.new_page(), desk.new_page()
        kiosk.goto(town.kiosk_urls["east-1"])
        _log_in(office, town)
        journey = Journey(town, gate, kiosk, office, random.Random(7))
        journey.next_one()
        yield journey
    finally:
        gate.close()
        guard.close()
        desk.close()


def _log_in(office: Page, town: Town) -> None:
    office.goto(town.hub_url)
    office.fill("[name=name]", CLERK)
    office.fill("[name=password]", town.clerk_password)
    office.locator("[name=password]").press("Enter")
    office.wait_for_selector("#results")


@pytest.mark.parametrize(("language", "verb", "outcome"), [("zh", "请进", "放行"), ("en", "Come in", "Admitted")])
def test_a_resident_is_read_measured_admitted_and_seen_in_the_office(
    journey: Journey, language: str, verb: str, outcome: str
) -> None:
    """No tap, no reload: the page of the guard turns green, and the row stands in the office with a masked name."""
    resident = journey.free_residents()[0 if language == "zh" else 1]
    if language == "en":
        journey.kiosk.locator("#language").tap()
        journey.office.goto(f"{journey.town.hub_url}/?lang=en")
    journey.hold_up(journey.pass_of(resident))
    journey.sees("verdict")
    journey.reads("#verb", verb)
    journey.reads("#who", mask(resident.name))
    journey.row(mask(resident.name), outcome, "36.5")
    expect(journey.office.locator("body")).not_to_contain_text(resident.name)


def test_a_fever_is_refused_and_the_guards_word_reaches_the_office(journey: Journey) -> None:
    """Red, a reason, a ground by two taps; the office sees what the rule said and what the guard made of it."""
    resident = journey.free_residents()[2]
    journey.hold_up(journey.pass_of(resident), 38.2)
    journey.sees("verdict")
    journey.reads("#verb", "请勿通行")
    journey.reads("#reasons", "体温偏高")
    journey.row(mask(resident.name), "拒绝", "38.2", "体温偏高")
    journey.kiosk.locator("#let-through").tap()
    journey.kiosk.locator('[data-ground="medical"]').tap()
    ground: Words = next(words for name, words in GROUNDS.items() if name == "medical")
    journey.row("放行", ground.zh)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("https://shop.example/?id=7", "not_ours"), ("GC1:DAMAGED", "code_damaged"), ("'; DROP TABLE x;--", "not_ours")],
)
def test_whatever_else_is_held_up_ends_in_a_clear_sentence(journey: Journey, text: str, reason: str) -> None:
    """A foreign code, a torn pass, an attack: guard and office read what is the matter, the guard what to do."""
    sentence = next(words for name, words in REASONS.items() if name == reason)
    journey.hold_up(text)
    journey.sees("verdict")
    journey.reads("#verb", "请稍候")
    journey.reads("#reasons", sentence.say.zh)
    journey.reads("#reasons", sentence.do.zh)
    journey.row(sentence.say.zh)
    assert text not in journey.office.content()


def test_an_empty_lane_makes_no_passage(journey: Journey) -> None:
    before = journey.office.locator("#rows tr").first.get_attribute("data-record", timeout=PATIENCE_MS)
    journey.hold_up(None)
    journey.gate.clear()
    journey.sees("ready")
    assert journey.office.locator("#rows tr").first.get_attribute("data-record") == before


def test_without_hub_and_broker_the_gate_goes_on_says_so_and_catches_up(journey: Journey) -> None:
    """Both are killed outright; residents pass all the same, and their rows come when both are back."""
    resident = journey.free_residents()[3]
    journey.town.kill_hub()
    journey.town.broker.kill()
    journey.reads("#health [data-part=link]", "断网")
    journey.hold_up(journey.pass_of(resident))
    journey.sees("verdict")
    journey.reads("#verb", "请进")
    journey.reads("#health [data-part=queue]", "待送")
    journey.gate.clear()
    journey.town.broker.start()
    journey.town.start_hub()
    journey.reads("#health [data-part=link]", "社区已连通")
    journey.reads("#health [data-part=queue]", "记录已送达")
    _log_in(journey.office, journey.town)
    journey.row(mask(resident.name), "放行")
