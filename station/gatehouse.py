"""What is the gate's own matter and not a passage's: who is on duty, what befell it, its clock, the passes it makes.

The loop asks, from its own thread. Rule: each of these is a record of the journal; what the disk refuses holds all the
same and is written down later, but for a pass, which nobody is given before it is recorded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gate.caller import Caller
from gate.formats.chain import Credential
from gate.formats.gate_pass import LONGEST_BUILDING
from gate.forms import Form, HandOver, VisitorForm, encode_form
from gate.passage import MadePass, What
from gate.roster import Resident
from gate.sealing import KEY_BYTES, close
from gate.staff import Guard
from gate.trust import Trust
from gate.wording import Words
from station import happenings
from station.duty import Duty, already_on
from station.inbox import GuardKnown
from station.journal import Salvaged
from station.pass_maker import Made, PassMaker
from station.recorder import Recorder
from station.remembered import BARRIER_FAILS, ENDED_BY, REMEMBERED_RECORDS, standing
from station.screen import person_of
from station.settings import Settings
from station.snapshot import Snapshot
from station.taps import (
    ActivateCard,
    ArriveWithoutCode,
    ChooseDirection,
    Dismiss,
    EndActivation,
    GateTap,
    LaneTap,
    ReadAloud,
    SignOff,
)
from station.timekeeper import Timekeeper
from station.view import Barrier, MadeCode

OF_ANYBODY = GuardKnown | Dismiss | ChooseDirection | ArriveWithoutCode | ReadAloud | SignOff | EndActivation
"""Taps that decide nothing: whoever stands there is the guard's matter afterwards as well."""
_SIGN_ON_FIRST = Words("请先上岗（密码或工作证）", "Sign on first, by PIN or badge")
_NOBODY_ON = Words("现在无人在岗", "Nobody is on duty")
_LEFT = Words("名单上已没有此人", "No longer on this gate's list")
_NO_DOOR = Words(
    f"请先填写去哪栋楼（最多 {LONGEST_BUILDING} 个字）",
    f"Say which building first, in {LONGEST_BUILDING} signs at most",
)
_NO_DISK = Words("存储故障，不能制作临时证", "The disk refuses, so no pass can be made")
NO_FORM_KEY = Words(
    "还没有收到社区的密钥，无法保密登记：请打电话告诉社区",
    "No key from the office yet to seal this: tell it by telephone",
)

_BEFALLS = {
    happenings.Happening.FIRE: What.FIRE,
    happenings.Happening.FIRE_OVER: What.FIRE_OVER,
    happenings.Happening.TAMPERED: What.TAMPERED,
    happenings.Happening.TAMPER_OVER: What.TAMPER_OVER,
    happenings.Happening.BARRIER_STUCK_CLOSED: What.BARRIER_STUCK,
    happenings.Happening.BARRIER_STUCK_OPEN: What.BARRIER_STUCK,
    happenings.Happening.BARRIER_FORCED: What.BARRIER_FORCED,
}
_MENDS = {happenings.Happening.BARRIER_OPENED, happenings.Happening.BARRIER_CLOSED}
# What the panel's first look would tell anew if it had not ended.
_STILL = {What.FIRE: happenings.Happening.FIRE, What.TAMPERED: happenings.Happening.TAMPERED}


@dataclass(frozen=True, slots=True)
class Bearer:
    """For whom a blank card is to count. resident: None for a visitor, to that building. sealed: his form."""

    resident: Resident | None
    caller: Caller
    building: str
    hours: int
    sealed: bytes | None


