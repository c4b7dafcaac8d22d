"""The parts of a card that are shown one after the other, gathered into the one code that they make.

The loop asks `Gathered` before it reads what a look has seen. Rule: a part alone is not worth a visit until its bearer
had time to show the others; whole, the card is one code for as long as any part of it stays in view.
"""

from collections.abc import Sequence

from gate.formats.smart_health_card import joined, part_of
from station.codes import SeenCode

# To find the next picture on a phone takes an elderly bearer some seconds; then the gate says what is missing.
PATIENCE_SECONDS = 8.0
# After that long without any part, a part is another bearer's.
FORGOTTEN_SECONDS = 20.0


class Gathered:
    """What was seen of one card so far."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}
        self._total = 0
        self._since = self._last_seen = 0.0

    def take(self, codes: Sequence[SeenCode], seconds: float) -> list[SeenCode]:
        """Codes as a look saw them -> as they are to be read. seconds: monotonic, of the look."""
        parts = [code for code in codes if part_of(code.data)]
        if not parts:
            return list(codes)
        for part in parts:
            self._add(part.data, seconds)
        others = [code for code in codes if code not in parts]
        if len(self._parts) < self._total and seconds - self._since < PATIENCE_SECONDS:
            return others
        [card] = joined(self._parts[number] for number in sorted(self._parts))
        return [*others, SeenCode(card, parts[0].symbology, parts[0].corners)]

    def _add(self, part: bytes, seconds: float) -> None:
        number, total = part_of(part) or (0, 0)
        another = total != self._total or self._parts.get(number, part) != part
        if another or seconds - self._last_seen > FORGOTTEN_SECONDS:
            self._parts, self._total, self._since = {}, total, seconds
        self._parts[number] = part
        self._last_seen = seconds
