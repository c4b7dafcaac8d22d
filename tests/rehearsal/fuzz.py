"""The campaign `fuzz`: rubbish for every entry by the hundred thousand; no crash, and nothing that takes over 100 ms.

`campaigns` calls it for `make soak`. Each entry has a process of its own (`fuzzer`), so one that dies outright (of
memory, in a library's C) is a crash of that entry and of no other.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import json

from tests.rehearsal.entries import ENTRIES
from tests.rehearsal.progress import Progress

RUNS = 200_000
ROOT = Path(__file__).parents[2]
Told = dict[str, object]


def fuzz(scale: float, names: Sequence[str] = tuple(ENTRIES), engine: str = "") -> Told:
    """Figures of all entries together. engine: that of `fuzzer`; atheris where it is installed."""
    engine = engine or ("atheris" if find_spec("atheris") else "mutations")
    runs, progress, told = max(100, round(RUNS * scale)), Progress(sys.stderr), []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for each, errors in pool.map(lambda name: _run(name, runs, engine), names):
            told.append(each)
            if each["crashes"] or each["slow"]:
                progress.say(errors)
            progress.draw(f"{len(told)} of {len(names)} entries, the last: {each['entry']}")
    runs, crashes, slow = (sum(int(str(each[name])) for each in told) for name in ("runs", "crashes", "slow"))
    slowest = {str(each["entry"]): each["slowest_ms"] for each in told}
    return {
        "engine": engine, "entries": len(told), "runs": runs, "crashes": crashes, "slow": slow, "slowest_ms": slowest,
    }  # fmt: skip


def _run(name: str, runs: int, engine: str) -> tuple[Told, str]:
    """What the entry's process told, and what it complained of."""
    with TemporaryDirectory() as folder:
        kept = Path(folder, "kept")
        kept.mkdir()
        command = [sys.executable, "-m", "tests.rehearsal.fuzzer", name, str(runs), engine, str(kept)]
        # The process ends at once, and takes nothing away that it has made.
        surroundings = os.environ | {"TMPDIR": folder}
        done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        return json.decode(done.stdout.splitlines()[-1], type=Told), done.stderr[-4000:]
    told: Told = {"entry": name, "runs": 0, "crashes": 1, "slow": 0, "slowest_ms": 0.0}
    return told, f"{name} died ({done.returncode}): {done.stderr[-4000:]}"
