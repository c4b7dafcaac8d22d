"""gate-station as a process: it starts, shows a rehearsed passage, ends at once, and refuses in one sentence."""

import json
import signal
import socket
import sqlite3
import subprocess
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from websockets.sync.client import connect

from station.journal import JournalReader, open_journal
from tests.station.site import Site


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def running(site):
    """(process, address of its kiosk): a station in rehearsal, hub and broker nowhere."""
    with subprocess.Popen(
        site.command("run", "--rehearsal"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        kiosk, rehearsal = process.stdout.readline().split(), process.stdout.readline().split()
        assert (kiosk[0], rehearsal) == ("kiosk", ["rehearsal", kiosk[1] + "rehearsal"])
        yield process, kiosk[1]
        process.kill()


def post(address: str, body: bytes = b"") -> bytes:
    request = urllib.request.Request(address, data=body, headers={"Content-Type": "application/octet-stream"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def picture(text: str, folder: Path) -> bytes:
    path = folder / "code.png"
    segno.make_qr(text).save(str(path), scale=8, border=6)
    return path.read_bytes()


class TestRun:
    def test_a_picture_held_up_becomes_a_record_although_the_hub_is_away(self, running, site, tmp_path):
        """From PNG to journal through camera, decoder, lane and loop; the answer names the record."""
        _, address = running
        shown = json.loads(post(f"{address}rehearsal/show?celsius=36.5&direction=out&wait=30", picture("hi", tmp_path)))
        assert (shown["sequence"], shown["outcome"], shown["reasons"]) == (1, "refer", ["rules_missing", "not_ours"])
        with closing(sqlite3.connect(site.folder / "data" / "journal.sqlite")) as connection:
            ((body,),) = connection.execute("SELECT body FROM record").fetchall()
        assert json.loads(body)["direction"] == "out"

    def test_an_empty_picture_gives_no_passage_and_the_same_code_comes_back_after_it(self, running, tmp_path):
        """Nothing readable: the answer says so once the gate has looked. After `clear` a code is a new visit."""
        _, address = running
        blank = cv2.imencode(".png", np.zeros((200, 300, 3), np.uint8))[1].tobytes()
        assert json.loads(post(f"{address}rehearsal/show?wait=30&looks=3", blank))["sequence"] is None
        sequences = []
        for _ in range(2):
            answer = post(f"{address}rehearsal/show?celsius=36.5&wait=30", picture("hi", tmp_path))
            sequences.append(json.loads(answer)["sequence"])
            # A foreign code takes no verdict that waits for the guard.
            post(f"{address}dismiss", b"{}")
            post(f"{address}rehearsal/clear")
        assert sequences == [1, 2]

    def test_a_missing_camera_does_not_keep_the_gate_from_opening_its_eyes_to_the_guard(self, site):
        """After a power cut, say: it starts, and the screen says what is wrong and what to do."""
        site.spoil("/dev/video0", "/dev/video99")
        with subprocess.Popen(
            site.command("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            address = process.stdout.readline().split()[1]
            with connect(f"ws{address.removeprefix('http')}view") as screen:
                view = json.loads(screen.recv(60))
                while "camera" not in view["health"]["faults"]:
                    view = json.loads(screen.recv(60))
            process.terminate()
            process.communicate(timeout=60)
        assert view["screen"] == "out_of_order"
        assert "no camera at /dev/video99: plug it in" in view["health"]["faults"]["camera"]

    def test_a_wrecked_journal_is_set_aside_said_and_salvaged_while_the_gate_works(self, site):
        """The file's first page is rubbish: the guard reads it on his screen, and each record waits for the hub."""
        path = site.folder / "data" / "journal.sqlite"
        path.parent.mkdir(exist_ok=True)
        with closing(open_journal(path, lambda: "a" * 16, lambda: datetime.now(UTC))) as journal:
            for number in range(1, 6):
                journal.append("passage", b'{"n":%d}' % number)
        path.write_bytes(b"x" * 4096 + path.read_bytes()[4096:])
        with subprocess.Popen(
            site.command("run", "--rehearsal"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            address = process.stdout.readline().split()[1]
            with connect(f"ws{address.removeprefix('http')}view") as screen:
                while "找回 5 条" not in json.loads(screen.recv(60))["health"]["faults"].get("salvage", ""):
                    pass
            process.terminate()
            process.communicate(timeout=60)
        with closing(JournalReader(path)) as reader:
            assert [(whose, number) for whose, number, _ in reader.earlier_pending(9)] == [
                ("a" * 16, number) for number in range(1, 6)
            ]
        assert (site.folder / "data" / "reserve").stat().st_size == 2**20

    def test_a_signal_ends_it_cleanly(self, running):
        """SIGTERM: exit code 0 and nothing but log lines on stderr."""
        process, _ = running
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0
        assert all(line.split(" ")[0] in ("INFO", "WARNING", "ERROR") for line in errors.splitlines()), errors


class TestRefusals:
    def test_a_taken_port_is_a_sentence(self, site):
        """Another program has the kiosk's port: which one, and what to do."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            site.spoil("port = 0", f"port = {other.getsockname()[1]}")
            refusal = site.refusal("run", "--rehearsal")
        assert refusal.startswith("gate-station: the kiosk cannot listen on 127.0.0.1:")

    def test_a_data_folder_in_use_is_a_sentence(self, running, site):
        """Two stations never write to one journal."""
        assert "another gate-station is running on" in site.refusal("run", "--rehearsal")

    def test_a_wrong_identity_is_a_sentence(self, site):
        """The identity of another station."""
        site.spoil('station = "west-1"', 'station = "east-1"')
        assert "station is 'east-1', but the identity file" in site.refusal("check")

    def test_an_authority_that_is_none_is_a_sentence(self, site):
        """The broker's CA file was copied half, or it is another file."""
        (site.folder / "ca.pem").write_text("no certificate")
        site.spoil("port = 1\n", 'port = 1\ntls_ca = "ca.pem"\n')
        refusal = site.refusal("run", "--rehearsal")
        assert refusal.startswith(f"gate-station: {site.folder}/ca.pem: holds no authority's certificate; ")

    def test_check_says_that_all_is_well(self, site):
        """Settings and identity only: no camera, no port, no journal is touched."""
        ended = subprocess.run(site.command("check"), check=False, capture_output=True, text=True, timeout=60)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "in order; station west-1" in ended.stdout
        assert not (site.folder / "data" / "journal.sqlite").exists()

    def test_help_names_the_commands(self, site):
        """--help is enough to find `run`, `--rehearsal` and `check`."""
        for words, expected in ((["--help"], ("run", "check", "--config")), (["run", "--help"], ("--rehearsal",))):
            said = subprocess.run(site.command(*words), check=False, capture_output=True, text=True, timeout=60).stdout
            assert all(word in said for word in expected)
