"""The campaign on power cuts: 100,000 of them, half of a journal and half of a registry, and a control arm.

Called by `make soak` and, in small, by the tests. Each arm is a process of its own, since station and hub never meet in
one. Rule: the control has the same seeds and does not sync its commits; where it loses nothing, nothing is proved.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile

from msgspec import json

from tests.durability.verdict import Verdict
from tests.rehearsal.progress import Progress

CUTS = 100_000
FEWEST = 100
# What one cut in so many of the control costs would add nothing to what it proves.
CONTROL_SHARE = 20
SEED = "20261122"
ARMS = ("tests.durability.journal_cuts", "tests.durability.registry_cuts")
ROOT = Path(__file__).parents[2]


class ArmFailed(Exception):
    """An arm of the campaign ended by itself; the message holds the last lines of what it said."""


def power_cuts(scale: float) -> dict[str, object]:
    """Cut the power; what was acknowledged and is not there afterwards, and what is there twice or not whole."""
    trials, began = max(FEWEST, round(CUTS * scale / 2)), time.monotonic()
    progress = Progress(sys.stderr)
    with ThreadPoolExecutor(len(ARMS)) as both:
        journal, registry = both.map(lambda arm: _run(arm, trials, "full", progress), ARMS)
        controls = list(both.map(lambda arm: _run(arm, max(FEWEST, trials // CONTROL_SHARE), "normal", progress), ARMS))
    whole = Verdict()
    for arm, each in zip(ARMS, (journal, registry), strict=True):
        whole.add(each)
        for complaint in each.complaints:
            # Up to the colon, what tries that cut alone.
            progress.say(f"python -m {arm} {trials} {SEED} full {complaint}")
    return {
        "trials": whole.trials, "lost": whole.lost, "doubled": whole.doubled, "corrupt": whole.corrupt,
        "of_a_journal": journal.trials, "of_a_registry": registry.trials, "places": whole.events,
        "control_trials": sum(each.trials for each in controls),
        "control_lost": sum(each.lost for each in controls),
        "control_cuts_that_lost": [each.cut_short for each in controls],
        "control_unharmed": sum(each.lost == 0 for each in controls),
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def _run(arm: str, trials: int, strength: str, progress: Progress) -> Verdict:
    """One arm to its end. Raises ArmFailed."""
    verdict = Verdict()
    command = [sys.executable, "-m", arm, str(trials), SEED, strength]
    # What it says beside its verdicts may be more than a pipe holds while nobody reads it.
    with TemporaryFile() as log, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log) as process:
        assert process.stdout is not None
        for line in process.stdout:
            verdict.add(json.decode(line, type=Verdict))
            progress.draw(f"{arm.rpartition('.')[2]}, {strength}: {verdict.trials} of {trials} cuts")
        process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace")
    if process.returncode:
        raise ArmFailed(f"{arm} {strength} ended with {process.returncode}:\n{said[-3000:]}")
    return verdict
