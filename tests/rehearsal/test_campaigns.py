"""Soak and bench, at a small scale: each ends with one line of JSON, and the outage proves that a gate stands alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

ROOT = Path(__file__).parents[2]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.rehearsal", *words]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.broker
def test_gates_without_hub_and_broker_go_on_say_so_and_catch_up_by_themselves() -> None:
    """Every visit of the outage is decided as written down, and later stands in the registry, once; so does all of a
    month, which a whole station shows and sends. Who believes the broker loses some."""
    done = run("soak", "--only", "outage", "--scale", "0.002")
    assert done.returncode == 0, done.stderr
    figures = json.decode(done.stdout)
    assert (figures["soak"], figures["shown"]) == ("outage", 20)
    assert figures["said_so"]
    assert figures["queued"] == figures["journaled"] == figures["registered"] >= figures["decided"] > 10
    assert (figures["lost"], figures["doubled"], figures["wrong"]) == (0, 0, 0)
    assert (figures["month_passages"], figures["month_queue_shown"]) == (2000, True)
    assert figures["control_lost"] > 0


@pytest.mark.parametrize("name", ["decode_empty", "ingest"])
def test_a_bench_gives_its_ratio_to_the_bare_work(name: str) -> None:
    done = run("bench", "--only", name, "--scale", "0.02")
    assert done.returncode == 0, done.stderr
    figures = json.decode(done.stdout)
    assert figures["bench"] == name
    assert figures["ratio"] > 0


def test_a_campaign_that_does_not_exist_is_answered_with_those_that_do() -> None:
    done = run("bench", "--only", "everything")
    assert done.returncode == 2
    assert "there are: decision, decode_empty, " in done.stderr
