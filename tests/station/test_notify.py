"""Word to systemd: one datagram each, only to whom it is meant for, and never an error."""

import os
import socket

import pytest

from station.notify import Notifier


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        yield manager


def test_each_word_is_one_datagram(manager):
    """READY once it works, WATCHDOG while it turns, STOPPING at the end."""
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname()})
    for speak in (notifier.ready, notifier.alive, notifier.stopping):
        speak()
    assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_socket_is_found():
    """systemd may name a socket outside of the file system, with @ in front."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"gate-checkpoint-{os.getpid()}"
        manager.bind("\0" + name)
        manager.settimeout(10)
        Notifier({"NOTIFY_SOCKET": "@" + name}).ready()
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_without_a_manager_nothing_happens(address):
    """Started by hand, or with the manager gone: no error."""
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready()
    assert notifier.watchdog_seconds is None


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "15000000"}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_only_if_it_is_meant_for_us(environment, seconds):
    """A child that inherited the environment does not feed its parent's watchdog."""
    assert Notifier(environment).watchdog_seconds == seconds
