"""Passes for those who live here: issued, and made void. `gate-hub issue` and `gate-hub revoke` give these orders."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gate import revocations
from gate.names import Pseudonym
from hub import keys
from hub.orders import Answer, Desk, Order, OrderRefused
from hub.orders.doors import whose
from hub.passes import issue
from hub.passes.issue import IssuedPass
from hub.registry import Registry, passes
from hub.sheet.cells import MOST_ROWS

LONGEST_LIFE_DAYS = 3 * 366
USUAL_LIFE_DAYS = 180


class IssuePasses(Order, frozen=True, tag="issue_passes"):
    """A new pass for these people, for everybody of a building, or for everybody."""

    persons: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_ROWS)] = ()
    building: str = ""
    everybody: bool = False
    days: Annotated[int, Meta(ge=1, le=LONGEST_LIFE_DAYS)] = USUAL_LIFE_DAYS


class RevokePasses(Order, frozen=True, tag="revoke_passes"):
    """These passes are void at every gate."""

    serials: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_ROWS)]


PassOrder = IssuePasses | RevokePasses


class PassesIssued(Answer, frozen=True, tag="passes_issued"):
    """Recorded in the registry; now they can be written. In the order of the doors."""

    passes: tuple[IssuedPass, ...]


class PassesRevoked(Answer, frozen=True, tag="passes_revoked"):
    count: int


PassAnswer = PassesIssued | PassesRevoked


def carry_out(order: PassOrder, desk: Desk, registry: Registry) -> PassAnswer:
    """Raises OrderRefused, KeysRefused."""
    match order:
        case IssuePasses():
            return _issue(order, desk, registry)
        case RevokePasses():
            return _revoke(order, desk, registry)


def _issue(order: IssuePasses, desk: Desk, registry: Registry) -> PassesIssued:
    chosen = whose(registry, order.persons, order.building, order.everybody)
    key = keys.load(desk.settings.keys).pass_
    compound = desk.settings.compound
    expires_on = f"{(desk.now + timedelta(days=order.days)).astimezone(desk.settings.zone):%Y-%m-%d}"
    drawn = [
        (issue.draw_credential(compound, person.id, key.key_id, desk.now, order.days, desk.randomness), person, home)
        for person, home in chosen
    ]
    passes.add(registry, [credential for credential, _, _ in drawn])
    return PassesIssued(
        tuple(
            IssuedPass(
                credential.serial,
                person.id,
                issue.code_text(credential, key.sign),
                person.name,
                home.building,
                home.unit,
                home.room,
                expires_on,
            )
            for credential, person, home in drawn
        )
    )


def _revoke(order: RevokePasses, desk: Desk, registry: Registry) -> PassesRevoked:
    unknown = passes.revoke(registry, order.serials, desk.now)
    if unknown:
        raise OrderRefused(
            f"no pass {', '.join(unknown[:5])} was issued here, so none was revoked; a serial has 16 digits and stands"
            " in the index.csv of its folder"
        )
    if len(passes.revoked(registry, desk.now - timedelta(days=2))) > revocations.MOST:
        raise OrderRefused(
            f"the gates cannot be told of more than {revocations.MOST} revoked passes, so none was revoked; give all"
            " passes a new key instead: gate-hub trust rotate --overlap DAYS, then issue them anew"
        )
    return PassesRevoked(len(set(order.serials)))
