"""The loop and the other gates of its compound: what it tells them, and what it makes of what they tell."""

from datetime import timedelta

import pytest

from gate.passage import Ground, Happening, What
from gate.policy import Direction, WhenUnknown
from gate.reason import Outcome, Reason
from gate.wire import Crossing, Crossings
from station.inbox import LinkChanged, SnapshotCame
from station.taps import ChooseDirection, Settle
from station.view import Earlier, Link
from station.visit import Lamp
from tests.station.lane_of_tests import NOON, TestLane, admit, pass_of, snapshot


class TestTheOthers:
    """What this gate remembers, and hears from its peers, in what it decides and shows."""

    CROSSED = Crossing("a" * 16, Direction.IN, NOON - timedelta(minutes=5), 1, 1)

    def heard(self, lane: TestLane, *crossings: Crossing) -> None:
        through = max((each.sequence for each in crossings), default=0)
        lane.hears(Crossings(1, "east", "e" * 16, 0, through, lane.wall(), crossings))

    @pytest.fixture
    def lane(self, tmp_path):
        lane = TestLane(tmp_path, snapshot(same_way_hours=16))
        yield lane
        lane.close()

    def shown_again(self, lane: TestLane, person: str = "a") -> None:
        lane.wait(1.0)
        for _ in range(3):
            lane.show()
        lane.forehead(None)
        admit(lane, person)

    def test_the_same_paper_twice_the_same_way_is_the_guards_matter(self, lane):
        """He reads where and when it was used before."""
        admit(lane)
        self.shown_again(lane)
        verdict = lane.view.verdict
        assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.SAME_WAY_TWICE,))
        assert verdict.earlier == Earlier("west", NOON, Direction.IN)
        assert lane.lamps == [Lamp.YELLOW]

    def test_out_and_in_again_is_everybodys_day(self, lane):
        """The other direction between makes the third passage an ordinary one."""
        for direction in (Direction.OUT, Direction.IN, Direction.OUT):
            lane.tap(ChooseDirection(direction))
            self.shown_again(lane)
            assert lane.view.verdict.outcome is Outcome.ADMIT
            assert lane.view.verdict.earlier is None

    def test_it_is_known_after_a_restart(self, lane, tmp_path):
        """A power cut between the two changes nothing."""
        admit(lane)
        lane.close()
        again = TestLane(tmp_path, snapshot(same_way_hours=16))
        self.shown_again(again)
        assert again.view.verdict.reasons == (Reason.SAME_WAY_TWICE,)
        again.close()

    def test_what_the_guard_took_back_did_not_happen(self, lane):
        """Sent back after all, the same resident comes again and is let in."""
        admit(lane)
        lane.tap(Settle(1, Outcome.REFUSE, Ground.SENT_BACK))
        self.shown_again(lane)
        assert lane.view.verdict.outcome is Outcome.ADMIT

    def test_whoever_went_in_elsewhere_is_known_here(self, lane):
        """The passage at the other gate is named."""
        self.heard(lane, self.CROSSED)
        admit(lane)
        assert lane.view.verdict.reasons == (Reason.SAME_WAY_TWICE,)
        assert lane.view.verdict.earlier == Earlier("east", self.CROSSED.at, Direction.IN)

    @pytest.mark.parametrize("still_shown", [True, False], ids=["in view", "put away"])
    def test_news_that_come_while_the_visit_waits_count(self, lane, still_shown):
        """The pass was read, the temperature is awaited, and meanwhile its copy goes in at another gate."""
        lane.show(pass_of("a"))
        self.heard(lane, self.CROSSED)
        lane.show(*([pass_of("a")] if still_shown else []))
        lane.forehead(36.5)
        assert lane.view.verdict.reasons == (Reason.SAME_WAY_TWICE,)

    def test_the_others_are_greeted_and_told(self, lane):
        """Hello when there is a connection; then each crossing at once, and none of who was refused."""
        lane.post(LinkChanged(Link.BROKER))
        admit(lane)
        self.shown_again(lane, "b")
        self.shown_again(lane, "c")
        hello, *others = lane.digests
        assert (hello.hello, hello.crossings, any(each.hello for each in others)) == (True, (), False)
        told = [[each.person for each in digest.crossings] for digest in others]
        assert [each for each in told if each] == [["a" * 16], ["b" * 16]]

    @pytest.mark.parametrize(
        ("when_unknown", "reasons"), [(WhenUnknown.REFER, (Reason.PRESENCE_UNKNOWN,)), (WhenUnknown.OWN, ())]
    )
    def test_where_a_peer_is_silent_the_office_says_what_holds(self, lane, when_unknown, reasons):
        """Whether he came out there cannot be known: the guard asks, or nobody is held up for it."""
        lane.post(SnapshotCame(snapshot(same_way_hours=16, when_presence_unknown=when_unknown)))
        self.heard(lane)
        admit(lane)
        lane.wait(40)
        self.shown_again(lane)
        assert lane.view.verdict.reasons == reasons

    @pytest.mark.parametrize("still_shown", [True, False], ids=["in view", "put away"])
    def test_from_the_moment_its_own_link_is_gone_nobody_is_known_of(self, lane, still_shown):
        """He was seen going in at the other gate; whether he came out since, this one cannot hear any more."""
        lane.post(LinkChanged(Link.HUB))
        self.heard(lane, self.CROSSED)
        lane.show(pass_of("a"))
        lane.post(LinkChanged(Link.NONE))
        lane.show(*([pass_of("a")] if still_shown else []))
        lane.forehead(36.5)
        assert lane.view.verdict.reasons == (Reason.PRESENCE_UNKNOWN,)

    def test_whom_another_gate_let_in_first_this_one_names_once(self, lane):
        """Neither had heard of the other: a record for the office, and a sentence for the guard."""
        admit(lane)
        for _ in range(2):
            self.heard(lane, self.CROSSED)
        conflicts = lane.records_of(Happening)
        assert [(each.what, each.passage) for each in conflicts] == [(What.TWO_GATES, 1)]
        assert "东门" in lane.view.warnings["two gates"].zh
