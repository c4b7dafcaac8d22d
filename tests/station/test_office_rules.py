"""The office's rules at a whole lane: outings of a household, permits, the time to be back, gates that are silent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gate.forms import DeliveryForm, Door, VehicleForm, VisitorForm
from gate.hours import Hours, Per, Quota
from gate.passage import Ground, Passage
from gate.permit import Permit, PermitKind
from gate.policy import Choice, Direction, GateRule, WhenUnknown, Zone
from gate.reason import Outcome, Reason
from gate.roster import Standing
from gate.temperature import RetestRule
from gate.wire import Crossing, Crossings
from station.households import Households
from station.inbox import SnapshotCame
from station.snapshot import Snapshot
from station.taps import (
    ArriveNamed,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    FillForm,
    Settle,
    TapRefused,
    TellPurpose,
    TypeTemperature,
)
from tests.station.lane_of_tests import NOON, TestLane, pass_of, snapshot

A, B, C = "a" * 16, "b" * 16, "c" * 16
LEAVE = "5e" * 8
PEER = "ee" * 8
ONE_A_DAY: dict[str, Any] = {"exit_quota": Quota(1), "measure_on": frozenset()}


def one_household(**policy: Any) -> Snapshot:
    """A and B live together, C next door."""
    held = snapshot("abc", **policy)
    joined = msgspec.structs.replace(held.residents[B], household=A)
    return replace(held, residents={**held.residents, B: joined})


def with_leave(held: Snapshot, person: str, kind: PermitKind = PermitKind.MEDICAL, back: int | None = None) -> Snapshot:
    """From an hour ago until in three; back: minutes from now."""
    returns = NOON + timedelta(minutes=back) if back is not None else None
    permit = Permit(LEAVE, kind, NOON - timedelta(hours=1), NOON + timedelta(hours=3), returns)
    resident = msgspec.structs.replace(held.residents[person], permits=(permit,))
    return replace(held, residents={**held.residents, person: resident})


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[TestLane]:
    lane = TestLane(tmp_path, one_household(**ONE_A_DAY))
    lane.tap(ChooseDirection(Direction.OUT))
    yield lane
    lane.close()


def last(lane: TestLane) -> Passage:
    return lane.records_of(Passage)[-1]


def comes(lane: TestLane, person: str) -> Passage:
    """With a pass, once the screen is free and the one before has gone."""
    lane.wait(4.0)
    lane.show(pass_of(person[0]))
    passage = last(lane)
    assert passage.person == person
    lane.show()
    for _ in range(60):
        lane.show()
        lane.wait(0.05)
    return passage


def hear(lane: TestLane, after: int, through: int, *crossings: Crossing, hello: bool = False) -> None:
    """What the east gate tells just now."""
    digest = Crossings(1, "east", PEER, after, through, lane.wall(), crossings, hello)
    lane.hears(digest)


class TestOutings:
    def test_one_of_a_household_goes_out_and_the_next_one_is_the_guards_matter(self, lane: TestLane) -> None:
        """The neighbours have theirs."""
        assert comes(lane, A).reasons == ()
        assert comes(lane, B).reasons == (Reason.QUOTA_USED,)
        assert comes(lane, C).reasons == ()

    def test_an_outing_by_another_gate_counts(self, lane: TestLane) -> None:
        """Told by that gate alone, while the hub is away: this lane has none."""
        hear(lane, 0, 1, Crossing(A, Direction.OUT, NOON, 1, 1))
        assert comes(lane, B).reasons == (Reason.QUOTA_USED,)

    def test_per_person_each_has_his_own(self, lane: TestLane) -> None:
        """The same two people under another edition."""
        lane.post(SnapshotCame(one_household(exit_quota=Quota(1, per=Per.PERSON), measure_on=frozenset())))
        assert comes(lane, A).reasons == ()
        assert comes(lane, B).reasons == ()

    def test_an_outing_that_the_guard_takes_back_is_given_back(self, lane: TestLane) -> None:
        """The green was a mistake: nobody left."""
        comes(lane, A)
        lane.tap(Settle(1, Outcome.REFER, Ground.MISTAKE))
        assert comes(lane, B).reasons == ()

    def test_an_outing_that_the_guard_allows_is_used(self, lane: TestLane) -> None:
        """Refused by no rule of the gate's, but by a building's; he let him go, and that was the household's one."""
        lane.post(SnapshotCame(one_household(zones={"3": Zone.CONTROLLED}, **ONE_A_DAY)))
        assert comes(lane, A).reasons == (Reason.BUILDING_CONTROLLED,)
        lane.tap(Settle(1, Outcome.ADMIT, Ground.OFFICE_AGREED))
        assert Reason.QUOTA_USED in comes(lane, B).reasons

    def test_a_family_in_one_go_uses_it_with_its_first(self, lane: TestLane) -> None:
        """What was remembered when the guard named them all is not all there is."""
        lane.tap(ArriveNamed((A, B)))
        lane.wait(3.1)
        first, second = lane.records_of(Passage)
        assert (first.reasons, second.reasons) == ((), (Reason.QUOTA_USED,))
        assert second.party == 1

    def test_where_a_gate_is_silent_the_guard_decides(self, lane: TestLane) -> None:
        """Nobody knows whether they went out there."""
        hear(lane, 0, 1, Crossing(C, Direction.IN, NOON, 1, 1))
        lane.wait(60)
        assert comes(lane, A).reasons == (Reason.PRESENCE_UNKNOWN,)

    def test_unless_the_office_lets_a_gates_own_knowledge_count(self, lane: TestLane) -> None:
        """Then nobody is held up, and what is known counts."""
        lane.post(SnapshotCame(one_household(when_presence_unknown=WhenUnknown.OWN, **ONE_A_DAY)))
        hear(lane, 0, 1, Crossing(C, Direction.OUT, NOON, 1, 1))
        lane.wait(60)
        assert comes(lane, A).reasons == ()
        assert comes(lane, C).reasons == (Reason.QUOTA_USED,)

    def test_a_hole_in_what_a_gate_told_is_no_knowledge_until_the_period_is_over(self, lane: TestLane) -> None:
        """Heard again, and yet something between was missed for good."""
        hear(lane, 0, 1)
        lane.wait(60)
        hear(lane, 9, 10)
        assert comes(lane, A).reasons == (Reason.PRESENCE_UNKNOWN,)
        hear(lane, 1, 10)
        assert comes(lane, C).reasons == ()

    def test_a_gate_alone_always_knows(self, lane: TestLane) -> None:
        """A compound with one gate has nobody to be silent."""
        lane.wait(100)
        assert comes(lane, A).reasons == ()


