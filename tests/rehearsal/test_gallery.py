"""docs/screens.md shows every screen in both languages: none is without a picture, and no picture without a screen."""

import re

import pytest
from playwright.sync_api import Browser

from hub.office import desk, login, pages, quarantine
from tests.rehearsal.gallery import (
    FOLDER,
    MOST_BYTES,
    MOST_BYTES_IN_ALL,
    PAGE,
    page,
    picture_of,
    pictures,
    rooms,
    words_in,
    words_on,
)
from tests.rehearsal.screens import OFFICE
from tests.station.drawn_states import GUARD, LIKE, RESIDENT, glasses
from tests.station.states import STATES


def test_the_page_is_what_its_captions_say() -> None:
    """Word for word what `make screens` would write."""
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/screens.md: run make screens"


def test_every_state_of_the_guards_screen_has_a_picture() -> None:
    """Its own, or that of a state which it is like."""
    assert GUARD.keys() | {"lost"} == rooms()["guard"].keys()
    assert LIKE.keys() <= STATES.keys()
    assert set(LIKE.values()) <= rooms()["guard"].keys()


def test_every_page_of_the_office_and_each_side_of_a_gate_has_a_picture() -> None:
    routes = (*login.ROUTES, *pages.ROUTES, *desk.ROUTES, *quarantine.ROUTES)
    paths = {path for one in routes if "GET" in one.http_methods for path in one.paths}
    assert paths == set(OFFICE.values())
    assert OFFICE.keys() | {"phone"} == rooms()["office"].keys()
    assert RESIDENT.keys() == rooms()["resident"].keys()


def test_every_picture_is_there_and_none_is_left_over() -> None:
    """In both languages, none too heavy for a repository, nor all of them."""
    wanted = {picture_of(*each) for each in pictures()}
    assert set(FOLDER.rglob("*.png")) == wanted
    weights = {picture.name: picture.stat().st_size for picture in wanted}
    assert max(weights.values()) < MOST_BYTES, sorted(weights.items(), key=lambda each: -each[1])[:3]
    assert sum(weights.values()) < MOST_BYTES_IN_ALL


def test_no_picture_shows_an_identity_number() -> None:
    """Every picture says what is on it, and no screen needs that much of anybody."""
    for each in pictures():
        said = words_in(picture_of(*each))
        assert said, each
        assert not re.search(r"身份证号|identity number", said, re.I), each


@pytest.mark.browser
def test_the_residents_side_says_what_its_pictures_say(browser: Browser) -> None:
    """The guard's is compared state by state where its layout is, in every_state."""
    with glasses(browser) as glass:
        for name in RESIDENT:
            assert words_on(glass.resident(name)) == words_in(picture_of("resident", name, "both")), (
                f"resident/{name}: run make screens"
            )
