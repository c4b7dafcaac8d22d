"""A minute of the soak `lane_hour`, untimed, and the line that it draws through what memory it saw."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

from tests.rehearsal.slopes import course, megabytes_an_hour, resident_megabytes

ROOT = Path(__file__).parents[2]


@pytest.mark.broker
@pytest.mark.long
def test_a_minutes_visitors_at_a_lane_on_one_core_all_end_as_written_down() -> None:
    """Sixty visits, the guard's page open: none lost, doubled or wrong, and no script of the page stumbles."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.rehearsal", "soak", "--only", "lane_hour", "--scale", str(1 / 60)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    figures = json.decode(done.stdout)
    assert (figures["soak"], figures["shown"]) == ("lane_hour", 60)
    assert figures["decided"] + figures["unreadable"] == 60
    assert figures["decided"] > 50
    assert figures["journaled"] == figures["registered"] >= figures["decided"]
    assert (figures["lost"], figures["doubled"], figures["wrong"], figures["not_ended"]) == (0, 0, 0, 0)
    assert figures["station_mb"][0] > 20
    assert figures["kiosk_heap_mb"][0] > 0.5
    assert figures["kiosk_nodes"][0] > 100


def test_a_leak_is_seen_through_noise_and_a_single_peak() -> None:
    """3 MB an hour, read every ten seconds with 2 MB of noise, and one peak of 80 MB."""
    rng = random.Random(1)
    samples = [(at * 10.0, 150 + at * 10 * 3 / 3600 + rng.uniform(-1, 1)) for at in range(180)]
    samples[100] = (1000.0, 230.0)
    found = megabytes_an_hour(samples)
    assert found is not None
    assert 2 < found < 4


def test_what_is_loaded_at_the_start_is_no_leak() -> None:
    """50 MB in the first minutes, then nothing more."""
    assert megabytes_an_hour([(at * 10.0, 100 + min(at, 15) * 3.3) for at in range(120)]) == 0.0


def test_too_few_samples_say_nothing() -> None:
    assert megabytes_an_hour([]) is None
    assert megabytes_an_hour([(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]) is None


def test_a_process_that_lives_holds_memory() -> None:
    assert resident_megabytes(os.getpid()) > 10


def test_a_course_tells_growth_that_ends_from_growth_that_goes_on() -> None:
    """Ten medians, in the order of time."""
    assert course([(at * 1.0, min(at, 20) * 1.0) for at in range(100)]) == [4.5, 14.5] + [20.0] * 8
    assert course([]) == []
