"""Every tap has a meaning for the lane, or a sentence for the guard; and a form is sealed before anybody sees it."""

from datetime import date
from typing import get_args

import pytest

from gate.evidence import NO_TRACE, Evidence, Trace
from gate.forms import (
    DeliveryForm,
    Door,
    Form,
    HandOver,
    ReturneeForm,
    VehicleForm,
    VisitorForm,
    decode_form,
    encode_form,
)
from gate.passage import Caller, Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.roster import Resident
from gate.sealing import close, open_sealed, public_of
from gate.temperature import HAND_HELD, Site
from gate.trip import Stay
from gate.wording import Words
from station.gatehouse import NO_FORM_KEY
from station.tapped import AtHand, signal_of
from station.taps import (
    ArriveNamed,
    ArriveWithoutCode,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    Dismiss,
    FillForm,
    GateTap,
    LaneTap,
    Settle,
    SignOn,
    Tap,
    TellPurpose,
    TellTrip,
    TypeTemperature,
)
from station.visit import (
    Arrival,
    CameWithoutCode,
    Decided,
    DirectionChosen,
    FormTaken,
    Gathering,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    Measured,
    Phase,
    PurposeTold,
    Ready,
    RestBegun,
    RetestBegun,
    Retesting,
    Showing,
    TripTold,
)
from tests.station.lane_of_tests import FORM_SECRET, NOON

WANG = Resident("a" * 16, "f" * 16, "王*明", "3")
LI = Resident("b" * 16, "f" * 16, "李*", "3")
SEEN = Trace(out_under="c" * 16)
DOOR = Door("3", "1", "502")
VISITOR = VisitorForm(DOOR, name="赵六")
RETURNEE = ReturneeForm("ruili", came_back_on=date(2026, 2, 27))
DECIDED = Decided(7, NOON, Evidence(Direction.IN, resident=LI), (Reason.FEVER,), overrulable=False)


def seal(form: Form) -> bytes:
    return close(encode_form(form), "yuyuan", public_of(FORM_SECRET), bytes(32))


def desk(phase: Phase | None = None, **changes: object) -> AtHand:
    usual: dict[str, object] = {
        "residents": {each.person: each for each in (WANG, LI)},
        "phase": phase or Ready(),
        "seconds": 12.5,
        "trace": {WANG: SEEN, LI: NO_TRACE}.__getitem__,
        "seal": seal,
    }
    return AtHand(**{**usual, **changes})  # type: ignore[arg-type]


SIMPLE = [
    (Settle(7, Outcome.ADMIT, Ground.MEDICAL), GuardSettled(7, Outcome.ADMIT, Ground.MEDICAL)),
    (
        Settle(7, Outcome.ADMIT, Ground.PAPERS_CHECKED, "a" * 16),
        GuardSettled(7, Outcome.ADMIT, Ground.PAPERS_CHECKED, WANG, trace=SEEN),
    ),
    (Dismiss(), GuardDismissed()),
    (ChooseDirection(Direction.OUT), DirectionChosen(Direction.OUT)),
    (ArriveWithoutCode(), CameWithoutCode()),
    (TellTrip(3.0, (Stay("ruili", date(2026, 2, 27)),)), TripTold(3.0, (Stay("ruili", date(2026, 2, 27)),))),
    (TellPurpose(3.0, "food", "market"), PurposeTold(3.0, "food", "market")),
    (ArriveNamed(("a" * 16, "b" * 16)), GuardNamed((WANG, LI), (SEEN, NO_TRACE))),
    (BeginRest(7), RestBegun(7)),
    (BeginRetest(7), RetestBegun(7)),
]


@pytest.mark.parametrize(("tap", "signal"), SIMPLE)
def test_a_tap_is_told_to_the_lane(tap, signal):
    assert signal_of(tap, desk()) == signal


def test_no_tap_of_a_lane_is_left_without_a_meaning():
    """One that is added and forgotten falls through as None."""
    tried = {type(tap) for tap, _ in SIMPLE} | {FillForm, TypeTemperature}
    assert tried == set(get_args(LaneTap))
    assert set(get_args(Tap)) == tried | set(get_args(GateTap)) | {SignOn}


@pytest.mark.parametrize(
    "tap",
    [
        Settle(7, Outcome.ADMIT, Ground.PAPERS_CHECKED, "e" * 16),
        ArriveNamed(("a" * 16, "e" * 16)),
        FillForm(RETURNEE, person="e" * 16),
    ],
)
def test_whoever_left_the_roster_meanwhile_is_said_to_have_left(tap):
    """The screen is behind; nobody is guessed, and of a family nobody is dropped in silence."""
    assert signal_of(tap, desk()) == Words("名单上已没有此人", "No longer on this gate's list")


def test_somebody_tapped_twice_passes_once():
    assert signal_of(ArriveNamed(("a" * 16, "b" * 16, "a" * 16)), desk()) == GuardNamed((WANG, LI), (SEEN, NO_TRACE))


