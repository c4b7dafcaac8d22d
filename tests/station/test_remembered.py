"""A power cut in the middle of a guard's work: who rests still does, and what was decided can be settled."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from gate.passage import Amendment, Ground, Passage
from gate.reason import Outcome, Reason
from gate.roster import Standing
from gate.temperature import Site
from gate.trust import index
from station.lane.retest import AWAITED_SECONDS
from station.snapshot import Snapshot
from station.taps import BeginRest, BeginRetest, Dismiss, Settle, TapRefused, TypeTemperature
from station.view import Screen, Verdict
from tests.gate import foreign_makers as make
from tests.station.lane_of_tests import NOON, TRUSTED, TestLane, pass_of, snapshot

REST = 5 * 60.0


@pytest.fixture
def lane(tmp_path):
    lane = TestLane(tmp_path)
    lane.forehead(38.2)
    lane.show(pass_of("a"))
    lane.tap(BeginRest(1))
    yield lane
    lane.close()


def after_a_power_cut(lane: TestLane, later: float = 0.0, held: Snapshot | None = None, **how: object) -> TestLane:
    """The same lane on the same disk, so many seconds after noon."""
    lane.close()
    again = TestLane(lane.path.parent, held, **how)
    again.seconds += later
    again.wait()
    return again


def passes(lane: TestLane, code: bytes) -> None:
    """Somebody else, or the same man once more: the view was empty before."""
    lane.forehead(None)
    for _ in range(4):
        lane.wait(1.0)
        lane.show()
    lane.forehead(36.5)
    lane.show(code)


def shows_his_pass(lane: TestLane) -> None:
    passes(lane, pass_of("a"))


def as_shown(verdict: Verdict) -> tuple[object, ...]:
    return verdict.sequence, verdict.reasons, verdict.person, verdict.celsius, verdict.settled, verdict.ground


class TestWhoeverRests:
    def test_is_on_record_before_the_lane_is_free(self, lane):
        """What holds is still the fever; the office reads that he was sent to rest, and the screen is free."""
        _, rest = lane.records()
        assert isinstance(rest, Amendment)
        assert (rest.sequence, rest.outcome, rest.ground) == (1, Outcome.REFUSE, Ground.RESTS)
        assert (lane.screen, len(lane.view.resting)) == (Screen.READY, 1)

    def test_does_not_rest_where_the_disk_refuses(self, tmp_path):
        lane = TestLane(tmp_path)
        lane.forehead(38.2)
        lane.show(pass_of("a"))
        lane.break_disk()
        with pytest.raises(TapRefused, match="write it down by hand"):
            lane.tap(BeginRest(1))
        assert (lane.view.resting, lane.screen) == ((), Screen.VERDICT)
        lane.close()

    def test_is_not_let_in_by_the_machine_before_he_was_measured_again(self, lane):
        """A cool forehead under a cap: with or without a power cut he is the guard's, and no face answers a fever."""
        shows_his_pass(lane)
        assert (lane.view.verdict.reasons, lane.open) == ((Reason.RETEST_DUE,), False)
        again = after_a_power_cut(lane, later=60.0)
        shows_his_pass(again)
        assert (again.view.verdict.reasons, again.open) == ((Reason.RETEST_DUE,), False)
        for ground in (Ground.KNOWN_IN_PERSON, Ground.MEASURED_AGAIN):
            with pytest.raises(TapRefused):
                again.tap(Settle(again.view.verdict.sequence, Outcome.ADMIT, ground))
        again.close()

    def test_still_does_after_a_power_cut_and_is_measured_when_his_time_is_over(self, lane):
        again = after_a_power_cut(lane, later=60.0)
        (rests,) = again.view.resting
        assert (rests.sequence, rests.person.masked_name, rests.celsius) == (1, "王*明", 38.2)
        assert (rests.ready_at, rests.ready) == (NOON + timedelta(seconds=REST), False)
        with pytest.raises(TapRefused, match="not over yet"):
            again.tap(BeginRetest(1))
        again.wait(REST - 60.0)
        again.tap(BeginRetest(1))
        again.tap(TypeTemperature(36.5))
        again.tap(TypeTemperature(36.4, Site.WRIST))
        again.tap(Settle(1, Outcome.ADMIT, Ground.MEASURED_AGAIN))
        assert (again.open, again.view.resting) == (True, ())
        shows_his_pass(again)
        assert again.view.verdict.reasons == ()
        again.close()

    def test_rests_anew_under_a_clock_that_nobody_vouches_for(self, lane):
        """How long the power was away nobody knows: it is not held to have been his rest."""
        again = after_a_power_cut(lane, synchronised=False, boot="b" * 16)
        again.timekeeper._sync = None
        again.wait(REST - 1.0)
        with pytest.raises(TapRefused, match="not over yet"):
            again.tap(BeginRetest(1))
        again.close()

    @pytest.mark.parametrize("ground", [Ground.SENT_BACK, Ground.MEDICAL])
    def test_rests_no_more_once_he_was_settled(self, lane, ground):
        outcome = Outcome.REFUSE if ground is Ground.SENT_BACK else Outcome.ADMIT
        lane.tap(Settle(1, outcome, ground))
        again = after_a_power_cut(lane)
        assert again.view.resting == ()
        assert again.view.recent[0].settled is outcome
        again.close()

    def test_is_forgotten_where_nobody_waits_for_him_any_more(self, lane):
        lane.close()
        later = TestLane(lane.path.parent)
        later.seconds += REST + AWAITED_SECONDS + 1.0
        later.wait()
        assert later.view.resting == ()
        later.close()

    def test_let_through_on_another_passage_rests_no_more(self, lane):
        """The ambulance took him, and the guard tapped on the verdict that he had before his eyes."""
        shows_his_pass(lane)
        lane.tap(Settle(lane.view.verdict.sequence, Outcome.ADMIT, Ground.MEDICAL))
        assert (lane.open, lane.view.resting) == (True, ())
        again = after_a_power_cut(lane)
        assert again.view.resting == ()
        again.close()


