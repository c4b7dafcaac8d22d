"""The whole way, once: pixels into two cameras, a hub that dies meanwhile, both databases counted at the end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

from tests.rehearsal.gates import until
from tests.rehearsal.processes import MARK, marked

ROOT = Path(__file__).parents[2]
REHEARSAL = (sys.executable, "-m", "tests.rehearsal")


@pytest.mark.broker
def test_visits_survive_a_hub_that_dies_owing_receipts() -> None:
    """Each visit ends as its author wrote down, in both databases, once; nothing is lost."""
    done = subprocess.run(
        [*REHEARSAL, "smoke", "--visits", "45", "--hub-kills", "1"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    counted = json.decode(done.stdout)
    assert list(counted) == [
        "shown", "decided", "unreadable", "journaled", "registered", "lost", "doubled", "wrong", "decision_ms",
        "feed_ms",
    ]  # fmt: skip
    assert counted["shown"] == 45 == counted["decided"] + counted["unreadable"]
    assert counted["unreadable"] >= 2
    assert counted["journaled"] == counted["registered"] > counted["decided"]
    assert (counted["lost"], counted["doubled"], counted["wrong"]) == (0, 0, 0)
    assert "without a receipt" in done.stderr


@pytest.mark.broker
def test_no_process_outlives_a_rehearsal_that_is_killed(tmp_path: Path) -> None:
    """Whoever kills it outright, or has it die of memory, finds no broker, hub or station left behind."""
    mark = f"killed-{os.getpid()}"
    environment = {
        **os.environ,
        MARK: mark,
        "TMPDIR": str(tmp_path),
    }  # where its folder stays behind, unlike its processes
    running = subprocess.Popen(
        [*REHEARSAL, "smoke", "--visits", "500"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: sum("--rehearsal" in each for each in marked(mark)) == 2, 60, 0.2)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    assert until(lambda: not marked(mark), 10, 0.2), marked(mark)
