"""Who comes in smoke and soak, and what is right for each: written down by hand, visit by visit, as a literal.

Rule: nothing here asks the gate's own rule what it would say. A case names what is held up, how warm the forehead is
and which way it goes; beside it stands what the notice at the gate says of such a visit, and what the guard then does.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from tests.rehearsal.people import HealthCode, Resident, Standing
from tests.rehearsal.pictures import Kind
from tests.rehearsal.settings import CONTROLLED, SEALED

IN, OUT = Direction.IN, Direction.OUT
ADMIT, REFER, REFUSE = Outcome.ADMIT, Outcome.REFER, Outcome.REFUSE


@dataclass(frozen=True)
class Tap:
    """What the guard taps after the verdict."""

    outcome: Outcome
    ground: Ground


@dataclass(frozen=True)
class Case:
    """One sort of visit. share: of 1,000. who: a role of the cast; holds: which code of theirs.

    outcome: None where nothing can be read. celsius: None for nobody before the thermometer. tap: None dismisses.
    """

    name: str
    share: int
    who: str
    holds: str
    direction: Direction
    celsius: float | None
    outcome: Outcome | None
    reasons: tuple[Reason, ...] = ()
    tap: Tap | None = None
    kind: Kind = "ordinary"


@dataclass(frozen=True)
class Visit:
    """One visit of the run. number: from 0, in the order of the run."""

    number: int
    case: Case
    resident: Resident


_KNOWN = Tap(ADMIT, Ground.KNOWN_IN_PERSON)
_PAPERS = Tap(ADMIT, Ground.PAPERS_CHECKED)
_AGAIN = Tap(ADMIT, Ground.MEASURED_AGAIN)
_MEDICAL = Tap(ADMIT, Ground.MEDICAL)
_AGREED = Tap(ADMIT, Ground.OFFICE_AGREED)
_BACK = Tap(REFUSE, Ground.SENT_BACK)

CASES = (
    Case("goes home", 300, "free", "own", IN, 36.5, ADMIT),
    Case("goes out", 300, "free", "own", OUT, 36.3, ADMIT, kind="easy"),
    Case("was warm from walking", 20, "free", "own", IN, 37.2, ADMIT),
    Case("at the lower limit", 10, "free", "own", IN, 35.0, ADMIT),
    Case("is being watched", 15, "monitored", "own", OUT, 36.6, ADMIT),
    Case("goes home to a sealed building", 15, "sealed", "own", IN, 36.4, ADMIT),
    Case("goes home to a controlled building", 15, "controlled", "own", IN, 36.4, ADMIT),
    Case("has a fever", 25, "feverish", "own", IN, 38.1, REFUSE, (Reason.FEVER,)),
    Case("has a fever and is sick", 5, "feverish", "own", OUT, 39.0, REFUSE, (Reason.FEVER,), _MEDICAL),
    Case("is at the fever limit", 10, "feverish", "own", OUT, 37.3, REFUSE, (Reason.FEVER,), _AGREED),
    Case("came in from the cold", 15, "free", "own", IN, 33.8, REFER, (Reason.TEMPERATURE_TOO_LOW,), _AGAIN),
    Case("is not measured", 8, "free", "own", IN, None, REFER, (Reason.TEMPERATURE_MISSING,), _AGAIN),
    Case("leaves isolation", 20, "isolated", "own", OUT, 36.5, REFUSE, (Reason.ISOLATED,)),
    Case("comes home in isolation", 10, "isolated", "own", IN, 36.5, REFUSE, (Reason.ISOLATED,)),
    Case(
        "leaves isolation red and with a fever", 8, "isolated feverish", "own", OUT, 38.4, REFUSE,
        (Reason.ISOLATED, Reason.HEALTH_RED, Reason.FEVER),
    ),
    Case("has a yellow code", 15, "yellow", "own", OUT, 36.6, REFER, (Reason.HEALTH_YELLOW,), _BACK),
    Case("comes home with a yellow code", 10, "yellow", "own", IN, 36.6, REFER, (Reason.HEALTH_YELLOW,), _AGREED),
    Case("has a red code", 12, "red", "own", OUT, 36.6, REFUSE, (Reason.HEALTH_RED,)),
    Case(
        "leaves a controlled building", 15, "controlled", "own", OUT, 36.5, REFER,
        (Reason.BUILDING_CONTROLLED,), _PAPERS,
    ),
    Case(
        "leaves a controlled building, too cold to be true", 5, "controlled", "own", OUT, 33.8, REFER,
        (Reason.BUILDING_CONTROLLED, Reason.TEMPERATURE_TOO_LOW),
    ),
    Case("leaves a sealed building", 20, "sealed", "own", OUT, 36.5, REFUSE, (Reason.BUILDING_SEALED,)),
    Case("shows an expired pass", 15, "free", "expired", IN, 36.5, REFUSE, (Reason.EXPIRED,), _KNOWN),
    Case("shows a pass of tomorrow", 8, "free", "not yet valid", IN, 36.5, REFUSE, (Reason.NOT_YET_VALID,)),
    Case("shows a revoked pass", 15, "revoked", "own", OUT, 36.5, REFUSE, (Reason.REVOKED,)),
    Case("shows a payment code", 15, "free", "foreign", IN, 36.5, REFER, (Reason.NOT_OURS,), _KNOWN),
    Case("shows a payment code with a fever", 4, "free", "foreign", IN, 38.0, REFUSE, (Reason.NOT_OURS, Reason.FEVER)),
    Case("shows a torn pass", 15, "free", "torn", IN, 36.5, REFER, (Reason.CODE_DAMAGED,), _PAPERS),
    Case("shows a forged pass", 10, "free", "forged", IN, 36.5, REFUSE, (Reason.FORGED,)),
    Case("shows a stranger's pass", 10, "free", "stranger's", IN, 36.5, REFER, (Reason.KEY_UNKNOWN,), _BACK),
    Case("shows another compound's pass", 10, "free", "other compound's", IN, 36.5, REFUSE, (Reason.OTHER_COMMUNITY,)),
    Case("shows the pass of nobody here", 8, "free", "nobody's", OUT, 36.5, REFER, (Reason.NOT_ON_ROSTER,)),
    # Before whom the gate has not read, nobody holds the thermometer: a forehead counts for the code that follows it.
    Case("holds it up hopelessly", 25, "free", "own", IN, None, None, kind="hopeless"),
    Case("holds up nothing", 12, "free", "nothing", IN, None, None),
)  # fmt: skip

_EACH = 6  # people of each role that the compound would not have by itself
# Whoever had a fever is the guard's for two hours, so each of them comes once: so many of 100 are kept for it.
_ONCE = {"feverish": 25, "isolated feverish": 5}


class Cast:
    """Who plays which role. people: the compound with what the roles need; it is this one that the office imports."""

    def __init__(self, people: Sequence[Resident]) -> None:
        self.people = list(people)
        ordinary = [at for at, one in enumerate(people) if _free(one)]
        of_open_buildings = [at for at in ordinary if people[at].building not in (CONTROLLED, SEALED)]
        feverish, isolated = (
            [of_open_buildings.pop() for _ in range(len(ordinary) * _ONCE[each] // 100)] for each in _ONCE
        )
        taken = iter(of_open_buildings)
        self._roles: dict[str, list[int]] = {
            "feverish": feverish,
            "isolated feverish": self._marked(isolated, standing=Standing.ISOLATED, health_code=HealthCode.RED),
            "isolated": self._staged(taken, standing=Standing.ISOLATED),
            "monitored": self._staged(taken, standing=Standing.MONITORED),
            "yellow": self._staged(taken, health_code=HealthCode.YELLOW),
            "red": self._staged(taken, health_code=HealthCode.RED),
            "revoked": self._staged(taken),
            "controlled": [at for at in ordinary if people[at].building == CONTROLLED],
            "sealed": [at for at in ordinary if people[at].building == SEALED],
            "free": list(taken),
        }

    def of(self, role: str) -> list[Resident]:
        return [self.people[at] for at in self._roles[role]]

    def _staged(self, taken: Iterator[int], **marks: object) -> list[int]:
        return self._marked([next(taken) for _ in range(_EACH)], **marks)

    def _marked(self, chosen: list[int], **marks: object) -> list[int]:
        for at in chosen:
            self.people[at] = replace(self.people[at], **marks)  # type: ignore[arg-type]
        return chosen


def visits(count: int, cast: Cast, rng: random.Random) -> list[Visit]:
    """`count` visits in a drawn order: each case by its share, and at least once where there is room for all.

    Raises ValueError where the compound has too few people for so many fevers.
    """
    at_least_once = list(CASES) if count >= len(CASES) else []
    shares = [case.share for case in CASES]
    chosen = at_least_once + rng.choices(CASES, weights=shares, k=count - len(at_least_once))
    rng.shuffle(chosen)
    once = {role: iter(rng.sample(cast.of(role), len(cast.of(role)))) for role in _ONCE}
    try:
        drawn = [next(once[case.who]) if case.who in once else rng.choice(cast.of(case.who)) for case in chosen]
    except StopIteration:
        raise ValueError(f"{count} visits have more fevers than this compound has people for: ask for fewer") from None
    return [Visit(number, case, resident) for number, (case, resident) in enumerate(zip(chosen, drawn, strict=True))]


def _free(one: Resident) -> bool:
    return one.standing is Standing.NORMAL and one.health_code is HealthCode.GREEN
