"""The demo's guard: looks at the screen, thinks for some seconds, and taps as a guard would.

Rule: he taps only where nobody else has, on a ground that fits what the screen says, and lets nobody through whom the
office does not leave to him.
"""

import random

from gate.passage import Ground
from gate.reason import Outcome, Reason
from tests.rehearsal.gates import SeenVerdict

ADMIT, REFUSE = Outcome.ADMIT, Outcome.REFUSE
Word = tuple[Outcome, Ground]

_NO_PAPERS = (Reason.NO_CODE, Reason.NOT_OURS, Reason.CODE_DAMAGED, Reason.EXPIRED, Reason.NOT_ON_ROSTER)
_MEASURE = (Reason.TEMPERATURE_TOO_LOW, Reason.TEMPERATURE_MISSING, Reason.TEMPERATURE_DOUBTFUL, Reason.FEVER)
# How often out of ten he lets somebody through on which ground; otherwise they are sent back.
_WORDS: dict[Reason, tuple[tuple[int, Ground], ...]] = {
    **dict.fromkeys(_NO_PAPERS, ((4, Ground.PAPERS_CHECKED), (3, Ground.KNOWN_IN_PERSON))),
    **dict.fromkeys(_MEASURE, ((8, Ground.MEASURED_AGAIN),)),
    Reason.FEVER: ((3, Ground.OFFICE_AGREED), (1, Ground.MEDICAL)),
    Reason.BUILDING_CONTROLLED: ((4, Ground.OFFICE_AGREED), (2, Ground.MEDICAL)),
    Reason.BUILDING_SEALED: ((1, Ground.MEDICAL),),
    Reason.HEALTH_YELLOW: ((2, Ground.OFFICE_AGREED),),
    Reason.QUOTA_USED: ((2, Ground.OFFICE_AGREED), (1, Ground.MEDICAL)),
    Reason.OUT_OF_HOURS: ((5, Ground.KNOWN_IN_PERSON),),
    Reason.PRESENCE_UNKNOWN: ((9, Ground.KNOWN_IN_PERSON),),
    Reason.SECOND_READING_MISSING: ((8, Ground.MEASURED_AGAIN),),
}


def thinks_seconds(rng: random.Random) -> float:
    return rng.uniform(2.5, 5.0)


def word_on(verdict: SeenVerdict, rng: random.Random) -> Word | None:
    """What he settles; None where he only clears the screen."""
    gravest = next(iter(verdict.reasons), None)
    if gravest is None:
        return None
    drawn = rng.randrange(10)
    if verdict.overrulable:
        for often, ground in _WORDS.get(gravest, ()):
            drawn -= often
            if drawn < 0:
                return ADMIT, ground
    return (REFUSE, Ground.SENT_BACK) if verdict.outcome is Outcome.REFER else None