class Gatehouse:
    """randomness: bytes -> as many random ones."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        timekeeper: Timekeeper,
        duty: Duty,
        maker: PassMaker,
        randomness: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._recorder = recorder
        self._timekeeper = timekeeper
        self._maker = maker
        self._randomness = randomness
        self.duty = duty
        self.fire = False
        self._begun = standing(recorder.journal.last(REMEMBERED_RECORDS))
        self._barrier_fails = bool(self._begun & BARRIER_FAILS)

    def seal(self, form: Form, trust: Trust) -> bytes | Words:
        """A form that only the hub can open; or that there is no key for it."""
        if not trust.form_key:
            return NO_FORM_KEY
        return close(encode_form(form), trust.compound, trust.form_key, self._randomness(KEY_BYTES))

    def objection(self, tap: LaneTap | GateTap | GuardKnown | None, held: Snapshot) -> Words | None:
        """Where the office wants it so, nobody decides anything before he has signed on. tap: None for a pass."""
        wanted = held.rules is not None and held.rules.policy.sign_on
        if not wanted or self.duty.guard is not None or isinstance(tap, OF_ANYBODY):
            return None
        return _SIGN_ON_FIRST

    # --- what befalls it ---

    def first_look(self, told: Iterable[object], barrier: Barrier) -> None:
        """What ended while the station was off is written down as soon as the panel says so.

        A boom that would not rise lies there like one that would: that one is mended once it has moved.
        """
        for what, still in _STILL.items():
            if what in self._begun and still not in told:
                self.write(ENDED_BY[what])
        if What.BARRIER_FORCED in self._begun and barrier is Barrier.CLOSED:
            self._barrier_fails = False
            self.write(What.BARRIER_MENDED)

    def befell(self, happening: happenings.Happening) -> None:
        """What the panel told. Of a barrier that moves as it should nothing is written down."""
        if happening in (happenings.Happening.FIRE, happenings.Happening.FIRE_OVER):
            self.fire = happening is happenings.Happening.FIRE
        what = _BEFALLS.get(happening)
        if what is None:
            what = What.BARRIER_MENDED if self._barrier_fails and happening in _MENDS else None
            self._barrier_fails = self._barrier_fails and what is None
        else:
            self._barrier_fails = self._barrier_fails or what in BARRIER_FAILS
        if what is not None:
            self.write(what)

    def write(self, what: What, note: bytes | None = None) -> None:
        """note: sealed."""
        self._recorder.happening(what, self._timekeeper.read().stamp, self.duty.guard, note)
        self._recorder.tell()

    def contradicted(self, passage: int) -> None:
        """Another gate let the same person through the same way, and neither knew of the other."""
        self._recorder.happening(What.TWO_GATES, self._timekeeper.read().stamp, self.duty.guard, passage=passage)
        self._recorder.tell()

    def lost(self, result: Salvaged) -> None:
        """Records of a damaged journal that nobody can read any more."""
        self._recorder.happening(What.RECORDS_LOST, self._timekeeper.read().stamp, None, lost=result)
        self._recorder.tell()

    # --- who is on duty ---

    def sign_on(self, guard: Guard) -> Words | None:
        """Whoever was on duty before is signed off by it."""
        if self.duty.guard == guard.id:
            return already_on(guard)
        if self.duty.guard is not None:
            self.write(What.SIGNED_OFF)
        self.duty.begin(guard.id, self._timekeeper.read().moment.utc)
        self.write(What.SIGNED_ON)
        return None

    def sign_off(self, note: str, trust: Trust) -> Words | None:
        """note: for the next guard on this screen, and sealed for the office."""
        if self.duty.guard is None:
            return _NOBODY_ON
        sealed = self.seal(HandOver(note), trust) if note else None
        if isinstance(sealed, Words):
            return sealed
        self.write(What.SIGNED_OFF, sealed)
        self.duty.end(note)
        return None

    def obey_list(self, held: Snapshot) -> bool:
        """Whoever the office took off the list is signed off; True where that was so."""
        gone = self.duty.dismissed_by(held.staff)
        if gone:
            self.write(What.SIGNED_OFF)
            self.duty.end("")
        return gone

    # --- its clock ---

    def set_clock(self, at: datetime) -> Words | None:
        """The guard's word on the time, where nobody better has one."""
        refused = self._timekeeper.set_by_guard(at, ZoneInfo(self._settings.timezone))
        if refused is None:
            self.write(What.CLOCK_SET)
        return refused

    # --- the passes it makes ---

    def wants_card(self, tap: ActivateCard, held: Snapshot) -> Words | Bearer:
        """For whom a blank card is to count; or why this gate cannot make one count."""
        resident = held.residents.get(tap.person) if tap.person is not None else None
        if (resident is None and tap.form is None) or (tap.person is not None and resident is None):
            return _LEFT
        caller = Caller.VISITOR if resident is None else resident.caller
        refused = self._maker.objection(held.trust, caller, self._timekeeper.read().moment)
        if refused is not None:
            return refused
        form = tap.form if resident is None else None
        building = form.door.building if form is not None else ""
        if resident is None and not 0 < len(building) <= LONGEST_BUILDING:
            return _NO_DOOR
        sealed = self.seal(form, held.trust) if form is not None else None
        if isinstance(sealed, Words):
            return sealed
        return Bearer(resident, caller, building, tap.hours, sealed)

    def activate(self, blank: Credential, bearer: Bearer, held: Snapshot) -> MadePass | Words:
        """A blank card counts from now on, once this is on the disk; or why it does not."""
        reading = self._timekeeper.read()
        drawn = self._maker.draw(held.trust, bearer.caller, bearer.hours, reading.moment)
        if isinstance(drawn, Words):
            return drawn
        record = MadePass(
            stamp=reading.stamp,
            gate=self._settings.gate,
            serial=blank.serial,
            number=drawn.number,
            expires_at=drawn.expires_at if blank.expires_at is None else min(drawn.expires_at, blank.expires_at),
            caller=bearer.caller,
            person=bearer.resident.person if bearer.resident is not None else None,
            guard=self.duty.guard,
            form=bearer.sealed,
        )
        if not self._recorder.made_pass(record):
            return _NO_DISK
        self._recorder.tell()
        return record

    def can_make_passes(self, trust: Trust) -> bool:
        return self._maker.certificate(trust) is not None

    def make_pass(self, person: str | None, form: VisitorForm | None, hours: int, held: Snapshot) -> MadeCode | Words:
        """A temporary pass for a resident of the roster, or for a visitor; on the disk before anybody sees it."""
        resident = held.residents.get(person) if person is not None else None
        if person is not None and resident is None:
            return _LEFT
        building = form.door.building if form is not None else ""
        # By its building a visitor's pass is held to the rules at every gate; cut short it would be another one.
        if resident is None and not 0 < len(building) <= LONGEST_BUILDING:
            return _NO_DOOR
        sealed = self.seal(form, held.trust) if form is not None else None
        if isinstance(sealed, Words):
            return sealed
        reading = self._timekeeper.read()
        caller = Caller.VISITOR if resident is None else resident.caller
        made = self._maker.make(held.trust, caller, person, building, hours, reading.moment)
        if isinstance(made, Words):
            return made
        record = MadePass(
            stamp=reading.stamp,
            gate=self._settings.gate,
            serial=made.leave.serial,
            number=made.leave.number,
            expires_at=made.leave.expires_at,
            caller=caller,
            person=person,
            guard=self.duty.guard,
            form=sealed,
        )
        if not self._recorder.made_pass(record):
            return _NO_DISK
        self._recorder.tell()
        return _shown(made, held)


def _shown(made: Made, held: Snapshot) -> MadeCode:
    person = person_of(held.residents.get(made.leave.person))
    return MadeCode(made.text, made.leave.expires_at, person)
