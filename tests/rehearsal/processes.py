"""Broker, hub and stations as processes on a leash: started by their own commands, none outlives the rehearsal.

`town` starts them by it. Rule: whatever becomes of us (Ctrl-C, SIGTERM, a crash, SIGKILL), the kernel ends them: each
is started with a parent-death signal. It hangs on the thread that started them, so start them from the main one.
"""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

LAST_LINES = 25
MARK = "GATE_REHEARSAL"  # an environment variable, by which a test finds whatever one rehearsal has started


class ProcessFailed(Exception):
    """A process of the town did not come up or ended by itself; the message holds the last lines of its log."""


class Process:
    """One running command. Its standard output is read for what it announces, its standard error is its log."""

    def __init__(self, name: str, command: Sequence[str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._told: queue.Queue[str | None] = queue.Queue()
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in a terminal reaches us alone, and we end them in order.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._listener = threading.Thread(target=self._listen, name=f"{name}-output", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def announced(self, word: str, seconds: float = 30.0) -> str:
        """What stands behind `word` on the line that begins with it. Raises ProcessFailed."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._told.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise self.failure(f"has not announced its {word!r} within {seconds:.0f} s") from None
            if line is None:
                raise self.failure(f"ended (exit {self._process.wait()}) before it announced its {word!r}")
            if line.startswith(f"{word} "):
                return line.removeprefix(f"{word} ").strip()

    def failure(self, what: str) -> ProcessFailed:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return ProcessFailed("\n".join([f"{self.name} {what}; its log ends with:", *(f"  {each}" for each in lines)]))

    def reload(self) -> None:
        self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """SIGSTOP: it stays just where it is, until `thaw` or `kill`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._reap(10)

    def end(self, seconds: float = 10.0) -> int:
        """SIGTERM, and SIGKILL where that is not heard in time; the exit status, negative for a signal."""
        if self.alive:
            self._process.terminate()
        return self._reap(seconds)

    def _reap(self, seconds: float) -> int:
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._listener.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return status

    def _listen(self) -> None:
        """Drained to the end, so that a talkative process never blocks on a full pipe; kept beside the log."""
        assert self._process.stdout is not None
        with self.log.with_suffix(".out").open("ab") as copy:
            for line in self._process.stdout:
                copy.write(line)
                copy.flush()
                self._told.put(line.decode(errors="replace").rstrip("\n"))
        self._told.put(None)


def marked(mark: str) -> list[str]:
    """The command lines of all processes that carry MARK with that value."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended
    return found
