"""The pictures of the guard's screen in docs/guard_screens.md, and that page itself.

`make screens` draws them; test_kiosk_pictures.py holds the page to the states. Rule: each picture is a state that the
layout test goes through, so none can show what no longer exists.
"""

from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from station.kiosk import create_app, serve
from tests.station.desk import MemoryDesk
from tests.station.states import STATES, State

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "screens" / "guard"
PAGE = DOCS / "guard_screens.md"
GLASS = {"width": 1024, "height": 600}
COLOURS = 48

CAPTIONS = {
    "ready": "Ready. The note of the guard before and the office's notices stand under the prompt; below, who passed.",
    "ready-to-do": "What wants doing is amber: here link, rules, clock, camera and lamps, and nobody has signed on.",
    "looking": "A code is in view and not read yet: what would help.",
    "measuring": "The pass is read, the temperature is awaited; the family that comes after him is named.",
    "trip": "The visit asks for trips: none is one touch.",
    "purpose": "On the way out: what for; then where to, where the office asks for it.",
    "admit": "Green goes by itself after three seconds.",
    "refer": "Amber: the guard decides. From the left as on the panel: say again, next, let through.",
    "fever": "Red stays. A fever goes to the waiting area by one touch.",
    "ready-resting": "Who rests is counted down in the strip; who has rested is measured again by one touch.",
    "retest-wrist": "A retest goes from place to place; all readings stay.",
    "hand": "What the hand-held thermometer says: 36 and something is one touch.",
    "grounds": "Letting through takes a ground.",
    "undo": "An earlier passage, out of the strip, is taken back: asked once, the record stays.",
    "find": "No phone: initials or the last four digits of the telephone, then the row. 'All' takes the family.",
    "find-family": "The family in one go, less whoever is not here.",
    "find-room": "Or by building and room, tiles only.",
    "made": "A pass for today, for the resident's phone to photograph.",
    "certificate": "Whose foreign certificate is it?",
    "guests": "Who is on no list.",
    "door-floor": "A tower is asked by unit and floor.",
    "visitor": "A visitor: the household agrees, and he is let in.",
    "vehicle": "A car: the sign of the province stands there already.",
    "vehicle-province": "Any of the 31 provinces.",
    "delivery": "A parcel for the shelf; medicine goes first.",
    "returnee-where": "Back from away: the office's places of risk are at hand.",
    "pin": "Signing on, by PIN or by showing the badge to the camera.",
    "hand-over": "Handing over, with ready sentences.",
    "set-clock": "The guard sets a clock that nobody believes, by his own watch.",
    "barrier-stuck": "The barrier's own switch says that it does not move.",
    "closed": "The gate is closed: which one to take, and when this one opens.",
    "order": "Out of order: what is, and what to do.",
    "fire": "The fire alarm has opened the barrier; the software only says so.",
    "training": "Training: stripes, the word over everything, another ground. Nothing opens, nothing is stored.",
}


def page() -> str:
    """The Markdown of docs/guard_screens.md."""
    rows = [f"| ![{name}](screens/guard/{name}.png) | {caption} |" for name, caption in CAPTIONS.items()]
    lead = (
        "# The guard's screen\n\n"
        "Every state on the small glass (1024 x 600), by night, in Chinese; one touch makes it English. `make screens`"
        " draws this page anew\nout of the states that `tests/station/test_kiosk_states.py` goes through.\n\n"
        "| | |\n|---|---|\n"
    )
    return lead + "\n".join(rows) + "\n"


def draw(browser: Browser) -> None:
    """All pictures, and the page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    desk = MemoryDesk()
    kiosk = serve(create_app(desk), "127.0.0.1", 0)
    context = browser.new_context(viewport=GLASS, has_touch=True)  # type: ignore[arg-type]
    try:
        for name in CAPTIONS:
            _shoot(context.new_page(), desk, f"http://127.0.0.1:{kiosk.port}/", STATES[name], FOLDER / f"{name}.png")
    finally:
        context.close()
        kiosk.stop()
    PAGE.write_text(page(), encoding="utf-8")


def _shoot(glass: Page, desk: MemoryDesk, address: str, state: State, picture: Path) -> None:
    desk.found = state.found
    desk.put(state.view)
    glass.goto(address)
    for selector in state.touches:
        glass.locator(selector).tap()
    glass.locator(state.sees).first.wait_for()
    glass.locator("html[data-armed]").wait_for()
    glass.screenshot(path=picture)
    glass.close()
    with Image.open(picture) as drawn:
        few = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)
