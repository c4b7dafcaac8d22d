"""A certificate of another issuer at a gate: believed, shown to the guard, and nowhere else."""

from dataclasses import replace

import pytest

from gate.passage import Ground, Passage
from gate.reason import Outcome, Reason
from gate.trust import index
from station.view import CertificateHolder, Settle
from tests.gate import foreign_makers as make
from tests.station.lane_of_tests import NOON, TestLane, snapshot

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


def test_a_name_that_would_upset_the_screen_is_shown_without_its_controls(lane) -> None:
    lane.forehead(36.5)
    named = {"fnt": "ANN", "fn": "\u202eA\x1bnn\x00"}
    lane.show(make.eu(make.some_claims(make.a_payload(nam=named), iat=int(NOON.timestamp()) - 3600)))
    assert lane.view.verdict.holder.name.isprintable()