class TestPermits:
    def test_the_passage_names_the_permit_that_opened(self, lane: TestLane) -> None:
        """So that the return can be tied to it, at whatever gate."""
        lane.post(SnapshotCame(with_leave(one_household(zones={"3": Zone.SEALED}, measure_on=frozenset()), A)))
        passage = comes(lane, A)
        assert (passage.reasons, passage.permit) == ((), LEAVE)
        told = [crossing for digest in lane.digests for crossing in digest.crossings]
        assert {crossing.permit for crossing in told} == {LEAVE}

    @pytest.mark.parametrize(("back", "expected"), [(30, ()), (0, (Reason.RETURNED_LATE,))])
    def test_who_comes_back_later_than_agreed_tells_the_guard_why(
        self, lane: TestLane, back: int, expected: tuple[Reason, ...]
    ) -> None:
        """He left by this gate, under his permit; back: minutes from noon."""
        lane.post(
            SnapshotCame(with_leave(one_household(zones={"3": Zone.SEALED}, measure_on=frozenset()), A, back=back))
        )
        comes(lane, A)
        lane.tap(ChooseDirection(Direction.IN))
        lane.wait(600)
        assert comes(lane, A).reasons == expected

    def test_late_by_another_gate_is_late(self, lane: TestLane) -> None:
        """The other gate told under which permit he left."""
        lane.post(SnapshotCame(with_leave(one_household(measure_on=frozenset()), A, back=0)))
        lane.tap(ChooseDirection(Direction.IN))
        lane.wait(60)
        hear(lane, 0, 1, Crossing(A, Direction.OUT, NOON - timedelta(minutes=30), 1, 1, permit=LEAVE))
        assert comes(lane, A).reasons == (Reason.RETURNED_LATE,)

    def test_an_isolated_resident_on_leave_is_the_guards_matter(self, lane: TestLane) -> None:
        """Not refused, and no green: he calls the escort, and lets him through with a reason."""
        held = with_leave(one_household(measure_on=frozenset()), A)
        isolated = msgspec.structs.replace(held.residents[A], standing=Standing.ISOLATED)
        lane.post(SnapshotCame(replace(held, residents={**held.residents, A: isolated})))
        passage = comes(lane, A)
        assert (passage.reasons, passage.outcome) == ((Reason.ESCORT_NEEDED,), Outcome.REFER)
        assert not lane.open
        lane.tap(Settle(1, Outcome.ADMIT, Ground.MEDICAL))
        assert lane.open


