"""What an order may hold, in the words of whoever typed something else; `Terminal.ask` says it."""

from hub.orders import Order
from hub.orders.blanks import LONGEST_BLANK_DAYS, MOST_BLANKS
from hub.orders.gate_keys import LONGEST_DAYS, LONGEST_PASS_HOURS, MOST_PASSES, AllowPasses
from hub.orders.guards import LONGEST_BADGE_DAYS
from hub.orders.passes import LONGEST_LIFE_DAYS
from hub.passes.phones import LONGEST_HOURS


def complaint(cause: str, order: type[Order]) -> str:
    """cause: what msgspec says of an order, such as 'Expected `int` <= 3 - at `$.days`'."""
    why, _, place = cause.partition(" - at `$")
    word = place.strip("`.").partition("[")[0]
    return _SHAPES_OF.get((order, word)) or _SHAPES.get(word, f"{word}: {why}")


_SHAPES = {
    "station": "a station's id is 1 to 32 lower-case letters, digits and hyphens, such as east-1",
    "gate": "a gate's name is 1 to 32 lower-case letters, digits and hyphens, such as east",
    "lane": "a lane's name is 1 to 32 lower-case letters, digits and hyphens, such as 1",
    "persons": "a person is named by the pseudonym, 16 digits and letters a to f",
    "serials": "a pass is named by its serial, 16 digits and letters a to f; index.csv of its folder tells it",
    "hours": f"a card for a phone works for 1 to {LONGEST_HOURS} hours",
    "guard": "a guard's id is 1 to 32 lower-case letters, digits and hyphens, such as li",
    "guard_name": "a guard's name is 1 to 24 characters of one line",
    "badge_days": f"a badge is valid for 1 to {LONGEST_BADGE_DAYS} days",
    "person": "a person is named by the pseudonym, 16 digits and letters a to f",
    "host": "a host is named by the pseudonym, 16 digits and letters a to f",
    "visitor": "a visitor's name is 1 to 32 characters of one line",
    "telephone": "a telephone number has at most 32 characters of one line",
    "permit": "a permit is named by its id, 16 digits and letters a to f; gate-hub permit list tells it",
    "notice": "a notice's id is 1 to 32 lower-case letters, digits and hyphens, such as masks",
    "text_zh": "a notice has at most 200 characters of one line",
    "text_en": "a notice has at most 200 characters of one line",
    "every_minutes": "a notice is repeated every 5 to 1440 minutes",
    "volume": "a volume is 0 to 100",
    "quiet_from": "a time of the day is written 19:00",
    "quiet_until": "a time of the day is written 08:00",
    "blanks": f"at once 1 to {MOST_BLANKS} blank cards are issued",
    "blank_days": f"a blank card is valid for 1 to {LONGEST_BLANK_DAYS} days",
    "overlap_days": f"passes of the old key are believed for 0 to {LONGEST_LIFE_DAYS} days",
    "days": f"a pass is valid for 1 to {LONGEST_LIFE_DAYS} days",
    "name": "a clerk's name is 1 to 32 characters without spaces and colons",
}

# Words that mean something else in that order than in all others.
_SHAPES_OF: dict[tuple[type[Order], str], str] = {
    (AllowPasses, "passes"): f"a gate is allowed 1 to {MOST_PASSES} more temporary passes at once",
    (AllowPasses, "hours"): f"a gate's temporary pass is valid for 1 to {LONGEST_PASS_HOURS} hours",
    (AllowPasses, "days"): f"for 1 to {LONGEST_DAYS} days a gate may be allowed to make passes",
}
