"""Those whom the office knows though they do not live here, guards and visitors: a roster entry and a signed pass.

The orders of guards and visitors call it, within their transaction. Rule: their whole name stays in the registry; what
the gates are told is masked like a resident's.
"""

from datetime import datetime

from msgspec import Struct, structs

from gate.caller import Caller
from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from gate.names import Pseudonym
from hub import keys, masking
from hub.orders import Desk
from hub.passes import issue
from hub.registry import Registry, passes, people
from hub.registry.instants import written
from hub.registry.people import Household, Person


class SignedPass(Struct, frozen=True):
    """A pass on its way to the printer. code: what its QR code holds."""

    serial: Pseudonym
    code: str
    expires_at: datetime


def enter(
    registry: Registry,
    desk: Desk,
    name: str,
    caller: Caller,
    door: Household | None = None,
    telephone: str = "",
    until: datetime | None = None,
) -> Pseudonym:
    """A new entry on the roster, with a household of its own. door: the host's. until: it leaves the roster then."""
    home = Household(id=desk.randomness(8).hex(), building="", caller=caller)
    if door is not None:
        home = structs.replace(home, building=door.building, unit=door.unit, room=door.room)
    written_name = masking.clean_name(name)
    person = Person(
        id=desk.randomness(8).hex(),
        household=home.id,
        name=written_name,
        masked_name=masking.mask(written_name),
        initials=masking.initials(written_name),
        telephone=telephone,
        phone_tail=masking.phone_tail(telephone),
        caller=caller,
        until=None if until is None else written(until),
    )
    people.put_households(registry, [home])
    people.put_persons(registry, [person])
    return person.id


def sign_pass(registry: Registry, desk: Desk, kind: Kind, person: Pseudonym, expires_at: datetime) -> SignedPass:
    """Signed with today's key and recorded as issued. Raises KeysRefused."""
    key = keys.load(desk.settings.keys).pass_
    credential = Credential(
        community_pass.NAME,
        kind,
        desk.settings.compound,
        person,
        desk.randomness(8).hex(),
        key.key_id,
        desk.now.replace(microsecond=0),
        expires_at.replace(microsecond=0),
    )
    passes.add(registry, [credential])
    assert credential.expires_at is not None
    return SignedPass(credential.serial, issue.code_text(credential, key.sign), credential.expires_at)
