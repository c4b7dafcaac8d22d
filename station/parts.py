"""The parts of one message, gathered into the one code that they make.

A health card counts its parts in its text, a sequence of QR codes ("structured append") counts them in the symbols. The
loop asks `Gathered` before it reads what a look has seen; `stills` asks `whole` for the codes of one picture.
Rule: a part alone is not worth a visit until its bearer had time to show the others; whole, the message is one code for
as long as any part of it stays in view. Bytes are joined, not texts: a character may be cut in two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from gate.credential import CodeReading
from gate.formats.chain import Step
from gate.formats.smart_health_card import part_of
from gate.reason import Reason
from station.codes import SeenCode
from station.qr.append import Part

# To find the next picture on a phone takes an elderly bearer some seconds; then the gate says what is missing.
PATIENCE_SECONDS = 8.0
# After that long without any part, a part is another bearer's.
FORGOTTEN_SECONDS = 20.0

Message = tuple[int, int | None]
"""What tells one message from another: how many parts, and the parity of a sequence; None for a card."""


def whole(codes: Iterable[SeenCode]) -> list[SeenCode]:
    """The codes of one picture: each sequence that is whole as one code, any other part as it is, none twice."""
    read: list[SeenCode] = []
    sequences: dict[Message, dict[tuple[int, bytes], SeenCode]] = {}
    for code in codes:
        if code.part is None:
            read.append(code)
        else:
            message = (code.part.total, code.part.parity)
            sequences.setdefault(message, {}).setdefault((code.part.number, code.data), code)
    for (total, _), found in sequences.items():
        places = {number: code for (number, _), code in found.items()}
        read += [_sequence(places)] if len(places) == len(found) == total else found.values()
    return read


def missing(part: Part) -> CodeReading:
    """What is to be said of a sequence that its bearer has not shown whole."""
    return CodeReading(None, (Step("parts", False, Reason.PARTS_MISSING, f"not all of {part.total} codes were shown"),))


class Gathered:
    """What was seen of each message so far."""

    def __init__(self) -> None:
        self._seen: dict[Message, _Seen] = {}

    def take(self, codes: Sequence[SeenCode], seconds: float) -> list[SeenCode]:
        """Codes as a look saw them -> as they are to be read. seconds: monotonic, of the look.

        A sequence whose bearer lets the gate wait is told by the first part of it that was seen: `part` is set there.
        """
        self._seen = {name: seen for name, seen in self._seen.items() if seconds - seen.last <= FORGOTTEN_SECONDS}
        read: list[SeenCode] = []
        looks: dict[Message, dict[int, SeenCode]] = {}
        for code in codes:
            place = _place(code)
            if place is None:
                read.append(code)
            else:
                looks.setdefault(place[0], {})[place[1]] = code
        for message, parts in looks.items():
            seen = self._seen.setdefault(message, _Seen(message, seconds))
            seen.add(parts, seconds)
            if seen.whole or seconds - seen.since >= PATIENCE_SECONDS:
                read.append(seen.code(next(iter(parts.values()))))
        return read


@dataclass(slots=True)
class _Seen:
    """One message. since, last: monotonic seconds; whole: every part was seen, and they belong together."""

    message: Message
    since: float
    last: float = 0.0
    whole: bool = False
    parts: dict[int, SeenCode] = field(default_factory=dict)

    def add(self, look: dict[int, SeenCode], seconds: float) -> None:
        self.last = seconds
        if any(self.parts.get(number, code).data != code.data for number, code in look.items()):
            self.parts, self.since, self.whole = {}, seconds, False
        self.parts.update(look)
        total = self.message[0]
        if not self.whole and len(self.parts) == total:
            # Some makers reckon the parity otherwise; what lies side by side in one look belongs together all the same.
            self.whole = len(look) == total or self._fits()
            if not self.whole:
                self.parts, self.since = dict(look), seconds

    def code(self, shown: SeenCode) -> SeenCode:
        """All of it that was seen, where one of its parts is in view."""
        if self.message[1] is None:
            texts = (self.parts[number].data for number in sorted(self.parts))
            return SeenCode(b"\n".join(texts), shown.symbology, shown.corners)
        first = _sequence(self.parts) if self.whole else next(iter(self.parts.values()))
        return SeenCode(first.data, shown.symbology, shown.corners, first.guess, first.part)

    def _fits(self) -> bool:
        parity = self.message[1]
        return parity is None or reduce(xor, b"".join(code.data for code in self.parts.values()), 0) == parity


def _place(code: SeenCode) -> tuple[Message, int] | None:
    """Of which message a code is which part; None for a code by itself."""
    if code.part is not None:
        return (code.part.total, code.part.parity), code.part.number
    card = part_of(code.data)
    return ((card[1], None), card[0]) if card else None


def _sequence(parts: dict[int, SeenCode]) -> SeenCode:
    ordered = [parts[number] for number in sorted(parts)]
    data, guess = b"".join(code.data for code in ordered), "".join(code.guess for code in ordered)
    return SeenCode(data, ordered[0].symbology, ordered[0].corners, guess)
