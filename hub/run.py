"""`gate-hub run`: the hub until it is told to end; called by hub.__main__.

The main thread serves the office's pages; the link and the writer have threads of their own (hub.running). SIGTERM or
SIGINT: the office's streams are let go first, the stations are told that the hub is down, then the registry is closed.
"""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import uvicorn

from hub import control, keys, metrics
from hub.incoming.gaps import LOOK_EVERY_SECONDS
from hub.keeping import backup
from hub.keys import KeysRefused
from hub.metrics import Metrics
from hub.notify import Notifier
from hub.office import create_app, open_office
from hub.office.office import Figures, PageOrder
from hub.orders import Answer, Desk
from hub.orders.carrying_out import carry_out
from hub.registry import Registry, RegistryRefused, open_registry
from hub.registry.mending import BACKUPS
from hub.resident import Registrar, ResidentServer
from hub.running import Clock, RunningHub
from hub.settings import Served, Settings, SettingsRefused

CONFIRM_SECONDS = 60.0
GRACE_SECONDS = 2
SETTLE_SECONDS = 10.0
_PAGES = {"office": "the office's pages", "resident": "the residents' page"}
# A clock this far behind the registry is wrong, and everything that it would sign would be refused by the gates.
CLOCK_SLACK = timedelta(minutes=10)

log = logging.getLogger(__name__)


class HubRefused(Exception):
    """The hub cannot run as things are; the message says what is in the way and what to do."""


# What `run` raises with a sentence for whoever started it; anything else is a fault of the program.
REFUSALS = (HubRefused, SettingsRefused, KeysRefused, RegistryRefused)


def run(settings: Settings, clock: Clock = control.wall_clock) -> None:
    """Serve until SIGTERM or SIGINT. Raises one of REFUSALS before anything is spoken."""
    with (
        control.exclusive(settings),
        closing(_listen("office", settings.office)) as listener,
        _listen("resident", settings.resident) if settings.resident.serve else nullcontext() as residents,
        closing(_open(settings, clock)) as registry,
    ):
        _refuse_a_clock_in_the_past(registry, clock)
        secrets = keys.load(settings.keys)
        if not secrets.form:
            secrets = keys.with_form_key(settings.keys)
            log.warning("%s was drawn; keep a copy of it with the other keys", settings.keys / keys.FORM_KEY)
        figures = Metrics(settings, partial(backup.listed, settings.folder / BACKUPS, settings.compound), clock)
        hub = RunningHub(settings, registry, secrets, _broker_password(settings), clock, figures.told_the_feed)
        figures.watch(hub)
        page = None
        if residents is not None:
            registrar = Registrar(settings, hub.writer, lambda: keys.load(settings.keys).pass_, clock, os.urandom)
            page = _Page(ResidentServer(settings.resident, registrar), residents)
        told = Figures(metrics.token(settings.folder), figures.text)
        asyncio.run(_serve(settings, hub, listener, page, clock, told))


@dataclass(frozen=True)
class _Page:
    """The residents' page and where it listens."""

    server: ResidentServer
    listener: socket.socket


async def _serve(
    settings: Settings, hub: RunningHub, listener: socket.socket, page: _Page | None, clock: Clock, figures: Figures
) -> None:
    addresses = [f"office {_address(settings.office, listener)}"]
    if page is not None:
        addresses.append(f"resident {_address(settings.resident, page.listener)}")
    notifier = Notifier()
    server = _Server(settings, hub, addresses, clock, notifier, figures)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.end)
    hub.start()
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(control.serve(settings, hub.writer, clock))
            for pulse in (_confirm_every_minute(hub), _look_every_few_seconds(hub, notifier)):
                stack.callback(asyncio.create_task(pulse).cancel)
            if page is not None:
                await stack.enter_async_context(page.server.serving(page.listener))
            await server.serve([listener])
    finally:
        await asyncio.to_thread(hub.stop)


async def _confirm_every_minute(hub: RunningHub) -> None:
    while True:
        await asyncio.sleep(CONFIRM_SECONDS)
        hub.confirm()


