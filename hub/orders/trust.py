"""Which key signs passes, and which are believed still. `gate-hub trust list` and `rotate` give these orders."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gate.document import DocumentKind
from hub import keys
from hub.orders import Answer, Desk, Order
from hub.orders.passes import LONGEST_LIFE_DAYS
from hub.registry import Registry, documents, pass_keys, passes
from hub.registry.pass_keys import PassKey


class ListTrust(Order, frozen=True, tag="list_trust"):
    """Which keys and how many revoked passes the gates are told of."""


class RotatePassKey(Order, frozen=True, tag="rotate_pass_key"):
    """A new key signs passes. overlap_days: how long what the old one signed is believed; None: as long as it lasts."""

    overlap_days: Annotated[int, Meta(ge=0, le=LONGEST_LIFE_DAYS)] | None = None


TrustOrder = ListTrust | RotatePassKey


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


TrustAnswer = TrustListed | PassKeyRotated


def carry_out(order: TrustOrder, desk: Desk, registry: Registry) -> TrustAnswer:
    """Raises KeysRefused, or OSError where the new key cannot be written."""
    match order:
        case ListTrust():
            return _list(desk, registry)
        case RotatePassKey():
            return _rotate(order, desk, registry)


def _list(desk: Desk, registry: Registry) -> TrustListed:
    published = documents.published(registry).get((DocumentKind.TRUST, documents.NO_BUCKET))
    told = tuple(pass_keys.listed(registry, desk.now))
    revoked = len(passes.revoked(registry, desk.now))
    edition, size = (str(published.edition), len(published.payload)) if published else ("", 0)
    return TrustListed(told, revoked, edition, size)


def _rotate(order: RotatePassKey, desk: Desk, registry: Registry) -> PassKeyRotated:
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
