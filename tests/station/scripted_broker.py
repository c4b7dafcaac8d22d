"""A broker that says what a test has it say: every reason of MQTT 5, which no real one can be brought to give.

Used by the tests of the station's link and of the hub's, where Mosquitto has no such word. It reads and writes just
enough of MQTT 5: packets by their type, and reasons in CONNACK, SUBACK, PUBACK and DISCONNECT.
"""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 4, 8, 9, 14
SUCCESS, NOT_AUTHORIZED, SERVER_BUSY, BANNED = 0x00, 0x87, 0x89, 0x8A
SESSION_TAKEN_OVER, QUOTA_EXCEEDED, SERVER_MOVED, BAD_AUTHENTICATION = 0x8E, 0x97, 0x9D, 0x8C
TOPIC_NAME_INVALID = 0x90


@dataclass
class Script:
    """Reasons. goodbye: what it ends each connection with once that has subscribed; None lets it live."""

    connect: int = SUCCESS
    subscribe: int = 1
    publish: int = SUCCESS
    goodbye: int | None = None
    receive_maximum: int | None = None


@dataclass
class ScriptedBroker:
    """Listens on a free port; one thread a connection. published: how many messages came, those unanswered as well."""

    script: Script
    answers: bool = True
    published: int = 0
    connections: int = 0
    port: int = 0
    host: str = "127.0.0.1"
    _sockets: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "ScriptedBroker":
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="scripted-broker", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for each in self._sockets:
            each.close()

    def cut(self) -> None:
        """End every connection without a word."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(line)
            self.connections += 1
            threading.Thread(target=self._serve, args=(line,), name="scripted-line", daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as stream:
            try:
                while True:
                    head = stream.read(1)
                    if not head:
                        return
                    self._answer(line, head[0], stream.read(_length(stream)))
            except OSError:
                return

    def _answer(self, line: socket.socket, head: int, body: bytes) -> None:
        match head >> 4:
            case 1:
                most = self.script.receive_maximum
                properties = b"" if most is None else bytes([0x21]) + most.to_bytes(2, "big")
                _send(line, CONNACK, bytes([0, self.script.connect, len(properties)]) + properties)
            case 8:
                topics = _topics(body[3 + body[2] :])
                _send(line, SUBACK, body[:2] + bytes([0]) + bytes([self.script.subscribe] * topics))
                if self.script.goodbye is not None:
                    _send(line, DISCONNECT, bytes([self.script.goodbye, 0]))
                    line.shutdown(socket.SHUT_RDWR)
            case 3 if self.answers:
                self.published += 1
                at = 2 + int.from_bytes(body[:2], "big")
                _send(line, PUBACK, body[at : at + 2] + bytes([self.script.publish, 0]))
            case 3:
                self.published += 1


def _length(stream: "object") -> int:
    length = shift = 0
    while True:
        (byte,) = stream.read(1)  # type: ignore[attr-defined]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return length


def _topics(filters: bytes) -> int:
    """How many filters a SUBSCRIBE carries: two bytes of length, the filter, a byte of options."""
    count = at = 0
    while at < len(filters):
        at += 3 + int.from_bytes(filters[at : at + 2], "big")
        count += 1
    return count


def _send(line: socket.socket, kind: int, body: bytes) -> None:
    line.sendall(bytes([kind << 4, len(body)]) + body)
