"""Word to systemd from a running hub: ready when its pages are there, alive while it turns, stopping at the end."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hub.notify import Notifier

SECONDS = 30


@pytest.fixture
def manager(tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(SECONDS)
        yield manager


def hub(folder: Path, *words: str) -> list[str]:
    config = folder / "hub.toml"
    config.write_text('compound = "sunshine"\ndata = "data"\n[broker]\nport = 1\ntls_ca = ""\n')
    return [sys.executable, "-m", "hub", "--config", str(config), *words]


def test_each_word_is_one_datagram(manager: socket.socket):
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "120000000"})
    for speak in (notifier.ready, notifier.alive, notifier.stopping):
        speak()
    assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
    assert notifier.manager.watchdog_seconds == 120


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens-here"])
def test_nobody_to_speak_to_is_no_error(address: str):
    Notifier({"NOTIFY_SOCKET": address} if address else {}).alive()


def test_a_running_hub_is_ready_then_alive_again_and_again_then_stopping(tmp_path: Path, manager: socket.socket):
    """With no broker there: the office's pages are up, and the watchdog is fed."""
    subprocess.run(hub(tmp_path, "init"), check=True, capture_output=True)
    told = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "400000"}
    process = subprocess.Popen(hub(tmp_path, "run"), stdout=subprocess.PIPE, env={**os.environ, **told})
    try:
        words = [manager.recv(100)]
        while words.count(b"WATCHDOG=1") < 3 or b"READY=1" not in words:
            words.append(manager.recv(100))
        process.terminate()
        while words[-1] != b"STOPPING=1":
            words.append(manager.recv(100))
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.communicate()
    assert words.count(b"READY=1") == words.count(b"STOPPING=1") == 1