def test_the_hours_of_a_gate_hold_by_the_compounds_clock(tmp_path: Path) -> None:
    """It is noon in Shanghai and four o'clock in the morning where the machine counts."""
    for opens, closes, expected in (("11:00", "13:00", ()), ("03:00", "05:00", (Reason.OUT_OF_HOURS,))):
        gates = {"west": GateRule(hours=(Hours(opens, closes),))}
        lane = TestLane(tmp_path / opens.replace(":", ""), snapshot(gates=gates, measure_on=frozenset()))
        assert comes(lane, A).reasons == expected
        lane.close()


def test_the_green_channel_is_asked_nothing(tmp_path: Path) -> None:
    """No question stands between an ambulance's doctor and the road."""
    asked: dict[str, Any] = {
        "ask_purpose_on": frozenset({Direction.OUT}),
        "purposes": (Choice("food", "买菜", "Groceries"),),
    }
    lane = TestLane(tmp_path, with_leave(snapshot(measure_on=frozenset(), **asked), A, PermitKind.GREEN_CHANNEL))
    lane.tap(ChooseDirection(Direction.OUT))
    lane.show(pass_of("a"))
    assert (last(lane).reasons, last(lane).permit) == ((), LEAVE)
    lane.wait(4.0)
    lane.show(pass_of("b"))
    lane.tap(TellPurpose(lane.view.visit_began, "food"))
    assert (last(lane).person, last(lane).purpose, last(lane).permit) == (B, "food", None)
    lane.close()


def test_a_household_is_read_in_the_roster_that_is_in_force() -> None:
    """Who moved in counts as soon as the roster says so."""
    households, held = Households(), one_household()
    assert set(households.of(held.residents[A], held.residents)) == {A, B}
    apart = snapshot("abc")
    assert households.of(apart.residents[A], apart.residents) == (A,)
    assert households.of(held.residents[B], {}) == (B,)


def test_a_visitor_is_not_written_in_to_a_sealed_building(tmp_path: Path) -> None:
    """One tap would have let him in, and a courier up to the door; what he leaves on the shelf is taken."""
    lane = TestLane(tmp_path, snapshot(zones={"3": Zone.SEALED}, measure_on=frozenset()))
    lane.tap(FillForm(VisitorForm(Door("3"), host_agreed=True), admit=True))
    assert last(lane).reasons == (Reason.UNANNOUNCED, Reason.BUILDING_SEALED)
    assert not lane.open
    lane.tap(FillForm(DeliveryForm(Door("3")), admit=True))
    assert (last(lane).reasons, lane.open) == ((Reason.UNANNOUNCED, Reason.BUILDING_SEALED), False)
    lane.tap(FillForm(DeliveryForm(Door("3"), slot="A1")))
    assert (last(lane).reasons, lane.open) == ((Reason.UNANNOUNCED,), False)
    lane.close()


def test_a_visitor_by_car_is_held_to_the_building_like_one_on_foot(tmp_path: Path) -> None:
    """The car's door names it; a car that names none goes where its people live."""
    lane = TestLane(tmp_path, snapshot(zones={"3": Zone.SEALED}, measure_on=frozenset()))
    lane.tap(FillForm(VehicleForm("豫A12345", door=Door("3")), admit=True))
    assert last(lane).reasons == (Reason.UNANNOUNCED, Reason.BUILDING_SEALED)
    assert not lane.open
    lane.tap(FillForm(VehicleForm("豫A12345"), admit=True))
    assert last(lane).reasons == (Reason.UNANNOUNCED,)
    assert lane.open
    lane.close()


