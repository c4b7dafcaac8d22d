"""How fast a clerk's word on one resident is in force at every gate, and how fast a fresh gate knows everybody.

`make bench ONLY=roster_push`: 13,000 people, 8 gates. The work is done by `roster_clerk`, a process of its own, since
the hub's code and a station's may not meet in one.
"""

import subprocess
import sys
from pathlib import Path

from msgspec import json

# What a client without any of ours publishes and hears, to compare with.
BARE, BARE_LAST = "bare/#", "bare/manifest"
PEOPLE, GATES, CHANGES = 13_000, 8, 100

Figures = dict[str, object]


def roster_push(scale: float) -> Figures:
    """Everything at its full size but the number of changes, of which there are `scale` times a hundred."""
    changes = max(4, round(CHANGES * scale))
    return pushed(PEOPLE, GATES, changes)


def pushed(people: int, gates: int, changes: int) -> Figures:
    command = [sys.executable, "-m", "tests.durability.roster_clerk", *map(str, (people, gates, changes, changes))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[2])
    return json.decode(done.stdout, type=Figures)
