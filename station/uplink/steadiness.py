"""Whether connections to the broker last: `telling` asks, so that a link that breaks again and again is an alarm.

Two machines with one identity push each other off the broker by turns, and Mosquitto 2.0 does not tell them why.
Pure: time is monotonic seconds, handed in.
"""

SHORT_SECONDS = 30.0
"""A connection that ends sooner is a short one."""

MOST_SHORT = 3
"""So many short ones in a row are no accident."""


class Steadiness:
    """Counts the short connections in a row."""

    def __init__(self) -> None:
        self._short_ones = 0
        self._since: float | None = None

    @property
    def shaky(self) -> bool:
        return self._short_ones >= MOST_SHORT

    def begins(self, now: float) -> None:
        self._since = now

    def ends(self, now: float) -> None:
        """The connection is lost; says nothing about attempts that never became one."""
        if self._since is not None:
            self._short_ones = self._short_ones + 1 if now - self._since < SHORT_SECONDS else 0
            self._since = None

    def settles(self, now: float) -> bool:
        """Whether a shaky link has just proved to last again."""
        if not self.shaky or self._since is None or now - self._since < SHORT_SECONDS:
            return False
        self._short_ones = 0
        return True
