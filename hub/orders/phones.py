"""Cards with which people fetch their pass onto a phone. `gate-hub phone` gives this order."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gate.names import Pseudonym
from hub.orders import Answer, Desk, Order, OrderRefused
from hub.orders.doors import whose
from hub.passes import phones
from hub.passes.phones import Invitation
from hub.registry import Registry, invitations
from hub.sheet.cells import MOST_ROWS


class InvitePhones(Order, frozen=True, tag="invite_phones"):
    """A card for each of these people, with which one phone may fetch their pass."""

    persons: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_ROWS)] = ()
    building: str = ""
    everybody: bool = False
    hours: Annotated[int, Meta(ge=1, le=phones.LONGEST_HOURS)] = phones.USUAL_HOURS


class PhonesInvited(Answer, frozen=True, tag="phones_invited"):
    """Recorded in the registry; now the cards can be written. In the order of the doors."""

    invitations: tuple[Invitation, ...]


def carry_out(order: InvitePhones, desk: Desk, registry: Registry) -> PhonesInvited:
    """Raises OrderRefused."""
    address = phones.address(desk.settings.resident)
    if address is None:
        raise OrderRefused(
            "no phone could use such a card: set serve = true and the page's address under [resident] in hub.toml,"
            " then start the hub again"
        )
    chosen = whose(registry, order.persons, order.building, order.everybody)
    expires_at = desk.now + timedelta(hours=order.hours)
    drawn = [phones.draw_invitation(person, home, address, expires_at, desk.randomness) for person, home in chosen]
    invitations.put(registry, drawn, desk.now)
    return PhonesInvited(tuple(drawn))
