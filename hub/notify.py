"""Word to systemd: ready, alive, stopping; one datagram each, as the stations say it.

`hub.run` speaks: ready once the pages are served, alive whenever the event loop and the writer's thread have both
turned. Rule: without NOTIFY_SOCKET it says nothing, and a lost word is no error.
"""

import os
import socket
from collections.abc import Mapping

from gate.service_manager import ALIVE, READY, STOPPING, ServiceManager


class Notifier:
    """manager: who started the hub, and how long it waits to be fed."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self.manager = ServiceManager.of(environment, os.getpid())

    def ready(self) -> None:
        self._say(READY)

    def alive(self) -> None:
        self._say(ALIVE)

    def stopping(self) -> None:
        self._say(STOPPING)

    def _say(self, word: bytes) -> None:
        if not self.manager.address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(word, self.manager.address)
        except OSError:
            return
