"""Asks a province's service over HTTPS what a health code means: one request, one answer, a few seconds at most.

`HealthDesk` calls it in its own thread. The request is `POST URL` with `{"code": base64 of the code's bytes}`, and a
bearer token where there is one; the answer is `{"colour": "green" | "yellow" | "red", "valid_until": instant or null}`.
Rule: the server's certificate must hold, no redirection is followed, and the whole of it ends in time, however slowly
the server speaks.
"""

import http.client
import json
import socket
import ssl
import threading
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from gate.roster import Health
from gate.unreadable import UNREADABLE
from station.resolver import HealthAnswer, ResolverFailed
from station.toml import Wrong

MOST_ANSWER_BYTES = 64 * 1024


class _Answer(Struct, frozen=True):
    colour: Literal["green", "yellow", "red"]
    valid_until: Annotated[datetime, Meta(tz=True)] | None = None


class HttpsResolver:
    """url: https://HOST[:PORT]/PATH. token: "" for none. tls_ca: file of the service's authority; "" for the usual.

    Raises station.toml.Wrong where that file is none.
    """

    def __init__(self, url: str, token: str, timeout_seconds: float, tls_ca: str = "") -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._token = token
        self._timeout_seconds = timeout_seconds
        self._tls = _context(tls_ca)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def resolve(self, code: bytes) -> HealthAnswer:
        """Raises ResolverFailed."""
        try:
            status, body = self._exchange(json.dumps({"code": b64encode(code).decode()}).encode())
        except ssl.SSLCertVerificationError as cause:
            raise ResolverFailed(
                f"the health code service's certificate does not hold: {cause.verify_message}"
            ) from None
        except (OSError, http.client.HTTPException) as cause:
            raise ResolverFailed(
                f"the health code service {self._host} does not answer ({type(cause).__name__})"
            ) from None
        if status != http.client.OK:
            raise ResolverFailed(f"the health code service answers with status {status}")
        return _answer_of(body)

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        """One connection, closed from outside when the time is up: a server that drips bytes holds up nobody."""
        plain = socket.create_connection((self._host, self._port), self._timeout_seconds)
        too_late = threading.Event()
        late = threading.Timer(self._timeout_seconds, _cut, (plain, too_late))
        late.daemon = True
        late.start()
        try:
            with plain, self._tls.wrap_socket(plain, server_hostname=self._host, do_handshake_on_connect=False) as line:
                late.args = (line, too_late)
                line.do_handshake()
                answer = self._ask(line, request)
                if too_late.is_set():
                    raise TimeoutError
                return answer
        finally:
            late.cancel()

    def _ask(self, line: ssl.SSLSocket, request: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self._port)
        connection.sock = line
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection.request("POST", self._target, request, headers)
        with connection.getresponse() as response:
            body = response.read(MOST_ANSWER_BYTES + 1)
            if response.length and len(body) <= MOST_ANSWER_BYTES:
                # With a length to read, http.client takes an early end for the whole.
                raise http.client.IncompleteRead(b"", response.length)
            return response.status, body


def _cut(line: socket.socket, too_late: threading.Event) -> None:
    # Said before it is done, or half an answer might be read as a whole one.
    too_late.set()
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)
    except OSError:
        return


def _answer_of(body: bytes) -> HealthAnswer:
    if len(body) > MOST_ANSWER_BYTES:
        raise ResolverFailed("the health code service's answer is too long")
    try:
        answer = msgspec.convert(json.loads(body.decode(), object_pairs_hook=_each_once), _Answer)
    except (*UNREADABLE, ValueError):
        # What it holds instead may be personal data.
        raise ResolverFailed("the health code service's answer cannot be understood") from None
    return HealthAnswer(Health(answer.colour), answer.valid_until)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of two colours neither is believed. Raises ValueError."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def token_of(path: str) -> str:
    """The token in a file; "" where no file is named. Raises Wrong."""
    if not path:
        return ""
    try:
        token = Path(path).read_text("ascii").strip()
    except (OSError, ValueError):
        token = ""
    if not token or not token.isprintable():
        raise Wrong(Path(path), "holds no token that can be read", "write the service's token there, one line of ASCII")
    return token


def _context(tls_ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=tls_ca or None)
    except OSError:
        remedy = 'put the PEM file there that the province gave, or write tls_ca = ""'
        raise Wrong(Path(tls_ca), "holds no authority's certificate", remedy) from None
