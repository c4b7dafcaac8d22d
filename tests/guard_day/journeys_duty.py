"""The evening: guards sign on, hand over and train."""

from gate.passage import Ground, What
from gate.reason import Outcome, Reason
from tests.guard_day import rules
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey, journey
from tests.guard_day.town import GUARDS, NOTICE, WEST

EVENING: list[Journey] = []
ADMIT, REFER, REFUSE = Outcome.ADMIT, Outcome.REFER, Outcome.REFUSE


def _signs_on(day: Day, guard: str) -> None:
    day.post.keys(day.town.pins[guard], "pin")
    day.post.touches("#pin-send")
    day.post.reads("#duty-who", GUARDS[guard])


@journey(EVENING, costs=19, under=rules.on_duty, gate=WEST)
def a_guard_signs_on_decides_and_hands_over_with_a_note(day: Day) -> None:
    who = day.neighbour("under duty")
    day.post.touches(".todo")
    _signs_on(day, "li")
    day.post.holds_up(who.code, 38.0)
    day.post.verdict(REFUSE, Reason.FEVER)
    day.post.touches("#send-back")
    day.post.leaves()
    day.post.sees("ready")
    day.post.touches("#duty-open", "[data-sentence='handover.heat']", "#duty-leave")
    day.post.says("#duty-who", "duty.none")
    _signs_on(day, "sun")
    day.post.says("#tidings", "handover.heat")
    _, off, _ = day.books.happenings(What.SIGNED_ON, What.SIGNED_OFF, What.SIGNED_ON)
    assert off["guard"] == "li"
    assert day.books.form(off)["kind"] == "hand_over"
    row = day.books.passage(person=who.person, final_outcome=REFUSE, ground=Ground.SENT_BACK)
    assert (row["guard"], row["settled_by"]) == ("li", "li")


@journey(EVENING, costs=0, under=rules.on_duty, gate=WEST)
def a_guard_signs_on_by_holding_up_his_badge(day: Day) -> None:
    day.post.reads("#tidings", NOTICE[0] if day.post.look.language == "zh" else NOTICE[1])
    day.post.badge(day.town.badge.read_bytes())
    day.post.reads("#duty-who", GUARDS["sun"])
    (on,) = day.books.happenings(What.SIGNED_ON)
    assert on["guard"] == "sun"
    day.books.none_passed()


@journey(EVENING, costs=3)
def a_guard_in_training_sees_a_green_that_opens_and_records_nothing(day: Day) -> None:
    who = day.neighbour("trainee")
    day.post.touches("#duty-open", "#train")
    day.post.says("#rehearsal", "train.what")
    day.post.holds_up_in_vain(who.code)
    day.post.verdict(ADMIT, who=who.masked_name)
    day.post.reads(".watermark b", "TRAINING")
    day.post.touches("#train-end")
    day.post.says("#rehearsal", "rehearsal")
    day.books.happenings(What.TRAINING_BEGAN, What.TRAINING_ENDED)
    day.books.none_passed()
