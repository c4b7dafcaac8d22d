"""`make soak ONLY=faults`: all 28 cases of the fault matrix at one gate; SCALE takes that share of the 21 pairs.

Called by `campaigns`. Rule: a promise that was not kept is `wrong`, and said in words on standard error.
"""

import random
import sys

from tests.faults.broken_gate import BrokenGate
from tests.faults.walk import SEED, Walk, Walked, all_pairs, cast, residents
from tests.rehearsal.progress import Progress

PAIRS = 21


def faults(scale: float) -> dict[str, object]:
    """The walk over all pairs, or over the first of them."""
    progress, rng = Progress(sys.stderr), random.Random(SEED)
    way = all_pairs(rng)[: 1 + max(1, min(PAIRS, round(PAIRS * scale)))]
    with BrokenGate(cast().people, rng) as gate:
        walked = Walk(gate, residents(), progress.draw).go(way)
    for complaint in walked.wrong:
        progress.say(complaint)
    return told(walked)


def told(walked: Walked) -> dict[str, object]:
    return {
        "cases": walked.cases, "singles": len(walked.singles), "pairs": len(walked.pairs), "came": len(walked.come),
        "admitted": sum(each.promise.lights_green for each in walked.come),
        "by_the_guard": sum(each.admitted for each in walked.come),
        "journaled": walked.journaled, "registered": walked.registered, "wrong": len(walked.wrong),
    }  # fmt: skip
