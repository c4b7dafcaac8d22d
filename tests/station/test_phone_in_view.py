"""A phone before the camera: its code changes every half minute, its visit does not; an old picture of it is nobody."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gate.formats import community_pass, phone_pass
from gate.formats.chain import Credential, Kind
from gate.passage import Passage
from gate.reason import Outcome, Reason
from gate.trust import key_id_of
from tests.gate.phone_makers import point, signer
from tests.station.lane_of_tests import NOON, OFFICE_KEY, OFFICE_PUBLIC, TestLane


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[TestLane]:
    lane = TestLane(tmp_path)
    yield lane
    lane.close()


def shown_on_phone(lane: TestLane, person: str = "a", old: float = 0) -> bytes:
    """The code that the person's phone shows now, or showed so many seconds ago."""
    digits = person * 16
    issued, expires = NOON - timedelta(1), NOON + timedelta(90)
    credential = Credential("GC1", Kind.RESIDENT, "yuyuan", digits, digits, key_id_of(OFFICE_PUBLIC), issued, expires)
    certified = community_pass.certify(credential, OFFICE_KEY.sign, point())
    return phone_pass.pack(certified, lane.wall() - timedelta(seconds=old), signer()).encode()


def passages(lane: TestLane) -> list[tuple[str | None, Outcome]]:
    return [(each.person, each.outcome) for each in lane.records_of(Passage)]


def test_a_phone_left_in_view_is_one_passage_however_often_it_renews_its_code(lane: TestLane) -> None:
    """Five minutes before the lens, ten codes, one row in the journal."""
    lane.forehead(36.5)
    for _ in range(10):
        code = shown_on_phone(lane)
        for _ in range(30):
            lane.show(code)
            lane.wait(1.0)
    assert passages(lane) == [("a" * 16, Outcome.ADMIT)]


def test_the_next_phone_is_the_next_passage(lane: TestLane) -> None:
    lane.forehead(36.5)
    lane.show(shown_on_phone(lane, "a"))
    lane.wait(0.5)
    lane.forehead(None)
    lane.forehead(36.4)
    lane.show(shown_on_phone(lane, "b"))
    assert passages(lane) == [("a" * 16, Outcome.ADMIT), ("b" * 16, Outcome.ADMIT)]


def test_a_screenshot_is_refused_and_the_phone_itself_then_goes_through(lane: TestLane) -> None:
    """The first shows a picture of 61 s ago; told to open the pass itself, the same resident is a new visit."""
    lane.forehead(36.5)
    lane.show(shown_on_phone(lane, old=61))
    (refused,) = lane.records()
    assert isinstance(refused, Passage)
    assert refused.reasons[0] is Reason.CODE_NOT_FRESH
    assert refused.outcome is Outcome.REFUSE
    lane.wait(0.5)
    lane.forehead(None)
    lane.forehead(36.5)
    lane.show(shown_on_phone(lane))
    assert passages(lane)[1] == ("a" * 16, Outcome.ADMIT)
