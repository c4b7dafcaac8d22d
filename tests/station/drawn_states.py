"""The guard's and the resident's screens as docs/screens.md shows them: every state, in both languages, on a real page.

`make screens` takes pictures of them, test_kiosk_pictures.py reads what they say. Rule: each is a state that the layout
test goes through, so none can show what no longer exists.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace
from playwright.sync_api import Browser, Page

from station.kiosk import create_app, serve
from station.view import Retesting, Screen
from tests.station.desk import NIGHT, MemoryDesk, ready
from tests.station.states import LONG_NAME, NOTICES, STATES

GLASS = {"width": 1024, "height": 600}
# States that differ from one with a picture by a frame, a length or a number alone.
LIKE = {
    "ready-plain": "ready",
    "refer-two": "refer",
    "find-empty": "find",
    "find-floor": "door-floor",
    "training-fever": "training-admit",
    "training-find": "training",
    "training-vehicle": "training",
    "training-duty": "training",
    "fire-find": "fire",
    "fire-vehicle": "fire",
    "fire-duty": "fire",
}
NIGHTS = {"ready-night": "ready"}
GUARD = {name: state for name, state in STATES.items() if name not in LIKE} | {"ready-night": STATES["ready"]}
RESIDENT = {
    "ready": ready(notices=NOTICES),
    "measuring": ready(screen=Screen.GATHERING, person=LONG_NAME, awaiting=("temperature",)),
    "admit": STATES["admit"].view,
    "refer": STATES["refer"].view,
    "fever": STATES["fever"].view,
    "retest-wrist": ready(screen=Screen.GATHERING, retest=Retesting(28, LONG_NAME, "wrist")),
    "closed": STATES["closed"].view,
    "fire": STATES["fire"].view,
    "training": STATES["training"].view,
}
_FOR_A_PICTURE = 3600.0  # seconds that a green stays, so that none is gone before it is drawn


class Glasses:
    """One kiosk whose lane says what the states say; a page for each language and theme, kept."""

    def __init__(self, browser: Browser, desk: MemoryDesk, address: str) -> None:
        self._browser, self._desk, self._address = browser, desk, address
        self._pages: dict[tuple[str, str], Page] = {}

    def guard(self, name: str, language: str) -> Page:
        """The guard's screen in that state of GUARD, or "lost"."""
        page, state = self._page(language, "dark" if name in NIGHTS else "light"), GUARD.get(name, STATES["ready"])
        self._desk.speak()
        self._desk.found = state.found
        self._desk.put(replace(state.view, green_seconds=_FOR_A_PICTURE))
        page.goto(self._address)
        for selector in state.touches:
            page.locator(selector).tap()
        page.locator(state.sees).first.wait_for()
        if name == "lost":
            self._desk.fall_dumb()
            page.locator("html[data-screen=lost]").wait_for()
        page.locator("html[data-armed]").wait_for()
        return page

    def resident(self, name: str) -> Page:
        """The resident's side in that state of RESIDENT; it speaks both languages at once."""
        page = self._page("zh", "light")
        self._desk.speak()
        self._desk.put(replace(RESIDENT[name], green_seconds=_FOR_A_PICTURE))
        page.goto(f"{self._address}resident")
        page.locator("html:not([data-screen=lost])").wait_for()
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _page(self, language: str, theme: str) -> Page:
        if (language, theme) not in self._pages:
            context = self._browser.new_context(viewport=GLASS, has_touch=True)  # type: ignore[arg-type]
            page = self._pages[language, theme] = context.new_page()
            # Notices take turns by the clock.
            page.clock.set_fixed_time(NIGHT)
            page.add_init_script(f"localStorage.setItem('gate.language', '{language}')")
            page.add_init_script(f"localStorage.setItem('gate.theme', '{theme}')")
        return self._pages[language, theme]


@contextmanager
def glasses(browser: Browser, lane_picture: bytes | None = None) -> Iterator[Glasses]:
    """lane_picture: what the lane's camera sees, as JPEG."""
    desk = MemoryDesk()
    desk.picture = lane_picture or desk.picture
    kiosk = serve(create_app(desk), "127.0.0.1", 0)
    drawn = Glasses(browser, desk, f"http://127.0.0.1:{kiosk.port}/")
    try:
        yield drawn
    finally:
        drawn.close()
        desk.speak()
        kiosk.stop()
