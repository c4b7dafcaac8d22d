"""What the guard's screen shows at one moment, and what the guard can tap.

The loop makes a KioskView whenever anything changes; the kiosk's web side only draws it. Codes, not sentences, travel
here: the page takes its words from gate.wording, so both languages are one tap apart.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from gate.caller import Caller
from gate.clock import ClockState
from gate.forms import VisitorForm
from gate.names import Pseudonym
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.taps import Tap


class Screen(StrEnum):
    """What the whole screen is about."""

    READY = "ready"
    GATHERING = "gathering"
    VERDICT = "verdict"
    OUT_OF_ORDER = "out_of_order"


class Barrier(StrEnum):
    """Where the barrier is, as far as its sensor tells; none: the lane has no barrier that could be watched."""

    NONE = "none"
    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    STUCK = "stuck"


class Link(StrEnum):
    """How far this station's word reaches: to the hub, only to the broker, or nowhere."""

    HUB = "hub"
    BROKER = "broker"
    NONE = "none"


class Person(Struct, frozen=True):
    """As much of a resident as a guard may see."""

    masked_name: str
    building: str
    needs_help: bool = False
    monitored: bool = False


class Earlier(Struct, frozen=True):
    """The passage that speaks against this one: at which gate, when, which way."""

    gate: str
    at: datetime
    direction: Direction


class CertificateHolder(Struct, frozen=True):
    """Whom a foreign certificate names, for the guard to compare; birth as far as it is known, or empty."""

    name: str
    birth: str


class Verdict(Struct, frozen=True):
    """One decided passage. sequence: None where it could not be recorded. settled: what the guard made of it.

    looks: "green", "yellow" or "red" where the province did not say and the health code looks so; advice, no more.
    earlier: where a pass or a phone's code was used before, if that is a reason. holder: only while the guard has to
    compare it, and never in the strip of recent passages. caller: as what he came. may_rest: he has a fever, and can be
    sent to the waiting area; only on the screen.
    """

    sequence: int | None
    at: datetime
    direction: Direction
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    person: Person | None = None
    celsius: float | None = None
    overrulable: bool = False
    settled: Outcome | None = None
    ground: Ground | None = None
    earlier: Earlier | None = None
    holder: CertificateHolder | None = None
    looks: str = ""
    caller: Caller = Caller.RESIDENT
    may_rest: bool = False


class Health(Struct, frozen=True):
    """What must always be seen, amber when it is not as it should be.

    queue: records without the hub's receipt; oldest_seconds: the age of the oldest of them. rules, trust: editions of
    the policy and of the list of keys and revoked passes. rules_age_hours: since the hub last confirmed that both are
    still in force; None before it ever did. faults: sentences for the guard by part (camera, ...).
    """

    link: Link = Link.NONE
    queue: int = 0
    oldest_seconds: float = 0.0
    rules: str | None = None
    trust: str | None = None
    rules_age_hours: float | None = None
    rules_stale: bool = True
    clock: ClockState = ClockState.FLOOR
    faults: dict[str, str] = {}


class Hint(StrEnum):
    """What would help a code to be read that is seen and cannot be, or somebody to be measured."""

    CLOSER = "closer"
    FARTHER = "farther"
    BRIGHTER = "brighter"
    HOLD_STILL = "hold_still"


class Aim(Struct, frozen=True):
    """Where a code is in the preview: corners as shares of width and height. hint: None once it is read."""

    corners: tuple[tuple[float, float], ...]
    hint: Hint | None = None


class PlaceAsked(Struct, frozen=True):
    """A place of risk that the guard asks for. days: those of the last weeks that count, newest first."""

    id: str
    name_zh: str
    name_en: str
    days: tuple[date, ...]


class ChoiceAsked(Struct, frozen=True):
    """One answer to a question of the policy: where to, what for."""

    id: str
    zh: str
    en: str


class Resting(Struct, frozen=True):
    """Somebody with a fever who rests before he is measured again. ready_at: when his rest is over."""

    sequence: int
    person: Person | None
    celsius: float | None
    ready_at: datetime
    ready: bool


class Retesting(Struct, frozen=True):
    """A retest that is running, on Screen.GATHERING.

    site: where to measure now ("forehead", "wrist"), empty where nothing is left. readings: site and figure so far.
    """

    sequence: int
    person: Person | None
    site: str
    readings: tuple[tuple[str, float | None], ...] = ()


class OnDuty(Struct, frozen=True):
    """The guard who signed on; note: what the one before left to him."""

    id: str
    name: str
    since: datetime
    note: str = ""


class Told(Struct, frozen=True):
    """A sentence that is no fault: a warning of a part, or the office's notice."""

    zh: str
    en: str


