"""The morning: residents with a pass, without a phone, with a fever, under isolation, behind a sealed door."""

import json

from gate.passage import Caller, Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey, journey

MORNING: list[Journey] = []
IN, OUT = Direction.IN, Direction.OUT
ADMIT, REFER, REFUSE = Outcome.ADMIT, Outcome.REFER, Outcome.REFUSE


@journey(MORNING, costs=0)
def a_known_resident_comes_home_with_his_phone(day: Day) -> None:
    who = day.neighbour("worker")
    day.post.holds_up(who.code, carrier="phone")
    day.post.verdict(ADMIT, who=who.masked_name)
    row = day.books.passage(person=who.person, final_outcome=None, direction="in", caller=Caller.RESIDENT, guard=None)
    assert (row["celsius"], row["named"], row["policy"] is None) == (36.5, 0, False)


@journey(MORNING, costs=0, way=OUT)
def a_known_resident_goes_out_with_her_paper_pass(day: Day) -> None:
    who = day.neighbour("paper")
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, way=OUT, who=who.masked_name)
    assert day.books.passage(person=who.person, direction="out", outcome=ADMIT)["code_format"]


@journey(MORNING, costs=4, way=OUT)
def the_grandmother_without_a_phone_goes_out_by_name_in_four_touches(day: Day) -> None:
    who = day.neighbour("grandmother")
    day.post.touches("#no-phone")
    day.post.finds(who.initials[:2], who.door).locator(".taken").tap()
    day.post.sees("gathering")
    day.post.forehead(36.4)
    day.post.verdict(ADMIT, way=OUT, who=who.masked_name)
    day.books.passage(person=who.person, named=1, outcome=ADMIT, direction="out", pass_serial=None, celsius=36.4)


@journey(MORNING, costs=5)
def a_resident_is_found_by_his_door_without_typing(day: Day) -> None:
    who = day.neighbour("by door")
    day.post.touches("#no-phone", "button[data-by=door]")
    day.post.touches(f"#finder-door button:text-matches('^{who.building}$')")
    day.post.touches(f"#finder-door button:text-matches('{who.room}$')")
    day.post.touches(f"#finder-found .taken:has-text('{who.door}')")
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(ADMIT, who=who.masked_name)
    day.books.passage(person=who.person, named=1, outcome=ADMIT)


@journey(MORNING, costs=6)
def a_resident_is_found_by_the_end_of_his_telephone_number(day: Day) -> None:
    who = day.neighbour("by phone")
    day.post.touches("#no-phone")
    day.post.finds("7731", who.door).locator(".taken").tap()
    day.post.sees("gathering")
    day.post.forehead()
    day.post.verdict(ADMIT, who=who.masked_name)
    day.books.passage(person=who.person, named=1, outcome=ADMIT)


@journey(MORNING, costs=5)
def a_family_of_four_comes_home_in_one_go(day: Day) -> None:
    family = day.family
    day.post.touches("#no-phone")
    day.post.finds(family[0].initials[:2], family[0].door).locator(".side").first.tap()
    day.post.touches("#finder-together")
    for _ in family:
        day.post.sees("gathering")
        day.post.forehead(36.3)
        day.post.verdict(ADMIT)
        day.post.leaves()
    rows = day.books.passages(len(family))
    assert {row["person"] for row in rows} == {each.person for each in family}
    assert {(row["outcome"], row["named"]) for row in rows} == {(ADMIT, 1)}
    assert [row["party"] for row in rows[1:]] == [rows[0]["sequence"]] * 3


@journey(MORNING, costs=6)
def a_fever_rests_is_measured_twice_and_the_guard_lets_him_in(day: Day) -> None:
    who = day.neighbour("feverish")
    day.post.holds_up(who.code, 38.4)
    day.post.verdict(REFUSE, Reason.FEVER, who=who.masked_name)
    _rests(day)
    day.post.says("#retest-site", "retest.forehead")
    day.post.forehead(36.8)
    day.post.says("#retest-site", "retest.wrist")
    day.post.touches("#retest-hand", "[data-tenth='6']")
    day.post.verdict(REFER, Reason.FEVER)
    day.post.touches("#let-through", "[data-ground=measured_again]")
    row = day.books.passage(person=who.person, outcome=REFUSE, final_outcome=ADMIT, ground=Ground.MEASURED_AGAIN)
    assert (row["celsius"], row["retest"].count('"celsius"')) == (38.4, 2)


@journey(MORNING, costs=7)
def a_fever_that_stays_a_fever_stays_outside(day: Day) -> None:
    who = day.neighbour("still feverish")
    day.post.holds_up(who.code, 38.9)
    day.post.verdict(REFUSE, Reason.FEVER, who=who.masked_name)
    _rests(day)
    day.post.touches("#retest-hand", "[data-degrees='38']", "[data-tenth='2']")
    day.post.says("#retest-site", "retest.wrist")
    day.post.touches("#retest-hand", "[data-tenth='9']")
    day.post.verdict(REFUSE, Reason.FEVER)
    day.books.passage(person=who.person, outcome=REFUSE, final_outcome=REFUSE, ground=Ground.MEASURED_AGAIN)


