"""The night: power, hub, broker and clock fail one after the other, and there is a fire."""

from playwright.sync_api import expect

from gate.clock import ClockState
from gate.passage import What
from gate.policy import Direction
from gate.reason import Outcome, Reason
from tests.guard_day.day import Day, Neighbour
from tests.guard_day.journey import Journey, journey
from tests.guard_day.post import PATIENCE_MS
from tests.guard_day.town import EAST, GUARDS, WEST

NIGHT: list[Journey] = []
OUT = Direction.OUT
ADMIT, REFER, REFUSE = Outcome.ADMIT, Outcome.REFER, Outcome.REFUSE


@journey(NIGHT, costs=8)
def after_a_power_cut_guard_and_records_are_still_there(day: Day) -> None:
    who = day.neighbour("after the cut")
    day.post.touches("#duty-open")
    day.post.keys(day.town.pins["li"], "pin")
    day.post.touches("#pin-send")
    day.post.reads("#duty-who", GUARDS["li"])
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, who=who.masked_name)
    day.town.stations[EAST].kill()
    day.post.sees("lost")
    day.town.start_station(EAST)
    day.town.await_station(EAST)
    day.post.sees("ready")
    day.post.reads("#duty-who", GUARDS["li"])
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, who=who.masked_name)
    rows = day.books.passages(2)
    assert {(row["person"], row["outcome"], row["guard"]) for row in rows} == {(who.person, ADMIT, "li")}


@journey(NIGHT, costs=0)
def without_the_hub_people_pass_and_the_office_hears_of_it_later(day: Day) -> None:
    who = day.neighbour("while alone")
    day.town.kill_hub()
    day.post.amber("link")
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, who=who.masked_name)
    day.books.none_passed()
    day.town.start_hub()
    day.books.passage(person=who.person, outcome=ADMIT)
    day.post.quiet("link")


@journey(NIGHT, costs=0, way=OUT)
def without_any_network_the_gate_works_and_says_so(day: Day) -> None:
    who = day.neighbour("without broker")
    day.town.broker.kill()
    day.post.says("#health [data-part=link]", "link.none")
    day.post.amber("link")
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, way=OUT, who=who.masked_name)
    day.town.broker.start()
    day.books.passage(person=who.person, outcome=ADMIT)
    day.post.quiet("link")
    day.post.says("#health [data-part=queue]", "queue.none")


@journey(NIGHT, costs=17, gate=WEST)
def the_guard_sets_a_clock_that_nobody_believes(day: Day) -> None:
    who = day.neighbour("of the unsure hour")
    day.town.start_unsure_of_the_time(WEST)
    day.post.says("#health [data-part=clock]", "clock.floor")
    _comes_by_name(day, who)
    day.post.verdict(REFER, Reason.CLOCK_NOT_BELIEVED, who=who.masked_name)
    day.post.touches("#dismiss")
    later = ".stepper[data-part=minute] [data-step='1']"
    day.post.touches(".todo", later, later, "#clock-set")
    day.post.says("#health [data-part=clock]", "clock.held")
    _comes_by_name(day, who)
    day.post.verdict(ADMIT, who=who.masked_name)
    day.books.happenings(What.CLOCK_SET)
    rows = day.books.passages(2)
    assert [(row["clock"], row["outcome"]) for row in rows] == [(ClockState.FLOOR, REFER), (ClockState.HELD, ADMIT)]


def _comes_by_name(day: Day, who: Neighbour) -> None:
    day.post.touches("#no-phone")
    day.post.finds(who.initials[:2], who.door).locator(".taken").tap()
    day.post.touches("#hand", "[data-tenth='5']")


@journey(NIGHT, costs=0, way=OUT)
def in_a_fire_the_screen_says_so_and_the_office_reads_when(day: Day) -> None:
    who = day.neighbour("at the fire")
    day.post.panel(fire=True)
    day.post.says("#fire", "fire")
    day.post.holds_up(who.code)
    day.post.verdict(ADMIT, way=OUT, who=who.masked_name)
    assert day.post.page.locator("#fire").is_visible()
    day.post.panel(fire=False)
    expect(day.post.page.locator("#fire")).to_be_hidden(timeout=PATIENCE_MS)
    day.books.happenings(What.FIRE, What.FIRE_OVER)
    day.books.passage(person=who.person, outcome=ADMIT)


@journey(NIGHT, costs=0, way=OUT)
def a_boom_that_does_not_move_is_told_on_the_screen_and_to_the_office(day: Day) -> None:
    who = day.neighbour("before the boom")
    for jammed in (True, False):
        day.post.panel(jam=jammed)
        day.post.holds_up(who.code)
        day.post.verdict(ADMIT, way=OUT, who=who.masked_name)
        day.post.leaves()
        if jammed:
            day.post.says("#ready-way", "barrier.stuck")
    day.books.happenings(What.BARRIER_STUCK, What.BARRIER_MENDED)
    assert [row["outcome"] for row in day.books.passages(2)] == [ADMIT, ADMIT]


@journey(NIGHT, costs=0)
def whoever_opens_the_box_is_noticed(day: Day) -> None:
    day.post.panel(tamper=True)
    day.post.amber("tamper")
    day.post.panel(tamper=False)
    expect(day.post.page.locator("#health [data-part=tamper]")).to_have_count(0, timeout=PATIENCE_MS)
    day.books.happenings(What.TAMPERED, What.TAMPER_OVER)
