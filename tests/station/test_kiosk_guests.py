"""Visitors, cars, parcels, people back from away: the guard's forms in Chromium, with their touches counted."""

from datetime import date

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from gate.forms import DeliveryForm, Door, ReturneeForm, VehicleForm, VisitorForm
from gate.passage import Ground
from station.taps import FillForm
from station.view import ChoiceAsked, PlaceAsked
from tests.station.desk import OFFERS, ready
from tests.station.guard import Guard
from tests.station.states import FAMILY

pytestmark = pytest.mark.browser
DOOR = Door("3", "", "202")


@pytest.fixture
def guard(guard: Guard) -> Guard:
    """Who finds a family of residents, and opens the visitors' forms."""
    guard.desk.found = FAMILY
    guard.lane(ready(can_make_passes=True), "ready")
    guard.touches("#guests-open")
    return guard


def to_the_door(guard: Guard, kind: str) -> None:
    guard.touches(f"[data-guest={kind}]")
    guard.touches("#door-choices >> text=/^3$/")
    guard.touches("#door-choices >> text=/^202$/")


def test_a_visitor_costs_five_touches(guard) -> None:
    """Guests, visitor, building, room, 'household agrees'; eight are allowed."""
    to_the_door(guard, "visitor")
    guard.touches("#visitor-agreed")
    guard.tapped(FillForm(VisitorForm(DOOR, host_agreed=True), admit=True, ground=Ground.HOST_AGREED))
    assert guard.taps_counted() == 5
    expect(guard.page.locator("#visitor")).to_be_hidden()


def test_a_visitor_to_a_tower_keeps_within_eight(guard) -> None:
    """With unit and floor to be told as well."""
    guard.touches("[data-guest=visitor]")
    for text in ("/^12$/", "'1 单元'", "'30 层'", "/^3004$/"):
        guard.touches(f"#door-choices >> text={text}")
    guard.touches("#visitor-agreed")
    guard.tapped(FillForm(VisitorForm(Door("12", "1", "3004"), host_agreed=True), admit=True))
    assert guard.taps_counted() == 7


def test_three_visitors_who_repair_something_are_only_written_down(guard) -> None:
    """How many and what for, where it matters; the household was not asked, so nobody is let in."""
    to_the_door(guard, "visitor")
    guard.touches("#visitor-people button >> nth=2")
    guard.touches("#visitor-purpose button >> nth=1")
    guard.touches("#visitor-not")
    guard.tapped(FillForm(VisitorForm(DOOR, people=3, purpose="repair"), admit=False))
    guard.reads("#toast", "已登记")


def test_a_visitor_may_get_a_pass(guard) -> None:
    to_the_door(guard, "visitor")
    guard.touches("#visitor-pass")
    expect(guard.page.locator("#made-code img")).to_be_visible()
    assert guard.desk.passes == [(None, VisitorForm(DOOR, host_agreed=True), 4)]


def test_a_door_that_nobody_knows_is_a_building_alone(guard) -> None:
    guard.touches("[data-guest=visitor]")
    guard.touches("#door-choices >> text=/^3$/")
    guard.touches("#door-enough")
    guard.touches("#visitor-agreed")
    guard.tapped(FillForm(VisitorForm(Door("3"), host_agreed=True), admit=True))


def test_a_car_of_this_place_keeps_within_eight(guard) -> None:
    """The province stands there already: guests, car, five signs, let through."""
    guard.touches("[data-guest=vehicle]")
    for sign in "8K123":
        guard.touches(f"#plate-signs [data-sign='{sign}']")
    guard.reads("#plate", "豫A·8K123")
    guard.touches("#vehicle-in")
    guard.tapped(FillForm(VehicleForm("豫A8K123"), admit=True))
    assert guard.taps_counted() == 8


def test_a_car_from_elsewhere_has_its_own_province_suffix_and_people(guard) -> None:
    """Any of 31 provinces; a police car's last sign; three in it; and whom they visit."""
    guard.touches("[data-guest=vehicle]")
    guard.touches("#plate-province")
    expect(guard.page.locator("#plate-provinces [data-sign]:not(.suffix)")).to_have_count(31)
    guard.touches("#plate-provinces [data-sign='京']")
    for sign in "A012":
        guard.touches(f"#plate-signs [data-sign='{sign}']")
    guard.touches("#plate-signs [data-sign='3']")
    guard.touches("#plate-signs [data-sign='警']")
    guard.touches("#vehicle-people button >> nth=2")
    guard.touches("#vehicle-door")
    guard.touches("#door-choices >> text=/^3$/")
    guard.touches("#door-choices >> text=/^202$/")
    guard.reads("#plate", "京A·0123警")
    guard.touches("#vehicle-in")
    guard.tapped(FillForm(VehicleForm("京A0123警", 3, (), DOOR, host_agreed=True), admit=True))