class TestAForm:
    @pytest.mark.parametrize(
        ("form", "caller"),
        [
            (VISITOR, Caller.VISITOR),
            (VehicleForm("豫A12345", occupants=3), Caller.VEHICLE),
            (DeliveryForm(DOOR, slot="A3", medicine=True), Caller.COURIER),
            (RETURNEE, Caller.RESIDENT),
        ],
    )
    def test_is_told_sealed(self, form, caller):
        """The lane hears as what somebody comes; who he is, only the hub's secret opens."""
        told = signal_of(FillForm(form, admit=True, ground=Ground.OFFICE_AGREED), desk())
        assert isinstance(told, FormTaken)
        assert (told.caller, told.admit, told.ground) == (caller, True, Ground.OFFICE_AGREED)
        assert decode_form(open_sealed(told.sealed, "yuyuan", FORM_SECRET)) == form
        for private in ("赵六", "豫A12345", "ruili", "502"):
            assert private.encode() not in told.sealed
            assert private not in repr(told)

    @pytest.mark.parametrize(
        ("form", "admit", "building"),
        [
            (DeliveryForm(DOOR), True, DOOR.building),
            (DeliveryForm(DOOR), False, ""),
            (DeliveryForm(DOOR, slot="A3"), True, ""),
            (VISITOR, False, DOOR.building),
            (VehicleForm("豫A12345"), True, ""),
        ],
    )
    def test_says_into_which_building_somebody_goes(self, form, admit, building):
        """A courier with a parcel for the shelf goes into none; with one for the door he does."""
        assert signal_of(FillForm(form, admit=admit), desk()).building == building

    def test_without_the_hubs_key_is_refused(self):
        assert signal_of(FillForm(VISITOR), desk(seal=lambda _form: NO_FORM_KEY)) is NO_FORM_KEY

    def test_of_a_returnee_speaks_of_whom_the_guard_found(self):
        told = signal_of(FillForm(RETURNEE, person="a" * 16), desk(Showing(DECIDED)))
        assert (told.returnee, told.resident, told.trace) == (True, WANG, SEEN)

    @pytest.mark.parametrize("phase", [Showing(DECIDED), Gathering(1.0, arrival=Arrival(LI))])
    def test_of_a_returnee_speaks_of_who_is_on_the_screen(self, phase):
        assert signal_of(FillForm(RETURNEE), desk(phase)).resident is LI

    def test_of_a_returnee_whom_nobody_knows_names_nobody(self):
        told = signal_of(FillForm(RETURNEE), desk())
        assert (told.returnee, told.resident, told.trace) == (True, None, NO_TRACE)

    def test_of_a_visitor_has_nothing_to_do_with_who_is_on_the_screen(self):
        assert signal_of(FillForm(VISITOR), desk(Showing(DECIDED))).resident is None

    def test_cannot_be_a_hand_over_note(self):
        assert isinstance(signal_of(FillForm(HandOver("note")), desk()), Words)


class TestATypedTemperature:
    @pytest.mark.parametrize("phase", [Gathering(1.0), Retesting(DECIDED, 1.0, (Site.WRIST,))])
    def test_is_a_reading_of_the_guards_own_thermometer(self, phase):
        told = signal_of(TypeTemperature(36.64, "wrist"), desk(phase))
        assert isinstance(told, Measured)
        reading = told.measurement
        assert (reading.celsius, reading.site, reading.sensor) == (36.6, Site.WRIST, HAND_HELD)
        assert told.taken_at == 12.5

    @pytest.mark.parametrize("phase", [Ready(), Showing(DECIDED)])
    def test_with_nobody_to_measure_is_refused(self, phase):
        """A figure without a face would be lent to whoever comes next."""
        assert isinstance(signal_of(TypeTemperature(36.6), desk(phase)), Words)

    @pytest.mark.parametrize(
        ("phase", "began", "counts"),
        [
            (Gathering(1.0), 1.0, True),
            (Gathering(2.0), 1.0, False),
            (Gathering(2.0), 0.0, False),
            (Retesting(DECIDED, 1.0, (Site.WRIST,)), 0.0, True),
            (Retesting(DECIDED, 1.0, (Site.WRIST,)), 1.0, False),
        ],
        ids=["his", "of the one before", "of a retest", "of the retest", "of a visit, in a retest"],
    )
    def test_is_of_whoever_stood_there_as_it_was_typed(self, phase, began, counts):
        """While the disk stalls the next one may have begun his visit."""
        told = signal_of(TypeTemperature(36.6, "wrist", began), desk(phase))
        assert isinstance(told, Measured if counts else Words)

    @pytest.mark.parametrize(("celsius", "site"), [(31.0, "forehead"), (44.0, "wrist"), (36.6, "ear")])
    def test_that_no_thermometer_shows_is_refused(self, celsius, site):
        assert isinstance(signal_of(TypeTemperature(celsius, site), desk(Gathering(1.0))), Words)
