"""One compound's office: the parts that its pages are drawn from.

`open_office` puts them together over a registry, once; hub.run calls it, and every route gets what it made.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.announcer import Announcer
from hub.casebook import Casebook
from hub.control import wall_clock
from hub.feed import Feed
from hub.incoming.gaps import Outstanding
from hub.office.attempts import Attempts
from hub.office.screen import Screen
from hub.office.tail import Tail
from hub.orders import Answer, OrderRefused
from hub.orders.desk import DeskOrder
from hub.orders.quarantine import QuarantineOrder
from hub.quarantine.set_aside import SetAside
from hub.settings import Settings

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
    TimeoutError where it is busy for long. over_tls: whether browsers come over TLS; then cookies go no other way.

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
    over_tls: bool
    figures: Figures | None = None
    attempts: Attempts = field(default_factory=Attempts)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)


def open_office(
    settings: Settings,
    registry: Path,
    announcer: Announcer,
    clock: Callable[[], datetime] = wall_clock,
    connected: Callable[[], bool] = lambda: True,
    settle: Callable[[PageOrder], Answer] | None = None,
    owed: Callable[[], Mapping[str, Outstanding]] = dict,
    figures: Figures | None = None,
) -> Office:
    """connected: whether the hub has its broker just now, without which no gate can be called well. settle: has the
    hub's writer carry out what a clerk decides; without it the pages only show. owed: what of the gates has not come,
    as last looked for.
    """
    feed, screen = Feed(registry), Screen(settings.name or settings.compound, settings.zone)
    casebook, set_aside = Casebook(registry), SetAside(registry)
    return Office(
        zone=settings.zone,
        feed=feed,
        screen=screen,
        announcer=announcer,
        tail=Tail(feed, casebook, set_aside, screen, settings.zone, clock, connected, owed),
        clock=clock,
        casebook=casebook,
        set_aside=set_aside,
        settle=settle or _only_shown,
        over_tls=bool(settings.office.tls_certificate),
        figures=figures,
    )


def _only_shown(_: PageOrder) -> Answer:
    raise OrderRefused("no hub runs behind these pages")
