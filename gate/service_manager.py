"""The words of `sd_notify(3)`, and what systemd tells a service of itself. station.notify and hub.notify send them.

Pure: the environment is an argument, and nothing is sent here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

READY = b"READY=1"
ALIVE = b"WATCHDOG=1"
STOPPING = b"STOPPING=1"


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """address: of its socket, "" where nobody listens. watchdog_seconds: how long it waits to be fed; None: no watchdog
    waits for this process."""

    address: str
    watchdog_seconds: float | None

    @classmethod
    def of(cls, environment: Mapping[str, str], process: int) -> "ServiceManager":
        """process: our own number; a watchdog may be meant for another one."""
        address = environment.get("NOTIFY_SOCKET", "")
        # A name in Linux' abstract namespace is written with @ for its first byte, which is zero.
        address = "\0" + address[1:] if address.startswith("@") else address
        microseconds = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(process)) == str(process)
        waits = ours and microseconds.isdecimal() and int(microseconds) > 0
        return cls(address, int(microseconds) / 1e6 if waits else None)
