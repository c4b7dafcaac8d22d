"""The guard's page before the very loop of a station: what he touches becomes a record, and the screen follows."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from gate.passage import Amendment, Ground, Passage
from gate.reason import Outcome, Reason
from station import kiosk as kiosk_package
from station.kiosk import create_app, serve
from station.snapshot import Snapshot
from tests.station.lane_of_tests import TestLane, snapshot

pytestmark = pytest.mark.browser
R = TypeVar("R", Passage, Amendment)
STATIC = Path(kiosk_package.__file__).parent / "static"
# The loop stands still while the test touches the screen: how long that may last is looked at in test_kiosk_page.
PATIENCE = {
    "contact.js": ("SILENCE_MS = 3000", "SILENCE_MS = 120000"),
    "taps.js": ("PATIENCE_MS = 7000", "PATIENCE_MS = 60000"),
}


class Post:
    """A guard at his screen, with the lane behind it; the test turns the loop between two touches."""

    def __init__(self, page: Page, lane: TestLane) -> None:
        self.page, self.lane = page, lane

    def touches(self, *selectors: str) -> None:
        for selector in selectors:
            self._until(selector)
            self.page.locator(selector).first.tap()
            self.turns()

    def turns(self, times: int = 4) -> None:
        for _ in range(times):
            # What was tapped, then the time that it took.
            self.lane.loop.turn(0.01)
            self.lane.wait(0.02)
            self.page.wait_for_timeout(30)

    def _until(self, selector: str) -> None:
        for _ in range(600):
            if self.page.locator(selector).first.is_visible():
                return
            self.turns(1)
        raise AssertionError(f"{selector} never came into view")

    def sees(self, screen: str) -> None:
        self._until(f"html[data-screen={screen}]")


def housed() -> Snapshot:
    """Two of one household in 3-502, with initials."""
    held = snapshot("ab")
    family = {
        key: replace(each, household="f" * 16, room="502", initials="WM", phone_tail="0412")
        for key, each in held.residents.items()
    }
    return dataclasses.replace(held, residents=family)


@pytest.fixture
def post(page: Page, tmp_path: Path) -> Iterator[Post]:
    lane = TestLane(tmp_path / "lane", housed())
    lane.wait()
    kiosk = serve(create_app(lane.kiosk), "127.0.0.1", 0)
    try:
        be_patient(page)
        page.goto(f"http://127.0.0.1:{kiosk.port}/")
        post = Post(page, lane)
        post.sees("ready")
        yield post
        page.goto("about:blank")
    finally:
        kiosk.stop()
        lane.close()


def be_patient(page: Page) -> None:
    for name, (before, after) in PATIENCE.items():
        script = (STATIC / name).read_text(encoding="utf-8")
        assert before in script
        serve_instead(page, name, script.replace(before, after))


def serve_instead(page: Page, name: str, script: str) -> None:
    page.route(f"**/static/{name}*", lambda route: route.fulfill(body=script, content_type="text/javascript"))


def of_kind(post: Post, kind: type[R]) -> list[R]:
    return [each for each in post.lane.records() if isinstance(each, kind)]


def test_a_visitor_is_let_in_by_the_form_and_taken_back_from_the_strip(post) -> None:
    """A passage and the guard's word on it; then one more word, and the passage is open again."""
    post.touches("#guests-open", "[data-guest=visitor]", "#door-choices button", "#door-choices button")
    post.touches("#visitor-agreed")
    post.sees("gathering")
    post.lane.forehead(36.4)
    post.sees("verdict")
    (passage,) = of_kind(post, Passage)
    assert passage.reasons == (Reason.UNANNOUNCED,)
    assert passage.form is not None
    assert [(each.outcome, each.ground) for each in of_kind(post, Amendment)] == [(Outcome.ADMIT, Ground.HOST_AGREED)]
    expect(post.page.locator("#verb")).to_have_text("请进")
    post.lane.wait(10)
    post.sees("ready")
    post.touches("#recent button", "#undo", "#undo-yes")
    assert [each.ground for each in of_kind(post, Amendment)] == [Ground.HOST_AGREED, Ground.MISTAKE]
    post.sees("ready")
    expect(post.page.locator("#recent .open")).to_have_count(1)


def test_a_family_without_a_phone_comes_in_one_after_the_other(post) -> None:
    """Found by initials, measured each, admitted each; nobody of them is touched for again."""
    post.touches("#no-phone", "[data-key=W]", "[data-key=M]", "#finder-found .side", "#finder-together")
    post.sees("gathering")
    post.lane.forehead(36.5)
    post.sees("verdict")
    expect(post.page.locator("#verb")).to_have_text("请进")
    post.lane.forehead(None)
    post.lane.wait(4)
    post.sees("gathering")
    post.lane.forehead(36.6)
    post.sees("verdict")
    assert [(each.named, each.reasons) for each in of_kind(post, Passage)] == [(True, ()), (True, ())]


def test_a_fever_rests_and_is_measured_by_hand_at_both_places(post) -> None:
    """Rest, wait, forehead and wrist by the guard's own thermometer; clear, and it is still the guard who lets in."""
    post.touches("#no-phone", "[data-key=W]", "[data-key=M]", "#finder-found .taken")
    post.sees("gathering")
    post.lane.forehead(38.4)
    post.touches("#rest")
    post.sees("ready")
    post.lane.wait(600)
    post.touches("#resting button.ready-now")
    post.sees("retest")
    post.touches("#retest-hand", "[data-tenth='5']")
    expect(post.page.locator("#retest-site")).to_have_text("请测手腕")
    post.touches("#retest-hand", "[data-tenth='6']")
    post.sees("verdict")
    post.touches("#let-through", "[data-ground=measured_again]")
    told = [(each.outcome, each.ground) for each in of_kind(post, Amendment)]
    assert told == [
        (Outcome.REFUSE, Ground.RESTS),
        (Outcome.REFER, Ground.MEASURED_AGAIN),
        (Outcome.ADMIT, Ground.MEASURED_AGAIN),
    ]
