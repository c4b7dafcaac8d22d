"""A line that hates us: it speaks MQTT well enough to lose, delay and repeat whole packets, and cuts now and then.

A message that it loses it acknowledges in the other's name, as a broker does that drops what does not fit its queue.
Acknowledgements alone it lets pass: where one is missing, both ends stop sending until the next cut, and less is tried.

The campaign on hostile brokers puts one between the gates, the hub and their broker. A plain proxy could not do it: a
byte that is missing from a stream ends the stream. Rule: what comes out on one side came in on the other, in its order,
less what was dropped, with what was repeated marked as a duplicate.
"""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from tests.broker import free_port

PUBLISH, PUBACK = 3, 4
DUPLICATE = 0x08
QOS = 0x06


@dataclass(frozen=True)
class Hatred:
    """Shares of all packets, seconds. delayed: of those, each up to `delay`. repeats: how often again."""

    dropped: float = 0.1
    delayed: float = 0.1
    delay: float = 2.0
    repeated: float = 0.1
    repeats: int = 3
    cut_every: float = 30.0


@dataclass
class Damage:
    """What a line has done so far."""

    packets: int = 0
    dropped: int = 0
    repeated: int = 0
    cuts: int = 0


class HostileLine:
    """Listens on `port` and passes on to the broker's (0: a free one). A thread of its own; opened as a context."""

    def __init__(self, broker_port: int, hatred: Hatred, rng: random.Random) -> None:
        self.broker_port, self._hatred, self._rng = broker_port or free_port(), hatred, rng
        self.damage = Damage()
        self.port = 0
        self._lines: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hostile-line", daemon=True)

    def __enter__(self) -> "HostileLine":
        self._thread.start()
        if not self._up.wait(10):
            raise RuntimeError("the hostile line does not listen")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        cutting = asyncio.create_task(self._cut_now_and_then())
        self._up.set()
        await self._ended.wait()
        cutting.cancel()
        server.close()
        while self._lines:
            self._cut()
            await asyncio.sleep(0.01)

    async def _cut_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._hatred.cut_every)
            self.damage.cuts += len(self._lines) // 2
            self._cut()

    def _cut(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection("127.0.0.1", self.broker_port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, out}
        self._lines |= both
        ways = [
            asyncio.create_task(each)
            for each in (self._pass_on(reader, out, writer), self._pass_on(there, writer, out))
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._lines -= both
        for line in both:
            line.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        """One way of one connection, until it ends."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=1000)
        releasing = asyncio.create_task(self._release(waiting, writer))
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    packet = await packet_from(reader.readexactly)
                    for each in self._mistreated(packet, back):
                        await waiting.put((self._loop.time() + self._wait(), each))
        finally:
            releasing.cancel()
            await asyncio.gather(releasing, return_exceptions=True)

    async def _release(self, waiting: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        """In their order: one that is late holds up those behind it."""
        while True:
            due, packet = await waiting.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            writer.write(packet)
            await writer.drain()

    def _wait(self) -> float:
        return self._rng.uniform(0, self._hatred.delay) if self._rng.random() < self._hatred.delayed else 0.0

    def _mistreated(self, packet: bytes, back: asyncio.StreamWriter) -> list[bytes]:
        self.damage.packets += 1
        kind, message = packet[0] >> 4, packet[0] >> 4 == PUBLISH and packet[0] & QOS
        if kind != PUBACK and self._rng.random() < self._hatred.dropped:
            self.damage.dropped += 1
            if message:
                back.write(bytes([PUBACK << 4, 2]) + _identifier(packet))
            return []
        if message and self._rng.random() < self._hatred.repeated:
            self.damage.repeated += 1
            return [packet, *[bytes([packet[0] | DUPLICATE]) + packet[1:]] * self._hatred.repeats]
        return [packet]


def _identifier(packet: bytes) -> bytes:
    """Of a PUBLISH: two bytes behind the topic."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    at += 3 + int.from_bytes(packet[at + 1 : at + 3], "big")
    return packet[at : at + 2]


async def packet_from(read: Callable[[int], Awaitable[bytes]]) -> bytes:
    """One control packet (MQTT 5, 2.1): a byte, the rest's length in 1 to 4 bytes of 7 bits, the rest."""
    head = bytearray(await read(1))
    length = shift = 0
    while True:
        byte = (await read(1))[0]
        head.append(byte)
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return bytes(head) + await read(length)
