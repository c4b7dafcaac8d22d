"""Guards: who may sign on at a gate, by a PIN or a badge. `gate-hub guard` gives these orders.

The PIN is drawn and hashed by the command, so it never travels; a guard who was taken off keeps the id, so that what
stands on older passages still means the same person.
"""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gate.caller import Caller
from gate.formats.chain import Kind
from gate.names import Slug
from gate.staff import MOST_GUARDS, Guard
from hub.orders import ONE_LINE, Answer, Desk, Order, OrderRefused
from hub.passes import guests
from hub.passes.guests import SignedPass
from hub.registry import Registry, guards, passes, people

LONGEST_BADGE_DAYS = 3 * 366
USUAL_BADGE_DAYS = 365
GuardName = Annotated[str, Meta(min_length=1, max_length=24, pattern=ONE_LINE)]
Salt = Annotated[bytes, Meta(min_length=16, max_length=16)]
PinHash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class PutGuard(Order, frozen=True, tag="put_guard"):
    """A guard may sign on with the PIN of this hash; a known one gets a new PIN. badge_days: None for no new badge."""

    guard: Slug
    guard_name: GuardName
    salt: Salt
    pin_hash: PinHash
    badge_days: Annotated[int, Meta(ge=1, le=LONGEST_BADGE_DAYS)] | None = None


class RemoveGuard(Order, frozen=True, tag="remove_guard"):
    """This guard may sign on no more, and the badge is void."""

    guard: Slug


class ListGuards(Order, frozen=True, tag="list_guards"):
    """Who may sign on; with the hashes, so that the command draws nobody else's PIN."""


GuardOrder = PutGuard | RemoveGuard | ListGuards


class GuardPut(Answer, frozen=True, tag="guard_put"):
    new: bool
    badge: SignedPass | None


class GuardRemoved(Answer, frozen=True, tag="guard_removed"):
    """badge: whether one was made void."""

    badge: bool


class GuardsListed(Answer, frozen=True, tag="guards_listed"):
    guards: tuple[Guard, ...]


GuardAnswer = GuardPut | GuardRemoved | GuardsListed


def carry_out(order: GuardOrder, desk: Desk, registry: Registry) -> GuardAnswer:
    """Raises OrderRefused, KeysRefused."""
    match order:
        case PutGuard():
            return _put(order, desk, registry)
        case RemoveGuard():
            return _remove(order, desk, registry)
        case ListGuards():
            return GuardsListed(guards.staff(registry).guards)


def _put(order: PutGuard, desk: Desk, registry: Registry) -> GuardPut:
    known = {each.id: each for each in guards.staff(registry).guards}
    if order.guard not in known and len(known) >= MOST_GUARDS:
        raise OrderRefused(f"the gates know at most {MOST_GUARDS} guards; take one off with gate-hub guard remove ID")
    person = guards.person_of(registry, order.guard)
    if person is None:
        person = guests.enter(registry, desk, order.guard_name, Caller.STAFF)
    elif order.guard not in known:
        people.came_back(registry, person)
    badge, before = None, known[order.guard].badge if order.guard in known else None
    if order.badge_days is not None:
        if before is not None:
            passes.revoke(registry, [before], desk.now)
        badge = guests.sign_pass(registry, desk, Kind.STAFF, person, desk.now + timedelta(days=order.badge_days))
    guard = Guard(order.guard, order.guard_name, order.salt, order.pin_hash, badge.serial if badge else before)
    return GuardPut(guards.put(registry, guard, person, desk.now), badge)


def _remove(order: RemoveGuard, desk: Desk, registry: Registry) -> GuardRemoved:
    person, badge = guards.person_of(registry, order.guard), guards.remove(registry, order.guard, desk.now)
    if person is None or badge is None:
        raise OrderRefused(f"no guard is called {order.guard}; gate-hub guard list tells who is on the list")
    if badge:
        passes.revoke(registry, [badge], desk.now)
    people.moved_away(registry, [person], desk.now)
    return GuardRemoved(bool(badge))
