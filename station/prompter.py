"""What is said aloud beside what the lane says by itself: how to hold a code, what is still missing, masks.

The loop has it look at the lane with every tick. Rules: nobody is told what he does by himself a moment later, and what
is said again is not said like a parrot.
"""

from gate.temperature import Site
from station.lane import awaiting
from station.prompts import AWAITED, HINTED, Prompt
from station.snapshot import Snapshot
from station.view import Hint
from station.visit import Gathering, Lane, Ready, Retesting, Showing
from station.voice import Speaking

HINT_SECONDS = 1.5
AGAIN_SECONDS = 8.0
MASK_EVERY_SECONDS = 180.0

_LACKING = frozenset(AWAITED.values())
_SITES = {Site.FOREHEAD: Prompt.MEASURE, Site.WRIST: Prompt.MEASURE_WRIST}


class Prompter:
    """Owned by the loop's thread."""

    def __init__(self, voice: Speaking) -> None:
        self._voice = voice
        self._wanted: Prompt | None = None
        self._due_at = 0.0
        self._masks_at = float("-inf")
        self._showed = False

    def look(self, lane: Lane, held: Snapshot, hint: Hint | None, guidance: Hint | None, seconds: float) -> None:
        """hint: what would help a code in view to be read; guidance: somebody to be measured. seconds: monotonic."""
        self._remind(lane, hint is not None or guidance is not None, seconds)
        wanted = _wanted(lane, held, hint, guidance)
        if wanted is not self._wanted:
            # What a visit lacks the lane has said once already.
            self._wanted = wanted
            self._due_at = seconds + (AGAIN_SECONDS if wanted in _LACKING else HINT_SECONDS)
        elif wanted is not None and seconds >= self._due_at:
            self._due_at = seconds + AGAIN_SECONDS
            self._voice.say(wanted)

    def _remind(self, lane: Lane, sensed: bool, seconds: float) -> None:
        """Of the mask, before the scan where it can be: when the last one has gone, or somebody comes into view."""
        steps_up = isinstance(lane.phase, Ready) and (sensed or self._showed)
        self._showed = isinstance(lane.phase, Showing)
        if (steps_up or isinstance(lane.phase, Gathering)) and seconds - self._masks_at >= MASK_EVERY_SECONDS:
            self._masks_at = seconds
            self._voice.say(Prompt.MASK)


def _wanted(lane: Lane, held: Snapshot, hint: Hint | None, guidance: Hint | None) -> Prompt | None:
    match lane.phase:
        case Retesting(sites=(site, *_)):
            return HINTED[guidance] if guidance is not None else _SITES[site]
        case Gathering():
            lacking = awaiting(lane, held.rules)
            if guidance is not None and "temperature" in lacking:
                return HINTED[guidance]
            return next((AWAITED[what] for what in lacking if what in AWAITED), None)
        case Ready():
            return HINTED[hint] if hint is not None else None
        case _:
            return None