def isolated_a(**policy: Any) -> Snapshot:
    held = snapshot("abc", **policy)
    entry = msgspec.structs.replace(held.residents[A], standing=Standing.ISOLATED)
    return replace(held, residents={**held.residents, A: entry})


SINCE: dict[str, tuple[Snapshot, str]] = {
    "isolated": (isolated_a(), "In home isolation"),
    "revoked": (snapshot("abc", revoked=(A,)), "The pass was withdrawn"),
    "gate closed": (snapshot("abc", gates={"west": GateRule(open=False)}), "closed"),
}


def refuses(lane: TestLane, ground: Ground, says: str) -> None:
    """The guard's tap on passage 1, which opens nothing."""
    with pytest.raises(TapRefused, match=says):
        lane.tap(Settle(1, Outcome.ADMIT, ground))
    assert not lane.open
    lane.close()


class TestWhatTheOfficeSaidSinceTheVerdict:
    """It waits on the screen, or a fever rests, for minutes; the guard's tap is held to what is known by then."""

    @pytest.mark.parametrize(("news", "says"), SINCE.values(), ids=SINCE.keys())
    def test_is_no_guards_to_overrule(self, tmp_path, news, says):
        """A cold forehead is his to overrule, isolation is not."""
        lane = TestLane(tmp_path, snapshot("abc"))
        lane.show(pass_of("a"))
        lane.forehead(20.0)
        lane.wait(15.0)
        lane.show()
        assert lane.view.verdict.reasons == (Reason.TEMPERATURE_TOO_LOW,)
        lane.post(SnapshotCame(news))
        refuses(lane, Ground.KNOWN_IN_PERSON, says)

    def test_holds_for_whoever_was_not_on_the_list_then(self, tmp_path):
        """The office has put him there, isolated, while the guard was on the telephone."""
        lane = TestLane(tmp_path, snapshot("bc"))
        lane.show(pass_of("a"))
        lane.forehead(36.5)
        assert lane.view.verdict.reasons == (Reason.NOT_ON_ROSTER,)
        lane.post(SnapshotCame(isolated_a()))
        refuses(lane, Ground.OFFICE_AGREED, "In home isolation")

    def test_holds_for_whoever_rested_with_a_fever(self, tmp_path):
        """The fever is gone at every place, and the office has isolated him meanwhile."""
        rest = {"retest": RetestRule(rest_minutes=1)}
        lane = TestLane(tmp_path, snapshot("abc", **rest))
        lane.show(pass_of("a"))
        lane.forehead(38.5)
        lane.tap(BeginRest(1))
        lane.post(SnapshotCame(isolated_a(**rest)))
        lane.wait(61.0)
        lane.tap(BeginRetest(1))
        for site in ("forehead", "wrist"):
            lane.tap(TypeTemperature(36.5, site))
        refuses(lane, Ground.MEASURED_AGAIN, "In home isolation")

    def test_holds_for_a_green_that_was_taken_back(self, tmp_path):
        """Admitted by mistake, isolated since: the same passage opens nothing any more."""
        lane = TestLane(tmp_path, snapshot("abc"))
        lane.show(pass_of("a"))
        lane.forehead(36.5)
        lane.tap(Settle(1, Outcome.REFER, Ground.MISTAKE))
        lane.wait(60.0)
        lane.post(SnapshotCame(isolated_a()))
        refuses(lane, Ground.KNOWN_IN_PERSON, "In home isolation")

    def test_leaves_to_the_guard_what_the_office_leaves_to_him(self, tmp_path):
        """His building was closed but for leave, which a guard may overrule here; and who comes anew is judged anew."""
        lane = TestLane(tmp_path, snapshot("abc"))
        lane.tap(ChooseDirection(Direction.OUT))
        lane.show(pass_of("a"))
        lane.forehead(20.0)
        lane.wait(15.0)
        lane.post(SnapshotCame(snapshot("abc", zones={"3": Zone.CONTROLLED})))
        lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        assert lane.open
        lane.close()
