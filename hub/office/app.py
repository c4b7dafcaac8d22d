"""The office's web application: its routes, its guard and the headers that every answer carries.

hub.run makes it and serves it. Rule: no route is open but the login and the static files, nothing is loaded from
elsewhere, nothing stands in the page that could run (no inline script or style), and pages are not kept by browsers.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import Litestar, Response
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from hub.announcer import Announcer
from hub.casebook import Casebook
from hub.feed import Feed
from hub.gaps import Outstanding
from hub.office import desk, login, pages, quarantine, stream
from hub.office import figures as page_of_figures
from hub.office.filters import address
from hub.office.language import change_language, language_of
from hub.office.office import Figures, Office, PageOrder
from hub.office.screen import STATIC, Screen
from hub.office.sessions import PUBLIC, WebRequest, only_clerks, sessions
from hub.office.tail import Tail
from hub.orders import Answer, OrderRefused
from hub.set_aside import SetAside
from hub.settings import Settings

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def wall_clock() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    registry: Path,
    announcer: Announcer,
    clock: Callable[[], datetime] = wall_clock,
    connected: Callable[[], bool] = lambda: True,
    form_secret: str | None = None,
    settle: Callable[[PageOrder], Answer] | None = None,
    owed: Callable[[], Mapping[str, Outstanding]] = dict,
    figures: Figures | None = None,
) -> Litestar:
    """The office of one compound; its streams end when the announcer ends.

    form_secret: signs the forms' tokens; the same one after a restart, or an open page's next form is refused once.
    connected: whether the hub has its broker just now, without which no gate can be called well. settle: has the hub's
    writer carry out what a clerk decides; without it the pages only show. owed: what of the gates has not come, as last
    looked for.
    """
    feed, screen = Feed(registry), Screen(settings.name or settings.compound, settings.zone)
    casebook, set_aside = Casebook(registry), SetAside(registry)
    tail = Tail(feed, casebook, set_aside, screen, settings.zone, clock, connected, owed)
    office = Office(
        settings.zone, feed, screen, announcer, tail, clock, casebook, set_aside, settle or _only_shown, figures
    )
    secure = bool(settings.office.tls_certificate)
    return Litestar(
        route_handlers=[
            *login.ROUTES,
            *pages.ROUTES,
            *desk.ROUTES,
            *quarantine.ROUTES,
            *page_of_figures.ROUTES,
            *stream.ROUTES,
            _static_files(),
        ],
        dependencies={"office": Provide(lambda: office, sync_to_thread=False)},
        guards=[only_clerks],
        before_request=change_language,
        middleware=[sessions(secure).middleware],
        csrf_config=CSRFConfig(
            secret=form_secret or secrets.token_hex(32),
            cookie_secure=secure,
            cookie_httponly=True,
            cookie_samesite="lax",
            exclude="^/static/",
        ),
        exception_handlers={
            NotAuthorizedException: _to_login,
            PermissionDeniedException: _form_expired,
            HTTPException: _sorry,
            Exception: _broken,
        },
        before_send=[_add_headers],
        openapi_config=None,
        logging_config=None,
        state=State({"office": office}),
    )


def _only_shown(_: PageOrder) -> Answer:
    raise OrderRefused("no hub runs behind these pages")


def _static_files() -> Any:  # noqa: ANN401
    return create_static_files_router(path="/static", directories=[STATIC], opt={PUBLIC: True})


async def _add_headers(message: Message, scope: Scope) -> None:
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers[name] = value
    static = scope["path"].startswith("/static/") and message["status"] == 200
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if static else "no-store"


def _to_login(request: WebRequest, _: Exception) -> Response[Any]:
    """A page is sent to the login and back afterwards; a stream is told no."""
    if (redirect := change_language(request)) is not None:
        return redirect
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = address("/login", {}, next=path if path != "/" else None)
    if request.headers.get("hx-request"):
        return Response("", status_code=401, headers={"HX-Redirect": target})
    if "text/html" not in request.headers.get("accept", "text/html"):
        return Response("log in first", status_code=401, media_type="text/plain")
    return Redirect(target, status_code=303)


def _form_expired(_: WebRequest, __: Exception) -> Response[Any]:
    answer = Redirect("/login?expired=1", status_code=303)
    # A token of an older key would be sent with every further try, and each would fail like the first.
    answer.delete_cookie("csrftoken")
    return answer


def _sorry(request: WebRequest, error: HTTPException) -> Response[Any]:
    return _apology(request, error.status_code)


def _broken(request: WebRequest, error: Exception) -> Response[Any]:
    log.error("the office's page %s failed", request.url.path, exc_info=error)
    return _apology(request, 500)


def _apology(request: WebRequest, status: int) -> Response[Any]:
    office: Office = request.app.state.office
    why = "error_404" if status < 500 else "error_500"
    page = office.screen.render("error.html", language_of(request), why=why, clerk=None)
    return Response(page, status_code=status, media_type="text/html; charset=utf-8")