class TestRecentPassages:
    def test_can_be_settled_after_a_power_cut(self, tmp_path):
        """Newest first, with their readings, whose they are, and what the guard made of them."""
        lane = TestLane(tmp_path)
        lane.forehead(36.5)
        lane.show(b"poster")
        lane.tap(Dismiss())
        lane.forehead(None)
        lane.forehead(36.4)
        lane.show(pass_of("a"))
        lane.tap(Settle(2, Outcome.REFER, Ground.MISTAKE))
        before = lane.view.recent
        again = after_a_power_cut(lane)
        assert [as_shown(each) for each in again.view.recent] == [as_shown(each) for each in before]
        again.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        assert again.open
        again.close()

    def test_of_a_certificate_is_matched_to_a_resident_by_his_own_rules(self, tmp_path):
        """Rested, power cut, and the guard finds whose certificate it was: held to that resident's own standing."""
        trust = index("yuyuan", [TRUSTED], (), make.issuer_keys(make.ANY_USE))
        held = replace(snapshot(), trust=trust)
        lane = TestLane(tmp_path, held)
        lane.forehead(36.5)
        lane.show(make.eu(make.some_claims(iat=int(NOON.timestamp()) - 3600)))
        isolated = {**held.residents, "b" * 16: structs.replace(held.residents["b" * 16], standing=Standing.ISOLATED)}
        again = after_a_power_cut(lane, held=replace(held, residents=isolated))
        with pytest.raises(TapRefused, match="In home isolation"):
            again.tap(Settle(1, Outcome.ADMIT, Ground.PAPERS_CHECKED, "b" * 16))
        again.tap(Settle(1, Outcome.ADMIT, Ground.PAPERS_CHECKED, "a" * 16))
        passage, word = again.records()
        assert isinstance(passage, Passage)
        assert (word.person, again.open) == ("a" * 16, True)
        again.close()

    def test_of_a_certificate_is_known_again_though_its_holder_rested_meanwhile(self, tmp_path):
        """Nine others passed while he rested; measured normal and found by the guard, he needs no guard again."""
        code = make.eu(make.some_claims(iat=int(NOON.timestamp()) - 3600))
        trust = index("yuyuan", [TRUSTED], (), make.issuer_keys(make.ANY_USE))
        lane = TestLane(tmp_path, replace(snapshot("abcdef0123"), trust=trust))
        lane.forehead(38.2)
        lane.show(code)
        lane.tap(BeginRest(1))
        for person in "bcdef0123":
            passes(lane, pass_of(person))
        lane.wait(REST)
        by_his_papers = Settle(1, Outcome.ADMIT, Ground.PAPERS_CHECKED, "a" * 16)
        with pytest.raises(TapRefused):
            lane.tap(by_his_papers)
        lane.tap(BeginRetest(1))
        lane.tap(TypeTemperature(36.5))
        lane.tap(TypeTemperature(36.4, Site.WRIST))
        lane.tap(by_his_papers)
        assert lane.open
        passes(lane, code)
        assert (lane.records()[-1].person, lane.records()[-1].reasons) == ("a" * 16, ())
        lane.close()

    def test_before_the_first_there_are_none(self, tmp_path):
        lane = TestLane(tmp_path)
        assert (lane.view.recent, lane.view.resting) == ((), ())
        lane.close()
