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
    """query: "WM", "0412", "3-502" or "3-1-502"; fewer than two signs find nobody.

    By door, and a household side by side; 20 at most.
    """
    words = [word.lstrip("0") or word for word in re.findall(r"[0-9A-Z]+", query.upper()[:32])]
    if sum(map(len, words)) < LEAST_SIGNS:
        return ()
    tail = re.sub(r"\D", "", query)
    found = [each for each in residents if _answers(each, words, tail)]
    found.sort(key=_order)
    return tuple(_found(each) for each in found[:MOST_FOUND])


def doors(residents: Iterable[Resident]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every building and its rooms, "502" or "1-502", in the order in which people count them."""
    known: dict[str, set[tuple[str, str]]] = {}
    for each in residents:
        if each.stands_for is not None:
            continue
        known.setdefault(each.building, set()).add((each.unit, each.room))
    return tuple(
        (building, tuple("-".join(filter(None, door)) for door in sorted(known[building], key=_by_length) if door[1]))
        for building in sorted(known, key=lambda name: (len(name), name))
    )


def _order(resident: Resident) -> tuple[object, ...]:
    """By door, and who lives together side by side, so that a family is found in one go."""
    return _by_length((resident.building, resident.unit, resident.room)), resident.household, resident.person


def _by_length(door: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """2 before 12."""
    return tuple((len(part), part) for part in door)


def _found(each: Resident) -> Found:
    return Found(each.person, each.masked_name, each.building, each.unit, each.room, each.household, each.needs_help)


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
