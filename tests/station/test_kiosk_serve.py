"""The kiosk's server: a port that is ours, and a quick end."""

import gc
import socket
import threading
import warnings
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from station.kiosk import PortTaken, create_app, serve
from tests.station.desk import MemoryDesk

HANDSHAKE = (
    b"GET /view HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_it_listens_on_a_free_port_and_serves_the_page() -> None:
    """Port 0 asks for any; the kiosk says which it got."""
    kiosk = serve(create_app(MemoryDesk()), "127.0.0.1", 0)
    try:
        with urlopen(f"http://127.0.0.1:{kiosk.port}/", timeout=5) as page:
            assert "请出示通行码" in page.read().decode()
    finally:
        kiosk.stop()


def test_a_taken_port_says_what_is_wrong_and_what_to_do() -> None:
    """The station stops with a sentence, not with a screen that belongs to somebody else."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"127\.0\.0\.1:{port}.*\[kiosk\] port"):
            serve(create_app(MemoryDesk()), "127.0.0.1", port)


def test_its_port_can_be_taken_again_at_once() -> None:
    """A station that is restarted gets its own port back, though old connections linger."""
    first = serve(create_app(MemoryDesk()), "127.0.0.1", 0)
    urlopen(f"http://127.0.0.1:{first.port}/", timeout=5).close()
    first.stop()
    second = serve(create_app(MemoryDesk()), "127.0.0.1", first.port)
    second.stop()
    assert second.port == first.port


def test_it_ends_in_time_with_screens_open_and_the_loop_dumb() -> None:
    """Open WebSockets and a Desk that never answers again hold nothing up; the screens see the line close."""
    desk = MemoryDesk()
    kiosk = serve(create_app(desk), "127.0.0.1", 0)
    with (
        connect(f"ws://127.0.0.1:{kiosk.port}/view") as view,
        connect(f"ws://127.0.0.1:{kiosk.port}/preview") as preview,
    ):
        assert view.recv(timeout=5)
        assert preview.recv(timeout=5)
        desk.fall_dumb()
        kiosk.stop()
        _await_end()
        with pytest.raises(ConnectionClosed):
            _drain(view)
    desk.speak()


def test_a_screen_that_does_not_answer_the_farewell_leaves_no_open_line() -> None:
    """A browser that hangs never closes its side; the line ends with the kiosk all the same."""
    kiosk = serve(create_app(MemoryDesk()), "127.0.0.1", 0)
    gc.collect()
    with (
        socket.create_connection(("127.0.0.1", kiosk.port)) as hung,
        warnings.catch_warnings(record=True) as complaints,
    ):
        warnings.simplefilter("always", ResourceWarning)
        hung.sendall(HANDSHAKE)
        assert hung.recv(4096).startswith(b"HTTP/1.1 101")
        kiosk.stop()
        _await_end()
        gc.collect()
    assert [str(each.message) for each in complaints] == []


def _await_end() -> None:
    """The promise is 2 s; the rest is for a machine that is busy with other tests."""
    for thread in threading.enumerate():
        if thread.name == "kiosk":
            thread.join(30)
            assert not thread.is_alive()


def _drain(line: ClientConnection) -> None:
    while True:
        line.recv(timeout=5)
