"""Every state of the guard's screen on one glass and in one language: all in view, large, and nothing cut.

Each also says what its picture in docs/screens.md says. A file for each language calls it, so that both go side by
side.
"""

from playwright.sync_api import expect

from tests.rehearsal.gallery import picture_of, words_in, words_on
from tests.station.desk import NIGHT
from tests.station.drawn_states import GUARD
from tests.station.guard import Guard
from tests.station.layout import assert_fits
from tests.station.states import STATES


def every_state_fits(guard: Guard, size: tuple[int, int], language: str) -> None:
    """size: width and height in pixels. language: "zh" or "en"."""
    guard.page.set_viewport_size({"width": size[0], "height": size[1]})
    # As the pictures were taken: by day, and the notices' turn stands still.
    guard.page.clock.set_fixed_time(NIGHT)
    guard.page.add_init_script("localStorage.setItem('gate.theme', 'light')")
    if language == "en":
        guard.touches("#language")
    for name, state in STATES.items():
        guard.desk.found = state.found
        guard.desk.put(state.view)
        guard.page.goto(guard.address)
        for selector in state.touches:
            guard.touches(selector)
        expect(guard.page.locator(state.sees).first).to_be_visible()
        assert_fits(guard.page, name)
        if name in GUARD:
            said = words_in(picture_of("guard", name, language))
            assert words_on(guard.page) == said, f"the picture of {name} is out of date: run make screens"
