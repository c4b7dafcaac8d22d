"""Every state of the guard's screen on one glass and in one language: all in view, large, and nothing cut.

Each also says what its picture in docs/screens.md says. A file for each language calls it, so that both go side by
side.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page, expect

from station import kiosk
from tests.rehearsal.gallery import picture_of, words_in, words_on
from tests.station.desk import NIGHT
from tests.station.drawn_states import GUARD
from tests.station.guard import Guard
from tests.station.layout import assert_fits
from tests.station.states import STATES, State

_TAPS = (Path(kiosk.__file__).parent / "static/taps.js").read_text(encoding="utf-8")
_REST = re.findall(r"ARM_MS = (\d+);", _TAPS)[0]
# How long buttons rest under a changed screen is looked at in test_kiosk_page; nobody has to wait for it 200 times.
HURRY = (
    f"const later = setTimeout; window.setTimeout = (act, ms, ...rest) => later(act, ms === {_REST} ? 0 : ms, ...rest);"
)

LOOKS, LOOK_MS, AGAIN = 100, 50, 2


def every_state_fits(guard: Guard, size: tuple[int, int], language: str, names: Iterable[str] = tuple(STATES)) -> None:
    """size: width and height in pixels. language: "zh" or "en". names: of those states alone."""
    guard.page.set_viewport_size({"width": size[0], "height": size[1]})
    # As the pictures were taken: by day, and the notices' turn stands still.
    guard.page.clock.set_fixed_time(NIGHT)
    guard.page.add_init_script("localStorage.setItem('gate.theme', 'light')")
    guard.page.add_init_script(HURRY)
    if language == "en":
        guard.touches("#language")
    for name in names:
        state = STATES[name]
        guard.desk.found = state.found
        guard.desk.put(state.view)
        _opened(guard, state)
        if name in GUARD:
            said = words_in(picture_of("guard", name, language))
            is_said = _comes_to_say(guard.page, said)
            for _ in range(AGAIN):
                # A page that heard nothing for seconds, on a machine with other work, shows that and closes its sheets.
                is_said = is_said or (_opened(guard, state) and _comes_to_say(guard.page, said))
            assert is_said, f"the picture of {name} is out of date: run make screens"
        assert_fits(guard.page, name)


def _opened(guard: Guard, state: State) -> bool:
    """The page anew, in that state."""
    guard.page.goto(guard.address)
    for selector in state.touches:
        guard.touches(selector)
    expect(guard.page.locator(state.sees).first).to_be_visible()
    return True


def _comes_to_say(page: Page, said: str) -> bool:
    """What comes by another way than the view, a list that was asked for, may be drawn a moment later."""
    for _ in range(LOOKS):
        if words_on(page) == said:
            return True
        page.wait_for_timeout(LOOK_MS)
    return False
