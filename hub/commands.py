"""What the office can order, as values, and how each is carried out against the registry: every order by name.

`gate-hub` makes an order; it is carried out by the running hub's writer, or by the command itself where no hub runs
(hub.control). Rule: one order is one transaction, and what an order cannot do comes back as `Refused`, in a sentence.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from gate import revocations
from gate.document import DocumentKind
from gate.names import Pseudonym, Slug
from gate.policy import Policy
from hub import (
    broker,
    intake,
    issue,
    keys,
    phones,
    policy_file,
)
from hub.identity import write_identity
from hub.issue import IssuedPass
from hub.orders import Answer, Desk, Order, OrderRefused, Refused
from hub.orders import blanks as blank_orders
from hub.orders import desk as desk_orders
from hub.orders import gate_keys as gate_key_orders
from hub.orders import guards as guard_orders
from hub.orders import leaves as leave_orders
from hub.orders import notices as notice_orders
from hub.orders import quarantine as quarantine_orders
from hub.people_sheet import Mistake, SheetPerson
from hub.phones import Invitation
from hub.registry import Registry, clerks, documents, gate_keys, invitations, pass_keys, passes, people, stations
from hub.registry.pass_keys import PassKey
from hub.registry.people import Household, Person
from hub.registry.stations import Station
from hub.sheet import MOST_ROWS

LONGEST_LIFE_DAYS = 3 * 366
USUAL_LIFE_DAYS = 180
ClerkName = Annotated[str, Meta(pattern=r"^[^\s:]{1,32}\Z")]


class AddStation(Order, frozen=True, tag="add_station"):
    """Set up a lane, or with `again` give it a new password. gate: None only with again, for the one it has."""

    station: Slug
    gate: Slug | None = None
    lane: Slug = "1"
    direction: Literal["in", "out", "both"] = "both"
    again: bool = False


class ListStations(Order, frozen=True, tag="list_stations"):
    """Which lanes were set up."""


class ImportPeople(Order, frozen=True, tag="import_people"):
    """Bring the registry up to what a sheet says; fields: the columns that it has."""

    people: Annotated[tuple[SheetPerson, ...], Meta(max_length=MOST_ROWS)]
    fields: frozenset[str]
    dry_run: bool = False


class ComparePolicy(Order, frozen=True, tag="compare_policy"):
    """What in a policy does not fit the buildings and gates that the registry knows."""

    policy: Policy


class PublishPolicy(Order, frozen=True, tag="publish_policy"):
    """These rules are in force at every gate from now on."""

    policy: Policy


class IssuePasses(Order, frozen=True, tag="issue_passes"):
    """A new pass for these people, for everybody of a building, or for everybody."""

    persons: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_ROWS)] = ()
    building: str = ""
    everybody: bool = False
    days: Annotated[int, Meta(ge=1, le=LONGEST_LIFE_DAYS)] = USUAL_LIFE_DAYS


class InvitePhones(Order, frozen=True, tag="invite_phones"):
    """A card for each of these people, with which one phone may fetch their pass."""

    persons: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_ROWS)] = ()
    building: str = ""
    everybody: bool = False
    hours: Annotated[int, Meta(ge=1, le=phones.LONGEST_HOURS)] = phones.USUAL_HOURS


class RevokePasses(Order, frozen=True, tag="revoke_passes"):
    """These passes are void at every gate."""

    serials: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_ROWS)]


class ListTrust(Order, frozen=True, tag="list_trust"):
    """Which keys and how many revoked passes the gates are told of."""


class RotatePassKey(Order, frozen=True, tag="rotate_pass_key"):
    """A new key signs passes. overlap_days: how long what the old one signed is believed; None: as long as it lasts."""

    overlap_days: Annotated[int, Meta(ge=0, le=LONGEST_LIFE_DAYS)] | None = None


class PutClerk(Order, frozen=True, tag="put_clerk"):
    """A clerk may log in with the password of this hash; a known clerk gets a new one."""

    name: ClerkName
    password_hash: str


AnyOrder = (
    AddStation
    | ListStations
    | ImportPeople
    | ComparePolicy
    | PublishPolicy
    | IssuePasses
    | blank_orders.IssueBlanks
    | InvitePhones
    | RevokePasses
    | ListTrust
    | RotatePassKey
    | PutClerk
    | desk_orders.DeskOrder
    | quarantine_orders.QuarantineOrder
    | gate_key_orders.GateKeyOrder
    | guard_orders.GuardOrder
    | leave_orders.LeaveOrder
    | notice_orders.NoticeOrder
)  # fmt: skip


class StationAdded(Answer, frozen=True, tag="station_added"):
    """identity_file: what has to be carried to the gate."""

    station: Slug
    identity_file: str
    again: bool


class StationsListed(Answer, frozen=True, tag="stations_listed"):
    stations: tuple[Station, ...]


class Missing(Struct, frozen=True, gc=False):
    """Somebody whom the sheet does not name, as far as a terminal may show it."""

    person: Pseudonym
    masked_name: str
    building: str


class PeopleImported(Answer, frozen=True, tag="people_imported"):
    """Counts of people; with mistakes, or on a dry run, nothing was written."""

    new: int
    changed: int
    same: int
    missing: tuple[Missing, ...]
    written: bool
    mistakes: tuple[Mistake, ...] = ()


class PolicyCompared(Answer, frozen=True, tag="policy_compared"):
    """published: whether it is in force now. warnings: what is allowed and yet probably not meant."""

    published: bool
    warnings: tuple[str, ...]


class PassesIssued(Answer, frozen=True, tag="passes_issued"):
    """Recorded in the registry; now they can be written. In the order of the doors."""

    passes: tuple[IssuedPass, ...]


class PhonesInvited(Answer, frozen=True, tag="phones_invited"):
    """Recorded in the registry; now the cards can be written. In the order of the doors."""

    invitations: tuple[Invitation, ...]


class PassesRevoked(Answer, frozen=True, tag="passes_revoked"):
    count: int


class TrustListed(Answer, frozen=True, tag="trust_listed"):
    """edition, size: of the list that is published, in bytes; "" and 0 before there is one."""

    keys: tuple[PassKey, ...]
    revoked: int
    edition: str
    size: int


class PassKeyRotated(Answer, frozen=True, tag="pass_key_rotated"):
    """retired: the keys before that are still believed. lapsing: passes that end with the overlap."""

    new_key: str
    retired: tuple[PassKey, ...]
    lapsing: int


class ClerkPut(Answer, frozen=True, tag="clerk_put"):
    new: bool


AnyAnswer = (
    Refused
    | StationAdded
    | StationsListed
    | PeopleImported
    | PolicyCompared
    | PassesIssued
    | PhonesInvited
    | PassesRevoked
    | TrustListed
    | PassKeyRotated
    | ClerkPut
    | desk_orders.Settled
    | quarantine_orders.Replayed
    | gate_key_orders.GateKeyAnswer
    | guard_orders.GuardAnswer
    | leave_orders.LeaveAnswer
    | notice_orders.NoticesListed
)  # fmt: skip


def carry_out(order: AnyOrder, desk: Desk) -> Callable[[Registry], AnyAnswer]:
    """The order as a command for `Registry.run` or `Writer.submit`.

    It raises OrderRefused, KeysRefused or OSError, and has then changed nothing in the registry.
    """
    return lambda registry: _dispatch(order, desk, registry)


def _dispatch(order: AnyOrder, desk: Desk, registry: Registry) -> AnyAnswer:
    match order:
        case AddStation():
            return _add_station(order, desk, registry)
        case ListStations():
            return StationsListed(tuple(stations.listed(registry)))
        case ImportPeople():
            return _import_people(order, desk, registry)
        case ComparePolicy():
            return PolicyCompared(False, _warnings(order.policy, registry))
        case PublishPolicy():
            documents.set_policy(registry, order.policy)
            return PolicyCompared(True, _warnings(order.policy, registry))
        case IssuePasses():
            return _issue_passes(order, desk, registry)
        case blank_orders.IssueBlanks():
            return PassesIssued(blank_orders.carry_out(order, desk, registry))
        case InvitePhones():
            return _invite_phones(order, desk, registry)
        case RevokePasses():
            return _revoke_passes(order, desk, registry)
        case ListTrust():
            return _list_trust(desk, registry)
        case RotatePassKey():
            return _rotate_pass_key(order, desk, registry)
        case PutClerk():
            return ClerkPut(clerks.put(registry, order.name, order.password_hash, desk.now))
        case desk_orders.SettleMadePass() | desk_orders.SettleCase():
            return desk_orders.carry_out(order, desk, registry)
        case quarantine_orders.ReplayQuarantined():
            return quarantine_orders.carry_out(order, desk, registry)
        case gate_key_orders.AllowPasses() | gate_key_orders.ForbidPasses():
            return gate_key_orders.carry_out(order, desk, registry)
        case guard_orders.PutGuard() | guard_orders.RemoveGuard() | guard_orders.ListGuards():
            return guard_orders.carry_out(order, desk, registry)
        case notice_orders.PutNotice() | notice_orders.RemoveNotice():
            return notice_orders.carry_out(order, desk, registry)
        case notice_orders.RestNotices() | notice_orders.ListNotices():
            return notice_orders.carry_out(order, desk, registry)
        case _:
            return leave_orders.carry_out(order, desk, registry)


def _add_station(order: AddStation, desk: Desk, registry: Registry) -> StationAdded:
    known = {each.id: each for each in stations.listed(registry)}
    if order.station in broker.RESERVED:
        raise OrderRefused(f"{order.station!r} is the broker's name for somebody else; choose another id")
    if order.again:
        _refuse_another_gate(order, known.get(order.station))
    elif order.station in known:
        raise OrderRefused(
            f"station {order.station} is in the registry already; choose another id, or give this one a new password"
            " with --again"
        )
    elif order.gate is None:
        raise OrderRefused(f"station {order.station} needs a gate; name it with --gate")
    else:
        stations.add(registry, Station(order.station, order.gate, order.lane, order.direction), desk.now)
    key, secret = keys.new_pass_key(desk.randomness)
    gate_keys.put(registry, order.station, key.public, desk.now)
    identity_file = _let_in(order.station, desk, [*known, order.station], secret)
    return StationAdded(order.station, identity_file, order.again)


def _refuse_another_gate(order: AddStation, known: Station | None) -> None:
    if known is None:
        raise OrderRefused(f"there is no station {order.station} yet; add it without --again")
    if order.gate not in (None, known.gate):
        raise OrderRefused(f"station {known.id} belongs to gate {known.gate}; add a new station for gate {order.gate}")


def _let_in(station: Slug, desk: Desk, everyone: list[Slug], pass_secret: bytes) -> str:
    """Broker files and identity file of a station. Within the transaction: where a file fails, no station is added."""
    settings = desk.settings
    secrets = keys.load(settings.keys)
    password = broker.generate_password(desk.randomness)
    salt = desk.randomness(broker.SALT_BYTES)
    path = settings.folder / "stations" / f"{station}.toml"
    write_identity(path, settings.compound, station, password, secrets, pass_secret)
    broker.set_password(settings.broker_folder / "passwords", station, password, salt)
    broker.write_acl(settings.broker_folder / "acl", settings.compound, set(everyone))
    return str(path)


def _import_people(order: ImportPeople, desk: Desk, registry: Registry) -> PeopleImported:
    homes, persons = people.households(registry), people.persons(registry)
    plan = intake.plan(order.people, order.fields, homes, persons, desk.randomness)
    write = not order.dry_run and not plan.mistakes
    if write and plan.households:
        people.put_households(registry, plan.households)
    if write and (plan.new or plan.changed):
        people.put_persons(registry, (*plan.new, *plan.changed))
    missing = _missing(set(plan.missing), homes, persons)
    return PeopleImported(len(plan.new), len(plan.changed), plan.same, missing, write, plan.mistakes)


def _missing(missing: set[str], homes: list[Household], persons: list[Person]) -> tuple[Missing, ...]:
    buildings = {each.id: each.building for each in homes}
    told = [Missing(each.id, each.masked_name, buildings[each.household]) for each in persons if each.id in missing]
    return tuple(sorted(told, key=lambda each: (_natural(each.building), each.person)))


def _warnings(policy: Policy, registry: Registry) -> tuple[str, ...]:
    buildings = {each.building for each in people.households(registry)}
    gates = {each.gate for each in stations.listed(registry)}
    return tuple(policy_file.warnings(policy, buildings, gates))


def _issue_passes(order: IssuePasses, desk: Desk, registry: Registry) -> PassesIssued:
    chosen = _whose(order, registry)
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


def _invite_phones(order: InvitePhones, desk: Desk, registry: Registry) -> PhonesInvited:
    address = phones.address(desk.settings.resident)
    if address is None:
        raise OrderRefused(
            "no phone could use such a card: set serve = true and the page's address under [resident] in hub.toml,"
            " then start the hub again"
        )
    chosen, expires_at = _whose(order, registry), desk.now + timedelta(hours=order.hours)
    drawn = [phones.draw_invitation(person, home, address, expires_at, desk.randomness) for person, home in chosen]
    invitations.put(registry, drawn, desk.now)
    return PhonesInvited(tuple(drawn))


def _whose(order: IssuePasses | InvitePhones, registry: Registry) -> list[tuple[Person, Household]]:
    """The people who are meant, in the order of their doors."""
    homes = {each.id: each for each in people.households(registry)}
    persons = {each.id: each for each in people.persons(registry)}
    strangers = [each for each in order.persons if each not in persons]
    if strangers:
        raise OrderRefused(f"nobody in the registry is {strangers[0]}; name a person by the 16 digits of the pseudonym")
    chosen = [
        (person, homes[person.household])
        for person in persons.values()
        if order.everybody or person.id in order.persons or homes[person.household].building == order.building
    ]
    if not chosen:
        place = f"building {order.building}" if order.building else "the registry"
        raise OrderRefused(f"nobody lives in {place}; import people first, or correct --building")
    return sorted(chosen, key=lambda each: (*map(_natural, (each[1].building, each[1].unit, each[1].room)), each[0].id))


def _revoke_passes(order: RevokePasses, desk: Desk, registry: Registry) -> PassesRevoked:
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


def _list_trust(desk: Desk, registry: Registry) -> TrustListed:
    published = documents.published(registry).get((DocumentKind.TRUST, documents.NO_BUCKET))
    told = tuple(pass_keys.listed(registry, desk.now))
    revoked = len(passes.revoked(registry, desk.now))
    edition, size = (str(published.edition), len(published.payload)) if published else ("", 0)
    return TrustListed(told, revoked, edition, size)


def _rotate_pass_key(order: RotatePassKey, desk: Desk, registry: Registry) -> PassKeyRotated:
    """The file comes last: where it cannot be written, nothing has changed."""
    pass_keys.adopt(registry, keys.load(desk.settings.keys).pass_.public, desk.now)
    before = next(key.key_id for key in pass_keys.listed(registry, desk.now) if key.retired_at is None)
    overlap = timedelta(days=order.overlap_days) if order.overlap_days is not None else None
    key, secret = keys.new_pass_key(desk.randomness)
    pass_keys.put(registry, key.public, desk.now, overlap)
    lapsing = 0 if overlap is None else pass_keys.lapsing(registry, before, desk.now + overlap)
    retired = tuple(each for each in pass_keys.listed(registry, desk.now) if each.retired_at is not None)
    keys.replace_pass_key(desk.settings.keys, secret)
    return PassKeyRotated(key.key_id, retired, lapsing)


def _natural(text: str) -> tuple[int, str]:
    """Building 2 before building 12."""
    return (int(text), "") if text.isdecimal() else (10**9, text)
