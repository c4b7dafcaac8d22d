"""The bulletin: policy, trust, roster, staff and notices as signed, retained documents, and last the manifest that
binds them.

Runs on the writer's thread. Only what really changed is signed and sealed anew, so a gate fetches no more than that;
the manifest is signed again at least hourly, which tells the gates that all of it still holds. What was published is
kept in the registry and put back after every connection, since a broker may forget. What stands is remembered by its
fingerprint, so that one person's change costs one bucket's work.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import Struct, json

from gate import staff as staff_list
from gate import topics
from gate.document import DocumentKind, DocumentRefused, Edition, body_of, heading_of, open_document, sign
from gate.names import Digest, Slug
from gate.notices import Notices
from gate.policy import Policy
from gate.revocations import pack, revocations_of
from gate.roster import (
    BUCKETS,
    NONCE_BYTES,
    BucketUnreadable,
    Manifest,
    RosterBucket,
    bucket_of,
    digest,
    fill,
    seal,
    unseal,
)
from gate.staff import Staff
from gate.trust import IssuerKey, TrustedKey, TrustList, Usage
from hub.incoming.receipts import Publish
from hub.keys import Keys
from hub.registry import Change, Registry, blanks, documents, gate_keys, guards, notices, pass_keys, passes, people
from hub.registry.documents import NO_BUCKET, Editions, Place, Published

CONFIRM_EVERY = timedelta(hours=1)
KEY_LIFE = timedelta(days=3660)

log = logging.getLogger(__name__)
_MANIFEST: Place = (DocumentKind.MANIFEST, NO_BUCKET)
_STAFF: Place = (DocumentKind.STAFF, NO_BUCKET)
_NOTICES: Place = (DocumentKind.NOTICES, NO_BUCKET)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force at one place, without its payload: body is the SHA-256 of what was signed."""

    edition: Edition
    at: datetime
    digest: Digest
    body: bytes
    people: int


class Bulletin:
    """publish: topic and payload, retained. randomness: bytes for the seals' nonces. issuers: for the trust list."""

    def __init__(
        self,
        compound: Slug,
        keys: Keys,
        editions: Editions,
        publish: Publish,
        randomness: Callable[[int], bytes],
        issuers: tuple[IssuerKey, ...] = (),
    ) -> None:
        self._compound = compound
        self._issuers = issuers
        self._keys = keys
        self._editions = editions
        self._publish = publish
        self._randomness = randomness
        self._key_is_known = False
        self._standing: dict[Place, Standing] = {}

    @property
    def confirmed_at(self) -> datetime | None:
        """When the manifest was last signed; None where that is not known."""
        manifest = self._standing.get(_MANIFEST)
        return None if manifest is None else manifest.at

    def refresh(self, registry: Registry, now: datetime) -> int:
        """Sign what changed, keep it, publish it; how many documents. Not inside a transaction."""
        return self._tell(registry, now, None)

    def follow(self, registry: Registry, now: datetime) -> int:
        """`refresh` at once after a command: of the roster only the buckets of those whom it touched are looked at.

        What else time has done to the others is told by the next `refresh`.
        """
        persons = registry.persons if Change.PEOPLE in registry.touched else frozenset()
        return self._tell(registry, now, None if persons is None else {bucket_of(person) for person in persons})

    def put_back(self, registry: Registry, wanted: Collection[str] | None = None) -> frozenset[str]:
        """Publish again what is in force, the manifest last, or only what belongs on these topics; on which it did."""
        held = documents.published(registry)
        last = held.pop(_MANIFEST, None)
        standing = [*held.values(), *([last] if last else [])]
        if wanted is not None:
            standing = [each for each in standing if _topic(each.place, self._compound) in wanted]
        self._publish_all(standing)
        return frozenset(_topic(each.place, self._compound) for each in standing)

    def _tell(self, registry: Registry, now: datetime, buckets: Collection[int] | None) -> int:
        if not self._key_is_known:
            registry.run(lambda each: pass_keys.adopt(each, self._keys.pass_.public, now))
            self._key_is_known = True
        policy = documents.policy(registry)
        if policy is None:
            registry.told()
            log.warning("no policy is in force, so every gate refers everybody: gate-hub policy publish FILE")
            return 0
        standing = self._standing_in(registry)
        if any((DocumentKind.ROSTER, bucket) not in standing for bucket in range(BUCKETS)):
            buckets = None
        bodies = self._bodies(registry, policy, now, buckets) | _of_late(registry, standing, now)
        changed = {place: body for place, body in bodies.items() if _differs(standing.get(place), body)}
        fresh = [self._signed(place, body, now) for place, body in changed.items()]
        after = standing | {each.place: _standing(each, changed[each.place]) for each in fresh}
        if fresh or _is_due(standing.get(_MANIFEST), now):
            manifest = _manifest(after)
            fresh.append(self._signed(_MANIFEST, manifest, now))
            after[_MANIFEST] = _standing(fresh[-1], manifest)
        registry.run(lambda each: documents.keep(each, fresh))
        self._standing = after
        registry.told()
        self._publish_all(fresh)
        return len(fresh)

    def _standing_in(self, registry: Registry) -> dict[Place, Standing]:
        """What is in force, signed with today's keys in today's generation; read and checked once, then remembered."""
        generation = registry.generation
        if any(each.edition.generation != generation for each in self._standing.values()):
            self._standing = {}
        if not self._standing:
            held = documents.published(registry).values()
            known = {each.place: self._checked(each) for each in held if each.edition.generation == generation}
            self._standing = {place: standing for place, standing in known.items() if standing is not None}
        return self._standing

    def _checked(self, document: Published) -> Standing | None:
        try:
            payload = self._unsealed(document)
            opened = open_document(payload, document.kind, self._compound, [self._keys.document.public])
            people = len(body_of(opened, RosterBucket).residents) if document.kind is DocumentKind.ROSTER else 0
        except (DocumentRefused, BucketUnreadable, staff_list.StaffUnreadable):
            return None
        body = sha256(bytes(opened.body)).digest()
        return Standing(document.edition, document.at, digest(document.payload), body, people)

    def _bodies(
        self, registry: Registry, policy: Policy, now: datetime, buckets: Collection[int] | None
    ) -> dict[Place, Struct]:
        """What the gates should hold, as the registry has it now; of the roster only these buckets."""
        bodies: dict[Place, Struct] = {
            (DocumentKind.POLICY, NO_BUCKET): policy,
            (DocumentKind.TRUST, NO_BUCKET): self._trust(registry, now),
        }
        if buckets is not None and not buckets:
            return bodies
        everybody = (*people.roster(registry, now, buckets), *blanks.on_roster(registry, now))
        for bucket, residents in enumerate(fill(everybody)):
            if buckets is None or bucket in buckets:
                bodies[DocumentKind.ROSTER, bucket] = RosterBucket(residents)
        return bodies

    def _signed(self, place: Place, body: Struct, now: datetime) -> Published:
        kind, bucket = place
        edition = self._editions.draw()
        heading = heading_of(kind, self._compound, edition, now, self._keys.document.key_id)
        payload = sign(heading, body, self._keys.document.sign)
        if kind is DocumentKind.ROSTER:
            payload = seal(payload, bucket, self._compound, self._keys.roster, self._randomness(NONCE_BYTES))
        elif kind is DocumentKind.STAFF:
            payload = staff_list.seal(payload, self._compound, self._keys.roster, self._randomness(NONCE_BYTES))
        return Published(kind, bucket, edition, payload, now)

    def _trust(self, registry: Registry, now: datetime) -> TrustList:
        passes_alone = frozenset({Usage.PASS})
        trusted = tuple(
            TrustedKey(
                key.public, self._compound, passes_alone, key.not_before, key.retired_at or key.not_before + KEY_LIFE
            )
            for key in pass_keys.listed(registry, now)
        )
        revoked = pack(revocations_of(passes.revoked(registry, _long_expired(now))))
        gates = gate_keys.certificates(gate_keys.listed(registry))
        return TrustList(trusted, revoked, self._issuers, form_key=self._keys.form_public, gates=gates)

    def _unsealed(self, document: Published) -> bytes:
        if document.kind is DocumentKind.STAFF:
            return staff_list.unseal(document.payload, self._compound, self._keys.roster)
        if document.kind is not DocumentKind.ROSTER:
            return document.payload
        return unseal(document.payload, document.bucket, self._compound, self._keys.roster)

    def _publish_all(self, published: Sequence[Published]) -> None:
        for document in published:
            self._publish(_topic(document.place, self._compound), document.payload)


