"""Fever, purpose, undo and the hand-held thermometer on the guard's screen, in Chromium."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from gate.passage import Ground
from gate.reason import Outcome, Reason
from station.taps import BeginRest, BeginRetest, ReadAloud, Settle, TellPurpose, TypeTemperature
from station.view import Hint, Resting, Retesting, Screen
from tests.station.desk import NIGHT, WANG, decided, ready, verdict
from tests.station.states import CHOICES

pytestmark = pytest.mark.browser
ASKED = ready(screen=Screen.GATHERING, person=WANG, awaiting=("purpose",), purposes=CHOICES, visit_began=7.5)


def test_a_fever_goes_to_rest_by_one_touch(guard) -> None:
    """Offered for a fever, or for one before that nothing answered; not to whoever rests already."""
    guard.lane(decided(Outcome.REFUSE, Reason.FEVER, celsius=38.4), "verdict")
    guard.touches("#rest")
    guard.tapped(BeginRest(42))
    guard.desk.put(decided(Outcome.REFUSE, Reason.EXPIRED, sequence=43))
    guard.reads("#reasons b", "通行证已过期")
    expect(guard.page.locator("#rest")).to_be_hidden()
    guard.desk.put(decided(Outcome.REFER, Reason.RETEST_DUE, sequence=44))
    expect(guard.page.locator("#rest")).to_be_visible()
    guard.desk.put(decided(Outcome.REFER, Reason.RETEST_DUE, sequence=45, may_rest=False))
    expect(guard.page.locator("#rest")).to_be_hidden()


def test_who_rests_is_counted_down_and_called(guard) -> None:
    """The time left, by the gate's own clock; whoever is ready comes first, in words and in amber."""
    waiting = Resting(31, WANG, 38.2, NIGHT + timedelta(seconds=187), False)
    guard.desk.put(ready(resting=(waiting,)))
    guard.reads("#resting small", "再休息 3:07")
    rested = Resting(28, WANG, 37.9, NIGHT, True)
    guard.desk.put(ready(resting=(waiting, rested)))
    guard.reads("#resting button >> nth=0", "王*明点这里复测")
    guard.touches("#resting button >> nth=0")
    guard.tapped(BeginRetest(28))


def test_a_retest_says_where_to_measure(guard) -> None:
    """Forehead, then wrist, with a drawing; what was read stands beside it."""
    guard.lane(ready(screen=Screen.GATHERING, retest=Retesting(28, WANG, "forehead")), "retest")
    guard.reads("#retest-site", "请测额头")
    expect(guard.page.locator("#retest-shape")).to_have_attribute("href", "#mark-forehead")
    guard.desk.put(ready(screen=Screen.GATHERING, retest=Retesting(28, WANG, "wrist", (("forehead", 36.8),))))
    guard.reads("#retest-site", "请测手腕")
    guard.reads("#retest-readings", "额头 36.8 ℃")
    guard.desk.put(
        ready(screen=Screen.GATHERING, retest=Retesting(28, WANG, "", (("forehead", 36.8), ("wrist", 36.5))))
    )
    guard.reads("#retest-site", "正在核对")
    expect(guard.page.locator("#retest-hand")).to_be_hidden()


def test_who_cannot_be_measured_is_told_how_to_stand(guard) -> None:
    """In an ordinary visit and in a retest: what to do now, in place of the usual words."""
    lacking = ready(screen=Screen.GATHERING, person=WANG, awaiting=("temperature",))
    guard.lane(replace(lacking, guidance=Hint.HOLD_STILL), "gathering")
    guard.reads("#steps .wanted", "请站稳，别动")
    guard.desk.put(lacking)
    guard.reads("#steps .wanted", "请靠近测温")
    guard.lane(replace(lacking, retest=Retesting(28, WANG, "wrist"), guidance=Hint.CLOSER), "retest")
    guard.reads("#retest-how", "请再靠近测温探头")


def test_the_hand_held_thermometer_is_two_touches(guard) -> None:
    """36 and something: open, tenth. The site is the one that is being measured."""
    guard.lane(ready(screen=Screen.GATHERING, retest=Retesting(28, WANG, "wrist")), "retest")
    guard.touches("#retest-hand")
    guard.touches("[data-tenth='7']")
    guard.tapped(TypeTemperature(36.7, "wrist", began=0.0))
    assert guard.taps_counted() == 2


