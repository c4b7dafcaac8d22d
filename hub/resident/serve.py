"""Serves the residents' page beside the office's, in the hub's own loop; called by hub.run.

Rule: it comes up with the hub and ends with it; where the settings do not ask for it nothing is opened.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from hub.resident.app import create_app
from hub.resident.registrar import Registrar
from hub.settings import ResidentSettings, SettingsRefused

GRACE_SECONDS = 1
# Phones come one by one; whoever opens more connections than a compound has people is none of them.
MOST_AT_ONCE = 500


class ResidentServer(uvicorn.Server):
    """Made before the hub speaks, so that a certificate that cannot be used stops it. Raises SettingsRefused."""

    def __init__(self, resident: ResidentSettings, registrar: Registrar) -> None:
        app: Any = create_app(registrar)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_certfile=resident.tls_certificate or None,
            ssl_keyfile=resident.tls_key or None,
        )
        try:
            config.load()
        except OSError as cause:
            raise SettingsRefused(
                f"{resident.tls_certificate}, {resident.tls_key}: no certificate and key that the residents' page could"
                f" use ({cause.strerror or cause}); correct them under [resident] in hub.toml"
            ) from cause
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The hub ends it."""
        yield

    @asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncIterator[None]:
        """The page is there for the length of a block. listener: bound and listening."""
        task = asyncio.create_task(self.serve([listener]))
        try:
            yield
        finally:
            self.should_exit = True
            await task
            # A phone that has gone to sleep does not answer the farewell of TLS.
            for connection in tuple(self.server_state.connections):
                connection.transport.abort()
