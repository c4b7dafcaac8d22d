"""Scripts for the clock: 1970, 2106, a year back and forth, power cuts, lying time servers, also during a visit.

The guarantee in all of them: a pass that has expired turns no gate green. Each script drives the station's real
timekeeper, reads a genuine pass at the moment it believes in and asks the rule; `Story` alone knows the true time.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.decision import decide
from gate.evidence import Evidence
from gate.policy import Direction, Policy, Rules
from gate.reason import Outcome, Reason
from gate.roster import Resident
from station.timekeeper import Clocks, Timekeeper
from tests.gate.makers import EXPIRES, ISSUED, NOON, a_pass, trust
from tests.station.lane_of_tests import TestLane, pass_of, snapshot

BUILT = ISSUED - timedelta(days=30)
RESIDENT = Resident("00112233aabbccdd", "ffeeddccbbaa0099", "王*明", "3")
PASS = a_pass()
WALLS = {
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "2106": datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
    "issued": ISSUED + timedelta(days=1),
    "just before": EXPIRES - timedelta(hours=1),
    "built": BUILT,
}


class Story:
    """A gate through a script. true: the time as it is. known: the latest time that somebody it trusts has told it."""

    def __init__(self, folder: Path, begins: datetime, honest: bool) -> None:
        self.true, self.honest = begins, honest
        self.wall, self.synchronised = begins, honest
        self.boot_seconds, self.boot = 5.0, 0
        self.path = folder / "clock.json"
        self.signed = begins - timedelta(hours=1)
        self.known = self.signed
        self.keeper = self._start()
        self.outcome()

    def play(self, step: str, value: str | int) -> None:
        match step, value:
            case "pass", int(hours):
                self._pass(timedelta(hours=hours))
            case "set", str(wall):
                self.wall = WALLS[wall]
                # A lying server vouches for what it set; an honest one is not there, or would not have set it.
                self.synchronised = not self.honest
            case "year", int(way):
                self.wall += way * timedelta(days=365)
                self.synchronised = not self.honest
            case "offline", int(hours):
                self.synchronised = False
                self._pass(timedelta(hours=hours))
            case "sync", _:
                self.wall, self.synchronised = self.true, True
            case "unplug", _:
                self.synchronised = False
            case "hub", int(hours_ago):
                self.signed = max(self.signed, self.true - timedelta(hours=hours_ago))
                self.known = max(self.known, self.signed)
                self.keeper.hear_signed(self.signed)
            case "restart", _:
                self.keeper.save()
                self.keeper = self._start()
            case "power cut", str(wall):
                self.boot, self.boot_seconds = self.boot + 1, 1.0
                self.wall, self.synchronised = WALLS[wall], False
                self.keeper = self._start()

    def outcome(self) -> Outcome:
        moment = self.keeper.read().moment
        rules = Rules("east", Policy("test", measure_on=frozenset()), "1.1", self.signed)
        code = read(PASS, trust(), moment)
        return decide(Evidence(Direction.IN, code, RESIDENT), rules, moment).outcome

    def _pass(self, time: timedelta) -> None:
        self.true += time
        self.wall += time
        self.boot_seconds += time.total_seconds()
        if self.honest and self.synchronised:
            self.wall = self.true

    def _start(self) -> Timekeeper:
        clocks = Clocks(lambda: self.wall, lambda: self.boot_seconds, lambda: self.synchronised, f"{self.boot:016x}")
        keeper = Timekeeper(self.path, clocks, BUILT)
        keeper.hear_signed(self.signed)
        return keeper


HOURS = st.sampled_from([1, 30, 24 * 7, 24 * 200])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["pass", "offline"]), HOURS),
    st.tuples(st.just("set"), st.sampled_from(sorted(WALLS))),
    st.tuples(st.just("year"), st.sampled_from([-1, 1])),
    st.tuples(st.sampled_from(["sync", "unplug", "restart"]), st.just("")),
    st.tuples(st.just("hub"), st.sampled_from([0, 2, 24])),
    st.tuples(st.just("power cut"), st.sampled_from(sorted(WALLS))),
)
SCRIPTS = st.lists(STEPS, max_size=25)
# Mostly in the days before the pass expires, where every hour of error counts.
BEGINS = st.one_of(st.integers(-9, 1), st.integers(-170, 300)).map(lambda days: EXPIRES + timedelta(days=days))


@settings(max_examples=300)
@given(BEGINS, SCRIPTS)
def test_with_honest_time_servers_no_expired_pass_is_ever_green(
    begins: datetime, script: list[tuple[str, str | int]]
) -> None:
    """Whatever the wall clock is set to, by hand, by a flat battery or by a power cut: expired is expired."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder), begins, honest=True)
        for step, value in script:
            story.play(step, value)
            outcome = story.outcome()
            if story.true >= EXPIRES:
                assert outcome is not Outcome.ADMIT


