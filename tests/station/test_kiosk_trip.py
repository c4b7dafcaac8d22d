"""The question for trips on the guard's screen, in Chromium: few taps, large ones, and never for the wrong person."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from gate.trip import Stay
from station.taps import TellTrip
from station.view import Person, PlaceAsked, Screen
from tests.station.desk import NIGHT, ready
from tests.station.guard import SIZES
from tests.station.layout import assert_fits

pytestmark = pytest.mark.browser

TODAY = NIGHT.date()
DAYS = tuple(TODAY - timedelta(days=ago) for ago in range(15))
RUILI = PlaceAsked("ruili", "云南瑞丽", "Ruili, Yunnan", DAYS[:4])
HEIHE = PlaceAsked("heihe", "黑龙江黑河", "Heihe", DAYS[6:])
ASKED = ready(
    screen=Screen.GATHERING,
    person=Person("买买提*江", "12", True, True),
    awaiting=("trip",),
    places=(RUILI, HEIHE),
    visit_began=1234.5,
)


def test_who_was_at_no_place_costs_one_tap(guard) -> None:
    guard.lane(ASKED, "gathering")
    guard.reads("#trip-where h2", "近 14 天去过这些地方吗？")
    guard.reads("#gathering-who", "买买提*江")
    guard.touches("#trip-none")
    guard.tapped(TellTrip(1234.5, ()))


def test_a_place_and_its_day_are_two_taps(guard) -> None:
    """Only the days that count are offered; today and yesterday are called so."""
    guard.lane(ASKED, "gathering")
    guard.touches("#trip-places button >> nth=0")
    guard.reads("#trip-place", "最近哪天在云南瑞丽？")
    expect(guard.page.locator("#trip-days button")).to_have_text(["今天", "昨天", "1月14日周三", "1月13日周二"])
    guard.touches("#trip-days button >> nth=2")
    guard.tapped(TellTrip(1234.5, (Stay("ruili", TODAY - timedelta(days=2)),)))


def test_who_was_there_on_another_day_goes_back_to_the_places(guard) -> None:
    guard.lane(ASKED, "gathering")
    guard.touches("#trip-places button >> nth=1")
    guard.touches("#trip-back")
    expect(guard.page.locator("#trip-where")).to_be_visible()
    guard.desk.put(replace(ASKED, celsius=36.5))
    guard.touches("#trip-none")
    guard.tapped(TellTrip(1234.5, ()))


def test_the_next_visit_begins_with_the_places(guard) -> None:
    """A half-given answer does not slip to the next person."""
    guard.lane(ASKED, "gathering")
    guard.touches("#trip-places button >> nth=0")
    expect(guard.page.locator("#trip-when")).to_be_visible()
    guard.desk.put(replace(ASKED, visit_began=1300.0))
    expect(guard.page.locator("#trip-where")).to_be_visible()
    guard.lane(ready(), "ready")
    expect(guard.page.locator("#trip")).to_be_hidden()
    expect(guard.page.locator("#preview")).to_be_visible()


def test_nothing_is_asked_where_the_visit_does_not_lack_it(guard) -> None:
    guard.lane(replace(ASKED, awaiting=("temperature",), places=()), "gathering")
    expect(guard.page.locator("#trip")).to_be_hidden()


def test_a_places_name_is_text_whatever_it_says(guard) -> None:
    nasty = "<b>瑞丽</b>"
    guard.lane(replace(ASKED, places=(replace(RUILI, name_zh=nasty),)), "gathering")
    expect(guard.page.locator("#trip-places button")).to_have_text([nasty])


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_twelve_places_and_fifteen_days_fit(guard, size, language) -> None:
    """At their fullest, on both screens, in both languages: all in view, and every target large."""
    guard.page.set_viewport_size({"width": size[0], "height": size[1]})
    if language == "en":
        guard.touches("#language")
    full = PlaceAsked("p", "新疆生产建设兵团第十二师头屯河", "Inner Mongolia, Manzhou", DAYS)
    places = tuple(replace(full, id=f"p{number}") for number in range(12))
    guard.lane(replace(ASKED, places=places, awaiting=("temperature", "trip"), rehearsal=True), "gathering")
    guard.page.locator("html[data-armed]").wait_for()
    assert_fits(guard.page, "the question")
    guard.touches("#trip-places button >> nth=11")
    guard.page.locator("#trip-when").wait_for()
    assert_fits(guard.page, "the question")
