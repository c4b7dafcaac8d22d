"""The feed in a real browser: rows arrive, change in place, survive a gap; filters live in the address."""

import re

import pytest
from playwright.sync_api import Page, expect

from gate.passage import Ground
from gate.reason import Outcome, Reason
from tests.hub.office_day import PASSWORD, busy_day
from tests.hub.office_screen import DESK, PHONE, SMALL_DESK, enter, faults
from tests.hub.office_served import CLERK, Served, served

__all__ = ["faults", "served"]
pytestmark = pytest.mark.browser


def shown(page: Page):
    return page.locator("#rows tr")


def test_a_passage_appears_on_top_and_the_guards_word_changes_it_in_place(
    page: Page, served: Served, faults: list[str]
):
    served.compound.station("n1", "north")
    served.compound.arrives("n1", served.compound.resident("李华"))
    enter(page, served)
    sequence = served.compound.arrives("n1", served.compound.resident("王小明"), Reason.HEALTH_YELLOW)
    served.committed()
    expect(shown(page).first).to_contain_text("王*明")
    expect(shown(page).first).to_have_class(re.compile("fresh"))
    served.compound.settles("n1", sequence, Outcome.REFUSE, Ground.SENT_BACK)
    served.committed()
    expect(shown(page).first).to_contain_text("已劝返")
    expect(shown(page)).to_have_count(2)
    expect(page.locator(".totals .refuse dd")).to_have_text("1")
    assert faults == []


def test_an_empty_feed_fills_without_a_reload(page: Page, served: Served):
    enter(page, served)
    expect(page.locator("#results .empty")).to_be_visible()
    served.compound.arrives("n1", None)
    served.committed()
    expect(shown(page)).to_have_count(1)
    expect(page.locator("#results .empty")).to_be_hidden()


def test_a_chosen_filter_enters_the_address_holds_for_the_stream_and_goes_back(
    page: Page, served: Served, faults: list[str]
):
    served.compound.station("n1", "north")
    served.compound.station("w1", "west")
    served.compound.arrives("n1", None, gate="north")
    served.compound.arrives("w1", None, gate="west")
    enter(page, served)
    page.select_option("[name=gate]", "west")
    expect(shown(page)).to_have_count(1)
    expect(page).to_have_url(served.address + "/?gate=west")
    expect(page.locator("body[data-link=live]")).to_be_visible()
    served.compound.arrives("n1", None, Reason.FEVER, gate="north")
    served.compound.arrives("w1", None, Reason.EXPIRED, gate="west")
    served.committed()
    expect(shown(page)).to_have_count(2)
    expect(shown(page).first).to_contain_text("通行证已过期")
    page.go_back()
    expect(page).to_have_url(served.address + "/")
    expect(shown(page)).to_have_count(4)
    expect(page.locator("[name=gate]")).to_have_value("")
    page.fill("#q", "wxm")
    expect(page).to_have_url(served.address + "/?q=wxm")
    expect(page.locator("#results .empty")).to_contain_text("没有符合筛选的记录")
    assert faults == []


def test_a_lost_hub_is_shown_and_nothing_is_missing_when_it_is_back(page: Page, served: Served):
    """The network goes away, two people pass, it comes back."""
    served.compound.arrives("n1", None)
    enter(page, served)
    page.context.set_offline(True)
    page.route("**/feed/events*", lambda route: route.abort())
    served.announcer.end()
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#lost")).to_contain_text("连接中断，正在重连")
    served.compound.arrives("n1", None)
    served.compound.arrives("n1", None)
    served.announcer._ended = False
    page.unroute("**/feed/events*")
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
    expect(shown(page)).to_have_count(3)


def test_a_screen_that_is_no_longer_logged_in_leads_to_the_login_and_back(page: Page, served: Served):
    """As after a restart of the hub: the filter is not lost."""
    enter(page, served, "/?outcome=refuse")
    page.context.clear_cookies(name="session")
    served.announcer.end()
    expect(page.locator("[name=password]")).to_be_visible(timeout=15_000)
    page.fill("[name=name]", CLERK)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page).to_have_url(served.address + "/?outcome=refuse")


def test_an_older_page_stands_still_and_says_so(page: Page, served: Served):
    busy_day(served.compound, passages=120)
    enter(page, served)
    page.click("#older")
    expect(page.locator(".paused")).to_be_visible()
    expect(shown(page)).to_have_count(20)
    served.compound.arrives("n1", None)
    served.committed()
    expect(page.locator(".totals .admit dd").first).not_to_have_text("0")
    expect(shown(page)).to_have_count(20)


@pytest.mark.parametrize("size", [DESK, SMALL_DESK, PHONE])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_sticks_out_of_the_screen(page: Page, served: Served, size: tuple[int, int], language: str):
    """No page scrolls sideways, in either language, on desk or phone; on a phone rows are cards."""
    busy_day(served.compound, passages=60)
    served.compound.garbage(b"x" * 500, "a payload without any space to break it at")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, served, f"/?lang={language}")
    for path in ("/", "/?outcome=refuse", "/quarantine"):
        page.goto(served.address + path)
        wide, inside = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= inside, path
    page.goto(served.address + "/")
    expect(page.locator("thead")).to_be_visible(visible=size != PHONE)
