"""Station, hub and broker as processes that die by SIGKILL in the middle of a system call, by strace.

The campaign on kills starts them. Rule: strace counts the calls of each thread by itself, and kills the whole process
at the n-th of the one kind that it was told; a life that makes fewer lives on. `survey` counts them first.
"""

import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Whatever makes something last, or tells somebody of it.
KINDS = ("write", "writev", "pwrite64", "fsync", "fdatasync", "sendto", "sendmsg")
# Every thread, from beside: the process itself stays our child.
FOLLOWING = ("strace", "-D", "-f", "-qq", "-o")


def strace_works() -> bool:
    """Whether it is installed, and may look at other processes here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode == 0


@dataclass(frozen=True, slots=True)
class Point:
    """Die at the n-th call of this kind that one of the threads makes. path: only those about this file are counted."""

    kind: str
    at: int
    path: str = ""

    @property
    def strace(self) -> list[str]:
        # Without --seccomp-bpf, under which strace 6.1 injects nothing.
        inject = f"inject={self.kind}:signal=KILL:when={self.at}"
        about = ["-P", self.path] if self.path else []
        return [*FOLLOWING, "/dev/null", *about, "-e", f"trace={self.kind}", "-e", inject]


class Mortal:
    """One of them, life after life. out, log: what all its lives wrote."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name, self._command, self._folder = name, list(command), folder
        self.out, self.log = folder / f"{name}.out", folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at = 0

    def start(self, before: Sequence[str] = ()) -> None:
        """before: the words of strace."""
        with self.out.open("ab") as out, self.log.open("ab") as log:
            self._began_at = out.tell()
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *before, *self._command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def has_spoken(self) -> bool:
        """Whether this life has written anything to its standard output."""
        return self.out.stat().st_size > self._began_at

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def dies(self, seconds: float) -> bool:
        """Wait for it to be killed; False where it lives on. Raises Unexpected where it ended otherwise."""
        assert self._process is not None
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        if status != -signal.SIGKILL:
            last = self.log.read_text(errors="replace").splitlines()[-25:]
            raise Unexpected("\n".join([f"{self.name} ended by itself (exit {status}); its log ends with:", *last]))
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def tell(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, seconds: float = 15.0) -> int:
        """SIGTERM, and SIGKILL where that is not heard in time; the exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def begin_survey(self) -> None:
        """Live under a strace that only counts, until `end_survey`."""
        self.start([*FOLLOWING, str(self._told), "-s", "0", "-e", f"trace={','.join(KINDS)}"])

    def end_survey(self) -> dict[str, int]:
        """Die; of each kind of call, how many the busiest thread made."""
        self.kill()
        return _busiest(self._told)

    @property
    def _told(self) -> Path:
        return self._folder / f"{self.name}.calls"


class Unexpected(Exception):
    """A process ended though nobody had killed it; the message holds the last lines of its log."""


def _busiest(told: Path) -> dict[str, int]:
    counted: Counter[tuple[str, str]] = Counter()
    for line in told.read_text(errors="replace").splitlines():
        thread, _, call = line.partition(" ")
        kind = call.strip().partition("(")[0]
        if kind in KINDS:
            counted[thread, kind] += 1
    most: dict[str, int] = {}
    for (_, kind), number in counted.items():
        most[kind] = max(most.get(kind, 0), number)
    return most


def spread(calls: dict[str, int], count: int) -> list[Point]:
    """So many points, evenly over the calls of each kind, and over the kinds as far as they have that many."""
    points: list[Point] = []
    for index, (kind, number) in enumerate(sorted(calls.items(), key=lambda each: each[1])):
        share = min(number, round((count - len(points)) / (len(calls) - index)))
        points += [Point(kind, 1 + (2 * each + 1) * number // (2 * share)) for each in range(share)]
    return points


def last_told(out: Path) -> int:
    """The last whole number on a file of numbers; 0 where there is none."""
    with out.open("rb") as lines:
        lines.seek(max(0, out.stat().st_size - 4096))
        numbers = [each for each in lines.read().split(b"\n")[:-1] if each.isdigit()]
    return int(numbers[-1]) if numbers else 0
