"""Word to systemd: ready, alive, stopping; one datagram each.

Called by `__main__` and the loop. Rule: without NOTIFY_SOCKET it says nothing, and a lost word is no error.
"""

import os
import socket
from collections.abc import Mapping

from gate.service_manager import ALIVE, READY, STOPPING, ServiceManager


class Notifier:
    """Speaks to the socket that the service manager named; `watchdog_seconds` is how long it waits to be fed."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._manager = ServiceManager.of(environment, os.getpid())

    @property
    def watchdog_seconds(self) -> float | None:
        return self._manager.watchdog_seconds

    def ready(self) -> None:
        self._say(READY)

    def alive(self) -> None:
        self._say(ALIVE)

    def stopping(self) -> None:
        self._say(STOPPING)

    def _say(self, word: bytes) -> None:
        if not self._manager.address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(word, self._manager.address)
        except OSError:
            return
