"""Every state of the guard's screen at its fullest: what the lane says, and what the guard touches to come there.

Used by every_state.py, and by whoever wants a picture of them all.
"""

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from gate.clock import ClockState
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.view import (
    Activation,
    Aim,
    Barrier,
    CertificateHolder,
    ChoiceAsked,
    Found,
    Health,
    Hint,
    KioskView,
    Link,
    OnDuty,
    Person,
    PlaceAsked,
    Resting,
    Retesting,
    Screen,
    Told,
)
from tests.station.desk import NIGHT, WELL, decided, minutes_ago, ready, verdict

LONG_NAME = Person("买买提*江", "12", True, True)
FAMILY = tuple(
    Found(letter * 16, name, "3", "1", "502", household="f" * 16, needs_help=name == "王*")
    for letter, name in (("a", "王*明"), ("b", "李*"), ("c", "王*"), ("d", "王*华"))
)
HOLDER = CertificateHolder("Gabriele Gößinger-Musterfrau", "1998-02-26")
DAYS = tuple((NIGHT - timedelta(days=ago)).date() for ago in range(15))
PLACES = tuple(PlaceAsked(f"p{n}", "云南德宏瑞丽市", "Ruili, Yunnan", DAYS) for n in range(12))
CHOICES = tuple(
    ChoiceAsked(slug, zh, en)
    for slug, zh, en in (
        ("food", "买菜", "Food"),
        ("medical", "看病买药", "Doctor, medicine"),
        ("work", "上班", "Work"),
        ("school", "上学", "School"),
        ("test", "做核酸", "Test"),
        ("other", "其他", "Else"),
    )
)
ON_DUTY = OnDuty("zhao", "赵建国", minutes_ago(95), "等候区有人；留意体温计")
POOR = Health(
    link=Link.NONE,
    queue=214,
    oldest_seconds=5400,
    rules="1.2",
    rules_age_hours=220,
    rules_stale=True,
    clock=ClockState.FLOOR,
    faults={"camera": "没有画面，请检查接线", "panel": "灯不亮"},
)
NOTICES = (
    Told("今天 19 点 3 号楼做核酸，请带身份证", "Tests for building 3 at 19:00 today: bring an ID card"),
    Told("西门 22 点关门，请走东门", "The west gate closes at 22:00: use the east gate"),
)
RESTING = (
    Resting(31, Person("王*琴", "5"), 38.2, NIGHT + timedelta(seconds=187), False),
    Resting(28, LONG_NAME, 37.9, minutes_ago(1), True),
)
RECENT = tuple(
    verdict(outcome, *reasons, sequence=number, person=person)
    for number, outcome, reasons, person in (
        (41, Outcome.ADMIT, (), LONG_NAME),
        (40, Outcome.REFER, (Reason.NO_CODE,), None),
        (39, Outcome.REFUSE, (Reason.EXPIRED,), Person("王*琴", "5")),
        (38, Outcome.ADMIT, (), Person("李*", "7")),
    )
)


@dataclass(frozen=True)
class State:
    """touches: selectors, in order. sees: what is in view then."""

    view: KioskView
    sees: str
    touches: tuple[str, ...] = ()
    found: tuple[Found, ...] = FAMILY


def _asked(*awaiting: str, **changes: object) -> KioskView:
    return ready(
        screen=Screen.GATHERING,
        person=LONG_NAME,
        awaiting=awaiting,
        places=PLACES,
        purposes=CHOICES,
        destinations=CHOICES,
        visit_began=12.5,
        duty=ON_DUTY,
        **changes,
    )


def _retest(site: str) -> KioskView:
    taken = (("forehead", 36.8),) if site == "wrist" else ()
    return ready(screen=Screen.GATHERING, duty=ON_DUTY, retest=Retesting(28, LONG_NAME, site, taken))


def _with(view: KioskView, **changes: object) -> KioskView:
    return msgspec.structs.replace(view, **changes)


def _on_sheet(sees: str, *touches: str, **changes: object) -> State:
    usual: dict[str, object] = {"duty": ON_DUTY, "recent": RECENT, "can_make_passes": True}
    return State(ready(**{**usual, **changes}), sees, touches)


_FEVER = decided(Outcome.REFUSE, Reason.FEVER, celsius=38.4, overrulable=True, person=LONG_NAME)
_MANY = decided(
    Outcome.REFER,
    Reason.NO_CODE,
    Reason.RULES_STALE,
    Reason.CLOCK_NOT_BELIEVED,
    Reason.THERMOMETER_FAULT,
    overrulable=True,
)
_TRAINING = {"training": True, "duty": ON_DUTY, "recent": RECENT}
_VISITOR = ("#guests-open", "[data-guest=visitor]", "#door-choices button >> nth=2", "#door-choices button >> nth=4")
_BY_DOOR = ("#no-phone", "button[data-by=door]")
_CARD = ("#no-phone", "[data-key=W]", "[data-key=M]", "#finder-card", "#finder-found .taken >> nth=0")
_DELIVERY = ("#guests-open", "[data-guest=delivery]", *_VISITOR[2:])

