"""A province's health code service for rehearsals: a real HTTPS server on loopback that can be told to misbehave.

Tests of the station's resolver talk to it. Rule: it is an ordinary server that speaks what `station.resolver_https`
documents; each way of misbehaving is one that was seen in such services.
"""

import json
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.certificates import make_certificates

TOKEN = "word-of-the-province"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Province:
    """One running service. answers: code -> colour. asked: every code in order. answer: how it speaks; None: well."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[bytes, str] = {}
        self.asked: list[bytes] = []
        self.valid_until: str | None = None
        self.answer: Answer | None = None
        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        make_certificates(folder)
        self.tls_ca = str(folder / "ca.pem")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self._server.server_port}/v1/colour?gate=west"

    @contextmanager
    def running(self) -> Iterator["Province"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.ended.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def well(self, request: BaseHTTPRequestHandler, code: bytes) -> None:
        self.asked.append(code)
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            send(request, b"{}", 401)
            return
        told = {"colour": self.answers.get(code, "unknown"), "valid_until": self.valid_until}
        send(request, json.dumps(told).encode())


def send(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """One whole answer."""
    request.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def _handler(province: Province) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                if province.answer is not None:
                    province.answer(self)
                else:
                    province.well(self, b64decode(body["code"]))
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing of a code is written down."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    return Handler
