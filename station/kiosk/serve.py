"""Runs the kiosk's app in a thread of the station, from a port that is certainly ours to a quick end.

Called by the station's `__main__`. Rule: open screens never hold up the station's end.
"""

import logging
import socket
import threading

import uvicorn
from litestar import Litestar

LOG = logging.getLogger("station.kiosk")
START_SECONDS = 10.0
STOP_SECONDS = 2.0


class PortTaken(OSError):
    """The kiosk's address cannot be used; the message says which, why and what to do."""


class Kiosk:
    """A running kiosk. port: where it listens."""

    def __init__(self, server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
        self._server = server
        self._thread = thread
        self.port = port

    def stop(self) -> None:
        """End within 2 s, whatever is still open."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            LOG.warning("the kiosk did not end within %g s and was left behind", STOP_SECONDS)


def serve(app: Litestar, host: str, port: int) -> Kiosk:
    """Listen on host:port (0: a free one) and return once the page can be opened.

    Raises `PortTaken` when the address cannot be bound, `RuntimeError` when the app does not start.
    """
    door = _bind(host, port)
    server = uvicorn.Server(_config(app))
    thread = threading.Thread(target=server.run, args=([door],), name="kiosk", daemon=True)
    thread.start()
    _wait_until_started(server, thread)
    return Kiosk(server, thread, door.getsockname()[1])


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's delay (40 ms an answer) only for sockets that say they are TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Else a station that was just restarted would wait a minute for its own old connections.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(64)
    except OSError as wrong:
        listening.close()
        raise PortTaken(
            f"the kiosk cannot listen on {host}:{port} ({wrong.strerror}): is another station running here?"
            " Set [kiosk] port to another number, or to 0 for a free one"
        ) from wrong
    return listening


def _config(app: Litestar) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        # A screen only listens; whoever sends more than a word is no screen of ours.
        ws_max_size=4096,
        ws_ping_interval=10.0,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    waited = 0.0
    while not server.started:
        if not thread.is_alive() or waited > START_SECONDS:
            raise RuntimeError("the kiosk's web server did not start: see the lines before this one")
        pause.wait(0.01)
        waited += 0.01
