"""What the guard can tap: one struct for each tap, as the kiosk sends it and the loop is told of it.

`station.tapped` makes the lane's signals of them. Rule: a tap carries codes and pseudonyms, and what it means is
decided where the lane is, since the screen may be a moment behind.
"""

from typing import Annotated

from msgspec import Meta, Struct

from gate.forms import Form, VisitorForm
from gate.names import Instant, Pseudonym, Slug
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome
from gate.trip import MOST_PLACES, Stay


class Settle(Struct, frozen=True):
    """The guard lets a referred or refused passage through after all, or sends it back; always on a ground.

    person: whose certificate it is, where the guard found him.
    """

    sequence: int
    outcome: Outcome
    ground: Ground
    person: Pseudonym | None = None


class Dismiss(Struct, frozen=True):
    """The guard has seen the verdict and clears the screen; for a referred passage nobody is let through."""


class ChooseDirection(Struct, frozen=True):
    """On a lane for both directions: which way the next resident goes."""

    direction: Direction


class ArriveWithoutCode(Struct, frozen=True):
    """Somebody stands there with no code to show; the passage is recorded and the guard decides."""


class TellTrip(Struct, frozen=True):
    """Where somebody was, as the guard was told; no stay: at none of the places. began: the view's visit_began."""

    began: float
    stays: Annotated[tuple[Stay, ...], Meta(max_length=MOST_PLACES)]


class ArriveNamed(Struct, frozen=True):
    """The guard found them on the roster: one resident without a phone, or a family in one go, in this order."""

    persons: Annotated[tuple[Pseudonym, ...], Meta(min_length=1, max_length=9)]


class TellPurpose(Struct, frozen=True):
    """What somebody goes out for, and where to; ids of the view's choices. began: the view's visit_began."""

    began: float
    purpose: Slug
    destination: Slug | None = None


class FillForm(Struct, frozen=True):
    """Somebody who is on no list. admit: the guard lets him through with the same tap, on the ground given.

    person: of a returnee, whom the guard found; without one, whoever is on the screen.
    """

    form: Form
    admit: bool = False
    ground: Ground = Ground.HOST_AGREED
    person: Pseudonym | None = None


class BeginRest(Struct, frozen=True):
    """Whoever has a fever goes to the waiting area. sequence: of that passage."""

    sequence: int


class BeginRetest(Struct, frozen=True):
    """He has rested and is measured again."""

    sequence: int


class TypeTemperature(Struct, frozen=True):
    """What the guard's hand-held thermometer says. site: "forehead" or "wrist".

    began: the view's visit_began as he began to type, which a retest has none of; None: of whoever stands there now.
    """

    celsius: Annotated[float, Meta(ge=30, le=45)]
    site: str = "forehead"
    began: float | None = None


class SignOn(Struct, frozen=True):
    """A guard's PIN, or the code of his badge as the camera read it is taken without a tap."""

    pin: Annotated[str, Meta(pattern=r"^[0-9]{4,8}\Z")]


class SignOff(Struct, frozen=True):
    """The guard hands over, with a note for the next one."""

    note: Annotated[str, Meta(max_length=120)] = ""


class Train(Struct, frozen=True):
    """Training mode on or off."""

    on: bool


class SetClock(Struct, frozen=True):
    """The guard has read the time off his own watch."""

    at: Instant


class ReadAloud(Struct, frozen=True):
    """Say the verdict's next step again, aloud."""


class ActivateCard(Struct, frozen=True):
    """The next blank card before the camera is to count for somebody without a phone.

    person: a resident whom the guard found; else form: a visitor. hours: how long it counts.
    """

    person: Pseudonym | None = None
    form: VisitorForm | None = None
    hours: Annotated[int, Meta(ge=1, le=72)] = 12


class EndActivation(Struct, frozen=True):
    """No card after all, or the guard has read what became of it."""


LaneTap = (
    Settle
    | Dismiss
    | ChooseDirection
    | ArriveWithoutCode
    | TellTrip
    | ArriveNamed
    | TellPurpose
    | FillForm
    | BeginRest
    | BeginRetest
    | TypeTemperature
)
"""What is about a visit or a passage."""
GateTap = SignOff | Train | SetClock | ReadAloud | ActivateCard | EndActivation
"""What is about the gate itself."""
Tap = LaneTap | GateTap | SignOn


class TapRefused(Exception):
    """The guard's tap cannot be carried out any more: TapRefused(zh, en) says why in both languages."""

    @property
    def zh(self) -> str:
        return str(self.args[0]) if self.args else ""

    @property
    def en(self) -> str:
        return str(self.args[-1]) if self.args else ""
