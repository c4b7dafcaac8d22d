"""Word to systemd: ready, alive, stopping. `sd_notify(3)` is one datagram, so it is written here, without a library.

Called by `__main__` and the loop. Rule: without NOTIFY_SOCKET it says nothing, and a lost word is no error.
"""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Speaks to the socket that the service manager named; `watchdog_seconds` is how long it waits to be fed."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A name in Linux' abstract namespace is written with @ for its first byte, which is zero.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_seconds = _seconds(environment)

    def ready(self) -> None:
        self._say(b"READY=1")

    def alive(self) -> None:
        self._say(b"WATCHDOG=1")

    def stopping(self) -> None:
        self._say(b"STOPPING=1")

    def _say(self, word: bytes) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(word, self._address)
        except OSError:
            return


def _seconds(environment: Mapping[str, str]) -> float | None:
    """WATCHDOG_USEC, if it is meant for this process; None where no watchdog waits."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) else None
