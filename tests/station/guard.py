"""A guard before the kiosk's page, as the tests of the screens have him: what the lane does, what he sees and touches.

Used by every test_kiosk_*.py with a browser. Rule: the page is the real one in Chromium, on a desk in memory; each
touch is a real one, and the page itself counts them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Page, expect

from station.kiosk import create_app, serve
from station.taps import Tap
from station.view import KioskView
from tests.station.desk import MemoryDesk

SIZES = [(1280, 800), (1024, 600)]
COUNTING = "window.touched = 0; addEventListener('click', (e) => { if (e.isTrusted) window.touched += 1; }, true);"


class Guard:
    """The page as its guard has it: what the lane does, what is seen, what is touched."""

    def __init__(self, page: Page, desk: MemoryDesk, address: str) -> None:
        self.page = page
        self.desk = desk
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda wrong: self.complaints.append(str(wrong)))
        page.add_init_script(COUNTING)
        page.goto(address)
        self.sees("ready")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def sees(self, screen: str, patience_seconds: float = 10) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-screen", screen, timeout=patience_seconds * 1000)

    def lane(self, view: KioskView, screen: str) -> None:
        self.desk.put(view)
        self.sees(screen)

    def touches(self, selector: str) -> None:
        self.page.locator(selector).tap()

    def types(self, text: str) -> None:
        """On the keys of the finder."""
        for sign in text:
            self.touches(f"[data-key='{sign}']")

    def taps_counted(self) -> int:
        """How often the glass was touched since the page was opened, keys included."""
        return int(self.page.evaluate("window.touched"))

    def tapped(self, *taps: Tap) -> None:
        """Exactly these reached the loop; the last may still be on its way."""
        for _ in range(100):
            if len(self.desk.taps) >= len(taps):
                break
            self.page.wait_for_timeout(50)
        assert self.desk.taps == list(taps)

    def reads(self, selector: str, text: str) -> None:
        expect(self.page.locator(selector)).to_have_text(text)


@contextmanager
def at_the_gate(page: Page, desk: MemoryDesk | None = None) -> Iterator[Guard]:
    """A kiosk of its own, opened; the page must not have complained by the end."""
    desk = desk or MemoryDesk()
    kiosk = serve(create_app(desk), "127.0.0.1", 0)
    try:
        guard = Guard(page, desk, f"http://127.0.0.1:{kiosk.port}/")
        yield guard
        assert guard.complaints == [], "the page complained: a script, or its own content policy"
        page.goto("about:blank")
    finally:
        desk.speak()
        kiosk.stop()
