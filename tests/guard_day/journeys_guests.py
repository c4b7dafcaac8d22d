"""Noon: those who are on no list, and passes for them."""

from gate.passage import Caller, Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.activation import AWAY_SECONDS
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey, journey
from tests.guard_day.town import EAST, WEST

NOON: list[Journey] = []
IN, OUT = Direction.IN, Direction.OUT
ADMIT, REFER, REFUSE = Outcome.ADMIT, Outcome.REFER, Outcome.REFUSE


def _to_the_door(day: Day, kind: str) -> None:
    host = day.neighbour("host")
    day.post.touches("#guests-open", f"[data-guest={kind}]")
    day.post.touches(f"#door-choices button:text-matches('^{host.building}$')")
    day.post.touches(f"#door-choices button:text-is('{host.door}')")


@journey(NOON, costs=5)
def a_visitor_on_foot_whose_household_agrees_is_written_down_and_let_in(day: Day) -> None:
    _to_the_door(day, "visitor")
    day.post.touches("#visitor-agreed")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(ADMIT, Reason.UNANNOUNCED, who="")
    row = day.books.passage(caller=Caller.VISITOR, outcome=REFER, final_outcome=ADMIT, ground=Ground.HOST_AGREED)
    assert row["reasons"] == [Reason.UNANNOUNCED]
    form, host = day.books.form(row), day.neighbour("host")
    assert (form["kind"], form["door"]) == (
        "visitor", {"building": host.building, "unit": host.unit, "room": host.room},
    )  # fmt: skip
    assert form["host_agreed"]


@journey(NOON, costs=7)
def three_repairmen_whom_nobody_expects_are_only_written_down(day: Day) -> None:
    _to_the_door(day, "visitor")
    day.post.touches("#visitor-people button >> nth=2", "#visitor-purpose button >> nth=1", "#visitor-not")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(REFER, Reason.UNANNOUNCED)
    row = day.books.passage(caller=Caller.VISITOR, outcome=REFER, final_outcome=None)
    form = day.books.form(row)
    assert (form["people"], form["purpose"], form.get("host_agreed", False)) == (3, "repair", False)


@journey(NOON, costs=8)
def a_visitor_by_car_costs_eight_touches_plate_and_all(day: Day) -> None:
    day.post.touches("#guests-open", "[data-guest=vehicle]")
    day.post.reads("#plate", "豫A")
    day.post.keys("8K123", "sign")
    day.post.reads("#plate", "豫A·8K123")
    day.post.touches("#vehicle-in")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(ADMIT, Reason.UNANNOUNCED, who="")
    row = day.books.passage(caller=Caller.VEHICLE, final_outcome=ADMIT)
    form = day.books.form(row)
    assert (form["kind"], form["plate"]) == ("vehicle", "豫A8K123")


@journey(NOON, costs=0)
def a_visitor_with_the_offices_pass_costs_nothing(day: Day) -> None:
    shown = day.post.photograph(day.town.invitation.read_bytes())
    assert shown.outcome is ADMIT
    day.post.verdict(ADMIT)
    row = day.books.passage(caller=Caller.VISITOR, outcome=ADMIT, reasons=[], named=0)
    assert row["person"]


@journey(NOON, costs=7)
def medicine_for_a_household_is_left_on_the_shelf(day: Day) -> None:
    _to_the_door(day, "delivery")
    day.post.touches("#delivery-slot button >> nth=1", "#delivery-medicine", "#delivery-shelf")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(REFER, Reason.UNANNOUNCED, who="")
    row = day.books.passage(caller=Caller.COURIER)
    form = day.books.form(row)
    assert (form["kind"], form["slot"], form["medicine"]) == ("delivery", "A2", True)
    assert (row["outcome"], row["final_outcome"]) == (REFER, None)


@journey(NOON, costs=5)
def a_courier_with_a_heavy_parcel_is_let_in_to_the_door(day: Day) -> None:
    _to_the_door(day, "delivery")
    day.post.touches("#delivery-in")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(ADMIT, Reason.UNANNOUNCED, who="")
    row = day.books.passage(caller=Caller.COURIER, final_outcome=ADMIT)
    assert day.books.form(row)["kind"] == "delivery"


@journey(NOON, costs=8)
def a_returnee_is_written_down_and_the_office_has_a_case(day: Day) -> None:
    who = day.neighbour("returnee")
    day.post.touches("#guests-open", "[data-guest=returnee]")
    day.post.finds(who.initials[:2], who.door).locator(".taken").tap()
    day.post.touches("#returnee-choices button >> nth=0", "#returnee-choices button >> nth=1")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(REFER, Reason.RETURNEE, who=who.masked_name)
    day.post.touches("#dismiss")
    row = day.books.passage(person=who.person, outcome=REFER, final_outcome=None)
    (case,) = day.books.rows(
        "SELECT place, came_back_on, closed_at FROM returnee_case WHERE journal = ? AND sequence = ?",
        row["journal"], row["sequence"],
    )  # fmt: skip
    assert (case["place"], case["closed_at"]) == ("ruili", None)
    assert case["came_back_on"]


@journey(NOON, costs=4, gate=EAST)
def a_pass_made_at_the_east_gate_opens_the_west_gate(day: Day) -> None:
    who = day.neighbour("newcomer")
    day.post.touches("#no-phone")
    day.post.finds(who.initials[:2], who.door).locator(".side").last.tap()
    day.post.reads("#made-who", who.masked_name)
    photograph = day.post.page.locator("#made-code img").screenshot()
    (made,) = day.books.made_passes()
    assert (made["person"], made["station"], made["confirmed_at"]) == (who.person, EAST, None)
    with day.elsewhere(WEST) as west:
        shown = west.photograph(photograph)
    assert (shown.outcome, shown.reasons) == (ADMIT, ())
    row = day.books.passage(person=who.person, outcome=ADMIT)
    assert (row["station"], row["pass_serial"]) == (WEST, made["serial"])


@journey(NOON, costs=6, gate=EAST)
def a_blank_card_counts_for_somebody_without_a_phone(day: Day) -> None:
    who, card = day.neighbour("card holder"), day.town.card.read_bytes()
    day.post.touches("#no-phone", "#finder-card")
    day.post.finds(who.initials[:2], who.door).locator(".taken").tap()
    day.post.says("#card-title", "card.title")
    day.post.reads("#card-who", who.masked_name)
    day.post.badge(card)
    day.post.says("#card-title", "card.counts")
    day.post.touches("#card-done")
    (made,) = day.books.made_passes()
    assert (made["person"], made["station"], made["confirmed_at"]) == (who.person, EAST, None)
    day.post.takes_away(AWAY_SECONDS)
    shown = day.post.photograph(card)
    assert (shown.outcome, shown.reasons) == (ADMIT, ())
    day.post.verdict(ADMIT, who=who.masked_name)
    row = day.books.passage(person=who.person, outcome=ADMIT)
    assert row["pass_serial"] == made["serial"]
