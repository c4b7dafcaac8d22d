"""What else comes to the gates of `busy_day`, as guards have it: callers, forms, retests, alarms, passes, returnees.

Rule: `now` is handed in, and everything else is so many minutes before it.
"""

from datetime import datetime, timedelta

from msgspec import structs

from gate.caller import Caller
from gate.forms import DeliveryForm, Door, HandOver, ReturneeForm, VehicleForm, VisitorForm
from gate.passage import Amendment, Ground, Happening, MadePass, Passage, What
from gate.policy import Choice, Policy
from gate.reason import Outcome, Reason
from gate.staff import Guard
from gate.temperature import Measurement, Site
from gate.trip import RiskPlace
from hub.registry import documents, gate_keys, guards
from tests.hub.office_day import IN, JOURNAL, NOON, OUT, Compound, sealed, stamp

VISIT = VisitorForm(Door("3", "2", "501"), 2, None, True, "钱来访", "13900001111")


class _WestGate:
    """Where it all comes to. minutes: how long before now."""

    def __init__(self, compound: Compound, now: datetime) -> None:
        self.compound, self.now = compound, now
        self._came = Passage(stamp(now), "west", "1", IN, guard="li", temperature=Measurement(36.4))

    def at(self, minutes: float) -> datetime:
        return self.now - timedelta(minutes=minutes)

    def passes(self, minutes: float, **more: object) -> int:
        """Somebody does; the sequence of the record."""
        at = self.at(minutes)
        return self.compound.brings("w1", structs.replace(self._came, stamp=stamp(at), **more), at)

    def befalls(self, minutes: float, what: What, **more: object) -> None:
        self.compound.brings("w1", Happening(stamp(self.at(minutes)), "west", "1", what, **more), self.now)

    def retests(self, of: int, outcome: Outcome, *again: Measurement) -> None:
        amendment = Amendment(stamp(self.at(1)), JOURNAL, of, outcome, Ground.MEASURED_AGAIN, "li", None, again)
        self.compound.brings("w1", amendment, self.now)


def guards_day(compound: Compound, now: datetime = NOON) -> None:
    _the_office_prepares(compound, now)
    gate = _WestGate(compound, now)
    mother, father = compound.resident("赵秀兰", "5"), compound.resident("赵建国", "5")
    together = gate.passes(9, person=mother, named=True)
    gate.passes(8.9, person=father, named=True, party=together)
    _callers_come(gate)
    gate.passes(4, person=father, direction=OUT, purpose="doctor", destination="hospital", permit="cc" * 8)
    _a_fever_passes(gate, mother)
    back = ReturneeForm("harbin", "高铁 G1234", (now - timedelta(days=1)).date())
    gate.passes(2, person=father, reasons=(Reason.RETURNEE,), form=sealed(back), trip=("harbin",))
    gate.passes(1.5, form=b"not for this hub", reasons=(Reason.UNANNOUNCED,), caller=Caller.VISITOR)
    _the_watch_changes_and_alarms_ring(gate)
    _the_gate_makes_passes(gate, mother)


def _the_office_prepares(compound: Compound, now: datetime) -> None:
    """Rules with purposes and a risk place, and two guards."""
    choices = (Choice("food", "买菜", "Groceries"), Choice("doctor", "就医", "Doctor"))
    places = (RiskPlace("harbin", "哈尔滨", "Harbin", (now - timedelta(days=20)).date()),)
    hospital = (Choice("hospital", "市人民医院", "City hospital"),)
    policy = Policy("winter", purposes=choices, destinations=hospital, risk_places=places)
    compound.registry.run(lambda each: documents.set_policy(each, policy))
    for id_, name in (("li", "李师傅"), ("wang", "王师傅")):
        person = compound.resident(name)
        guard = Guard(id_, name, b"s" * 16, b"p" * 32)
        compound.registry.run(lambda each, guard=guard, person=person: guards.put(each, guard, person, now))


def _callers_come(gate: _WestGate) -> None:
    """A visitor whose host agrees, a car, a parcel."""
    of = gate.passes(7, reasons=(Reason.UNANNOUNCED,), caller=Caller.VISITOR, form=sealed(VISIT))
    gate.compound.settles("w1", of, Outcome.ADMIT, Ground.HOST_AGREED, gate.at(6.9))
    car = VehicleForm("豫A12345", 3, (), Door("7"))
    gate.passes(6, reasons=(Reason.UNANNOUNCED,), caller=Caller.VEHICLE, form=sealed(car), temperature=None)
    parcel = DeliveryForm(Door("2", "1", "302"), "A3", True)
    gate.passes(5, reasons=(Reason.UNANNOUNCED,), caller=Caller.COURIER, form=sealed(parcel))


def _a_fever_passes(gate: _WestGate, person: str) -> None:
    """Measured by hand, rested, measured twice, let in."""
    hot = Measurement(37.6, sensor="hand_held")
    fever = gate.passes(3, person=person, reasons=(Reason.FEVER,), temperature=hot)
    gate.retests(fever, Outcome.REFER, Measurement(36.6), Measurement(36.4, site=Site.WRIST))
    gate.retests(fever, Outcome.ADMIT)


def _the_watch_changes_and_alarms_ring(gate: _WestGate) -> None:
    gate.befalls(240, What.SIGNED_ON, guard="wang")
    gate.befalls(65, What.SIGNED_OFF, guard="wang", note=sealed(HandOver("药已放 A3 货架，等 2 号楼来取")))
    gate.befalls(64, What.SIGNED_ON, guard="li")
    gate.befalls(30, What.FIRE)
    gate.befalls(28, What.FIRE_OVER)
    gate.befalls(12, What.BARRIER_FORCED)


def _the_gate_makes_passes(gate: _WestGate, person: str) -> None:
    """A resident's, a visitor's, and one more than its certificate allows."""
    now, day = gate.now, timedelta(hours=24)
    theirs = MadePass(stamp(gate.at(20)), "west", "d1" * 8, 1, now + day, person=person, guard="li")
    gate.compound.brings("w1", theirs)
    for number, serial in ((2, "d2"), (99, "d3")):
        made = MadePass(stamp(gate.at(10)), "west", serial * 8, number, now + day, Caller.VISITOR, guard="li")
        gate.compound.brings("w1", structs.replace(made, form=sealed(VISIT)))
    allowance = gate_keys.Allowance(frozenset(Caller), 24, 20, now - day, now + 30 * day)
    gate.compound.registry.run(lambda each: gate_keys.put(each, "w1", b"k" * 32, now))
    gate.compound.registry.run(lambda each: gate_keys.allow(each, "w1", allowance))
