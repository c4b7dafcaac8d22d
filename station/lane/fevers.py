"""A fever that nothing has answered: for two hours whoever had it and shows his pass again is the guard's.

A forehead cools in the wind, or under a wet cloth, while its owner walks once round the house. `verdict` notes the
fever as soon as the gate speaks of it, `settling` forgets it when the guard lets him through, and nothing else does;
whoever was sent back, or never came back from his rest, has it still. Rule: known by pseudonym alone, and bounded.
"""

from dataclasses import replace

from gate.policy import Rules
from station.objections import fever_measured
from station.visit import Decided, Lane, Now

FEVER_SECONDS = 2 * 3600.0
MOST_FEVERISH = 64
"""More than these in two hours is a broken thermometer."""


def with_fever(lane: Lane, decided: Decided, rules: Rules | None, now: Now) -> Lane:
    """The lane, which remembers whose fever that was; of a passage without one, or of nobody known, as it was."""
    person = decided.evidence.person
    if person is None or not fever_measured(decided, rules):
        return lane
    others = tuple((who, until) for who, until in lane.feverish if who != person and now.seconds < until)
    return replace(lane, feverish=(*others, (person, now.seconds + FEVER_SECONDS))[-MOST_FEVERISH:])


def without_fever(lane: Lane, person: str | None) -> Lane:
    """The guard has answered it."""
    return replace(lane, feverish=tuple(each for each in lane.feverish if each[0] != person))
