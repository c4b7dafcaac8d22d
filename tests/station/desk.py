"""A Desk in memory: a test says what the screen should show and sees what the guard tapped.

It keeps the promises of station.view.Desk: the newest view at once, a wait that ends with a change or in time, and a
refusal that says why.
"""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from gate.clock import ClockState
from gate.forms import VisitorForm
from gate.names import Pseudonym
from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.cameras import Pixels
from station.kiosk.rehearsal import Shown, Touch
from station.taps import Tap, TapRefused
from station.view import (
    ChoiceAsked,
    Forms,
    Found,
    Health,
    KioskView,
    Link,
    MadeCode,
    Person,
    PlaceAsked,
    Screen,
    Verdict,
)

# 20:15 in Shanghai: the guard's night.
NIGHT = datetime(2026, 1, 16, 12, 15, 8, tzinfo=UTC)
WELL = Health(link=Link.HUB, rules="1768000000.12", rules_age_hours=0.4, rules_stale=False, clock=ClockState.SYNCED)
WANG = Person("王*明", "3")

# A compound of 24 buildings: small ones of 12 rooms, and one of 30 floors with two units.
_SMALL = tuple(f"{floor}0{room}" for floor in range(1, 5) for room in range(1, 4))
_HIGH = tuple(f"{unit}-{floor}{room:02}" for unit in (1, 2) for floor in range(1, 31) for room in range(1, 5))
_DAYS = tuple((NIGHT - timedelta(days=ago)).date() for ago in range(14))
OFFERS = Forms(
    buildings=tuple((str(number), _HIGH if number == 12 else _SMALL) for number in range(1, 25)),
    plate_prefix="豫A",
    slots=("A1", "A2", "A3", "B1", "B2", "B3"),
    purposes=(ChoiceAsked("family", "探亲", "Family"), ChoiceAsked("repair", "维修", "Repair")),
    places=(
        PlaceAsked("ruili", "云南瑞丽", "Ruili, Yunnan", _DAYS),
        PlaceAsked("heihe", "黑龙江黑河", "Heihe, Heilongjiang", _DAYS),
    ),
)


def ready(**changes: object) -> KioskView:
    """A gate where all is well and nobody is there, but for what the test changes."""
    usual = KioskView(
        screen=Screen.READY,
        now=NIGHT,
        gate="west",
        lane="1",
        direction=Direction.IN,
        both_directions=True,
        health=WELL,
        office_telephone="0991-555-0134",
        green_seconds=3.0,
    )
    return msgspec.structs.replace(usual, **changes)


def verdict(outcome: Outcome, *reasons: Reason, sequence: int | None = 42, **changes: object) -> Verdict:
    """A decided passage of Mr Wang, at 36.5 C and entering, but for what the test changes."""
    usual = Verdict(
        sequence=sequence,
        at=NIGHT,
        direction=Direction.IN,
        outcome=outcome,
        reasons=reasons,
        person=WANG,
        celsius=36.5,
        may_rest=bool({Reason.FEVER, Reason.RETEST_DUE} & set(reasons)),
    )
    return msgspec.structs.replace(usual, **changes)


def decided(outcome: Outcome, *reasons: Reason, **changes: Any) -> KioskView:
    """The screen with that verdict on it."""
    return ready(screen=Screen.VERDICT, verdict=verdict(outcome, *reasons, **changes))


class MemoryDesk:
    """Shows what `put` was given; notes each tap; refuses them while `refuses` is set; falls dumb while `dumb` is."""

    def __init__(self, view: KioskView | None = None) -> None:
        self.taps: list[Tap] = []
        self.refuses: TapRefused | None = None
        self.queries: list[str] = []
        self.found: tuple[Found, ...] = ()
        self.offers = OFFERS
        self.passes: list[tuple[Pseudonym | None, VisitorForm | None, int]] = []
        self.picture: bytes | None = lane_picture()
        self._changed = threading.Condition()
        self._view = view or ready()
        self._dumb = threading.Event()
        self._dumb.set()

    def put(self, view: KioskView) -> None:
        with self._changed:
            self._view = view
            self._changed.notify_all()

    def fall_dumb(self) -> None:
        """As if the loop hung: nobody gets a view until `speak`."""
        self._dumb.clear()

    def speak(self) -> None:
        self._dumb.set()

    def view(self) -> KioskView:
        with self._changed:
            return self._view

    def wait_for_change(self, seen: KioskView | None, timeout_seconds: float) -> KioskView:
        with self._changed:
            self._changed.wait_for(lambda: self._view is not seen, timeout_seconds)
        self._dumb.wait()
        return self.view()

    def tap(self, tap: Tap) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.taps.append(tap)

    def search(self, query: str) -> tuple[Found, ...]:
        self.queries.append(query)
        return self.found

    def forms(self) -> Forms:
        return self.offers

    def make_pass(self, person: Pseudonym | None, form: VisitorForm | None, hours: int) -> MadeCode:
        if self.refuses is not None:
            raise self.refuses
        self.passes.append((person, form, hours))
        return MadeCode("GC1:" + "NCF1S70-A" * 24, NIGHT + timedelta(hours=hours), WANG if person else None)

    def preview(self) -> bytes | None:
        return self.picture


class MemoryStage:
    """Notes what is held up; each showing 'becomes' the passage the test wrote down."""

    def __init__(self, pictures: Path | None = None) -> None:
        self._pictures = pictures
        self.shown: list[tuple[tuple[int, ...], float | None, Direction | None]] = []
        self.foreheads: list[float | None] = []
        self.cleared = 0
        self.touched: list[Touch] = []
        self.becomes: Shown | None = None
        self.refuses: TapRefused | None = None

    @property
    def pictures(self) -> Path | None:
        return self._pictures

    def show(self, pixels: Pixels, celsius: float | None, direction: Direction | None) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.shown.append((pixels.shape, celsius, direction))

    def forehead(self, celsius: float | None) -> None:
        self.foreheads.append(celsius)

    def touch(self, touch: Touch) -> None:
        self.touched.append(touch)

    def clear(self) -> None:
        self.cleared += 1

    def outcome(self, timeout_seconds: float, looks: int) -> Shown | None:
        return self.becomes


def lane_picture() -> bytes:
    """A small picture with a bright square on grey, as JPEG."""
    pixels = np.full((90, 160, 3), 90, dtype=np.uint8)
    pixels[20:70, 55:105] = (40, 200, 240)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def minutes_ago(minutes: float) -> datetime:
    return NIGHT - timedelta(minutes=minutes)
