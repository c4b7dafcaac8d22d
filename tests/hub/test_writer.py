"""The one writing thread: order, isolation of failures, the follow-up, the end."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from gate.policy import Policy
from hub.registry import Change, Registry, documents, opened
from hub.registry.writer import Rank, Writer

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECONDS = 30


@pytest.fixture
def registry(tmp_path: Path):
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        yield registry


class Follow:
    """Stands in for the bulletin: notes what it was called for."""

    def __init__(self) -> None:
        self.seen: list[set[Change]] = []
        self.fails = False

    def __call__(self, registry: Registry) -> None:
        if self.fails:
            raise ValueError("the broker's door is shut")
        self.seen.append(set(registry.touched))
        registry.touched.clear()


@pytest.fixture
def follow() -> Follow:
    return Follow()


@pytest.fixture
def writer(registry: Registry, follow: Follow):
    writer = Writer(registry, follow)
    yield writer
    writer.stop()


def test_an_office_command_outranks_the_backlog(writer: Writer):
    order: list[str] = []
    jobs = [writer.post(lambda registry, number=number: order.append(f"batch {number}")) for number in range(3)]
    clerk = writer.submit(lambda registry: order.append("clerk"))
    writer.start()
    for job in [*jobs, clerk]:
        job.result(SECONDS)
    assert order == ["clerk", "batch 0", "batch 1", "batch 2"]


def test_live_records_go_before_a_backlog_and_that_before_folding(writer: Writer):
    """In whatever order they are posted; those of one rank in their own order."""
    order: list[str] = []
    ranks = [Rank.FOLD, Rank.BACKLOG, Rank.BATCH, Rank.BACKLOG, Rank.FOLD, Rank.BATCH]
    jobs = [writer.post(lambda registry, each=each: order.append(each.name), each) for each in ranks]
    writer.start()
    for job in jobs:
        job.result(SECONDS)
    assert order == ["BATCH", "BATCH", "BACKLOG", "BACKLOG", "FOLD", "FOLD"]


def test_the_result_of_a_command_comes_back(writer: Writer):
    writer.start()
    assert writer.submit(lambda registry: registry.compound).result(SECONDS) == "sunshine"


def test_a_failing_command_fails_alone_and_leaves_nothing(writer: Writer, registry: Registry):
    def fail(each: Registry) -> None:
        each.set_meta("half", "done")
        raise KeyError("no such person")

    writer.start()
    with pytest.raises(KeyError, match="no such person"):
        writer.submit(fail).result(SECONDS)
    assert writer.submit(lambda each: each.meta("half")).result(SECONDS) is None


def test_what_a_command_touched_is_published_before_the_next_command(writer: Writer, follow: Follow):
    writer.start()
    writer.submit(lambda registry: documents.set_policy(registry, Policy(title="x"))).result(SECONDS)
    writer.submit(lambda registry: None).result(SECONDS)
    assert follow.seen == [{Change.POLICY}]


def test_a_command_that_touches_nothing_publishes_nothing(writer: Writer, follow: Follow):
    writer.start()
    writer.submit(lambda registry: registry.compound).result(SECONDS)
    writer.submit(lambda registry: None).result(SECONDS)
    assert follow.seen == []


def test_a_failing_bulletin_keeps_what_was_touched_for_the_next_time(writer: Writer, follow: Follow, caplog):
    follow.fails = True
    writer.start()
    writer.submit(lambda registry: registry.touch(Change.TRUST)).result(SECONDS)
    assert writer.submit(lambda registry: set(registry.touched)).result(SECONDS) == {Change.TRUST}
    assert "could not be made known to the gates" in caplog.text


def test_a_failing_batch_is_told_in_the_log(writer: Writer, caplog):
    def fail(registry: Registry) -> None:
        raise ValueError("broken")

    writer.start()
    with pytest.raises(ValueError, match="broken"):
        writer.post(fail).result(SECONDS)
    writer.submit(lambda registry: None).result(SECONDS)
    assert "work of the wire failed" in caplog.text


def test_a_stop_lets_the_job_at_hand_end_and_drops_the_backlog(writer: Writer):
    begun, go_on = Event(), Event()

    def job(registry: Registry) -> str:
        begun.set()
        go_on.wait(SECONDS)
        return "done"

    at_hand = writer.post(job)
    waiting = writer.post(lambda registry: "never")
    writer.start()
    assert begun.wait(SECONDS)
    writer.stop(0)
    go_on.set()
    writer.stop(SECONDS)
    assert at_hand.result(0) == "done"
    assert waiting.cancelled()
