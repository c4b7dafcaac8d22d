"""What the office can order, as values: here what an order is before it is any in particular, and what it is carried
out with; beside it, a file for each matter, with its orders, their answers, and how they are done in the registry.

`carrying_out` names them all; `gate-hub` and the office's pages give them. Rule: an order is a value that can travel to
the running hub, and knows nothing of a terminal or a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from hub.settings import Settings

# A pattern for what is printed line by line and shown on screens: nothing in it that a terminal might obey.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"


class Order(Struct, frozen=True, forbid_unknown_fields=True, tag_field="order"):
    """Something the office wants done."""


class Answer(Struct, frozen=True, tag_field="answer"):
    """What became of an order."""


class Refused(Answer, frozen=True, tag="refused"):
    """Nothing was done; why, and what to do."""

    why: str


class OrderRefused(Exception):
    """An order cannot be carried out; the message says why and what to do, and the registry is as it was."""


@dataclass(frozen=True)
class Desk:
    """What an order is carried out with. now: aware. randomness: bytes for pseudonyms, serials and passwords."""

    settings: Settings
    now: datetime
    randomness: Callable[[int], bytes]
