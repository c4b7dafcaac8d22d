"""A guard looks for a resident: by door, by pinyin initials, or by the end of the telephone number.

The kiosk asks through the loop. Rule: what comes back is masked, short, and never the whole roster.
"""

import re
from collections.abc import Iterable

from gate.roster import Resident
from station.view import Found

MOST_FOUND = 20
LEAST_SIGNS = 2


def find(residents: Iterable[Resident], query: str) -> tuple[Found, ...]:
    """query: "WM", "0412", "3-502" or "3-1-502"; fewer than two signs find nobody. By door, 20 at most."""
    words = [word.lstrip("0") or word for word in re.findall(r"[0-9A-Z]+", query.upper()[:32])]
    if sum(map(len, words)) < LEAST_SIGNS:
        return ()
    tail = re.sub(r"\D", "", query)
    found = [each for each in residents if _answers(each, words, tail)]
    found.sort(key=lambda each: tuple((len(part), part) for part in (each.building, each.unit, each.room)))
    return tuple(
        Found(each.person, each.masked_name, each.building, each.unit, each.room) for each in found[:MOST_FOUND]
    )


def _answers(resident: Resident, words: list[str], tail: str) -> bool:
    building, unit, room = (part.upper().lstrip("0") for part in (resident.building, resident.unit, resident.room))
    match words:
        case [word] if word.isalpha():
            return resident.initials.upper().startswith(word)
        case [_]:
            return len(tail) == 4 and resident.phone_tail == tail
        case [one, two]:
            return one == building and room.startswith(two)
        case [one, two, three]:
            return (one, two) == (building, unit) and room.startswith(three)
    return False
