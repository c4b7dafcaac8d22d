"""What every route of the office may use; made once by create_app and handed to each handler."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.announcer import Announcer
from hub.casebook import Casebook
from hub.feed import Feed
from hub.office.attempts import Attempts
from hub.office.screen import Screen
from hub.office.tail import Tail
from hub.orders import Answer
from hub.orders.desk import DeskOrder
from hub.orders.quarantine import QuarantineOrder
from hub.set_aside import SetAside

PageOrder = DeskOrder | QuarantineOrder
"""What a clerk may decide on a page."""


@dataclass(frozen=True)
class Figures:
    """For Prometheus. token: of whoever may read them. text: makes them, at each scrape."""

    token: str
    text: Callable[[], bytes]


@dataclass(frozen=True)
class Office:
    """One compound's office. clock: aware instants in UTC. settle: waits for the hub's writer; raises OrderRefused, or
    TimeoutError where it is busy for long.

    checking: held by the login that is being looked at. One at a time: scrypt is meant to be dear, and many honest
    clerks (every screen, after a restart of the hub) must not look like many failures.
    """

    zone: ZoneInfo
    feed: Feed
    screen: Screen
    announcer: Announcer
    tail: Tail
    clock: Callable[[], datetime]
    casebook: Casebook
    set_aside: SetAside
    settle: Callable[[PageOrder], Answer]
    figures: Figures | None = None
    attempts: Attempts = field(default_factory=Attempts)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
