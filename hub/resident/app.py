"""The web application for residents' phones: one page, its parts, and two questions that it may put to the hub.

hub.resident.serve makes and serves it. Rule: nobody logs in, so nothing is answered but to a token or a serial that
only its holder knows; both travel in a body, never in an address. Nothing is loaded from elsewhere, nothing runs but
the page's own files.
"""

import logging
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import MutableScopeHeaders
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import JSONBody
from litestar.types import Message, Scope
from msgspec import Meta, Struct, field

from gate.names import Pseudonym
from hub.office.attempts import Attempts
from hub.passes.phones import EnrolmentRefused
from hub.resident.registrar import Registrar

STATIC = Path(__file__).parent / "static"
MOST_BYTES = 4096
MOST_SERIALS = 16
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_PAGE, _WORKER = "index.html", "sw.js"

log = logging.getLogger(__name__)


class Asking(Struct, frozen=True, forbid_unknown_fields=True):
    """A phone asks for its pass. token: of its card. key: P-256 public, compressed (33 bytes; base64 in JSON)."""

    token: Annotated[str, Meta(max_length=64)]
    key: Annotated[bytes, Meta(min_length=33, max_length=33)]


class Certified(Struct, frozen=True, kw_only=True):
    """The pass (base64), and what the phone shows beside it. Instants in milliseconds since 1970."""

    pass_: str = field(name="pass")
    serial: str
    name: str
    compound: str
    issued_at: int
    expires_at: int
    now: int


class Standing(Struct, frozen=True, forbid_unknown_fields=True):
    """A phone asks how its passes stand."""

    serials: Annotated[tuple[Pseudonym, ...], Meta(max_length=MOST_SERIALS)]


class Stands(Struct, frozen=True):
    """revoked: those that no gate takes any more. now: the hub's clock, by which a phone sees how its own is off."""

    now: int
    revoked: tuple[str, ...]


def create_app(registrar: Registrar) -> Litestar:
    """The residents' page of one compound."""
    attempts = Attempts()
    return Litestar(
        route_handlers=[enrol, standing, show_page, *_files()],
        dependencies={
            "registrar": Provide(lambda: registrar, sync_to_thread=False),
            "attempts": Provide(lambda: attempts, sync_to_thread=False),
        },
        before_request=_refuse_odd_host,
        exception_handlers={
            HTTPException: _sorry,
            UnicodeDecodeError: _no_json,
            RecursionError: _no_json,
            Exception: _broken,
        },
        before_send=[_add_headers],
        request_max_body_size=MOST_BYTES,
        openapi_config=None,
        logging_config=None,
    )


@post("/passes", sync_to_thread=True, status_code=200)
def enrol(
    request: Request[Any, Any, Any],
    data: JSONBody[Asking],
    registrar: NamedDependency[Registrar],
    attempts: NamedDependency[Attempts],
) -> Response[Any]:
    """A token and a key -> a pass, or why not; a guesser has to wait."""
    address, now = request.client.host if request.client else "", registrar.clock()
    if attempts.wait(address, now) is not None:
        return _refused("too_many", 429)
    try:
        enrolled = registrar.enrol(data.token, data.key)
    except EnrolmentRefused as refused:
        attempts.failed(address, now)
        return _refused(refused.why, 403)
    return Response(
        Certified(
            pass_=b64encode(enrolled.cose).decode(),
            serial=enrolled.serial,
            name=enrolled.masked_name,
            compound=registrar.compound,
            issued_at=_milliseconds(enrolled.issued_at),
            expires_at=_milliseconds(enrolled.expires_at),
            now=_milliseconds(now),
        )
    )


@post("/standing", sync_to_thread=True, status_code=200)
def standing(data: JSONBody[Standing], registrar: NamedDependency[Registrar]) -> Stands:
    """Whether passes were revoked, and what time it is."""
    revoked = registrar.revoked_among(data.serials)
    return Stands(_milliseconds(registrar.clock()), tuple(sorted(revoked)))


@get("/", sync_to_thread=False)
def show_page() -> Response[bytes]:
    return Response((STATIC / _PAGE).read_bytes(), media_type=TYPES[".html"])


def _files() -> list[Any]:
    """One route a file: what lies in static/ when the hub starts is served, and no path is ever put together."""
    version = _version()
    names = sorted(path.name for path in STATIC.iterdir() if path.suffix in TYPES and path.name != _PAGE)
    return [_file(name, version, ["/", *(f"/{each}" for each in names if each != _WORKER)]) for name in names]


def _file(name: str, version: str, parts: list[str]) -> Any:  # noqa: ANN401
    content = (STATIC / name).read_bytes()
    if name == _WORKER:
        # A browser takes the new parts when its worker's own bytes have changed.
        listed = ", ".join(f'"{part}"' for part in parts)
        content = content.replace(b"__VERSION__", version.encode()).replace(b'"__PARTS__"', listed.encode())

    @get(f"/{name}", sync_to_thread=False)
    def show() -> Response[bytes]:
        return Response(content, media_type=TYPES[Path(name).suffix])

    return show


def _version() -> str:
    digest = sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


async def _add_headers(message: Message, _scope: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers[name] = value
        # The worker keeps the parts; what the browser asks for itself should be today's.
        headers["Cache-Control"] = (
            "no-store" if headers.get("content-type", "").startswith("application/json") else "no-cache"
        )


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _refused(why: str, status: int) -> Response[Any]:
    return Response({"why": why}, status_code=status)


def _sorry(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return _refused("request", error.status_code)


def _refuse_odd_host(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Of which the framework can make no address, not even to say what else is wrong."""
    try:
        request.url  # noqa: B018 - what it is made of is the stranger's
    except ValueError:
        return _refused("request", 400)
    return None


def _no_json(_request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    """A body that is no UTF-8, or nested without end, is a stranger's doing, and no fault of the hub's to log."""
    return _refused("request", 400)


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("the residents' page %s failed", request.url.path, exc_info=error)
    return _refused("broken", 500)