def test_a_hand_held_fever_is_three_touches(guard) -> None:
    """In an ordinary visit too, while its temperature is lacking."""
    lacking = ready(screen=Screen.GATHERING, person=WANG, awaiting=("temperature",), visit_began=7.5)
    guard.lane(lacking, "gathering")
    guard.touches("#hand")
    guard.touches("[data-degrees='38']")
    guard.touches("[data-tenth='4']")
    guard.tapped(TypeTemperature(38.4, "forehead", began=7.5))


def test_the_thermometer_closes_with_its_visit(guard) -> None:
    """A figure can never slip to the next person."""
    guard.lane(ready(screen=Screen.GATHERING, person=WANG, awaiting=("temperature",), visit_began=1.0), "gathering")
    guard.touches("#hand")
    expect(guard.page.locator("#hand-sheet")).to_be_visible()
    guard.desk.put(ready(screen=Screen.GATHERING, person=WANG, awaiting=("temperature",), visit_began=2.0))
    expect(guard.page.locator("#hand-sheet")).to_be_hidden()


def test_a_purpose_alone_is_one_touch(guard) -> None:
    guard.lane(ASKED, "gathering")
    guard.touches("#purpose-choices button >> nth=0")
    guard.tapped(TellPurpose(7.5, "food"))


def test_a_purpose_and_a_destination_are_two(guard) -> None:
    guard.lane(replace(ASKED, destinations=CHOICES), "gathering")
    guard.touches("#purpose-choices button >> nth=1")
    guard.reads("#purpose-title", "去哪里？")
    guard.touches("#purpose-choices button >> nth=2")
    guard.tapped(TellPurpose(7.5, "medical", "work"))


def test_the_next_visit_begins_with_the_purpose(guard) -> None:
    """Half an answer does not slip to the next person; and trips are asked first."""
    guard.lane(replace(ASKED, destinations=CHOICES), "gathering")
    guard.touches("#purpose-choices button >> nth=1")
    guard.desk.put(replace(ASKED, destinations=CHOICES, visit_began=9.0))
    guard.reads("#purpose-title", "出门做什么？")
    guard.desk.put(replace(ASKED, awaiting=("trip", "purpose"), visit_began=9.5))
    expect(guard.page.locator("#purpose")).to_be_hidden()
    expect(guard.page.locator("#trip-none")).to_be_visible()


def test_a_mistake_is_taken_back_from_the_strip_and_asked_once(guard) -> None:
    """Last passage, take back, yes: its reason is that it was a mistake, and the passage is open again."""
    guard.desk.put(ready(recent=(verdict(Outcome.ADMIT, sequence=41),)))
    guard.touches("[data-sequence='41']")
    guard.touches("#undo")
    guard.reads("#undoing p >> nth=1", "原因：点错了。记录会保留")
    guard.touches("#undo-yes")
    guard.tapped(Settle(41, Outcome.REFER, Ground.MISTAKE))
    taken = verdict(Outcome.ADMIT, sequence=41, settled=Outcome.REFER, ground=Ground.MISTAKE, overrulable=True)
    guard.desk.put(ready(recent=(taken,)))
    expect(guard.page.locator("#recent .open")).to_have_count(1)
    guard.touches("[data-sequence='41']")
    guard.reads("#settled", "已撤销：点错了")
    expect(guard.page.locator("#let-through")).to_be_visible()
    expect(guard.page.locator("#undo")).to_be_hidden()


def test_who_stands_there_now_cannot_be_undone_by_accident(guard) -> None:
    """Taking back is for the strip; the verdict at the gate has no such button."""
    guard.lane(decided(Outcome.REFER, Reason.NO_CODE, overrulable=True), "verdict")
    expect(guard.page.locator("#undo")).to_be_hidden()


def test_the_next_step_is_said_again(guard) -> None:
    guard.lane(decided(Outcome.REFER, Reason.HEALTH_YELLOW), "verdict")
    guard.touches("#aloud")
    guard.tapped(ReadAloud())


def test_a_telephone_number_is_never_broken(guard) -> None:
    """However much stands before it."""
    long = "0991-555-0134 转 8"
    guard.page.set_viewport_size({"width": 1024, "height": 600})
    many = decided(Outcome.REFUSE, Reason.ISOLATED)
    guard.lane(replace(many, office_telephone=long, party=(WANG,) * 4), "verdict")
    lines = "s => [...s.childNodes].filter(n => n.nodeType === 1).map(n => n.getClientRects().length)"
    assert guard.page.locator("#note").evaluate(lines) == [1, 1, 1]
