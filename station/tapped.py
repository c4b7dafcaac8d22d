"""The guard's taps, as the lane is told of them. Pure; the loop calls it.

Rule: a form is sealed here, before anything else sees it; without the hub's key it is refused, since nobody could ever
read it and nobody must in the clear.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gate.caller import Caller
from gate.evidence import NO_TRACE, Trace
from gate.forms import DeliveryForm, Door, Form, HandOver, ReturneeForm, VehicleForm, VisitorForm
from gate.roster import Resident
from gate.temperature import Site
from gate.wording import Words
from station.lane.answers import NOBODY_MEASURED
from station.taps import (
    ArriveNamed,
    ArriveWithoutCode,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    Dismiss,
    FillForm,
    LaneTap,
    Settle,
    TellPurpose,
    TellTrip,
    TypeTemperature,
)
from station.thermometers.hand_held import HIGHEST, LOWEST, typed
from station.visit import (
    CameWithoutCode,
    DirectionChosen,
    FormTaken,
    Gathering,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    Measured,
    Phase,
    PurposeTold,
    RestBegun,
    RetestBegun,
    Retesting,
    Showing,
    Signal,
    TripTold,
)

_LEFT = Words("名单上已没有此人", "No longer on this gate's list")
_NO_TEMPERATURE = Words(
    f"体温应在 {LOWEST:g} 到 {HIGHEST:g} 度之间", f"A temperature lies between {LOWEST:g} and {HIGHEST:g}"
)
_NO_SITE = Words("请选择额头或手腕", "Choose forehead or wrist")
_NOT_SUCH_A_FORM = Words("交班留言请在交班时填写", "A hand-over note is left when signing off")


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a tap is understood by. seconds: monotonic.

    trace: what the gates remember of a resident. seal: closes a form for the hub, or says why it cannot.
    """

    residents: Mapping[str, Resident]
    phase: Phase
    seconds: float
    trace: Callable[[Resident], Trace]
    seal: Callable[[Form], bytes | Words]


def signal_of(tap: LaneTap, hand: AtHand) -> Signal | Words:
    """What the lane hears; or why there is nothing to hear."""
    match tap:
        case Settle():
            return _settled(tap, hand)
        case Dismiss():
            return GuardDismissed()
        case ChooseDirection(direction):
            return DirectionChosen(direction)
        case ArriveWithoutCode():
            return CameWithoutCode()
        case TellTrip(began, stays):
            return TripTold(began, stays)
        case TellPurpose(began, purpose, destination):
            return PurposeTold(began, purpose, destination)
        case ArriveNamed(persons):
            return _named(persons, hand)
        case FillForm():
            return _form(tap, hand)
        case BeginRest(sequence):
            return RestBegun(sequence)
        case BeginRetest(sequence):
            return RetestBegun(sequence)
        case TypeTemperature():
            return _temperature(tap, hand)


def _settled(tap: Settle, hand: AtHand) -> Signal | Words:
    settled = GuardSettled(tap.sequence, tap.outcome, tap.ground)
    if tap.person is None:
        return settled
    resident = hand.residents.get(tap.person)
    return _LEFT if resident is None else replace(settled, resident=resident, trace=hand.trace(resident))


def _named(persons: tuple[str, ...], hand: AtHand) -> Signal | Words:
    """Once each, however often the guard tapped."""
    residents = tuple(hand.residents[person] for person in dict.fromkeys(persons) if person in hand.residents)
    if len(residents) < len(set(persons)):
        return _LEFT
    return GuardNamed(residents, tuple(hand.trace(resident) for resident in residents))


def _form(tap: FillForm, hand: AtHand) -> Signal | Words:
    resident = hand.residents.get(tap.person) if tap.person is not None else None
    if tap.person is not None and resident is None:
        return _LEFT
    caller = _caller(tap.form)
    if caller is None:
        return _NOT_SUCH_A_FORM
    sealed = hand.seal(tap.form)
    if isinstance(sealed, Words):
        return sealed
    returnee = isinstance(tap.form, ReturneeForm)
    if returnee and resident is None:
        resident = _on_screen(hand.phase)
    trace = hand.trace(resident) if resident is not None else NO_TRACE
    return FormTaken(caller, sealed, returnee, resident, tap.admit, tap.ground, trace, _visited(tap))


def _visited(tap: FillForm) -> str:
    """The building that somebody goes into; what is delivered stays on the shelf, unless he is let in with it."""
    match tap.form:
        case DeliveryForm(door, slot=""):
            return door.building if tap.admit else ""
        case VisitorForm(door) | VehicleForm(door=Door() as door):
            return door.building
        case _:
            return ""


def _caller(form: Form) -> Caller | None:
    match form:
        case VisitorForm():
            return Caller.VISITOR
        case VehicleForm():
            return Caller.VEHICLE
        case DeliveryForm():
            return Caller.COURIER
        case ReturneeForm():
            return Caller.RESIDENT
        case HandOver():
            return None


def _on_screen(phase: Phase) -> Resident | None:
    """Of whom the guard is just writing down that he was away."""
    match phase:
        case Gathering():
            return phase.resident
        case Showing(decided):
            return decided.evidence.resident
        case _:
            return None


def _temperature(tap: TypeTemperature, hand: AtHand) -> Signal | Words:
    """Only while he who was measured waits for it: a figure without a face would be lent to the next one."""
    if not isinstance(hand.phase, Gathering | Retesting):
        return NOBODY_MEASURED
    began = hand.phase.since if isinstance(hand.phase, Gathering) else 0.0
    if tap.began is not None and tap.began != began:
        return NOBODY_MEASURED
    if tap.site not in tuple(Site):
        return _NO_SITE
    try:
        reading = typed(tap.celsius, Site(tap.site))
    except ValueError:
        return _NO_TEMPERATURE
    return Measured(reading.measurement(), hand.seconds)
