"""Who may talk to the kiosk: the browser on this very machine, showing this very page.

The outermost layer of the app. Binding to loopback does not keep out a web page elsewhere that has the browser call
127.0.0.1, or that renames itself to it (DNS rebinding): so the Host must be a loopback name, and whatever changes
something or opens a WebSocket must come from our own origin.
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)
_OURS = frozenset(name for name, _ in HEADERS)
_READS = frozenset({"GET", "HEAD"})


def door(app: ASGIApp) -> ASGIApp:
    """The app behind its door, for requests and WebSockets (an app's own life does not pass here)."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if _welcome(scope):
            await app(scope, receive, _with_headers(send))
        else:
            await _refuse(scope, receive, _with_headers(send))

    return guarded


def _welcome(scope: Scope) -> bool:
    given = {name: value.decode("latin-1") for name, value in scope["headers"]}
    host = given.get(b"host", "")
    if _without_port(host) not in LOOPBACK:
        return False
    if scope["type"] == ScopeType.HTTP and scope["method"] in _READS:
        return True
    # A browser always names the origin here; what names none is no browser, and no page can ride on it.
    origin = given.get(b"origin")
    return origin is None or origin == f"http://{host}"


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.lower() not in _OURS]
            message["headers"] = [*kept, *HEADERS]
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == ScopeType.WEBSOCKET:
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = b"This page answers only to the browser on this machine."
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