class Activation(Struct, frozen=True):
    """A blank card is made to count: for whom, or to which building a visitor goes.

    waits: for the card to be held up. told: what is wrong with the one that was, or why none came of it. until: it
    counts until then.
    """

    person: Person | None
    building: str = ""
    waits: bool = True
    told: Told | None = None
    until: datetime | None = None


class KioskView(Struct, frozen=True):
    """The guard's screen. awaiting: what the visit still lacks ("temperature", "trip"). recent: newest first.

    places: asked for while the visit lacks the trip; purposes, destinations: while it lacks the purpose. visit_began:
    names the running visit, for the guard's answer. party: who of a family comes after the one on the screen. resting,
    retest: those with a fever. duty: None where nobody signed on; sign_on: whether somebody must before he may decide.
    training: nothing is recorded and nothing opens. fire: the alarm has opened the barrier. warnings: by part, no
    faults, or words that stand a moment ("duty": who signed on by badge). notices: from the office. hours_zh, hours_en:
    when a gate that is closed by its hours opens again. gate_open: whether it takes anybody this way now.
    can_make_passes: whether this gate holds a certificate for temporary passes. guidance: what somebody has to do so
    that he can be measured; None where he can, or nobody is there. activation: of a blank card, while that is going on.

    timezone: the compound's, for the times on the screen. green_seconds: past this the page takes a green away even
    if the loop did not (the policy's own bound where it is not said). beat: counts the loop's turns and grows at
    least once a second while the loop lives; the page shows 'no contact' when it stands still. 0: not counted.
    """

    screen: Screen
    now: datetime
    gate: str
    lane: str
    direction: Direction
    both_directions: bool
    health: Health
    verdict: Verdict | None = None
    person: Person | None = None
    celsius: float | None = None
    awaiting: tuple[str, ...] = ()
    closed_notice_zh: str = ""
    closed_notice_en: str = ""
    gate_open: bool = True
    office_telephone: str = ""
    recent: tuple[Verdict, ...] = ()
    rehearsal: bool = False
    timezone: str = "Asia/Shanghai"
    green_seconds: float = 30.0
    beat: int = 0
    aim: Aim | None = None
    looks: str = ""
    places: tuple[PlaceAsked, ...] = ()
    visit_began: float = 0.0
    purposes: tuple[ChoiceAsked, ...] = ()
    destinations: tuple[ChoiceAsked, ...] = ()
    party: tuple[Person, ...] = ()
    resting: tuple[Resting, ...] = ()
    retest: Retesting | None = None
    duty: OnDuty | None = None
    sign_on: bool = False
    training: bool = False
    fire: bool = False
    barrier: Barrier = Barrier.NONE
    warnings: dict[str, Told] = {}
    notices: tuple[Told, ...] = ()
    hours_zh: str = ""
    hours_en: str = ""
    can_make_passes: bool = False
    guidance: Hint | None = None
    activation: Activation | None = None


class Forms(Struct, frozen=True):
    """What the forms offer to tap: the compound's buildings and the rooms of each, what a plate begins with here, the
    shelf's slots, the purposes of a visit, and every place of risk. A room is written "502", or "1-502" in unit 1."""

    buildings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plate_prefix: str = ""
    slots: tuple[str, ...] = ()
    purposes: tuple[ChoiceAsked, ...] = ()
    places: tuple[PlaceAsked, ...] = ()


class MadeCode(Struct, frozen=True):
    """A temporary pass, for the resident's phone to photograph. code: its text. expires_at: UTC."""

    code: str
    expires_at: datetime
    person: Person | None = None


class Found(Struct, frozen=True):
    """A resident whom the guard was looking for. person, household: pseudonyms, for the tap; nobody is shown them."""

    person: Pseudonym
    masked_name: str
    building: str
    unit: str
    room: str
    household: Pseudonym | None = None
    needs_help: bool = False


class Desk(Protocol):
    """The kiosk's side of the loop; every method may be called from any thread."""

    def view(self) -> KioskView:
        """The newest view."""

    def wait_for_change(self, seen: KioskView | None, timeout_seconds: float) -> KioskView:
        """Block until there is a view other than `seen`, or the time is up; the newest view."""

    def tap(self, tap: Tap) -> None:
        """Hand a tap to the loop and wait until it is done. Raises TapRefused."""

    def search(self, query: str) -> tuple[Found, ...]:
        """The residents that the guard may mean, masked, 20 at most."""

    def forms(self) -> Forms:
        """What the forms offer to tap."""

    def make_pass(self, person: Pseudonym | None, form: VisitorForm | None, hours: int) -> MadeCode:
        """Sign a temporary pass for a resident whom the guard found, or for a visitor. Raises TapRefused."""

    def preview(self) -> bytes | None:
        """The newest camera frame as a JPEG of about 640 pixels' width; None while the camera is at fault."""
