"""A health code at a whole lane: known by the policy's word, asked about over HTTPS, one passage with the pass."""

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.passage import Passage
from gate.policy import Direction
from gate.reason import Reason
from gate.roster import Health
from station.codes import SeenCode
from station.inbox import HealthCodeResolved, Looked, Post
from station.resolver import HealthDesk, Resolver
from station.resolver_https import HttpsResolver
from station.view import Screen
from tests.rehearsal.province import TOKEN, Province, send
from tests.station.lane_of_tests import CORNERS, NOON, TestLane, pass_of, snapshot

ANNA = pass_of("a")
CODE = b"https://hc.example.gov.cn/secret-of-anna"
POLICY = {"health_code_prefixes": ("https://hc.example.gov.cn/",), "measure_on": frozenset[Direction]()}


class HealthLane(TestLane):
    """A lane with somebody to ask; what he has to tell waits in `posts` until the test hands it on."""

    __test__ = False

    def __init__(self, folder: Path, resolver: Resolver | None, **policy: object) -> None:
        self.posts: queue.Queue[Post] = queue.Queue()
        self.desk = HealthDesk(resolver, self.posts.put, lambda: self.seconds, lambda: NOON)
        self.desk.start()
        super().__init__(folder, snapshot(**{**POLICY, **policy}), health=self.desk)

    def hear_the_province(self) -> None:
        """Hand on what comes, up to the answer."""
        while not isinstance(post := self.posts.get(timeout=20.0), HealthCodeResolved):
            self.post(post)
        self.post(post)

    def reasons(self) -> list[tuple[Reason, ...]]:
        return [record.reasons for record in self.records_of(Passage)]


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    (tmp_path / "province").mkdir()
    with Province(tmp_path / "province").running() as running:
        yield running


@pytest.fixture
def lane(tmp_path: Path, province: Province) -> Iterator[HealthLane]:
    lane = HealthLane(tmp_path, HttpsResolver(province.url, TOKEN, 10.0, province.tls_ca))
    yield lane
    lane.desk.stop()
    lane.close()


@pytest.mark.parametrize(
    ("colour", "reasons", "opens"),
    [("green", (), True), ("yellow", (Reason.HEALTH_YELLOW,), False), ("red", (Reason.HEALTH_RED,), False)],
)
def test_a_health_code_and_then_the_pass_are_one_passage_by_the_provinces_word(
    lane: HealthLane, province: Province, colour: str, reasons: tuple[Reason, ...], opens: bool
) -> None:
    """The whole way: code, service, answer, pass, decision."""
    province.answers = {CODE: colour}
    lane.show(CODE)
    assert (lane.screen, set(lane.view.awaiting)) == (Screen.GATHERING, {"code", "colour"})
    lane.hear_the_province()
    assert lane.view.awaiting == ("code",)
    lane.show()
    lane.show(ANNA)
    assert (lane.reasons(), lane.open) == ([reasons], opens)


def test_a_second_visit_with_the_same_code_asks_nobody(lane: HealthLane, province: Province) -> None:
    """Within its ten minutes an answer serves again."""
    province.answers = {CODE: "green"}
    lane.show(ANNA, CODE)
    assert lane.records() == []
    lane.hear_the_province()
    for _ in range(4):
        lane.wait(1.0)
        lane.show()
    lane.show(ANNA, CODE)
    assert (lane.reasons(), province.asked) == ([(), ()], [CODE])


def test_a_service_that_fails_is_a_fault_and_the_guards_matter(lane: HealthLane, province: Province) -> None:
    """The resident does not wait for it, and the guard sees what is wrong."""
    province.answer = lambda request: send(request, b"", 503)
    lane.show(ANNA, CODE)
    lane.hear_the_province()
    assert (lane.reasons(), lane.open) == ([(Reason.HEALTH_CODE_UNREAD,)], False)
    assert "status 503" in lane.view.health.faults["resolver"]


def test_where_nobody_can_be_asked_the_guard_looks(tmp_path: Path) -> None:
    """No service: the code is known as a health code all the same, and nothing is waited for but the pass."""
    lane = HealthLane(tmp_path, None)
    lane.show(CODE)
    assert lane.view.awaiting == ("code",)
    lane.show(ANNA)
    assert lane.reasons() == [(Reason.HEALTH_CODE_UNREAD,)]
    lane.close()


def test_a_demanded_health_code_is_asked_for_after_the_pass(tmp_path: Path) -> None:
    """The screen says so, and the resident's name is there already."""
    lane = HealthLane(tmp_path, None, demand_health_code=True)
    lane.show(ANNA)
    assert lane.view.awaiting == ("health",)
    assert lane.view.person is not None
    lane.show(CODE)
    assert lane.reasons() == [(Reason.HEALTH_CODE_UNREAD,)]
    lane.close()


def test_nothing_of_the_code_is_kept(lane: HealthLane, province: Province, caplog: pytest.LogCaptureFixture) -> None:
    """Neither journal nor log nor screen holds its text."""
    province.answer = lambda request: send(request, CODE, 500)
    lane.show(ANNA, CODE)
    lane.hear_the_province()
    kept = b"".join(path.read_bytes() for path in lane.path.parent.glob("journal*"))
    assert b"secret-of-anna" not in kept
    assert "secret-of-anna" not in caplog.text + repr(lane.view)
    assert lane.posts.empty()


def looked(lane: TestLane, *looks: Health) -> None:
    """The health code in one frame after the other, as the camera's colours had it."""
    for colour in looks:
        seen = SeenCode(CODE, "QRCode", CORNERS, looks=colour)
        lane.post(Looked(lane.seconds, (seen,)))


def test_what_a_code_looks_like_is_advice_and_admits_nobody(tmp_path: Path) -> None:
    """The guard is told what the eye sees, in most frames; the decision is the same as without."""
    lane = HealthLane(tmp_path, None)
    looked(lane, Health.UNKNOWN, Health.GREEN, Health.GREEN, Health.RED, Health.GREEN)
    assert lane.view.looks == "green"
    lane.show(ANNA)
    assert (lane.reasons(), lane.open) == ([(Reason.HEALTH_CODE_UNREAD,)], False)
    assert lane.view.verdict is not None
    assert lane.view.verdict.looks == "green"
    lane.close()


def test_a_code_whose_colour_wavers_looks_like_nothing(tmp_path: Path) -> None:
    """Less than two frames of three: the guard gets no advice, rather than a wrong one."""
    lane = HealthLane(tmp_path, None)
    looked(lane, Health.GREEN, Health.RED)
    assert lane.view.looks == ""
    lane.close()


def test_the_provinces_word_needs_no_advice(lane: HealthLane, province: Province) -> None:
    """A red by the province's word is red, whatever it looks like."""
    province.answers = {CODE: "red"}
    looked(lane, Health.GREEN)
    lane.hear_the_province()
    lane.show(ANNA)
    assert lane.reasons() == [(Reason.HEALTH_RED,)]
    assert lane.view.verdict is not None
    assert lane.view.verdict.looks == ""