STATES = {
    "ready": State(ready(recent=RECENT, rehearsal=True, duty=ON_DUTY, notices=NOTICES), ".ready"),
    "ready-plain": State(ready(recent=RECENT[:2]), ".ready"),
    "ready-to-do": State(
        ready(recent=RECENT, health=POOR, sign_on=True, warnings={"thermometer": Told("偏高，请校准", "Reads high")}),
        ".todo",
    ),
    "ready-resting": State(ready(recent=RECENT, resting=RESTING, duty=ON_DUTY), ".resting button"),
    "looking": State(
        ready(aim=Aim(((0.3, 0.3), (0.6, 0.3), (0.6, 0.7), (0.3, 0.7)), Hint.BRIGHTER), duty=ON_DUTY), ".ready"
    ),
    "looking-read": State(ready(aim=Aim(((0.32, 0.28), (0.6, 0.3), (0.62, 0.7), (0.3, 0.72))), duty=ON_DUTY), ".ready"),
    "health-looks": State(_asked("colour", looks="yellow"), ".swatch"),
    "barrier-moving": State(ready(barrier=Barrier.OPENING, recent=RECENT, duty=ON_DUTY), ".ready-way[data-barrier]"),
    "barrier-stuck": State(ready(barrier=Barrier.STUCK, recent=RECENT, duty=ON_DUTY), ".ready-way[data-barrier]"),
    "fire": State(ready(fire=True, barrier=Barrier.OPEN, recent=RECENT, duty=ON_DUTY), "#fire"),
    "measuring": State(_asked("temperature", party=(Person("李*", "3"), Person("王*", "3")), rehearsal=True), "#hand"),
    "trip": State(_asked("temperature", "trip"), "#trip-places"),
    "trip-day": State(_asked("trip"), "#trip-days", ("#trip-places button >> nth=3",)),
    "purpose": State(_asked("purpose"), "#purpose-choices"),
    "purpose-where": State(_asked("purpose"), "#purpose-back", ("#purpose-choices button >> nth=1",)),
    "admit": State(_with(decided(Outcome.ADMIT, person=LONG_NAME), barrier=Barrier.OPENING), "#verb"),
    "admit-out": State(
        _with(decided(Outcome.ADMIT, direction=Direction.OUT), party=(Person("李*", "3"), LONG_NAME)), "#verb"
    ),
    "refer": State(decided(Outcome.REFER, Reason.HEALTH_YELLOW, overrulable=True, person=LONG_NAME), "#let-through"),
    "refer-looks": State(
        decided(Outcome.REFER, Reason.HEALTH_CODE_UNREAD, overrulable=True, looks="green", person=LONG_NAME), ".swatch"
    ),
    "refer-two": State(
        decided(Outcome.REFER, Reason.HEALTH_YELLOW, Reason.TEMPERATURE_TOO_LOW, overrulable=True), "#let-through"
    ),
    "refer-many": State(_MANY, "#let-through"),
    "refer-holder": State(
        decided(Outcome.REFER, Reason.HOLDER_UNMATCHED, person=None, holder=HOLDER, overrulable=True), "#find"
    ),
    "fever": State(_FEVER, "#rest"),
    "refuse": State(decided(Outcome.REFUSE, Reason.ISOLATED, person=LONG_NAME), "#send-back"),
    "unrecorded": State(decided(Outcome.REFER, Reason.UNRECORDED, sequence=None), "#dismiss"),
    "settled": State(
        decided(
            Outcome.REFER, Reason.HEALTH_YELLOW, Reason.FEVER, settled=Outcome.ADMIT, ground=Ground.KNOWN_IN_PERSON
        ),
        "#settled",
    ),
    "grounds": State(_MANY, "#grounds", ("#let-through",)),
    "certificate": State(
        decided(Outcome.REFER, Reason.HOLDER_UNMATCHED, person=None, holder=HOLDER, overrulable=True),
        "#finder",
        ("#find", "[data-key=W]", "[data-key=M]"),
    ),
    "earlier": State(ready(recent=RECENT), "#undo", ("[data-sequence='41']",)),
    "undo": State(ready(recent=RECENT), "#undo-yes", ("[data-sequence='41']", "#undo")),
    "closed": State(
        ready(
            gate_open=False,
            duty=ON_DUTY,
            closed_notice_zh="本门 22 点后关闭，请走西门",
            closed_notice_en="Closed after 22:00: please use the west gate",
            hours_zh="明天 06:00 开门",
            hours_en="Opens at 06:00 tomorrow",
        ),
        "#closed-hours",
    ),
    "order": State(ready(screen=Screen.OUT_OF_ORDER, health=POOR), "#order-call"),
    "find-empty": _on_sheet("#finder .paper", "#no-phone"),
    "find": _on_sheet("#finder .side", "#no-phone", "[data-key=W]", "[data-key=M]"),
    "find-family": _on_sheet(
        "#finder-together", "#no-phone", "[data-key=W]", "[data-key=M]", "#finder-found .side >> nth=0"
    ),
    "find-door": _on_sheet("#finder-door", "#no-phone", "button[data-by=door]"),
    "find-floor": _on_sheet("#finder-door", *_BY_DOOR, "#finder-door >> text=/^12$/", "#finder-door button >> nth=0"),
    "find-room": _on_sheet("#finder .side", *_BY_DOOR, "#finder-door >> text=/^3$/", "#finder-door button >> nth=4"),
    "made": _on_sheet("#made-code", "#no-phone", "[data-key=W]", "[data-key=M]", "#finder-found .side >> nth=1"),
    "card": _on_sheet("#card", *_CARD, activation=Activation(LONG_NAME)),
    "card-told": _on_sheet(
        "#card-told",
        *_CARD,
        activation=Activation(LONG_NAME, told=Told("这张卡已经启用，请换一张", "This card is in use: hold up another")),
    ),
    "card-counts": _on_sheet(
        "#card[data-counts]", *_CARD, activation=Activation(LONG_NAME, waits=False, until=NIGHT + timedelta(hours=12))
    ),
    "guests": _on_sheet("#guests", "#guests-open"),
    "door": _on_sheet("#door", "#guests-open", "[data-guest=visitor]"),
    "door-floor": _on_sheet("#door", *_VISITOR[:2], "#door-choices >> text=/^12$/", "#door-choices button >> nth=0"),
    "visitor": _on_sheet("#visitor-agreed", *_VISITOR),
    "delivery": _on_sheet("#delivery-in", *_DELIVERY, "#delivery-slot button >> nth=1", "#delivery-medicine"),
    "vehicle": _on_sheet("#vehicle-in", "#guests-open", "[data-guest=vehicle]", "[data-sign='8']", "[data-sign=K]"),
    "vehicle-province": _on_sheet("#plate-provinces", "#guests-open", "[data-guest=vehicle]", "#plate-province"),
    "returnee-where": _on_sheet(
        "#returnee",
        "#guests-open",
        "[data-guest=returnee]",
        "[data-key=W]",
        "[data-key=M]",
        "#finder-found .taken >> nth=0",
    ),
    "returnee-when": _on_sheet(
        "#returnee",
        "#guests-open",
        "[data-guest=returnee]",
        "[data-key=W]",
        "[data-key=M]",
        "#finder-found .taken >> nth=0",
        "#returnee-choices button >> nth=0",
    ),
    "pin": _on_sheet("#duty-on", "#duty-open", "[data-pin='1']", "[data-pin='2']", duty=None, sign_on=True),
    "hand-over": _on_sheet("#duty-off", "#duty-open", "[data-sentence='handover.heat']"),
    "set-clock": _on_sheet("#set-clock", ".todo", health=msgspec.structs.replace(WELL, clock=ClockState.FLOOR)),
    "retest-forehead": State(_retest("forehead"), "#retest-site"),
    "retest-wrist": State(_retest("wrist"), "#retest-readings li"),
    "hand": State(_retest("wrist"), "#hand-tenths", ("#retest-hand",)),
    "training": State(ready(**_TRAINING), ".watermark"),
    "training-admit": State(_with(decided(Outcome.ADMIT), **_TRAINING), ".watermark"),
    "training-fever": State(_with(_FEVER, **_TRAINING), "#rest"),
    "training-find": _on_sheet("#finder .side", "#no-phone", "[data-key=W]", "[data-key=M]", training=True),
    "training-vehicle": _on_sheet("#vehicle-in", "#guests-open", "[data-guest=vehicle]", training=True),
    "training-duty": _on_sheet("#duty-off", "#duty-open", training=True),
    "fire-find": _on_sheet("#finder .side", "#no-phone", "[data-key=W]", "[data-key=M]", fire=True),
    "fire-vehicle": _on_sheet("#vehicle-in", "#guests-open", "[data-guest=vehicle]", fire=True),
    "fire-duty": _on_sheet("#duty-off", "#duty-open", fire=True),
    "fire-refer": State(_with(_MANY, fire=True), "#let-through"),
}
