"""Documents: the policy in force, and what lies published on the broker, so that it can be put back."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, json

from gate.document import DocumentKind, Edition
from gate.policy import Policy
from hub.registry import Change, Registry, high_water
from hub.registry.instants import read, written

NO_BUCKET = -1
# Numbers are reserved in blocks: a hub that is killed skips some, and never says one twice.
BLOCK = 1000


Place = tuple[DocumentKind, int]


class Published(Struct, frozen=True):
    """One payload as it lies on the broker."""

    kind: DocumentKind
    bucket: int
    edition: Edition
    payload: bytes
    at: datetime

    @property
    def place(self) -> Place:
        return self.kind, self.bucket


def set_policy(registry: Registry, policy: Policy) -> None:
    """The rules that every gate gets with the next bulletin."""
    registry.set_meta("policy", json.encode(policy, order="deterministic").decode())
    registry.touch(Change.POLICY)


def policy(registry: Registry) -> Policy | None:
    """The rules in force; None until the office has published some."""
    text = registry.meta("policy")
    return None if text is None else json.decode(text, type=Policy)


def keep(registry: Registry, documents: Iterable[Published]) -> None:
    """Remember each as the one in force of its kind and bucket."""
    registry.database.conn.executemany(
        "INSERT OR REPLACE INTO document (kind, bucket, generation, number, payload, published_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (each.kind, each.bucket, each.edition.generation, each.edition.number, each.payload, written(each.at))
            for each in documents
        ],
    )


def published(registry: Registry) -> dict[Place, Published]:
    """What is in force, as it lies on the broker."""
    rows = registry.rows("SELECT kind, bucket, generation, number, payload, published_at FROM document")
    documents = [
        Published(DocumentKind(kind), bucket, Edition(generation, number), payload, read(at))
        for kind, bucket, generation, number, payload, at in rows
    ]
    return {each.place: each for each in documents}


class Editions:
    """Numbers every signed document of this registry, rising over restarts. Belongs to the writer's thread."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._generation = registry.generation
        self._next = self._reserved = int(registry.meta("number") or 1)

    def draw(self) -> Edition:
        if self._next >= self._reserved:
            self._reserve()
        edition = Edition(self._generation, self._next)
        self._next += 1
        return edition

    def _reserve(self) -> None:
        """On the disk before the first number of the block is used, whatever becomes of the command that asks."""
        if self._registry.database.conn.in_transaction:
            raise RuntimeError("draw editions before a transaction begins, not within: a rollback would reuse them")
        ceiling = self._next + BLOCK
        self._registry.run(lambda registry: registry.set_meta("number", str(ceiling)))
        high_water.note(self._registry, ceiling)
        self._reserved = ceiling
