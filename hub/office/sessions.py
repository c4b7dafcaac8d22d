"""Who is logged in: sessions in the hub's memory, an opaque id in a cookie.

Rule: an id is drawn by the hub at each login and taken from nobody's cookie, and whoever is not logged in has none.
"""

import secrets
from typing import Any, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.types import Empty, Message, ScopeSession

SECONDS = 12 * 3600
COOKIE = "session"
PUBLIC = "public"
_FRESH = "fresh_session_id"

Connection = ASGIConnection[Any, Any, Any, Any]
WebRequest = Request[Any, Any, Any]


class ClerkSessions(ServerSideSessionBackend):
    """Litestar's sessions without its two courtesies: ids given by the browser, and sessions for strangers."""

    def get_session_id(self, connection: Connection) -> str:
        return connection.scope["state"].get(_FRESH) or super().get_session_id(connection)

    async def store_in_message(self, scope_session: ScopeSession, message: Message, connection: Connection) -> None:
        if scope_session or COOKIE in connection.cookies:
            await super().store_in_message(scope_session or Empty, message, connection)


class ClerkSessionConfig(ServerSideSessionConfig):
    _backend_class = ClerkSessions


def sessions(secure: bool) -> ClerkSessionConfig:
    return ClerkSessionConfig(
        key=COOKIE, max_age=SECONDS, secure=secure, httponly=True, samesite="lax", exclude="^/static/"
    )


async def begin(request: WebRequest, clerk: str) -> None:
    """Log the clerk in under a new id; what was kept under an older one is gone."""
    await end(request)
    request.scope["state"][_FRESH] = secrets.token_hex(32)
    request.set_session({"clerk": clerk})


async def end(request: WebRequest) -> None:
    if COOKIE in request.cookies:
        await request.app.stores.get("sessions").delete(request.cookies[COOKIE])
    request.clear_session()


async def still_open(request: WebRequest) -> bool:
    """For a stream that outlives its request: whether its clerk is still logged in. A screen that watches stays so."""
    session = request.cookies.get(COOKIE, "")
    return await request.app.stores.get("sessions").get(session, renew_for=SECONDS) is not None


def clerk_of(connection: Connection) -> str | None:
    return cast("str | None", (connection.session or {}).get("clerk"))


def only_clerks(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard of every route that does not call itself public."""
    if not handler.opt.get(PUBLIC) and clerk_of(connection) is None:
        raise NotAuthorizedException
