"""One process of the campaign `fuzz`: rubbish for one entry, until so many runs are over.

`python -m tests.rehearsal.fuzzer ENTRY RUNS ENGINE FOLDER` prints one line of JSON. ENGINE is "atheris", which is led
by what the product's code does (`pip install -e .[fuzz]`), or "mutations", which changes genuine things blindly. Rule:
what was given and went wrong is told as base64 on stderr, so it can become a test.
"""

import os
import sys
import traceback
from base64 import b64encode
from pathlib import Path
from random import Random
from time import process_time

from msgspec import json

MOST_SECONDS = 0.1
# A longer input costs more by its length alone: a station's message may have a thousand records.
MOST_BYTES = 8192
MOST_TOLD = 3


class Fuzzer:
    """Holds an entry to its word, run by run; ends the process after the last."""

    def __init__(self, name: str, runs: int, engine: str) -> None:
        from tests.rehearsal.entries import ENTRIES

        self.entry = ENTRIES[name]
        self.name, self.runs, self.engine = name, runs, engine
        self.done = self.crashes = self.slow = 0
        self.slowest = 0.0
        # What is loaded or made once is no cost of a run.
        for seed in self.entry.seeds:
            self.entry.hold(self.entry.wrap(seed))

    def take(self, given: bytes) -> None:
        data = self.entry.wrap(given)
        try:
            seconds = self._timed(data)
        except Exception:
            self.crashes += 1
            self._tell(given, traceback.format_exc())
        else:
            if seconds > MOST_SECONDS:
                # The machine may have been busy with something else of this process, such as its memory.
                seconds = min(seconds, *(self._timed(data) for _ in range(3)))
            self.slowest = max(self.slowest, seconds)
            if seconds > MOST_SECONDS:
                self.slow += 1
                self._tell(given, f"{seconds * 1000:.0f} ms")
        self.done += 1
        if self.done >= self.runs:
            self._end()

    def _timed(self, data: bytes) -> float:
        began = process_time()
        self.entry.hold(data)
        return process_time() - began

    def _tell(self, given: bytes, what: str) -> None:
        if self.crashes + self.slow <= MOST_TOLD:
            print(f"{self.name}: {what}\ngiven: {b64encode(given).decode()}", file=sys.stderr, flush=True)

    def _end(self) -> None:
        """At once: libFuzzer has no other way to stop between two runs."""
        told = {
            "entry": self.name, "engine": self.engine, "runs": self.done, "crashes": self.crashes, "slow": self.slow,
            "slowest_ms": round(self.slowest * 1000, 1),
        }  # fmt: skip
        print(json.encode(told).decode(), flush=True)
        os._exit(0)


def with_atheris(name: str, runs: int, folder: str) -> None:
    """folder: where libFuzzer keeps what it found worth keeping; empty at first."""
    import atheris

    with atheris.instrument_imports(include=["gate", "hub", "station"]):
        fuzzer = Fuzzer(name, runs, "atheris")
    for number, seed in enumerate(fuzzer.entry.seeds):
        (Path(folder) / str(number)).write_bytes(seed)
    words = [
        f"-max_len={MOST_BYTES}",
        "-timeout=10",
        "-rss_limit_mb=1500",
        "-verbosity=0",
        f"-artifact_prefix={folder}/",
    ]
    atheris.Setup([sys.argv[0], *words, folder], fuzzer.take)
    atheris.Fuzz()


def with_mutations(name: str, runs: int, _folder: str) -> None:
    fuzzer, rng = Fuzzer(name, runs, "mutations"), Random(name)
    while True:
        fuzzer.take(mutated(rng.choice(fuzzer.entry.seeds), rng))


def mutated(seed: bytes, rng: Random) -> bytes:
    """The same with a few bits turned, pieces left out, repeated or replaced."""
    data = bytearray(seed)
    for _ in range(rng.randrange(1, 6)):
        at, length = rng.randrange(len(data) + 1), min(rng.randrange(1, 40), len(data))
        match rng.randrange(5):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * rng.randrange(1, 20)
            case 3:
                data[at : at + length] = rng.randbytes(length)
            case _:
                data[at:at] = rng.choice((b"[", b"{", b"\x81", b"\xd8\x1c", b"9", b"\x00", b'"', b"a.")) * length
    return bytes(data[:MOST_BYTES])


if __name__ == "__main__":
    entry, count, engine, kept_in = sys.argv[1:]
    {"atheris": with_atheris, "mutations": with_mutations}[engine](entry, int(count), kept_in)
