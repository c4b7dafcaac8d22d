"""The afternoon: the office has sent other rules to the gates, and later shuts them."""

import json

from gate.passage import Caller, Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from tests.guard_day import rules
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey, journey
from tests.guard_day.town import EAST, WEST

AFTERNOON: list[Journey] = []
IN, OUT = Direction.IN, Direction.OUT
ADMIT, REFER, REFUSE = Outcome.ADMIT, Outcome.REFER, Outcome.REFUSE


@journey(AFTERNOON, costs=2, under=rules.strict, way=OUT)
def a_resident_who_goes_out_is_asked_what_for_and_where_to(day: Day) -> None:
    who = day.neighbour("errand")
    day.post.begins(who.code)
    day.post.touches("#purpose-choices button >> nth=0")
    day.post.says("#purpose-title", "purpose.where")
    day.post.touches("#purpose-choices button >> nth=0")
    day.post.verdict(ADMIT, way=OUT, who=who.masked_name)
    day.books.passage(person=who.person, outcome=ADMIT, purpose="food", destination="market")


@journey(AFTERNOON, costs=6, under=rules.strict, way=OUT)
def a_second_outing_on_one_day_is_the_guards_matter(day: Day) -> None:
    who = day.neighbour("second outing")
    for outcome, reasons in ((ADMIT, ()), (REFER, (Reason.QUOTA_USED,))):
        day.post.begins(who.code)
        day.post.touches("#purpose-choices button >> nth=1", "#purpose-choices button >> nth=1")
        day.post.verdict(outcome, *reasons, way=OUT, who=who.masked_name)
        if outcome is ADMIT:
            day.post.leaves()
    day.post.touches("#let-through", "[data-ground=office_agreed]")
    first, second = day.books.passages(2, ground=Ground.OFFICE_AGREED)
    assert (first["reasons"], second["reasons"]) == ([], [Reason.QUOTA_USED])


@journey(AFTERNOON, costs=3, under=rules.wary)
def whoever_comes_home_is_asked_where_he_was(day: Day) -> None:
    who = day.neighbour("traveller")
    for touches, outcome, reasons in (
        (("#trip-none",), ADMIT, ()),
        (("#trip-places button >> nth=0", "#trip-days button >> nth=1"), REFER, (Reason.RISK_PLACE,)),
    ):
        day.post.begins(who.code)
        day.post.says("#trip-where h2", "trip.title")
        day.post.touches(*touches)
        day.post.verdict(outcome, *reasons, who=who.masked_name)
        day.post.leaves()
    first, second = day.books.passages(2, person=who.person)
    assert [json.loads(row["trip"]) for row in (first, second)] == [[], ["ruili"]]


@journey(AFTERNOON, costs=6, under=rules.strict)
def a_courier_at_another_hour_is_not_let_in_by_the_form(day: Day) -> None:
    host = day.neighbour("host")
    day.post.touches("#guests-open", "[data-guest=delivery]")
    day.post.touches(f"#door-choices button:text-matches('^{host.building}$')")
    day.post.touches(f"#door-choices button:text-is('{host.door}')", "#delivery-in")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.sees("verdict")
    day.post.touches("#send-back")
    row = day.books.passage(caller=Caller.COURIER, outcome=REFER, final_outcome=REFUSE, ground=Ground.SENT_BACK)
    assert Reason.OUT_OF_HOURS in row["reasons"]


@journey(AFTERNOON, costs=1, under=rules.shut, gate=EAST)
def a_closed_gate_sends_people_to_the_west_gate(day: Day) -> None:
    who = day.neighbour("wanderer")
    day.post.sees("closed")
    day.post.reads("#closed-notice", "请走西门" if day.post.look.language == "zh" else "Use the west gate")
    day.post.holds_up(who.code)
    day.post.verdict(REFUSE, Reason.GATE_CLOSED, who=who.masked_name)
    day.post.touches("#dismiss")
    day.post.leaves()
    day.post.sees("closed")
    day.books.passage(person=who.person, outcome=REFUSE, reasons=[Reason.GATE_CLOSED], final_outcome=None)


@journey(AFTERNOON, costs=2, under=rules.shut, gate=WEST)
def whoever_comes_home_out_of_hours_is_let_in_by_the_guard(day: Day) -> None:
    who = day.neighbour("late")
    day.post.sees("closed")
    day.post.holds_up(who.code)
    day.post.verdict(REFER, Reason.OUT_OF_HOURS, who=who.masked_name)
    day.post.touches("#let-through", "[data-ground=known_in_person]")
    day.books.passage(person=who.person, outcome=REFER, final_outcome=ADMIT, ground=Ground.KNOWN_IN_PERSON)
