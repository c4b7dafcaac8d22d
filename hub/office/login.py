"""Coming in and going out: name and password against scrypt, a session, a form that nobody else can send for you."""

import math
from typing import Any

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

from hub.office import sessions
from hub.office.language import language_of
from hub.office.office import Office
from hub.office.sessions import PUBLIC, WebRequest
from hub.passwords import LONGEST, NOBODY, verify_password


def csrf_token(request: WebRequest) -> str:
    """What a form of ours carries in `_csrf_token`."""
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


@get("/login", opt={PUBLIC: True})
async def show_login(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    if sessions.clerk_of(request) is not None:
        return Redirect(_own_page(request.query_params.get("next", "")), status_code=303)
    complaint = "form_expired" if "expired" in request.query_params else None
    return _page(request, office, request.query_params.get("next", ""), complaint)


@post("/login", opt={PUBLIC: True})
async def log_in(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    form = await request.form()
    name, password, next_page = (str(form.get(field, "")) for field in ("name", "password", "next"))
    address = request.client.host if request.client else ""
    async with office.checking:
        if (wait := office.attempts.wait(address, office.clock())) is not None:
            minutes = math.ceil(wait.total_seconds() / 60)
            return _page(request, office, next_page, "too_many", status=429, minutes=minutes)
        if not await sync_to_thread(_known, office, name.strip(), password):
            office.attempts.failed(address, office.clock())
            return _page(request, office, next_page, "wrong", status=403)
        office.attempts.succeeded(address)
    await sessions.begin(request, name.strip())
    return Redirect(_own_page(next_page), status_code=303)


@post("/logout")
async def log_out(request: WebRequest) -> Redirect:
    await sessions.end(request)
    return Redirect("/login", status_code=303)


def _known(office: Office, name: str, password: str) -> bool:
    """Takes as long for a name that nobody has."""
    stored = office.feed.password_hash(name)
    return len(password) <= LONGEST and verify_password(password, stored or NOBODY) and stored is not None


def _own_page(path: str) -> str:
    """Where to go after the login: a page of this office, wherever the address came from."""
    safe = path.startswith("/") and not path.startswith(("//", "/login")) and "\\" not in path and path.isprintable()
    return path if safe else "/"


def _page(
    request: WebRequest, office: Office, next_page: str, complaint: str | None, status: int = 200, minutes: int = 0
) -> Response[Any]:
    language = language_of(request)
    page = office.screen.render(
        "login.html",
        language,
        clerk=None,
        csrf_token=csrf_token(request),
        next_page=_own_page(next_page),
        complaint=complaint,
        minutes=minutes,
    )
    return Response(page, status_code=status, media_type="text/html; charset=utf-8")


ROUTES = (show_login, log_in, log_out)