def test_half_a_plate_is_not_sent(guard) -> None:
    guard.touches("[data-guest=vehicle]")
    guard.touches("#plate-signs [data-sign='8']")
    guard.touches("#vehicle-in")
    guard.reads("#toast", "车牌还不完整")
    guard.touches("#plate-rub")
    guard.reads("#plate", "豫A")
    assert guard.desk.taps == []


def test_medicine_is_left_at_the_shelf(guard) -> None:
    """Door, slot, medicine; nobody goes in."""
    to_the_door(guard, "delivery")
    guard.touches("#delivery-slot button >> nth=1")
    guard.touches("#delivery-medicine")
    guard.touches("#delivery-shelf")
    guard.tapped(FillForm(DeliveryForm(DOOR, "A2", medicine=True), admit=False))
    assert guard.taps_counted() == 7


def test_a_courier_who_goes_to_the_door_is_let_in(guard) -> None:
    to_the_door(guard, "delivery")
    guard.touches("#delivery-pieces button >> nth=1")
    guard.touches("#delivery-in")
    guard.tapped(FillForm(DeliveryForm(DOOR, pieces=2), admit=True))


def test_a_returnee_is_a_resident_a_place_and_a_day(guard) -> None:
    """Found by initials; the office's places of risk are at hand; never let in by the form itself."""
    guard.touches("[data-guest=returnee]")
    guard.types("WM")
    guard.touches("#finder-found .taken >> nth=0")
    expect(guard.page.locator("#returnee-choices button")).to_have_text(["云南瑞丽", "黑龙江黑河", "其他地方"])
    guard.touches("#returnee-choices button >> nth=0")
    guard.touches("#returnee-choices button >> nth=1")
    form = ReturneeForm("ruili", came_back_on=date(2026, 1, 15))
    guard.tapped(FillForm(form, admit=False, person=FAMILY[0].person))
    assert guard.taps_counted() == 7


def test_the_forms_offer_what_the_office_says_now(guard) -> None:
    """The page stands for weeks: a place of risk, a purpose and a building of today are there without a reload."""
    to_the_door(guard, "visitor")
    guard.touches("#visitor [data-closes]")
    guard.desk.offers = replace(
        OFFERS,
        buildings=(("99", ("101",)),),
        purposes=(ChoiceAsked("care", "照料老人", "Care"),),
        places=(PlaceAsked("manzhouli", "内蒙古满洲里", "Manzhouli", (date(2026, 1, 16),)),),
    )
    guard.touches("#guests-open")
    guard.touches("[data-guest=visitor]")
    guard.touches("#door-choices >> text=/^99$/")
    guard.touches("#door-choices >> text=/^101$/")
    expect(guard.page.locator("#visitor-purpose")).to_contain_text("照料老人")
    guard.touches("#visitor [data-closes]")
    guard.touches("#guests-open")
    guard.touches("[data-guest=returnee]")
    guard.touches("#finder-stranger")
    expect(guard.page.locator("#returnee-choices button")).to_have_text(["内蒙古满洲里", "其他地方"])


def test_a_returnee_on_no_list_is_written_down_too(guard) -> None:
    guard.touches("[data-guest=returnee]")
    guard.touches("#finder-stranger")
    guard.touches("#returnee-choices button >> nth=2")
    guard.touches("#returnee-choices button >> nth=0")
    guard.tapped(FillForm(ReturneeForm(None, came_back_on=date(2026, 1, 16)), admit=False))


def test_a_form_that_was_left_begins_anew(guard) -> None:
    """Nobody gets the plate or the count of the one before."""
    guard.touches("[data-guest=vehicle]")
    guard.touches("#plate-signs [data-sign='8']")
    guard.touches("#vehicle-people button >> nth=4")
    guard.touches("#vehicle [data-closes]")
    guard.touches("#guests-open")
    guard.touches("[data-guest=vehicle]")
    guard.reads("#plate", "豫A")
    expect(guard.page.locator("#vehicle-people [aria-pressed=true]")).to_have_text("1")
