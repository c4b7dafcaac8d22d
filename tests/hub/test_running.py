"""`gate-hub run` as a process: what it prints, whom it answers, how it ends, and what a SIGKILL costs."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from msgspec import json

from gate import topics
from gate.wire import pack_backlog
from hub.registry import read_only
from tests.broker import Broker
from tests.hub.hub_on_a_broker import JOURNAL, SECONDS, TO_HUB, Post, broker, envelopes, post, records

__all__ = ["broker", "post"]
pytestmark = pytest.mark.broker


class Compound:
    """A data folder, a settings file, and `gate-hub` commands on them."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.data = folder / "data"
        self.config = folder / "hub.toml"
        self.config.write_text(
            f'compound = "sunshine"\ndata = "data"\n[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
        )
        self.processes: list[subprocess.Popen[str]] = []

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self._line(*words), capture_output=True, text=True, timeout=SECONDS, check=False)

    def add_clerk(self, name: str, password: str) -> None:
        line = self._line("clerk", "add", name, "--password-stdin")
        subprocess.run(line, input=f"{password}\n", capture_output=True, text=True, timeout=SECONDS, check=True)

    def run(self) -> tuple[subprocess.Popen[str], str]:
        """The process and the office's address."""
        process = subprocess.Popen(self._line("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            raise AssertionError(process.communicate()[1])
        return process, said.strip()

    def rows(self, sql: str) -> list[tuple]:
        reader = read_only(self.data / "registry.sqlite")
        try:
            return [tuple(row) for row in reader.execute(sql)]
        finally:
            reader.close()

    def _line(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hub", "--config", str(self.config), *words]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


def sends(post: Post, first: int, last: int) -> None:
    """Live, as a station would."""
    post.say(TO_HUB, records(*range(first, last + 1)))


def sends_backlog(post: Post, first: int, last: int) -> None:
    post.say(topics.BACKLOG.of("sunshine", "east-1"), pack_backlog(envelopes(*range(first, last + 1))))


@pytest.fixture
def compound(tmp_path: Path, broker: Broker):
    compound = Compound(tmp_path, broker)
    made = compound.command("init")
    assert made.returncode == 0, made.stderr
    yield compound
    compound.end()


def test_run_says_where_the_office_is_and_serves_it(compound: Compound):
    _, said = compound.run()
    address = re.fullmatch(r"office (http://127\.0\.0\.1:\d+/)", said)
    assert address is not None
    with Office(address[1]).stream("/login") as page:
        assert page.status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_the_gates_are_told(compound: Compound, post: Post, number: signal.Signals):
    process, _ = compound.run()
    post.until(lambda: post.hub_is(up=True))
    process.send_signal(number)
    _, complaints = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, complaints
    assert "Traceback" not in complaints
    post.until(lambda: post.hub_is(up=False))
    assert not (compound.data / "control.sock").exists()


def test_a_command_reaches_the_running_hub(compound: Compound):
    compound.run()
    added = compound.command("station", "add", "east-1", "--gate", "east")
    assert added.returncode == 0, added.stderr
    assert compound.rows("SELECT id, gate FROM station") == [("east-1", "east")]


def test_a_second_hub_on_the_same_folder_is_refused(compound: Compound):
    compound.run()
    second = compound.command("run")
    assert second.returncode == 2
    assert "in use" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_said_in_a_sentence(compound: Compound):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        text = compound.config.read_text() + f"[office]\nport = {other.getsockname()[1]}\n"
        compound.config.write_text(text)
        refused = compound.command("run")
    assert refused.returncode == 2
    assert "cannot be served on 127.0.0.1 port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_folder_without_a_registry_is_refused(compound: Compound):
    (compound.data / "registry.sqlite").unlink()
    refused = compound.command("run")
    assert refused.returncode == 2
    assert "gate-hub init" in refused.stderr
    assert not (compound.data / "registry.sqlite").exists()


def test_killed_in_the_middle_it_has_everything_that_it_receipted_and_each_record_once(compound: Compound, post: Post):
    """Records are sent again after each kill, as a station does; receipts never speak of what is not on the disk."""
    last = 0
    for _ in range(3):
        process, _ = compound.run()
        post.until(lambda: post.hub_is(up=True))
        for first in range(last + 1, last + 1001, 100):
            sends(post, first, first + 99)
        first_of_round = last + 1
        post.until(lambda first=first_of_round: post.covers(first))
        process.kill()
        process.communicate()
        receipted = [number for number in range(1, last + 1001) if post.covers(number)]
        on_disk = {row[0] for row in compound.rows("SELECT sequence FROM passage")}
        assert set(receipted) <= on_disk
        post.until(lambda: post.hub_is(up=False))
        last += 1000
    compound.run()
    post.until(lambda: post.hub_is(up=True))
    sends(post, 1, last)
    post.until(lambda: all(post.covers(number) for number in range(1, last + 1)))
    assert compound.rows("SELECT count(*), count(DISTINCT sequence) FROM passage") == [(last, last)]
    numbers = post.numbers(topics.RECEIPT.of("sunshine", "east-1"))
    assert numbers == sorted(set(numbers))


def test_what_was_receipted_of_a_backlog_is_folded_after_a_kill_and_live_records_go_ahead(
    compound: Compound, post: Post
):
    """The gate releases what it has a receipt for; from then on it is the hub's to bring into its tables."""
    last = 6000
    process, _ = compound.run()
    post.until(lambda: post.hub_is(up=True))
    for first in range(1, last, 500):
        sends_backlog(post, first, first + 499)
    sends(post, last + 1, last + 1)
    post.until(lambda: all(post.covers(number) for number in range(1, last + 2)))
    process.kill()
    process.communicate()
    assert compound.rows("SELECT count(*) FROM record") == [(last + 1,)]
    assert compound.rows(f"SELECT late FROM passage WHERE sequence = {last + 1}") == [(0,)]
    compound.run()
    deadline = time.monotonic() + SECONDS
    while compound.rows("SELECT count(*) FROM unfolded") != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert compound.rows("SELECT count(*), count(DISTINCT sequence), sum(late) FROM passage") == [
        (last + 1, last + 1, last)
    ]


def test_an_open_stream_does_not_hold_up_the_end(compound: Compound):
    """The office's pages may be open on ten screens; the hub lets them go and ends."""
    process, said = compound.run()
    compound.add_clerk("li", "a long enough password")
    office = Office(said.removeprefix("office "))
    office.log_in("li", "a long enough password")
    with office.stream("/feed/events?format=json") as stream:
        assert stream.status == 200
        assert stream.readline()
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "timeout graceful shutdown exceeded" not in complaints


def test_a_passage_on_the_wire_is_an_event_in_the_office(compound: Compound, post: Post):
    _, said = compound.run()
    compound.add_clerk("li", "a long enough password")
    office = Office(said.removeprefix("office "))
    office.log_in("li", "a long enough password")
    post.until(lambda: post.hub_is(up=True))
    with office.stream("/feed/events?format=json") as stream:
        assert stream.readline()
        sends(post, 1, 1)
        lines = iter(stream.readline, b"")
        (row,) = [next(line for line in lines if line.startswith(b"data: {"))]
    assert json.decode(row.removeprefix(b"data: "))["journal"] == JOURNAL


class Office:
    """A clerk's browser, as far as this needs one."""

    def __init__(self, address: str) -> None:
        self._netloc = urlsplit(address).netloc
        self._cookies: dict[str, str] = {}

    def log_in(self, name: str, password: str) -> None:
        page = self._text("GET", "/login")
        token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        self._text("POST", "/login", urlencode({"name": name, "password": password, "_csrf_token": token[1]}))

    @contextmanager
    def stream(self, path: str) -> Iterator[http.client.HTTPResponse]:
        with closing(http.client.HTTPConnection(self._netloc, timeout=SECONDS)) as line:
            yield self._ask(line, "GET", path)

    def _text(self, method: str, path: str, body: str | None = None) -> str:
        with closing(http.client.HTTPConnection(self._netloc, timeout=SECONDS)) as line:
            answer = self._ask(line, method, path, body)
            assert answer.status < 400
            return answer.read().decode()

    def _ask(self, line: http.client.HTTPConnection, method: str, path: str, body: str | None = None):
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, path, body, headers)
        answer = line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            key, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[key] = value
        return answer
