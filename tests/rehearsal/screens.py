"""`make screens`: the pictures of docs/screens.md, taken with Debian's Chromium.

Called by `__main__`. Rule: nothing is staged on the pages themselves. Office, phone, rehearsal and a gate by day are
those of a running town; the states that a gate is rarely in are drawn without one.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
from playwright.sync_api import Browser, Page, sync_playwright

from gate.forms import DeliveryForm, Door, ReturneeForm, VehicleForm, VisitorForm
from gate.policy import Direction
from tests.conftest import CHROMIUM, QUIET
from tests.hub.resident_served import DAUGHTER, GRANDMOTHER, served
from tests.rehearsal import gallery, settings
from tests.rehearsal.album import draw_album
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate, NotTaken, until
from tests.rehearsal.pictures import blank
from tests.rehearsal.progress import Progress
from tests.rehearsal.scenario import CASES, Cast, Visit
from tests.rehearsal.town import CLERK, Town, everybody
from tests.rehearsal.visitors import Visitors, encoded
from tests.station.drawn_states import glasses

LANGUAGES = ("zh", "en")
KIOSK, DESK, PHONE = {"width": 1280, "height": 800}, {"width": 1920, "height": 1080}, {"width": 390, "height": 844}
FILLING = 40  # passages before the first picture, so that the office has something to show
SETTLES_SECONDS = 0.7  # until what moves on a page has come to rest

# Which picture is held up for which screen of the kiosk.
HELD = {"admit": "phone", "refer": "controlled", "refuse": "isolated"}
# Each page of the office, and where it is.
OFFICE = {
    "login": "/login",
    "feed": "/",
    "happenings": "/happenings",
    "cases": "/cases",
    "temporary": "/temporary",
    "quarantine": "/quarantine",
    "recoveries": "/recoveries",
}
GUESTS = (
    VisitorForm(Door("7", "1", "302"), people=2, host_agreed=True),
    VehicleForm("豫A8K216", occupants=2, door=Door("12"), host_agreed=True),
    DeliveryForm(Door("3", "2", "501"), slot="4", medicine=True, pieces=2),
)


def screens() -> int:
    """Draw all of them anew, and the page that shows them; the exit status."""
    progress = Progress(sys.stderr)
    with _browser() as browser:
        _draw_states(browser)
        progress.say("states")
        _draw_town(browser)
    gallery.write()
    weight = sum(picture.stat().st_size for picture in gallery.FOLDER.rglob("*.png"))
    progress.say(f"{len(gallery.pictures())} pictures, {weight // 1000} kB")
    return int(weight > gallery.MOST_BYTES_IN_ALL)


def _draw_states(browser: Browser) -> None:
    seen = cv2.imencode(".jpg", blank(random.Random(6), view=0))[1].tobytes()
    with glasses(browser, seen) as glass:
        for room, screen, language in gallery.pictures():
            if room == "guard":
                gallery.shoot(glass.guard(screen, language), room, screen, language)
            elif room == "resident":
                gallery.shoot(glass.resident(screen), room, screen, language)


def _draw_town(browser: Browser) -> None:
    cast = Cast(everybody())
    with Town(cast.people, settings.SCREENS_POLICY, cast.of("revoked"), pictures=True) as town:
        town.await_rules()
        assert town.pictures is not None
        codes = Codes(town.data, datetime.now(UTC))
        draw_album(town, cast, codes, town.pictures, random.Random(1))
        _fill(town, cast, codes)
        _draw_kiosk(browser, town)
        _have_guests(town, [town.passes[one.identity_number].person for one in cast.of("free")[:3]])
        for language in LANGUAGES:
            _draw_office(browser, town, language)
            _draw_rehearsal(browser, town, language)
            _draw_pass(browser, language)
        _draw_recovery(browser, town)


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


def _have_guests(town: Town, persons: Sequence[str]) -> None:
    """Guests, somebody back from away, a temporary pass and an alarm: what the office's other pages show."""
    name = town.names[0]
    gate = Gate(name, town.kiosk_urls[name])
    back = ReturneeForm(None, "云南瑞丽", datetime.now(UTC).date())
    for form in (*GUESTS, back):
        gate.clear()
        if form is back:
            gate.tap("/form", form=form, admit=False, person=persons[0])
        else:
            gate.fill(form)
        gate.show(_empty_lane(0), 36.4, Direction.IN, wait=5)
        gate.dismiss()
    town.office("station", "allow", name)
    gate.close()
    until(lambda: _makes_pass(gate, persons[1]), 20)
    gate.tap("/rehearsal/panel", tamper=True)
    gate.close()


