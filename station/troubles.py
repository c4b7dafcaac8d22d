"""What is wrong at this gate, for screen and hub: faults of parts, doubts about parts, and words that stand a moment.

The loop's thread alone writes here. `changed` says that the screen must be drawn anew, `alarm` that a part has failed
which was in order; whoever draws the one and sounds the other sets it back.
"""

from gate.wording import Words
from station.view import Told

WORDS_STAND_SECONDS = 6.0


class Troubles:
    """faults: a sentence by part ("camera"). warnings: what is to be doubted, or was just done, by part."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.warnings: dict[str, Told] = {}
        self.changed = False
        self.alarm = False
        self._stand_until: dict[str, float] = {}

    def note(self, part: str, sentence: str) -> None:
        """A part's fault; an empty sentence ends it."""
        if sentence == self.faults.get(part, ""):
            return
        self.alarm = self.alarm or bool(sentence and part not in self.faults)
        self.faults = {name: told for name, told in self.faults.items() if name != part}
        if sentence:
            self.faults[part] = sentence
        self.changed = True

    def warn(self, part: str, words: Words | None) -> None:
        """A doubt about a part; None ends it."""
        told = Told(words.zh, words.en) if words else None
        if told == self.warnings.get(part):
            return
        self.warnings = {name: each for name, each in self.warnings.items() if name != part}
        if told is not None:
            self.warnings[part] = told
        self.changed = True

    def say(self, part: str, words: Words, seconds: float) -> None:
        """Something for the guard to read now, and not for long. seconds: monotonic."""
        self.warn(part, words)
        self._stand_until[part] = seconds + WORDS_STAND_SECONDS

    def clear_in_time(self, seconds: float) -> None:
        for part in [part for part, until in self._stand_until.items() if seconds >= until]:
            del self._stand_until[part]
            self.warn(part, None)
