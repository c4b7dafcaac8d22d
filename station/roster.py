"""The hub's documents as this gate understands them, and the whole Snapshot that they make together.

`documents` calls it: `Reader` opens one document at a time, `whole` puts policy, trust and the 64 buckets of a manifest
together. Rule: what a resident's entry says is in memory only; on the disk it stays sealed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gate.document import DocumentKind, DocumentRefused, Heading, SignedDocument, body_of, open_document
from gate.notices import Notices
from gate.policy import Policy, Rules
from gate.roster import BucketUnreadable, Manifest, Resident, RosterBucket, bucket_of, unseal
from gate.staff import Staff, StaffUnreadable
from gate.staff import unseal as unseal_staff
from gate.trust import TrustList, index
from station.snapshot import Snapshot

Body = Policy | TrustList | Manifest | RosterBucket | Staff | Notices
T = TypeVar("T", Policy, TrustList, Manifest, Staff, Notices)


@dataclass(frozen=True, slots=True)
class Part:
    """Which document it is: its kind, and its bucket (0 to 63) where it is of the roster."""

    kind: DocumentKind
    bucket: int | None = None

    def __str__(self) -> str:
        return self.kind.value if self.bucket is None else f"{self.kind.value}/{self.bucket:02d}"


POLICY = Part(DocumentKind.POLICY)
TRUST = Part(DocumentKind.TRUST)
STAFF = Part(DocumentKind.STAFF)
NOTICES = Part(DocumentKind.NOTICES)
MANIFEST = Part(DocumentKind.MANIFEST)


@dataclass(frozen=True, slots=True)
class Opened:
    """A document that was believed."""

    heading: Heading
    body: Body


@dataclass(frozen=True, slots=True)
class Reader:
    """What a station needs to read its hub. hub_key: raw Ed25519 public, 32 bytes; roster_key: 32 bytes."""

    compound: str
    hub_key: bytes
    roster_key: bytes

    def read(self, part: Part, payload: bytes) -> Opened:
        """What was published as that part. Raises DocumentRefused, also where a bucket cannot be unsealed."""
        if part.bucket is not None:
            return self._read_bucket(part.bucket, payload)
        if part.kind is DocumentKind.STAFF:
            return self._read_staff(payload)
        document = self._open(part.kind, payload)
        match part.kind:
            case DocumentKind.POLICY:
                return Opened(document.heading, body_of(document, Policy))
            case DocumentKind.TRUST:
                return Opened(document.heading, body_of(document, TrustList))
            case DocumentKind.NOTICES:
                return Opened(document.heading, body_of(document, Notices))
            case DocumentKind.MANIFEST:
                return Opened(document.heading, body_of(document, Manifest))
            case _:
                raise DocumentRefused(f"a {part.kind} is no document that a gate keeps")

    def _open(self, kind: DocumentKind, payload: bytes) -> SignedDocument:
        document = open_document(payload, kind, self.compound, [self.hub_key])
        if document.heading.addressee:
            raise DocumentRefused(f"{kind} {document.heading.edition} is meant for {document.heading.addressee} alone")
        return document

    def _read_staff(self, payload: bytes) -> Opened:
        try:
            signed = unseal_staff(payload, self.compound, self.roster_key)
        except StaffUnreadable as cause:
            raise DocumentRefused(str(cause)) from cause
        document = self._open(DocumentKind.STAFF, signed)
        return Opened(document.heading, body_of(document, Staff))

    def _read_bucket(self, bucket: int, payload: bytes) -> Opened:
        try:
            signed = unseal(payload, bucket, self.compound, self.roster_key)
        except BucketUnreadable as cause:
            raise DocumentRefused(str(cause)) from cause
        document = self._open(DocumentKind.ROSTER, signed)
        body = body_of(document, RosterBucket)
        if any(bucket_of(resident.person) != bucket for resident in body.residents):
            raise DocumentRefused(f"roster bucket {bucket} holds people of another bucket")
        return Opened(document.heading, body)


def whole(gate: str, compound: str, manifest: Opened, parts: Sequence[Opened]) -> Snapshot:
    """Snapshot of one manifest. parts: its policy, its trust, its buckets, and its staff and notices where it has
    such, in any order.

    Rules are as fresh as the manifest: it is signed anew every hour though nothing changes.
    """
    policy, policy_edition = _only(parts, Policy)
    trust, trust_edition = _only(parts, TrustList)
    listed, _ = _only([manifest], Manifest)
    return Snapshot(
        rules=Rules(gate, policy, policy_edition, manifest.heading.issued_at),
        trust=index(compound, trust.keys, trust.revocations, trust.issuers, trust.form_key, trust.gates),
        residents=_by_pseudonym(part.body for part in parts),
        roster_edition=listed.roster_edition,
        trust_edition=trust_edition,
        staff=next((part.body for part in parts if isinstance(part.body, Staff)), None),
        notices=next((part.body for part in parts if isinstance(part.body, Notices)), Notices()),
    )


def _only(parts: Iterable[Opened], body_type: type[T]) -> tuple[T, str]:
    return next((part.body, str(part.heading.edition)) for part in parts if isinstance(part.body, body_type))


def _by_pseudonym(bodies: Iterable[Body]) -> dict[str, Resident]:
    buckets = (body for body in bodies if isinstance(body, RosterBucket))
    return {resident.person: resident for bucket in buckets for resident in bucket.residents}
