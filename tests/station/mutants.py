"""`make soak ONLY=mutants`: each condition that keeps a lane safe is taken out of it, and a test has to notice.

One mutant a condition: a file of the station, its line, and that line without the condition. First the lane's own tests
are run on it, and where none of them minds, the day that hypothesis plays before its witness (`test_lane_anything`).
Rules: the lane as it is passes both (the control), and a line that is no longer found is a mistake of this list.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rehearsal.progress import Progress
from tests.station.mutant_lines import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
ANYTHING = ("tests/station/test_lane_anything.py",)
# The quick ones first.
LANES_OWN = (
    "tests/station/test_lane.py",
    "tests/station/test_lane_arrivals.py",
    "tests/station/test_lane_guard.py",
    "tests/station/test_lane_retest.py",
    "tests/station/test_lane_fevers.py",
    "tests/station/test_lane_questions.py",
    "tests/station/test_lane_health_codes.py",
    "tests/station/test_office_rules.py",
    "tests/station/test_remembered.py",
    "tests/station/test_foreign_certificate.py",
    "tests/station/test_duty.py",
    "tests/station/test_loop_arrivals.py",
)
_SEED = 4
# Whether a mutant is found, not by which smallest day.
_PLUGIN = """
from hypothesis import Phase, settings
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
settings.load_profile("mutants")
"""


@dataclass
class Hunt:
    """What became of the mutants, by name."""

    by_tests: list[str]
    by_witness: list[str]
    survived: list[str]


def mutants(scale: float) -> dict[str, object]:
    """Part of them at a smaller scale, by lot; the figures tell who was found by what."""
    progress = Progress(sys.stderr)
    chosen = list(MUTANTS)
    random.Random(_SEED).shuffle(chosen)
    chosen = chosen[: max(1, round(len(chosen) * min(1.0, scale)))]
    with _copy() as folder:
        unharmed = _passes(folder, (*LANES_OWN, *ANYTHING))
        hunt = _hunt(folder, chosen, progress)
    for name in hunt.survived:
        progress.say(f"survived: {name}")
    return {
        "mutants": len(chosen),
        "by_tests": len(hunt.by_tests),
        "by_witness": len(hunt.by_witness),
        "only_by_witness": hunt.by_witness,
        "wrong": len(hunt.survived),
        "survived": hunt.survived,
        "not_ended": int(not unharmed),
    }


def mutated(folder: Path, mutant: Mutant) -> str:
    """The file's text with the condition taken out. Raises LookupError where the line is not there once."""
    text = (folder / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.line) != 1:
        raise LookupError(f"{mutant.name}: {mutant.file} has this {text.count(mutant.line)} times: {mutant.line!r}")
    return text.replace(mutant.line, mutant.without)


def _hunt(folder: Path, chosen: list[Mutant], progress: Progress) -> Hunt:
    hunt = Hunt([], [], [])
    for number, mutant in enumerate(chosen, start=1):
        progress.draw(f"mutant {number} of {len(chosen)}: {mutant.name}; {len(hunt.survived)} survived")
        path = folder / mutant.file
        before, harmed = path.read_text(encoding="utf-8"), mutated(folder, mutant)
        path.write_text(harmed, encoding="utf-8")
        if not _passes(folder, LANES_OWN):
            hunt.by_tests.append(mutant.name)
        elif not _passes(folder, ANYTHING):
            hunt.by_witness.append(mutant.name)
        else:
            hunt.survived.append(mutant.name)
        path.write_text(before, encoding="utf-8")
    return hunt


def _passes(folder: Path, files: tuple[str, ...]) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "mutants_profile", *files]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def _copy() -> Iterator[Path]:
    """The packages and their tests, in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="mutants") as name:
        folder = Path(name)
        for part in ("gate", "station", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "mutants_profile.py").write_text(_PLUGIN, encoding="utf-8")
        yield folder
