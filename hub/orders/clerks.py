"""Clerks, who log in to the office's pages. `gate-hub clerk add` gives this order; the password never travels."""

from typing import Annotated

from msgspec import Meta

from hub.orders import Answer, Desk, Order
from hub.registry import Registry, clerks

ClerkName = Annotated[str, Meta(pattern=r"^[^\s:]{1,32}\Z")]


class PutClerk(Order, frozen=True, tag="put_clerk"):
    """A clerk may log in with the password of this hash; a known clerk gets a new one."""

    name: ClerkName
    password_hash: str


class ClerkPut(Answer, frozen=True, tag="clerk_put"):
    new: bool


def carry_out(order: PutClerk, desk: Desk, registry: Registry) -> ClerkPut:
    return ClerkPut(clerks.put(registry, order.name, order.password_hash, desk.now))
