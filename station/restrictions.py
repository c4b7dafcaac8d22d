"""What may not wait for a whole set: a pass revoked, a key retired, a guard taken off the list, a permit taken back, a
person isolated, watched, gone red or moved away, a building sealed, a gate closed.

`documents` lays it over the set in force as soon as its own signed document is there. Pure. Rule: it only takes away;
whatever would let somebody through who was not before waits until policy, trust and roster fit together.
"""

from collections.abc import Iterable
from dataclasses import replace

from msgspec import structs

from gate.policy import GateRule, Policy, Zone
from gate.revocations import Revocations, revocations_of
from gate.roster import Health, Resident, RosterBucket, Standing, heads_of
from gate.staff import Staff
from gate.trust import Trust, TrustList, index
from station.roster import Opened, Part
from station.snapshot import Snapshot

_GRAVITY = (Health.GREEN, Health.UNKNOWN, Health.YELLOW, Health.RED)
_WATCH = (Standing.NORMAL, Standing.MONITORED, Standing.ISOLATED)
_closed = (Zone.OPEN, Zone.CONTROLLED, Zone.SEALED).index


def restricted(snapshot: Snapshot, newer: Iterable[tuple[Part, Opened]]) -> Snapshot:
    """The set in force, less what these newer documents take away; the very same where that is nothing."""
    for part, document in newer:
        match document.body:
            case Policy():
                snapshot = _with_policy(snapshot, document.body)
            case TrustList():
                snapshot = _with_trust(snapshot, document.body)
            case Staff():
                snapshot = _with_staff(snapshot, document.body)
            case RosterBucket() if part.bucket is not None:
                snapshot = _with_bucket(snapshot, part.bucket, document.body)
            case _:
                continue
    return snapshot


def _with_policy(snapshot: Snapshot, newer: Policy) -> Snapshot:
    """Its closed buildings and gates; its limits and questions wait for their set."""
    if snapshot.rules is None:
        return snapshot
    old = snapshot.rules.policy
    graver = {name: zone for name, zone in newer.zones.items() if _closed(zone) > _closed(old.zone_of(name))}
    stricter = {name: _stricter(old.gate_rule(name), rule) for name, rule in newer.gates.items()}
    closed = {name: rule for name, rule in stricter.items() if rule != old.gate_rule(name)}
    doors = old.deliver_to_door & newer.deliver_to_door
    policy = structs.replace(old, zones={**old.zones, **graver}, gates={**old.gates, **closed}, deliver_to_door=doors)
    return snapshot if policy == old else replace(snapshot, rules=replace(snapshot.rules, policy=policy))


def _stricter(before: GateRule, after: GateRule) -> GateRule:
    """As before, but open to nobody to whom it is closed after; then with the words of that."""
    ways = before.directions & after.directions
    if (before.open and not after.open) or ways != before.directions:
        return structs.replace(after, open=before.open and after.open, directions=ways, hours=before.hours)
    return before


def _with_trust(snapshot: Snapshot, newer: TrustList) -> Snapshot:
    old = snapshot.trust
    known = {key.public for keys in old.by_key_id.values() for key in keys}
    keys = [key for key in newer.keys if key.public in known]
    issuers = {issuer.spki for issuer in newer.issuers}
    still = [issuer for same_id in old.issuers.values() for issuer in same_id if issuer.spki in issuers]
    gates = [gate for gate in old.gates if gate in newer.gates]
    trust = index(old.compound, keys, _together(old, newer), still, old.form_key, gates)
    return snapshot if trust == old else replace(snapshot, trust=trust)


def _together(old: Trust, newer: TrustList) -> Revocations:
    return revocations_of([*old.revoked, *newer.revocations])


def _with_staff(snapshot: Snapshot, newer: Staff) -> Snapshot:
    """A changed PIN holds at once too: the old one may be known to others."""
    if snapshot.staff is None:
        return snapshot
    told = {guard.id: guard for guard in newer.guards}
    still = Staff(tuple(told[guard.id] for guard in snapshot.staff.guards if guard.id in told))
    return snapshot if still == snapshot.staff else replace(snapshot, staff=still)


def _with_bucket(snapshot: Snapshot, bucket: int, newer: RosterBucket) -> Snapshot:
    told, heads = {resident.person: resident for resident in newer.residents}, heads_of(bucket)
    residents = dict(snapshot.residents)
    for person, before in snapshot.residents.items():
        if person[:2] not in heads:
            continue
        after = told.get(person)
        if after is None or after.stands_for != before.stands_for:
            del residents[person]
        else:
            residents[person] = _graver(before, after)
    return snapshot if residents == snapshot.residents else replace(snapshot, residents=residents)


def _graver(before: Resident, after: Resident) -> Resident:
    """As before, but no freer than after."""
    return structs.replace(
        before,
        standing=max(before.standing, after.standing, key=_WATCH.index),
        health=max(before.health, after.health, key=_GRAVITY.index),
        permits=tuple(permit for permit in before.permits if permit in after.permits),
        until=min((each for each in (before.until, after.until) if each is not None), default=None),
    )
