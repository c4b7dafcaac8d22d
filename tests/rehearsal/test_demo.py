"""The demo as a newcomer meets it: one command, addresses, residents at both gates, rows in the office, a clean end."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.rehearsal.office import Office
from tests.rehearsal.processes import MARK, marked

ROOT = Path(__file__).parents[2]


class RunningDemo:
    """The demo as a process, and what it has printed."""

    def __init__(self) -> None:
        self.environment = {**os.environ, MARK: f"demo-{os.getpid()}", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            # Whoever started the tests in the background had the shell ignore Ctrl-C for all that they start.
            ["env", "--default-signal=INT", sys.executable, "-m", "tests.rehearsal", "demo", "--seconds", "600"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        self._read_until("Ctrl-C")

    def first(self, pattern: str) -> str:
        found = re.search(pattern, self.printed)
        assert found, f"{pattern} is not in:\n{self.printed}"
        return found[1]

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        self.printed += self.process.communicate(timeout=120)[0]
        return self.process.returncode

    def _read_until(self, word: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if word in line:
                return
        raise AssertionError(f"the demo ended early:\n{self.printed}")


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    running = RunningDemo()
    with running.process:
        yield running
        running.process.kill()


@pytest.mark.broker
def test_the_demo_prints_where_everything_is_and_residents_pass(demo: RunningDemo) -> None:
    """Login and addresses work as printed, and what happens at the gates comes up in the office's feed."""
    password = demo.first(r"密码 password: (\S+)")
    with Office(demo.first(r"office +(http://\S+?)/ "), demo.first(r"user: (\S+)"), password).follow() as office:
        assert office.until(lambda rows: {row.station for row in rows} == {"east-1", "west-1"}, 40)
        assert any(row.masked_name and "*" in row.masked_name for row in office.rows)
    for gate in ("east", "west"):
        assert httpx.get(demo.first(rf"{gate} kiosk +(\S+)")).status_code == 200
        assert httpx.get(demo.first(rf"{gate} rehearsal +(\S+)"), follow_redirects=True).status_code == 200


@pytest.mark.broker
def test_the_demo_offers_pictures_of_telling_residents(demo: RunningDemo) -> None:
    """A newcomer finds something to hold up, in both languages."""
    address = demo.first(r"east rehearsal +(\S+)")
    pictures = httpx.get(f"{address}/pictures").json()
    assert len(pictures) >= 12
    assert all(each["caption_zh"] and each["caption_en"] for each in pictures)
    assert httpx.get(f"{address}/pictures/{pictures[0]['file']}").content.startswith(b"\x89PNG")


@pytest.mark.broker
def test_the_printed_command_shows_every_message(demo: RunningDemo) -> None:
    """mosquitto_sub as printed: envelopes and passages are readable JSON."""
    command = demo.first(r"(mosquitto_sub .*)")
    heard = subprocess.run(f"{command} -W 6", check=False, shell=True, capture_output=True, text=True, timeout=30)
    assert '"body":{"kind":"passage"' in heard.stdout.replace(" ", "")
    assert "gate/1/willow-court/hub/roster/63" in heard.stdout


@pytest.mark.broker
def test_the_town_sees_when_a_newcomer_uses_a_gates_page(demo: RunningDemo) -> None:
    """A browser names its origin; the residents of the demo do not, and wait."""
    page = demo.first(r"west rehearsal +(\S+)")
    assert httpx.get(f"{page}/newcomer").json() == {"seconds_ago": None}
    clicked = httpx.post(
        f"{page}/forehead", json={"celsius": 36.5}, headers={"Origin": page.removesuffix("/rehearsal")}
    )
    assert clicked.status_code == 204
    assert httpx.get(f"{page}/newcomer").json()["seconds_ago"] is not None


@pytest.mark.broker
def test_ctrl_c_ends_the_demo_cleanly(demo: RunningDemo) -> None:
    """Exit 0 with a summary, and nothing is left running."""
    assert demo.interrupt() == 0
    assert "Ended." in demo.printed
    assert not marked(f"demo-{os.getpid()}")
