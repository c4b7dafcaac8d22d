"""Leave that the office gives: permits to residents, invitations to their visitors. `gate-hub permit` and `gate-hub
visitor` give these orders.
"""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from gate.caller import Caller
from gate.formats.chain import Kind
from gate.names import Instant, Pseudonym
from gate.permit import MOST_PERMITS, Permit, PermitKind
from hub.orders import ONE_LINE, Answer, Desk, Order, OrderRefused
from hub.passes import guests
from hub.passes.guests import SignedPass
from hub.registry import Registry, people, permits
from hub.registry.people import Household, Person

LONGEST_VISIT = timedelta(days=31)


class GrantPermit(Order, frozen=True, tag="grant_permit"):
    """Leave for one person to cross where the rules would not let them."""

    person: Pseudonym
    permit_kind: PermitKind
    begins: Instant
    ends: Instant
    return_by: Instant | None = None


class RevokePermit(Order, frozen=True, tag="revoke_permit"):
    """This leave holds no more."""

    permit: Pseudonym


class ListPermits(Order, frozen=True, tag="list_permits"):
    """Which leave is in force or to come."""


class InviteVisitor(Order, frozen=True, tag="invite_visitor"):
    """A visitor of this resident's household may come until then, with a pass of their own."""

    host: Pseudonym
    visitor: Annotated[str, Meta(min_length=1, max_length=32, pattern=ONE_LINE)]
    ends: Instant
    telephone: Annotated[str, Meta(max_length=32, pattern=ONE_LINE)] = ""


LeaveOrder = GrantPermit | RevokePermit | ListPermits | InviteVisitor


class Given(Struct, frozen=True):
    """A permit and whose it is, as far as a terminal may show it."""

    permit: Permit
    person: Pseudonym
    masked_name: str
    building: str


class PermitGranted(Answer, frozen=True, tag="permit_granted"):
    permit: Permit


class PermitRevoked(Answer, frozen=True, tag="permit_revoked"):
    """It is done."""


class PermitsListed(Answer, frozen=True, tag="permits_listed"):
    given: tuple[Given, ...]


class VisitorInvited(Answer, frozen=True, tag="visitor_invited"):
    """signed: the visitor's pass. building: where to."""

    person: Pseudonym
    signed: SignedPass
    building: str


LeaveAnswer = PermitGranted | PermitRevoked | PermitsListed | VisitorInvited


def carry_out(order: LeaveOrder, desk: Desk, registry: Registry) -> LeaveAnswer:
    """Raises OrderRefused, KeysRefused."""
    match order:
        case GrantPermit():
            return _grant(order, desk, registry)
        case RevokePermit():
            if not permits.revoke(registry, order.permit, desk.now):
                raise OrderRefused(f"no permit {order.permit} is in force or to come; gate-hub permit list tells them")
            return PermitRevoked()
        case ListPermits():
            return _list(desk, registry)
        case InviteVisitor():
            return _invite(order, desk, registry)


def _grant(order: GrantPermit, desk: Desk, registry: Registry) -> PermitGranted:
    _resident(order.person, registry)
    if order.ends <= desk.now:
        raise OrderRefused("this permit would be over already; correct --until")
    if len(permits.told(registry, desk.now).get(order.person, ())) >= MOST_PERMITS:
        raise OrderRefused(f"{order.person} has {MOST_PERMITS} permits already; revoke one of them first")
    try:
        permit = Permit(desk.randomness(8).hex(), order.permit_kind, order.begins, order.ends, order.return_by)
    except ValueError:
        raise OrderRefused("a permit ends after it begins, and the return lies after the beginning") from None
    permits.put(registry, order.person, permit, desk.now)
    return PermitGranted(permit)


def _list(desk: Desk, registry: Registry) -> PermitsListed:
    homes = {each.id: each for each in people.households(registry)}
    persons = {each.id: each for each in people.persons(registry)}
    given = [
        Given(permit, person, persons[person].masked_name, homes[persons[person].household].building)
        for person, told in permits.told(registry, desk.now).items()
        if person in persons
        for permit in told
        if not _is_over(permit, desk.now)
    ]
    return PermitsListed(tuple(sorted(given, key=lambda each: (each.permit.begins, each.permit.id))))


def _is_over(permit: Permit, now: datetime) -> bool:
    return max(permit.ends, permit.return_by or permit.ends) <= now


def _invite(order: InviteVisitor, desk: Desk, registry: Registry) -> VisitorInvited:
    _, door = _resident(order.host, registry)
    if not desk.now < order.ends <= desk.now + LONGEST_VISIT:
        raise OrderRefused(f"a visit ends after now and within {LONGEST_VISIT.days} days; correct --until")
    person = guests.enter(registry, desk, order.visitor, Caller.VISITOR, door, order.telephone, order.ends)
    return VisitorInvited(person, guests.sign_pass(registry, desk, Kind.VISITOR, person, order.ends), door.building)


def _resident(person: Pseudonym, registry: Registry) -> tuple[Person, Household]:
    found = people.one(registry, person)
    if found is None:
        raise OrderRefused(f"nobody in the registry is {person}; name a person by the 16 digits of the pseudonym")
    return found
