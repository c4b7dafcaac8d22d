"""The office's web application: its routes, its guard and the headers that every answer carries.

hub.run makes it of an open office and serves it. Rule: no route is open but the login and the static files, nothing is
loaded from elsewhere, nothing stands in the page that could run (no inline script or style), and pages are not kept by
browsers.
"""

import secrets
from typing import Any

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from hub.office import desk, figures, login, pages, quarantine, stream
from hub.office.instead import INSTEAD
from hub.office.language import change_language
from hub.office.odd_requests import OddRequests
from hub.office.office import Office
from hub.office.screen import STATIC
from hub.office.sessions import PUBLIC, only_clerks, sessions

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


def create_app(office: Office, form_secret: str | None = None) -> Litestar:
    """The office's pages on the web; its streams end when the office's announcer ends.

    form_secret: signs the forms' tokens; the same one after a restart, or an open page's next form is refused once.
    """
    return Litestar(
        route_handlers=[
            *login.ROUTES,
            *pages.ROUTES,
            *desk.ROUTES,
            *quarantine.ROUTES,
            *figures.ROUTES,
            *stream.ROUTES,
            _static_files(),
        ],
        dependencies={"office": Provide(lambda: office, sync_to_thread=False)},
        guards=[only_clerks],
        before_request=change_language,
        middleware=[OddRequests, sessions(office.over_tls).middleware],
        csrf_config=CSRFConfig(
            secret=form_secret or secrets.token_hex(32),
            cookie_secure=office.over_tls,
            cookie_httponly=True,
            cookie_samesite="lax",
            exclude="^/static/",
        ),
        exception_handlers=INSTEAD,
        before_send=[_add_headers],
        openapi_config=None,
        logging_config=None,
        state=State({"office": office}),
    )


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
