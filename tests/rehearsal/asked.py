"""What answers over HTTP, asked without a socket: the residents' page, the guard's taps, and a province's service.

`entries` throws rubbish at them. Rule: a route may refuse in HTTP's words, never break; what a server would keep from
it (a header that is no header) is kept from it here too.
"""

import asyncio
import io
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from http.client import HTTPException
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from litestar import Litestar

from gate.decision import decide
from gate.evidence import Evidence
from gate.policy import Direction, Policy, Rules
from gate.trip import RiskPlace
from hub.resident.app import create_app
from station.kiosk.taps import tap_routes
from station.resolver_https import HttpsResolver, _answer_of
from station.taps import Tap, TellTrip
from station.view import Desk
from tests.gate.makers import NOON
from tests.hub.resident_served import ResidentHub

RISKY = Policy(
    "winter",
    ask_trip_on=frozenset({Direction.IN}),
    risk_places=(RiskPlace("ruili", "瑞丽", "Ruili", date(2026, 11, 1), date(2026, 11, 30)),),
)
_ADDRESSES = count(1)
Ask = Callable[[bytes], object]


def ask_resident(request: bytes) -> int:
    """`request`: a line of METHOD PATH, then the body. The status."""
    return _ask(_resident(), request)


def ask_kiosk(request: bytes) -> int:
    """As `ask_resident`, of the routes by which the guard's screen taps; a trip told is judged as well."""
    return _ask(_taps(), request)


def hear_province(answer: bytes) -> object:
    """The bytes of a whole answer, as they come through TLS. Raises ResolverFailed, OSError or HTTPException."""
    status, body = _resolver()._ask(cast(Any, _Line(answer)), b"{}")
    return status, _answer_of(body)


@cache
def _resolver() -> HttpsResolver:
    return HttpsResolver("https://health.example/v1", "word", 1.0)


UNHEARD = (OSError, HTTPException)
"""What the resolver calls no answer."""


@dataclass
class _Line:
    """A connection whose other end has said all that it will ever say."""

    said: bytes

    def sendall(self, _data: bytes) -> None:
        return

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.said)

    def close(self) -> None:
        return


class _Judge:
    """A desk that takes every tap, and judges what was told of a trip."""

    def tap(self, tap: Tap) -> None:
        if isinstance(tap, TellTrip):
            decide(Evidence(Direction.IN, trip=tap.stays), Rules("east", RISKY, "1.1", NOON.utc), NOON)


@cache
def _taps() -> Litestar:
    return Litestar(tap_routes(cast(Desk, _Judge())), openapi_config=None, logging_config=None)


@cache
def _resident() -> Litestar:
    return create_app(_hub().registrar)


@cache
def _hub() -> ResidentHub:
    """Its folder goes with the process."""
    return ResidentHub(Path(_folder().name))


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def _ask(app: Litestar, request: bytes) -> int:
    """Raises AssertionError where the application broke."""
    line, _, body = request.partition(b"\n")
    method, _, path = line.partition(b" ")
    status = _runner().run(_asked(app, method.decode("latin-1"), path, body))
    assert status < 500, f"{method!r} {path!r} broke"
    return status


async def _asked(app: Litestar, method: str, path: bytes, body: bytes) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    # Each from an address of its own: a guesser would be sent away before he is heard.
    address = f"10.0.{next(_ADDRESSES)}"
    target, _, query = path.partition(b"?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "https", "method": method,
        "path": target.decode("utf-8", "replace"), "raw_path": target, "query_string": query, "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))],
        "client": (address, 1), "server": ("hub", 443), "state": {},
    }  # fmt: skip
    await app(cast(Any, scope), cast(Any, receive), cast(Any, send))
    return statuses[0]
