"""Whose foreign certificate it is: the guard's search in Chromium."""

import pytest
from playwright.sync_api import expect

from gate.passage import Ground
from gate.reason import Outcome, Reason
from station.taps import Settle, TapRefused
from station.view import CertificateHolder, Found
from tests.station.desk import decided
from tests.station.guard import SIZES
from tests.station.layout import assert_fits

pytestmark = pytest.mark.browser

HOLDER = CertificateHolder("Gabriele Gößinger-Musterfrau", "1998-02-26")
SHOWN = decided(Outcome.REFER, Reason.HOLDER_UNMATCHED, person=None, holder=HOLDER, overrulable=True)
ANNA = Found("ab" * 8, "王*明", "3", "1", "0502")
BERT = Found("cd" * 8, "<b>李</b>*", "12", "", "1501")


def test_typing_finds_and_one_touch_settles_for_that_resident(guard) -> None:
    """By the keys on the screen alone; the ground is that the papers were checked."""
    guard.desk.found = (ANNA, BERT)
    guard.lane(SHOWN, "verdict")
    guard.touches("#find")
    expect(guard.page.locator("#finder-holder")).to_contain_text("Gabriele Gößinger-Musterfrau")
    guard.types("3-5")
    expect(guard.page.locator("#finder-found b")).to_have_text(["王*明", "<b>李</b>*"])
    expect(guard.page.locator("#finder-found span").first).to_have_text("3 号楼 1-0502 室")
    guard.touches("#finder-found button >> nth=0")
    guard.tapped(Settle(42, Outcome.ADMIT, Ground.PAPERS_CHECKED, "ab" * 8))
    assert guard.desk.queries == ["3-", "3-5"]


def test_a_refusal_is_told_and_the_search_stays(guard) -> None:
    """Whoever was found is isolated: the guard reads it, and can look for somebody else."""
    guard.desk.found = (ANNA,)
    guard.desk.refuses = TapRefused("正在居家隔离", "In home isolation")
    guard.lane(SHOWN, "verdict")
    guard.touches("#find")
    guard.types("WM")
    guard.touches("#finder-found button")
    guard.reads("#toast", "正在居家隔离")
    expect(guard.page.locator("#finder")).to_be_visible()
    assert all("409" in complaint for complaint in guard.complaints)
    guard.complaints.clear()


def test_the_search_belongs_to_the_passage_it_was_begun_for(guard) -> None:
    """The next person closes it, and the certificate's name goes with it."""
    guard.lane(SHOWN, "verdict")
    guard.touches("#find")
    guard.desk.put(decided(Outcome.REFER, Reason.NO_CODE, sequence=43, overrulable=True))
    expect(guard.page.locator("#finder")).to_be_hidden()
    expect(guard.page.locator("#find")).to_be_hidden()
    expect(guard.page.locator("#finder-holder")).to_be_empty()


def test_nobody_found_is_said(guard) -> None:
    guard.lane(SHOWN, "verdict")
    guard.touches("#find")
    guard.types("99")
    guard.reads("#finder-found p", "没有找到")
    guard.touches("#finder-back")
    expect(guard.page.locator("#let-through")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_key_is_in_view_and_large(guard, size, language) -> None:
    """On both screens, in both languages."""
    guard.page.set_viewport_size({"width": size[0], "height": size[1]})
    if language == "en":
        guard.touches("#language")
    guard.desk.found = (ANNA, BERT)
    guard.lane(SHOWN, "verdict")
    assert_fits(guard.page, "the verdict")
    guard.touches("#find")
    guard.types("12")
    expect(guard.page.locator("#finder-found button")).to_have_count(2)
    assert_fits(guard.page, "the search")
