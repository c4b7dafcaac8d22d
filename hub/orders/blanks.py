"""Blank cards: passes of nobody, which a guard makes count for somebody without a phone.

`gate-hub issue --blanks` gives this order. Rule: until a gate has activated it, a card is worth nothing: its pseudonym
is on no roster, so every gate refers whoever shows it to the guard.
"""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gate.caller import Caller
from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from hub import keys
from hub.orders import Desk, Order
from hub.orders.passes import PassesIssued
from hub.passes import issue
from hub.passes.issue import IssuedPass
from hub.registry import Registry, blanks, passes, people
from hub.registry.people import Household, Person

MOST_BLANKS = 2_000
LONGEST_BLANK_DAYS = 366
USUAL_BLANK_DAYS = 90
# What the office's feed says of a card that nobody has activated, and the index instead of a name.
NAME = "空白卡"


class IssueBlanks(Order, frozen=True, tag="issue_blanks"):
    """So many new cards for the gates to keep."""

    blanks: Annotated[int, Meta(ge=1, le=MOST_BLANKS)]
    blank_days: Annotated[int, Meta(ge=1, le=LONGEST_BLANK_DAYS)] = USUAL_BLANK_DAYS


def carry_out(order: IssueBlanks, desk: Desk, registry: Registry) -> PassesIssued:
    """Recorded as issued. Raises KeysRefused."""
    key = keys.load(desk.settings.keys).pass_
    issued_at = desk.now.replace(microsecond=0)
    expires_at = issued_at + timedelta(days=order.blank_days)
    persons = [_nobody(desk) for _ in range(order.blanks)]
    people.put_households(registry, [Household(id=each.household, building="", caller=each.caller) for each in persons])
    people.put_persons(registry, persons)
    people.moved_away(registry, [each.id for each in persons], desk.now)
    drawn = [
        Credential(
            community_pass.NAME, Kind.BLANK, desk.settings.compound, each.id, desk.randomness(8).hex(), key.key_id,
            issued_at, expires_at,
        )
        for each in persons
    ]  # fmt: skip
    passes.add(registry, drawn)
    blanks.put(registry, [each.serial for each in drawn])
    until = f"{expires_at.astimezone(desk.settings.zone):%Y-%m-%d}"
    return PassesIssued(
        tuple(
            IssuedPass(each.serial, person.id, issue.code_text(each, key.sign), NAME, "", "", "", until)
            for each, person in zip(drawn, persons, strict=True)
        )
    )


def _nobody(desk: Desk) -> Person:
    return Person(
        id=desk.randomness(8).hex(),
        household=desk.randomness(8).hex(),
        name=NAME,
        masked_name=NAME,
        caller=Caller.VISITOR,
    )