@settings(max_examples=300)
@given(BEGINS, SCRIPTS)
def test_with_lying_time_servers_a_pass_that_the_hub_has_outlived_is_never_green(
    begins: datetime, script: list[tuple[str, str | int]]
) -> None:
    """Servers that vouch for 1970 or 2106 as it pleases them: what the hub has signed once is certainly past."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder), begins, honest=False)
        for step, value in script:
            story.play(step, value)
            outcome = story.outcome()
            if story.known >= EXPIRES:
                assert outcome is not Outcome.ADMIT


@pytest.mark.parametrize("wall", sorted(WALLS))
@pytest.mark.parametrize("step", ["set", "power cut"])
def test_a_gate_without_a_network_outlives_the_pass_in_the_dark(tmp_path: Path, step: str, wall: str) -> None:
    """Synchronised two days before the pass ends, alone for five, and then the clock shows anything at all."""
    story = Story(tmp_path, EXPIRES - timedelta(days=2), honest=True)
    assert story.outcome() is Outcome.ADMIT
    story.keeper.save()
    story.play("offline", 24 * 5)
    assert story.outcome() is Outcome.REFUSE
    for clock in (wall, "just before", wall):
        story.play(step, clock)
        assert story.outcome() is not Outcome.ADMIT
        story.play("offline", 1)
        assert story.outcome() is not Outcome.ADMIT
        story.play("restart", "")
        assert story.outcome() is not Outcome.ADMIT


def test_the_stories_are_no_sad_ones(tmp_path: Path) -> None:
    """The guarantees above would hold at a gate that never opens: this one does, until its pass expires."""
    story = Story(tmp_path, ISSUED + timedelta(days=1), honest=True)
    seen = []
    while story.true < EXPIRES + timedelta(days=2):
        story.play("hub", 0)
        seen.append((story.true < EXPIRES, story.outcome()))
        story.play("pass", 24)
    assert {outcome for in_force, outcome in seen if in_force} == {Outcome.ADMIT}
    assert {outcome for in_force, outcome in seen if not in_force} == {Outcome.REFUSE}


@pytest.mark.parametrize("wall", sorted(WALLS))
def test_a_synced_gate_that_is_set_back_is_not_fooled(tmp_path: Path, wall: str) -> None:
    """After the pass has expired the clock jumps: held time counts on; with a server behind it, the floor holds."""
    for honest in (True, False):
        folder = tmp_path / str(honest)
        folder.mkdir()
        story = Story(folder, EXPIRES + timedelta(hours=2), honest)
        story.play("sync", "")
        assert story.outcome() is Outcome.REFUSE
        story.play("set", wall)
        assert story.outcome() is not Outcome.ADMIT
        story.play("restart", "")
        assert story.outcome() is not Outcome.ADMIT


@pytest.mark.parametrize("jump", [timedelta(days=-365), timedelta(days=365), WALLS["1970"] - NOON.utc])
def test_the_clock_jumps_while_a_visit_waits(tmp_path: Path, jump: timedelta) -> None:
    """The pass was read in time, its temperature comes after the jump: an unsynchronised wall clock decides nothing."""
    lane = TestLane(tmp_path, snapshot())
    real = lane.wall
    lane.show(pass_of("a"))
    lane.synchronised, lane.wall = False, lambda: real() + jump  # type: ignore[method-assign]
    lane.wait(1.0)
    lane.forehead(36.5)
    assert lane.view.verdict is not None
    assert lane.view.verdict.outcome is Outcome.ADMIT
    (record,) = lane.records()
    assert record.stamp.clock is ClockState.HELD
    assert abs(record.stamp.at - real()) < timedelta(seconds=2)
    lane.close()


def test_a_gate_that_only_knows_a_floor_lets_nobody_in_by_itself() -> None:
    """Whatever the pass says: the guard looks."""
    moment = Moment(NOON.utc, ClockState.FLOOR)
    rules = Rules("east", Policy("test", measure_on=frozenset()), "1.1", NOON.utc)
    decision = decide(Evidence(Direction.IN, read(PASS, trust(), moment), RESIDENT), rules, moment)
    assert decision.reasons == (Reason.CLOCK_NOT_BELIEVED,)