async def _look_every_few_seconds(hub: RunningHub, notifier: Notifier) -> None:
    """The watchdog is fed only where this loop and the writer's thread have both turned."""
    limit = notifier.manager.watchdog_seconds
    while True:
        looked = asyncio.wrap_future(hub.look())
        # Why a look failed has been logged; that the thread could fail at all shows that it turns.
        await asyncio.gather(looked, return_exceptions=True)
        notifier.alive()
        await asyncio.sleep(min(LOOK_EVERY_SECONDS, limit / 4 if limit else LOOK_EVERY_SECONDS))


class _Server(uvicorn.Server):
    """uvicorn with our signals: an open stream would hold up its end for the whole grace."""

    def __init__(
        self,
        settings: Settings,
        hub: RunningHub,
        addresses: Sequence[str],
        clock: Clock,
        notifier: Notifier,
        figures: Figures,
    ) -> None:
        office = open_office(
            settings,
            settings.registry,
            hub.announcer,
            clock,
            lambda: hub.connected,
            self._settle,
            lambda: hub.owed,
            figures,
        )
        app: Any = create_app(office, hub.form_secret)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ssl_certfile=settings.office.tls_certificate or None,
                ssl_keyfile=settings.office.tls_key or None,
            )
        )
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._addresses = addresses
        self._notifier = notifier

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours are set already; uvicorn's own would raise the signal again after a clean end."""
        yield

    def _settle(self, order: PageOrder) -> Answer:
        """What a clerk decides on a page, by the hub's writer; from the page's own thread, which waits for it."""
        done = self._hub.writer.submit(carry_out(order, Desk(self._settings, self._clock(), os.urandom)))
        settled = done.result(SETTLE_SECONDS)
        self._hub.announcer.announce(range(0))
        return settled

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(*self._addresses, sep="\n", flush=True)
        self._notifier.ready()

    def end(self) -> None:
        log.info("ending")
        self._notifier.stopping()
        self._hub.announcer.end()
        self.should_exit = True


def _open(settings: Settings, clock: Clock) -> Registry:
    """What `gate-hub init` made; a new registry in its place would hide that the old one is lost."""
    if not settings.registry.exists():
        raise HubRefused(f"there is no registry in {settings.folder}; run `gate-hub init` first, or correct `data`")
    return open_registry(settings.registry, clock(), settings.compound)


def _listen(section: str, served: Served) -> socket.socket:
    family = socket.AF_INET6 if ":" in served.host else socket.AF_INET
    # Only a socket that names TCP gets asyncio's TCP_NODELAY; without it every event waits 40 ms for Nagle.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((served.host, served.port))
        listener.listen()
    except OSError as cause:
        listener.close()
        raise HubRefused(
            f"{_PAGES[section]} cannot be served on {served.host} port {served.port}: {cause.strerror};"
            f" end whatever holds the port, or set another one under [{section}] in hub.toml"
        ) from cause
    return listener


def _address(served: Served, listener: socket.socket) -> str:
    scheme = "https" if served.tls_certificate else "http"
    host = f"[{served.host}]" if ":" in served.host else served.host
    return f"{scheme}://{host}:{listener.getsockname()[1]}/"


def _broker_password(settings: Settings) -> str:
    try:
        return settings.broker_password.read_text(encoding="utf-8").strip()
    except OSError as cause:
        raise HubRefused(
            f"{settings.broker_password}: the hub's password for the broker cannot be read ({cause.strerror});"
            " run `gate-hub init`, or correct password_file under [broker] in hub.toml"
        ) from cause


def _refuse_a_clock_in_the_past(registry: Registry, clock: Clock) -> None:
    now = clock()
    newest = registry.newest_instant
    if now < newest - CLOCK_SLACK:
        raise HubRefused(
            f"the clock shows {now:%Y-%m-%d %H:%M} UTC, but the registry was written at {newest:%Y-%m-%d %H:%M} UTC;"
            " set the clock of this machine"
        )
