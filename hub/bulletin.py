"""The bulletin: policy, trust, roster, staff and notices as signed, retained documents, and last the manifest that
binds them.

Runs on the writer's thread. Only what really changed is signed and sealed anew, so a gate fetches no more than that;
the manifest is signed again at least hourly, which tells the gates that all of it still holds. What was published is
kept in the registry and put back after every connection, since a broker may forget.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, json

from gate import staff as staff_list
from gate import topics
from gate.document import DocumentKind, DocumentRefused, heading_of, open_document, sign
from gate.names import Slug
from gate.notices import Notices
from gate.policy import Policy
from gate.revocations import pack, revocations_of
from gate.roster import (
    BUCKETS,
    NONCE_BYTES,
    BucketUnreadable,
    Manifest,
    RosterBucket,
    digest,
    fill,
    seal,
    unseal,
)
from gate.staff import Staff
from gate.trust import TrustedKey, TrustList, Usage
from hub.keys import Keys
from hub.receipts import Publish
from hub.registry import Registry, blanks, documents, gate_keys, guards, notices, pass_keys, passes, people
from hub.registry.documents import NO_BUCKET, Editions, Place, Published

CONFIRM_EVERY = timedelta(hours=1)
KEY_LIFE = timedelta(days=3660)

log = logging.getLogger(__name__)
_MANIFEST: Place = (DocumentKind.MANIFEST, NO_BUCKET)
_STAFF: Place = (DocumentKind.STAFF, NO_BUCKET)
_NOTICES: Place = (DocumentKind.NOTICES, NO_BUCKET)


class Bulletin:
    """publish: topic and payload, retained. randomness: bytes for the seals' nonces."""

    def __init__(
        self, compound: Slug, keys: Keys, editions: Editions, publish: Publish, randomness: Callable[[int], bytes]
    ) -> None:
        self._compound = compound
        self._keys = keys
        self._editions = editions
        self._publish = publish
        self._randomness = randomness
        self._key_is_known = False

    def refresh(self, registry: Registry, now: datetime) -> int:
        """Sign what changed, keep it, publish it; how many documents. Not inside a transaction."""
        if not self._key_is_known:
            registry.run(lambda each: pass_keys.adopt(each, self._keys.pass_.public, now))
            self._key_is_known = True
        policy = documents.policy(registry)
        if policy is None:
            registry.touched.clear()
            log.warning("no policy is in force, so every gate refers everybody: gate-hub policy publish FILE")
            return 0
        held = documents.published(registry)
        bodies = self._bodies(registry, policy, now) | _of_late(registry, held, now)
        fresh = [
            self._signed(place, body, now)
            for place, body in bodies.items()
            if not self._stands(held.get(place), body, registry.generation)
        ]
        if fresh or _is_due(held.get(_MANIFEST), now):
            whole = {**held, **{each.place: each for each in fresh}}
            fresh.append(self._signed(_MANIFEST, _manifest(whole, bodies), now))
        registry.run(lambda each: documents.keep(each, fresh))
        registry.touched.clear()
        self._publish_all(fresh)
        return len(fresh)

    def put_back(self, registry: Registry) -> int:
        """Publish everything that is in force, the manifest last; how many documents."""
        held = documents.published(registry)
        last = held.pop(_MANIFEST, None)
        standing = [*held.values(), *([last] if last else [])]
        self._publish_all(standing)
        return len(standing)

    def _bodies(self, registry: Registry, policy: Policy, now: datetime) -> dict[Place, Struct]:
        """Everything that the gates should hold, as the registry has it now."""
        bodies: dict[Place, Struct] = {
            (DocumentKind.POLICY, NO_BUCKET): policy,
            (DocumentKind.TRUST, NO_BUCKET): self._trust(registry, now),
        }
        everybody = (*people.roster(registry, now), *blanks.on_roster(registry, now))
        for bucket, residents in enumerate(fill(everybody)):
            bodies[DocumentKind.ROSTER, bucket] = RosterBucket(residents)
        return bodies

    def _stands(self, document: Published | None, body: Struct, generation: int) -> bool:
        """Whether just this is in force, signed with today's keys in today's generation."""
        if document is None or document.edition.generation != generation:
            return False
        try:
            payload = self._unsealed(document)
            opened = open_document(payload, document.kind, self._compound, [self._keys.document.public])
        except (DocumentRefused, BucketUnreadable, staff_list.StaffUnreadable):
            return False
        return bytes(opened.body) == json.encode(body, order="deterministic")

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
        return TrustList(trusted, revoked, form_key=self._keys.form_public, gates=gates)

    def _unsealed(self, document: Published) -> bytes:
        if document.kind is DocumentKind.STAFF:
            return staff_list.unseal(document.payload, self._compound, self._keys.roster)
        if document.kind is not DocumentKind.ROSTER:
            return document.payload
        return unseal(document.payload, document.bucket, self._compound, self._keys.roster)

    def _publish_all(self, published: Sequence[Published]) -> None:
        for document in published:
            self._publish(_topic(document, self._compound), document.payload)


def _of_late(registry: Registry, held: Mapping[Place, Published], now: datetime) -> dict[Place, Struct]:
    """Staff and notices, once there are any: a gate of an older version would not understand a manifest with them."""
    bodies: dict[Place, Struct] = {_STAFF: guards.staff(registry), _NOTICES: notices.body(registry, now)}
    return {place: body for place, body in bodies.items() if place in held or body not in (Staff(), Notices())}


def _manifest(whole: Mapping[Place, Published], bodies: Mapping[Place, Struct]) -> Manifest:
    buckets = [whole[DocumentKind.ROSTER, bucket] for bucket in range(BUCKETS)]
    return Manifest(
        policy=digest(whole[DocumentKind.POLICY, NO_BUCKET].payload),
        trust=digest(whole[DocumentKind.TRUST, NO_BUCKET].payload),
        roster=tuple(digest(each.payload) for each in buckets),
        roster_edition=str(max(each.edition for each in buckets)),
        people=sum(len(body.residents) for body in bodies.values() if isinstance(body, RosterBucket)),
        staff=digest(whole[_STAFF].payload) if _STAFF in whole else None,
        notices=digest(whole[_NOTICES].payload) if _NOTICES in whole else None,
    )


def _is_due(manifest: Published | None, now: datetime) -> bool:
    """Also where the clock was set back, so that no gate waits for a time that has been."""
    return manifest is None or not timedelta(0) <= now - manifest.at < CONFIRM_EVERY


def _long_expired(now: datetime) -> datetime:
    """A midnight, so that the list is signed anew once a day and not whenever a pass expires; a day and more ago, so
    that a gate whose clock is behind knows a revoked pass for one until it knows it for an expired one."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def _topic(document: Published, compound: Slug) -> str:
    match document.kind:
        case DocumentKind.ROSTER:
            return topics.ROSTER.of(compound, bucket=document.bucket)
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
