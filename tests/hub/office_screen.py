"""The office's screen in a real browser: the sizes it is looked at in, a login by hand, and what the browser minds."""

import pytest
from playwright.sync_api import Page, expect

from tests.hub.office_day import PASSWORD
from tests.hub.office_served import CLERK, Served

DESK, SMALL_DESK, PHONE = (1920, 1080), (1280, 800), (390, 844)


@pytest.fixture
def faults(page: Page) -> list[str]:
    """What the browser complains of: a blocked script, a missing file, an error in ours."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def enter(page: Page, served: Served, path: str = "/") -> None:
    page.goto(served.address + path)
    page.fill("[name=name]", CLERK)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("body[data-link=live]")).to_be_visible()
