"""What a browser gets instead of a page: the way to the login, or an apology in the office's words.

Rule: nothing of a failure but its kind is shown; what happened stands in the log.
"""

import logging
from collections.abc import Callable
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.response import Redirect

from hub.office.filters import address
from hub.office.language import change_language, language_of
from hub.office.office import Office
from hub.office.sessions import WebRequest

log = logging.getLogger(__name__)


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


INSTEAD: dict[int | type[Exception], Callable[..., Response[Any]]] = {
    NotAuthorizedException: _to_login,
    PermissionDeniedException: _form_expired,
    HTTPException: _sorry,
    Exception: _broken,
}
