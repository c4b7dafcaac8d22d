"""Hosts of their own on one machine: network namespaces on one switch, whose cables can be pulled and plugged in again.

The campaign on namespaces puts broker, hub and gates into them. Rule: nothing of the machine's own network is touched,
and whoever leaves takes every namespace along. Needs root and Debian's iproute2.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class NoHosts(Exception):
    """This machine lets nobody make network namespaces; the message says what it said."""


class Hosts:
    """names: of the hosts, each of which gets the address 10.77.0.1, .2 and so on."""

    def __init__(self, names: Sequence[str], mark: int) -> None:
        self._names = tuple(names)
        self._mark = f"gate{mark}"
        self.cut: set[str] = set()

    def __enter__(self) -> "Hosts":
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for name in ("switch", *self._names):
            subprocess.run(["ip", "netns", "del", self._space(name)], check=False, capture_output=True)

    def address(self, name: str) -> str:
        return f"10.77.0.{self._names.index(name) + 1}"

    def at(self, name: str) -> tuple[str, ...]:
        """What a command has to begin with to run on that host."""
        return ("ip", "netns", "exec", self._space(name))

    def pull(self, name: str) -> None:
        """Pull the host's cable: whatever is sent from now on is gone, and nobody is told."""
        self.cut.add(name)
        self._ip("-n", self._space("switch"), "link", "set", _port(name), "down")

    def plug(self, name: str) -> None:
        self.cut.discard(name)
        self._ip("-n", self._space("switch"), "link", "set", _port(name), "up")

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """This thread's new sockets are that host's for so long."""
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            with (Path("/run/netns") / self._space(name)).open("rb") as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def _build(self) -> None:
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise NoHosts("network namespaces need root, and Debian's iproute2")
        self._ip("netns", "add", self._space("switch"))
        switch = ("-n", self._space("switch"))
        self._ip(*switch, "link", "add", "bridge", "type", "bridge")
        self._ip(*switch, "link", "set", "bridge", "up")
        for name in self._names:
            space, port = self._space(name), _port(name)
            self._ip("netns", "add", space)
            self._ip("link", "add", "wire", "netns", space, "type", "veth", "peer", "name", port, "netns", switch[1])
            self._ip(*switch, "link", "set", port, "master", "bridge", "up")
            self._ip("-n", space, "addr", "add", f"{self.address(name)}/24", "dev", "wire")
            for device in ("lo", "wire"):
                self._ip("-n", space, "link", "set", device, "up")

    def _space(self, name: str) -> str:
        return f"{self._mark}-{name}"

    def _ip(self, *words: str) -> None:
        done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
        if done.returncode:
            raise NoHosts(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _port(name: str) -> str:
    """Of the switch, to that host; the kernel takes 15 characters."""
    return f"to-{name}"


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise NoHosts(f"setns: {os.strerror(ctypes.get_errno())}")