def _rests(day: Day) -> None:
    day.post.touches("#rest")
    day.post.leaves()
    day.post.touches("#resting .ready-now")
    day.post.sees("retest")


@journey(MORNING, costs=1, way=OUT)
def a_yellow_code_is_told_how_to_become_green_and_sent_back(day: Day) -> None:
    who = day.neighbour("yellow")
    day.post.holds_up(who.code)
    day.post.verdict(REFER, Reason.HEALTH_YELLOW, way=OUT, who=who.masked_name)
    day.post.reads("#note", "0000-1234")
    day.post.touches("#send-back")
    day.books.passage(person=who.person, outcome=REFER, final_outcome=REFUSE, ground=Ground.SENT_BACK)


@journey(MORNING, costs=1, way=OUT)
def an_isolated_resident_may_not_leave_and_no_guard_may_let_him(day: Day) -> None:
    who = day.neighbour("isolated")
    day.post.holds_up(who.code)
    day.post.verdict(REFUSE, Reason.ISOLATED, way=OUT, who=who.masked_name)
    assert not day.post.page.locator("#let-through").is_visible()
    day.post.says("#note", "verdict.no_overrule")
    day.post.touches("#dismiss")
    day.post.leaves()
    day.post.sees("ready")
    day.books.passage(person=who.person, outcome=REFUSE, reasons=[Reason.ISOLATED], final_outcome=None)


@journey(MORNING, costs=2, way=OUT)
def an_isolated_patient_with_leave_for_the_doctor_is_the_guards_matter(day: Day) -> None:
    who = day.neighbour("patient")
    day.post.holds_up(who.code)
    day.post.verdict(REFER, Reason.ESCORT_NEEDED, way=OUT, who=who.masked_name)
    day.post.touches("#let-through", "[data-ground=medical]")
    row = day.books.passage(person=who.person, outcome=REFER, final_outcome=ADMIT, ground=Ground.MEDICAL)
    assert row["permit"]


@journey(MORNING, costs=1, way=OUT)
def nobody_leaves_a_sealed_building(day: Day) -> None:
    who = day.neighbour("sealed in")
    day.post.holds_up(who.code)
    day.post.verdict(REFUSE, Reason.BUILDING_SEALED, way=OUT, who=who.masked_name)
    day.post.touches("#send-back")
    day.books.passage(person=who.person, outcome=REFUSE, reasons=[Reason.BUILDING_SEALED], final_outcome=REFUSE)


@journey(MORNING, costs=2, way=OUT)
def a_controlled_building_is_left_for_a_reason_that_the_guard_takes(day: Day) -> None:
    who = day.neighbour("controlled")
    day.post.holds_up(who.code)
    day.post.verdict(REFER, Reason.BUILDING_CONTROLLED, way=OUT, who=who.masked_name)
    day.post.touches("#let-through", "[data-ground=papers_checked]")
    day.books.passage(person=who.person, outcome=REFER, final_outcome=ADMIT, ground=Ground.PAPERS_CHECKED)


@journey(MORNING, costs=2)
def a_forehead_cooled_by_the_winter_is_measured_by_hand(day: Day) -> None:
    who = day.neighbour("cold")
    day.post.begins(who.code, None)
    day.post.touches("#hand", "[data-tenth='7']")
    day.post.verdict(ADMIT, who=who.masked_name)
    day.books.passage(person=who.person, outcome=ADMIT, celsius=36.7, sensor="hand_held")


@journey(MORNING, costs=0)
def a_resident_under_watch_is_measured_twice_and_passes_by_himself(day: Day) -> None:
    who = day.neighbour("monitored")
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, who=who.masked_name)
    day.post.says("#tags", "monitored")
    assert json.loads(day.books.passage(person=who.person, outcome=ADMIT)["also_measured"])


@journey(MORNING, costs=3)
def a_slip_is_taken_back_from_the_strip(day: Day) -> None:
    who = day.neighbour("slip")
    shown = day.post.holds_up(who.code)
    day.post.verdict(ADMIT, who=who.masked_name)
    day.post.leaves()
    day.post.sees("ready")
    day.post.touches(f"#recent [data-sequence='{shown.sequence}']", "#undo", "#undo-yes")
    day.books.passage(person=who.person, outcome=ADMIT, final_outcome=REFER, ground=Ground.MISTAKE)


@journey(MORNING, costs=0)
def a_payment_code_held_up_by_mistake_never_jams_the_gate(day: Day) -> None:
    who = day.neighbour("payer")
    day.post.holds_up("wxp://f2f0Yq3nB1dTz8kVhL5sX2cPq7eRwA9uGmJt")
    day.post.verdict(REFER, Reason.NOT_OURS, who="")
    day.post.holds_up(who.code, carrier="phone")
    day.post.verdict(ADMIT, who=who.masked_name)
    foreign, own = day.books.passages(2)
    assert (foreign["reasons"], foreign["person"]) == ([Reason.NOT_OURS], None)
    assert (own["reasons"], own["person"]) == ([], who.person)
