"""A certificate of another issuer at a gate: believed, shown to the guard, and nowhere else."""

from dataclasses import replace

import pytest
from msgspec import structs

from gate.hours import Per, Quota
from gate.passage import Amendment, Ground, Passage
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.roster import Standing
from gate.trust import index
from station.inbox import SnapshotCame
from station.taps import ArriveWithoutCode, ChooseDirection, Settle, TapRefused
from station.view import CertificateHolder
from tests.gate import foreign_makers as make
from tests.station.lane_of_tests import NOON, TRUSTED, TestLane, pass_of, snapshot

CODE = make.eu(make.some_claims(iat=int(NOON.timestamp()) - 3600))


@pytest.fixture
def lane(tmp_path):
    held = snapshot()
    trust = index("yuyuan", (), (), make.issuer_keys(make.ANY_USE))
    lane = TestLane(tmp_path, replace(held, trust=trust))
    yield lane
    lane.close()


def show(lane: TestLane) -> None:
    lane.forehead(36.5)
    lane.show(CODE)


def test_it_never_opens_the_barrier_and_the_guard_reads_whose_it_is(lane) -> None:
    show(lane)
    verdict = lane.view.verdict
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.HOLDER_UNMATCHED,))
    assert verdict.holder == CertificateHolder("Gabriele Gößinger", "1998-02-26")
    assert not lane.open


def test_the_name_is_gone_from_the_screen_once_the_guard_has_settled_it(lane) -> None:
    """And it never stands in the strip of recent passages."""
    show(lane)
    assert all(each.holder is None for each in lane.view.recent)
    lane.tap(Settle(1, Outcome.ADMIT, Ground.PAPERS_CHECKED))
    assert lane.open
    assert lane.view.verdict is None or lane.view.verdict.holder is None
    assert all(each.holder is None for each in lane.view.recent)


def test_nothing_of_its_holder_reaches_the_journal(lane) -> None:
    """The record names the family of the code and nobody: what travels cannot tell who it was."""
    show(lane)
    (record,) = lane.records()
    assert isinstance(record, Passage)
    assert (record.code_format, record.person, record.pass_serial) == ("HC1", None, None)
    for file in lane.path.parent.glob("journal.sqlite*"):
        content = file.read_bytes()
        assert not any(
            word in content for word in (b"Gabriele", "Gößinger".encode(), b"GOESSINGER", b"1998-02-26", CODE)
        )


def matched(lane: TestLane, person: str = "a", ground: Ground = Ground.PAPERS_CHECKED) -> None:
    lane.tap(Settle(len(lane.records()), Outcome.ADMIT, ground, person * 16))


def test_the_guard_finds_its_holder_once(lane) -> None:
    """He names the resident; the next time the same certificate is that resident's, and the gate opens by itself."""
    show(lane)
    matched(lane)
    amendment = lane.records()[1]
    assert isinstance(amendment, Amendment)
    assert (amendment.person, amendment.ground, lane.open) == ("a" * 16, Ground.PAPERS_CHECKED, True)
    assert lane.view.recent[0].person.masked_name == "王*明"
    again(lane)
    passage = lane.records()[2]
    assert isinstance(passage, Passage)
    assert (passage.person, passage.pass_serial, passage.reasons) == ("a" * 16, None, ())


def again(lane: TestLane) -> None:
    """The same certificate, another day's visit."""
    lane.wait(4.0)
    lane.forehead(None)
    for _ in range(5):
        lane.wait(1.0)
        lane.show()
    show(lane)


def test_whoever_is_found_is_held_to_his_own_rules(tmp_path) -> None:
    """In home isolation: the papers do not open the gate, the guard reads why, and nothing is remembered."""
    held = snapshot()
    isolated = structs.replace(held.residents["a" * 16], standing=Standing.ISOLATED)
    trust = index("yuyuan", (), (), make.issuer_keys(make.ANY_USE))
    lane = TestLane(tmp_path, replace(held, trust=trust, residents={"a" * 16: isolated}))
    show(lane)
    with pytest.raises(TapRefused, match="In home isolation"):
        matched(lane)
    assert (len(lane.records()), lane.open) == (1, False)
    again(lane)
    assert lane.records()[1].reasons == (Reason.HOLDER_UNMATCHED,)
    lane.close()


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"exit_quota": Quota(times=1, per=Per.PERSON)}, "No outings left"),
        ({"same_way_hours": 16}, "Used twice the same way"),
    ],
)
def test_whoever_is_found_is_held_to_what_the_gates_remember_of_him(tmp_path, rule, why) -> None:
    """Whoever has just gone out by his own pass does not go out again by his papers, the first time they are seen."""
    trust = index("yuyuan", [TRUSTED], (), make.issuer_keys(make.ANY_USE))
    lane = TestLane(tmp_path, replace(snapshot(measure_on=frozenset(), **rule), trust=trust))
    lane.tap(ChooseDirection(Direction.OUT))
    lane.show(pass_of("a"))
    assert lane.open
    again(lane)
    with pytest.raises(TapRefused, match=why):
        lane.tap(Settle(2, Outcome.ADMIT, Ground.PAPERS_CHECKED, "a" * 16))
    lane.tap(Settle(2, Outcome.ADMIT, Ground.PAPERS_CHECKED, "b" * 16))
    assert len(lane.records()) == 3
    lane.close()


@pytest.mark.parametrize(("person", "ground"), [("f", Ground.PAPERS_CHECKED), ("a", Ground.KNOWN_IN_PERSON)])
def test_nobody_is_named_who_is_not_on_the_roster_or_without_looking_at_papers(lane, person, ground) -> None:
    show(lane)
    with pytest.raises(TapRefused):
        matched(lane, person, ground)
    assert (len(lane.records()), lane.open) == (1, False)


def test_a_pass_that_names_its_resident_is_given_to_nobody_else(lane) -> None:
    """Only a certificate without a resident can be matched to one."""
    lane.tap(ArriveWithoutCode())
    lane.forehead(36.5)
    with pytest.raises(TapRefused):
        matched(lane)
    assert (len(lane.records()), lane.open) == (1, False)


def test_a_resident_who_left_the_roster_is_matched_no_more(lane) -> None:
    show(lane)
    matched(lane)
    lane.post(SnapshotCame(replace(lane.loop._lanes.held, residents={})))
    again(lane)
    assert lane.records()[2].reasons == (Reason.HOLDER_UNMATCHED,)


def test_a_name_that_would_upset_the_screen_is_shown_without_its_controls(lane) -> None:
    lane.forehead(36.5)
    named = {"fnt": "ANN", "fn": "\u202eA\x1bnn\x00"}
    lane.show(make.eu(make.some_claims(make.a_payload(nam=named), iat=int(NOON.timestamp()) - 3600)))
    assert lane.view.verdict.holder.name.isprintable()
