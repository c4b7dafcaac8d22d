"""A lane's figures: all that the guard's screen says of its health, in a form that Prometheus reads, with no person."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from gate.clock import ClockState
from gate.wire import Receipt
from station.inbox import Receipted
from station.kiosk.app import create_app
from station.metrics import Metrics
from station.view import Health, Link
from tests.figures import figures
from tests.station.desk import MemoryDesk

PLACE = {"station": "east-1", "gate": "east", "lane": "1", "version": "0.1"}


class Lane:
    """Figures of a lane whose clock and health a test sets."""

    def __init__(self, folder: Path) -> None:
        self.now = 100.0
        self.health = Health(Link.HUB, 3, 61.5, "1.2", "1.3", 2.0, False, ClockState.HELD, {"camera": "相机坏了"})
        self.metrics = Metrics(PLACE, folder / "journal.sqlite", lambda: self.now)
        self.metrics.watch(lambda: self.health)

    def figures(self) -> dict[str, float]:
        return figures(self.metrics.text())


@pytest.fixture
def lane(tmp_path: Path) -> Lane:
    (tmp_path / "journal.sqlite").write_bytes(bytes(4096))
    return Lane(tmp_path)


def test_every_figure_of_the_screen_is_told(lane: Lane):
    told = lane.figures()
    expected = {
        "gate_queue_records": 3,
        "gate_oldest_unconfirmed_seconds": 61.5,
        "gate_link_state[hub]": 1,
        "gate_link_state[none]": 0,
        "gate_clock_state[held]": 1,
        "gate_clock_state[synced]": 0,
        "gate_rules_age_seconds": 7200,
        "gate_rules_stale": 0,
        "gate_fault[camera]": 1,
        "gate_journal_bytes": 4096,
    }
    assert {name: told[name] for name in expected} == expected
    assert told["gate_disk_free_bytes"] > 0
    assert "gate_receipt_age_seconds" not in told


def test_a_scrape_asks_anew(lane: Lane):
    lane.figures()
    lane.health = Health(Link.NONE, 5)
    told = lane.figures()
    assert (told["gate_queue_records"], told["gate_link_state[none]"], told["gate_rules_stale"]) == (5, 1, 1)
    assert "gate_fault[camera]" not in told


def test_decisions_are_counted_by_how_long_they_took(lane: Lane):
    for seconds in (0.003, 0.004, 0.7):
        lane.metrics.decided(seconds)
    told = lane.figures()
    assert (told["gate_decision_seconds_bucket[0.005]"], told["gate_decision_seconds_bucket[0.5]"]) == (2, 2)
    assert (told["gate_decision_seconds_bucket[1.0]"], told["gate_decision_seconds_count"]) == (3, 3)
    assert told["gate_decision_seconds_sum"] == pytest.approx(0.707)


def test_the_age_of_the_last_receipt_grows_until_the_next(lane: Lane):
    """And the loop gets it all the same."""
    posted: list[object] = []
    post = lane.metrics.hearing(posted.append)
    receipt = Receipted(Receipt("east-1", ()))
    post(receipt)
    lane.now += 30
    assert lane.figures()["gate_receipt_age_seconds"] == 30
    post(receipt)
    assert lane.figures()["gate_receipt_age_seconds"] == 0
    assert posted == [receipt, receipt]


def test_two_lanes_of_one_process_share_nothing(lane: Lane, tmp_path: Path):
    """No figure is the process's own: neither mixed up with another lane's nor with what a library counts."""
    other = Lane(tmp_path)
    other.metrics.decided(0.1)
    told = lane.figures()
    assert told["gate_decision_seconds_count"] == 0
    assert not any(name.startswith(("python_", "process_")) for name in told)


def test_a_disk_that_cannot_be_asked_costs_only_its_own_figures(tmp_path: Path):
    lane = Lane(tmp_path / "gone")
    assert lane.figures()["gate_queue_records"] == 3


def test_nothing_that_a_guard_reads_of_somebody_is_a_label(lane: Lane):
    assert "相机坏了" not in lane.metrics.text().decode()


def test_the_kiosk_serves_them_to_its_own_machine_alone(lane: Lane):
    with TestClient(create_app(MemoryDesk(), None, lane.metrics.text), base_url="http://127.0.0.1") as client:
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert figures(answer.content)["gate_queue_records"] == 3
        assert client.get("/metrics", headers={"Host": "gate.example"}).status_code == 403
    with TestClient(create_app(MemoryDesk()), base_url="http://127.0.0.1") as client:
        assert client.get("/metrics").status_code == 404