def _makes_pass(gate: Gate, person: str) -> bool:
    """Whether the gate may do that yet: its certificate comes over the broker."""
    try:
        gate.tap("/make-pass", person=person, form=None)
    except NotTaken:
        return False
    return True


def _draw_kiosk(browser: Browser, town: Town) -> None:
    """Each visit once, in both languages: the same pass a second time is another verdict."""
    name = town.names[0]
    gate = Gate(name, town.kiosk_urls[name])
    with _page(browser, KIOSK) as page:
        _speak(page, LANGUAGES[0])
        page.goto(town.kiosk_urls[name])
        gate.dismiss()
        gate.show(_empty_lane(0))
        _shoot_both(page, gate, "ready")
        for screen, picture in HELD.items():
            assert town.pictures is not None
            pixels = encoded(cv2.imread(str(town.pictures / f"{picture}.png")))  # type: ignore[arg-type]
            gate.show(pixels, 36.5, Direction.OUT, wait=5)
            page.locator("html[data-screen=verdict]").wait_for()
            _shoot_both(page, gate, screen)
            gate.dismiss()
            gate.clear()
    gate.close()


def _shoot_both(page: Page, gate: Gate, screen: str) -> None:
    for language in LANGUAGES:
        _shoot(page, "kiosk", screen, language)
        page.locator("#language").tap()
    # A gate ends a connection that says nothing for as long as a picture may take.
    gate.close()


@contextmanager
def _at_the_desk(browser: Browser, town: Town, language: str) -> Iterator[Page]:
    """A clerk who has signed on; the login is drawn on the way."""
    with _page(browser, DESK) as page:
        page.goto(f"{town.hub_url}/login?lang={language}")
        _shoot(page, "office", "login", language)
        page.fill("[name=name]", CLERK)
        page.fill("[name=password]", town.clerk_password)
        page.press("[name=password]", "Enter")
        page.wait_for_selector("[data-record]")
        yield page


def _draw_office(browser: Browser, town: Town, language: str) -> None:
    with _at_the_desk(browser, town, language) as page:
        for screen, path in OFFICE.items():
            if screen not in ("login", "recoveries"):
                page.goto(f"{town.hub_url}{path}")
                _shoot(page, "office", screen, language)
        page.goto(town.hub_url)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        _shoot(page, "office", "phone", language)


def _draw_recovery(browser: Browser, town: Town) -> None:
    """A disk died, and a backup took its place."""
    town.office("backup", str(town.folder / "backup.sqlite"))
    town.end_hub()
    town.office("restore", str(town.folder / "backup.sqlite"))
    town.start_hub()
    for language in LANGUAGES:
        with _at_the_desk(browser, town, language) as page:
            page.goto(f"{town.hub_url}{OFFICE['recoveries']}")
            _shoot(page, "office", "recoveries", language)


def _draw_rehearsal(browser: Browser, town: Town, language: str) -> None:
    name = town.names[1]
    gate = Gate(name, town.kiosk_urls[name])
    gate.dismiss()
    gate.show(_empty_lane(1))
    gate.close()
    with _page(browser, DESK) as page:
        _speak(page, language)
        page.goto(f"{town.kiosk_urls[name]}/rehearsal")
        _shoot(page, "rehearsal", "rehearsal", language)


def _draw_pass(browser: Browser, language: str) -> None:
    """A daughter's phone, on which her grandmother's pass was set up too."""
    with TemporaryDirectory() as folder, served(Path(folder)) as hub, _page(browser, PHONE) as page:
        page.add_init_script(f"localStorage.setItem('language', '{language}')")
        for person in (DAUGHTER, GRANDMOTHER):
            page.goto(hub.invite(person).link)
            page.click("#set-up")
            page.wait_for_selector("#live:not([hidden])")
        page.locator("#people button").first.click()
        _shoot(page, "pass", "pass", language)


def _empty_lane(at: int) -> bytes:
    return encoded(blank(random.Random(6), view=2 * at))


def _speak(page: Page, language: str) -> None:
    """As if somebody had tapped the language on an earlier day."""
    page.add_init_script(f"localStorage.setItem('gate.language', '{language}')")


def _shoot(page: Page, room: str, screen: str, language: str) -> None:
    page.wait_for_timeout(SETTLES_SECONDS * 1000)
    gallery.shoot(page, room, screen, language, gallery.MANY_COLOURS)


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
