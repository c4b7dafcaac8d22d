"""`make screens`: the pictures of the screens in docs/screens, taken of a running town with Debian's Chromium.

Called by `__main__`. Rule: nothing is staged on the pages themselves; what they show has happened at the gates. Only
docs/guard_screens.md, which shows states that a gate is rarely in, is drawn without a gate.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gate.policy import Direction
from tests.conftest import CHROMIUM, QUIET
from tests.hub.resident_served import DAUGHTER, GRANDMOTHER, served
from tests.rehearsal import settings
from tests.rehearsal.album import draw_album
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate
from tests.rehearsal.pictures import blank
from tests.rehearsal.progress import Progress
from tests.rehearsal.scenario import CASES, Cast, Visit
from tests.rehearsal.town import CLERK, Town, everybody
from tests.rehearsal.visitors import Visitors, encoded
from tests.station import drawn_states

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
LANGUAGES = ("zh", "en")
KIOSK, DESK, PHONE = {"width": 1280, "height": 800}, {"width": 1920, "height": 1080}, {"width": 390, "height": 844}
MOST_BYTES = 300_000
FILLING = 40  # passages before the first picture, so that the office has something to show
SETTLES_SECONDS = 0.7  # until what moves on a page has come to rest

# Which picture is held up for which screen of the kiosk.
HELD = {"admit": "phone", "refer": "controlled", "refuse": "isolated"}


def screens() -> int:
    """Draw all of them anew; the exit status."""
    cast, progress = Cast(everybody()), Progress(sys.stderr)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Town(cast.people, settings.SCREENS_POLICY, cast.of("revoked"), pictures=True) as town, _browser() as browser:
        town.await_rules()
        assert town.pictures is not None
        codes = Codes(town.data, datetime.now(UTC))
        draw_album(town, cast, codes, town.pictures, random.Random(1))
        _fill(town, cast, codes)
        for language in LANGUAGES:
            _draw_kiosk(browser, town, language)
            _draw_office(browser, town, language)
            _draw_rehearsal(browser, town, language)
            _draw_pass(browser, language)
        drawn_states.draw(browser)
    for picture in sorted(FOLDER.glob("*.png")):
        progress.say(f"{picture.name}: {picture.stat().st_size // 1000} kB")
    return int(any(picture.stat().st_size > MOST_BYTES for picture in FOLDER.glob("*.png")))


def _fill(town: Town, cast: Cast, codes: Codes) -> None:
    """A morning's passages, so that neither screen is empty."""
    rng = random.Random(5)
    readable = [case for case in CASES if case.outcome is not None and case.celsius is not None]
    gates = [Gate(name, town.kiosk_urls[name]) for name in town.names]
    for number in range(FILLING):
        case = rng.choices(readable, weights=[each.share for each in readable])[0]
        at = number % len(gates)
        visitors = Visitors(gates[at], at, town.passes, codes, rng)
        visitors.come(Visit(number, case, rng.choice(cast.of(case.who))))
    for gate in gates:
        gate.close()


def _draw_kiosk(browser: Browser, town: Town, language: str) -> None:
    name = town.names[0]
    gate = Gate(name, town.kiosk_urls[name])
    with _page(browser, KIOSK) as page:
        _speak(page, language)
        page.goto(town.kiosk_urls[name])
        gate.dismiss()
        gate.show(_empty_lane(0))
        _shoot(page, f"kiosk-ready-{language}")
        for screen, picture in HELD.items():
            assert town.pictures is not None
            pixels = encoded(cv2.imread(str(town.pictures / f"{picture}.png")))  # type: ignore[arg-type]
            gate.show(pixels, 36.5, Direction.OUT, wait=5)
            _shoot(page, f"kiosk-{screen}-{language}")
            gate.dismiss()
            gate.clear()
    gate.close()


def _draw_office(browser: Browser, town: Town, language: str) -> None:
    with _page(browser, DESK) as page:
        page.goto(f"{town.hub_url}/login?lang={language}")
        _shoot(page, f"office-login-{language}")
        page.fill("[name=name]", CLERK)
        page.fill("[name=password]", town.clerk_password)
        page.press("[name=password]", "Enter")
        page.wait_for_selector("[data-record]")
        _shoot(page, f"office-{language}")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        _shoot(page, f"office-phone-{language}")


def _draw_rehearsal(browser: Browser, town: Town, language: str) -> None:
    name = town.names[1]
    gate = Gate(name, town.kiosk_urls[name])
    gate.dismiss()
    gate.show(_empty_lane(1))
    gate.close()
    with _page(browser, DESK) as page:
        _speak(page, language)
        page.goto(f"{town.kiosk_urls[name]}/rehearsal")
        _shoot(page, f"rehearsal-{language}")


def _draw_pass(browser: Browser, language: str) -> None:
    """A daughter's phone, on which her grandmother's pass was set up too."""
    with TemporaryDirectory() as folder, served(Path(folder)) as hub, _page(browser, PHONE) as page:
        page.add_init_script(f"localStorage.setItem('language', '{language}')")
        for person in (DAUGHTER, GRANDMOTHER):
            page.goto(hub.invite(person).link)
            page.click("#set-up")
            page.wait_for_selector("#live:not([hidden])")
        page.locator("#people button").first.click()
        _shoot(page, f"pass-{language}")


def _empty_lane(at: int) -> bytes:
    return encoded(blank(random.Random(6), view=2 * at))


def _speak(page: Page, language: str) -> None:
    """As if somebody had tapped the language on an earlier day."""
    page.add_init_script(f"localStorage.setItem('gate.language', '{language}')")


def _shoot(page: Page, name: str) -> None:
    """The page as a PNG; one that is too large for a repository is brought down to 256 colours."""
    page.wait_for_timeout(SETTLES_SECONDS * 1000)
    picture = FOLDER / f"{name}.png"
    page.screenshot(path=picture)
    if picture.stat().st_size > MOST_BYTES:
        with Image.open(picture) as drawn:
            few = drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(picture, optimize=True)


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _page(browser: Browser, size: dict[str, int]) -> Iterator[Page]:
    context = browser.new_context(viewport=size, has_touch=True)  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()
