"""What no browser sends to these pages is refused before it is read; the outermost of the application's middleware.

Rule: a stranger's odd request is his own affair, neither a fault in the log nor work for the one loop that serves all.
Of forms the pages have one kind, so no other is taken: each part of a multipart form may name the charset it is read
by, and the slowest of them takes hours over a body of the size allowed.
"""

from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.types import ASGIApp, Receive, Scope, Send

from hub.office.sessions import WebRequest


class OddRequests:
    """Answers 400 where a request cannot be meant, and as to an expired form where its token is none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await _refuse_odd(WebRequest(scope, receive))
        await self._app(scope, receive, send)


async def _refuse_odd(request: WebRequest) -> None:
    if request.content_type[0] == RequestEncodingType.MULTI_PART:
        raise ClientException("no form of this office is sent in parts")
    try:
        request.url  # noqa: B018 - what it is made of is the stranger's
    except ValueError as cause:
        raise ClientException("no such host") from cause
    if request.method == "POST" and not all(map(str.isascii, await _tokens(request))):
        raise PermissionDeniedException


async def _tokens(request: WebRequest) -> list[str]:
    """What is compared as a form's token, which a comparison of secrets takes in ASCII alone."""
    given = [request.headers.get("x-csrftoken", ""), request.cookies.get("csrftoken", "")]
    return given + [str(each) for each in (await request.form()).getall("_csrf_token", [])]