def _of_late(registry: Registry, standing: Collection[Place], now: datetime) -> dict[Place, Struct]:
    """Staff and notices, once there are any: a gate of an older version would not understand a manifest with them."""
    bodies: dict[Place, Struct] = {_STAFF: guards.staff(registry), _NOTICES: notices.body(registry, now)}
    return {place: body for place, body in bodies.items() if place in standing or body not in (Staff(), Notices())}


def _differs(standing: Standing | None, body: Struct) -> bool:
    return standing is None or standing.body != _fingerprint(body)


def _fingerprint(body: Struct) -> bytes:
    return sha256(json.encode(body, order="deterministic")).digest()


def _standing(document: Published, body: Struct) -> Standing:
    people = len(body.residents) if isinstance(body, RosterBucket) else 0
    return Standing(document.edition, document.at, digest(document.payload), _fingerprint(body), people)


def _manifest(standing: Mapping[Place, Standing]) -> Manifest:
    buckets = [standing[DocumentKind.ROSTER, bucket] for bucket in range(BUCKETS)]
    return Manifest(
        policy=standing[DocumentKind.POLICY, NO_BUCKET].digest,
        trust=standing[DocumentKind.TRUST, NO_BUCKET].digest,
        roster=tuple(each.digest for each in buckets),
        roster_edition=str(max(each.edition for each in buckets)),
        people=sum(each.people for each in buckets),
        staff=standing[_STAFF].digest if _STAFF in standing else None,
        notices=standing[_NOTICES].digest if _NOTICES in standing else None,
    )


def _is_due(manifest: Standing | None, now: datetime) -> bool:
    """Also where the clock was set back, so that no gate waits for a time that has been."""
    return manifest is None or not timedelta(0) <= now - manifest.at < CONFIRM_EVERY


def _long_expired(now: datetime) -> datetime:
    """A midnight, so that the list is signed anew once a day and not whenever a pass expires; a day and more ago, so
    that a gate whose clock is behind knows a revoked pass for one until it knows it for an expired one."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def _topic(place: Place, compound: Slug) -> str:
    kind, bucket = place
    match kind:
        case DocumentKind.ROSTER:
            return topics.ROSTER.of(compound, bucket=bucket)
        case DocumentKind.POLICY:
            return topics.POLICY.of(compound)
        case DocumentKind.TRUST:
            return topics.TRUST.of(compound)
        case DocumentKind.STAFF:
            return topics.STAFF.of(compound)
        case DocumentKind.NOTICES:
            return topics.NOTICES.of(compound)
        case _:
            return topics.MANIFEST.of(compound)
