"""What is said aloud of what a lane is in the middle of: the verdict, and what a visit waits for.

The loop has it look at the lane after every signal and tick. Rules: a verdict is said at once and once; what somebody
should do is said only when he does not do it by himself, and then not like a parrot.
"""

from station.lane import awaiting
from station.prompts import AWAITED, HINTED, Prompt, verdict_prompts
from station.snapshot import Snapshot
from station.view import Hint
from station.visit import Decided, Gathering, Lane, Retesting, Showing
from station.voice import Speaking

PATIENCE_SECONDS = 2.0
REPEAT_SECONDS = 8.0
MASK_EVERY_SECONDS = 180.0


class Prompter:
    """training: whatever is to be said, it is that this is no real one."""

    def __init__(self, voice: Speaking, *, training: bool = False) -> None:
        self._voice = voice
        self._training = training
        self._told: tuple[Decided, object] | None = None
        self._wanted: Prompt | None = None
        self._wanted_since = 0.0
        self._masks_at = float("-inf")

    def look(self, lane: Lane, held: Snapshot, hint: Hint | None, seconds: float) -> None:
        """hint: what would help a code that is in view to be read. seconds: monotonic."""
        if isinstance(lane.phase, Showing):
            self._wanted = None
            self._tell(lane.phase.decided)
            return
        if isinstance(lane.phase, Gathering) and seconds - self._masks_at >= MASK_EVERY_SECONDS:
            self._masks_at = seconds
            self._say(Prompt.MASK)
        self._urge(self._lacking(lane, held, hint), seconds)

    def _tell(self, decided: Decided) -> None:
        """Anew once the guard has said otherwise."""
        told = (decided, decided.holds)
        if self._told is not None and _same(self._told[0], decided) and self._told[1] is decided.holds:
            return
        self._told = told
        prompts = verdict_prompts(decided.holds, decided.reasons, decided.evidence.direction)
        for prompt in prompts[:1] if self._training else prompts:
            self._say(prompt)

    def _lacking(self, lane: Lane, held: Snapshot, hint: Hint | None) -> Prompt | None:
        if isinstance(lane.phase, Retesting):
            return Prompt.MEASURE
        if isinstance(lane.phase, Gathering):
            lacking = awaiting(lane, held.rules)
            return next((AWAITED[what] for what in lacking if what in AWAITED), None)
        return HINTED[hint] if hint is not None else None

    def _urge(self, wanted: Prompt | None, seconds: float) -> None:
        if wanted is not self._wanted:
            self._wanted, self._wanted_since = wanted, seconds
        elif wanted is not None and seconds - self._wanted_since >= PATIENCE_SECONDS:
            self._wanted_since = seconds + REPEAT_SECONDS - PATIENCE_SECONDS
            self._say(wanted)

    def _say(self, prompt: Prompt) -> None:
        self._voice.say(Prompt.TRAINING if self._training else prompt)


def _same(one: Decided, other: Decided) -> bool:
    """Whether both are the same passage; one that could not be recorded has no number."""
    return (one.sequence, one.at) == (other.sequence, other.at)
