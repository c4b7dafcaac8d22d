"""How an office command reaches the one writer of the registry: over a Unix socket to the hub that runs, or, where
none runs, by taking the data folder for itself.

`hub.run` serves, `gate-hub` asks. One connection carries one order and one answer, each a line of JSON. Rule: whoever
writes the registry holds the folder's lock, so there are never two.
"""

import asyncio
import fcntl
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from msgspec import MsgspecError, json

from hub.keys import KeysRefused
from hub.orders import Desk, OrderRefused, Refused
from hub.orders.carrying_out import AnyAnswer, AnyOrder, carry_out
from hub.registry import Registry, RegistryRefused, opened
from hub.registry.stations import AlreadyThere
from hub.settings import Settings

MOST_BYTES = 64 * 2**20
ORDER_SECONDS = 10.0
ANSWER_SECONDS = 120.0
# A hub that starts holds the lock a moment before it listens.
PATIENCE_SECONDS = 5.0

log = logging.getLogger(__name__)
_ORDERS: json.Decoder[AnyOrder] = json.Decoder(AnyOrder)
_ANSWERS: json.Decoder[AnyAnswer] = json.Decoder(AnyAnswer)


class DataInUse(Exception):
    """Another process holds the data folder and does not answer; the message says which folder and what to do."""


class HubSilent(Exception):
    """The running hub did not answer an order; the message says what to do."""


class Submits(Protocol):
    """What `serve` needs of the hub's writer."""

    def submit(self, command: Callable[[Registry], AnyAnswer]) -> "Future[AnyAnswer]": ...


def wall_clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """The data folder is ours alone, for the length of a block. Raises DataInUse, or RegistryRefused without one."""
    try:
        handle = os.open(settings.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as cause:
        raise RegistryRefused(
            f"the data folder {settings.folder} cannot be used ({cause.strerror}); run `gate-hub init`, or correct"
            " `data` in hub.toml"
        ) from cause
    try:
        _lock(handle, settings.folder)
        yield
    finally:
        os.close(handle)


@asynccontextmanager
async def serve(
    settings: Settings,
    writer: Submits,
    clock: Callable[[], datetime] = wall_clock,
    randomness: Callable[[int], bytes] = os.urandom,
) -> AsyncIterator[None]:
    """Take orders on DATA/control.sock for the length of a block. Only for whoever holds the folder."""

    async def take(reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ORDER_SECONDS):
                line = await reader.readline()
            answer = await _answer(line, writer, Desk(settings, clock(), randomness))
            sender.write(json.encode(answer) + b"\n")
            await sender.drain()
        except (OSError, TimeoutError, ValueError):
            log.warning("an office command went away before its order was whole")
        finally:
            sender.close()

    listener = _listen(settings.control_socket)
    server = await asyncio.start_unix_server(take, sock=listener, limit=MOST_BYTES)
    try:
        yield
    finally:
        server.close()
        settings.control_socket.unlink(missing_ok=True)


def ask(
    order: AnyOrder,
    settings: Settings,
    clock: Callable[[], datetime] = wall_clock,
    randomness: Callable[[int], bytes] = os.urandom,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AnyAnswer:
    """Have an order carried out, by the hub if one runs. Raises DataInUse, HubSilent, RegistryRefused, KeysRefused."""
    deadline = time.monotonic() + patience_seconds
    while True:
        answer = _ask_the_hub(order, settings.control_socket)
        if answer is not None:
            return answer
        try:
            with exclusive(settings):
                return _do_it_here(order, Desk(settings, clock(), randomness))
        except DataInUse:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def sentence(refused: Exception) -> str:
    """What an operator reads of a refusal; the system's own complaints come without their numbers."""
    if isinstance(refused, OSError) and refused.strerror:
        return f"cannot use {refused.filename or 'a file'}: {refused.strerror}"
    return str(refused)


def _do_it_here(order: AnyOrder, desk: Desk) -> AnyAnswer:
    if not desk.settings.registry.exists():
        raise RegistryRefused(f"there is no registry in {desk.settings.folder}; run `gate-hub init` first")
    with opened(desk.settings.registry, desk.now, desk.settings.compound) as registry:
        try:
            return registry.run(carry_out(order, desk))
        except (OrderRefused, AlreadyThere) as refused:
            return Refused(str(refused))


async def _answer(line: bytes, writer: Submits, desk: Desk) -> AnyAnswer:
    """Whatever goes wrong with an order is its sender's answer, never the hub's end."""
    try:
        order = _ORDERS.decode(line)
    except MsgspecError:
        return Refused("the running hub does not know this order; is it another version than this command? Restart it")
    try:
        return await asyncio.wrap_future(writer.submit(carry_out(order, desk)))
    except (OrderRefused, AlreadyThere, KeysRefused, RegistryRefused, OSError) as refused:
        return Refused(sentence(refused))
    except Exception:
        log.exception("the order %s failed", type(order).__name__)
        return Refused("the running hub could not do it; its log says why")


def _ask_the_hub(order: AnyOrder, path: Path) -> AnyAnswer | None:
    """The running hub's answer; None where no hub listens."""
    with socket.socket(socket.AF_UNIX) as link, suppress(FileNotFoundError, ConnectionRefusedError):
        _at(path, link.connect)
        return _exchange(order, link)
    return None


def _exchange(order: AnyOrder, link: socket.socket) -> AnyAnswer:
    link.settimeout(ANSWER_SECONDS)
    try:
        link.sendall(json.encode(order) + b"\n")
        with link.makefile("rb") as lines:
            return _ANSWERS.decode(lines.readline(MOST_BYTES))
    except (OSError, MsgspecError) as cause:
        raise HubSilent(
            "the running hub did not answer, so it is not known whether the order was carried out; look at its log,"
            " then give the order again"
        ) from cause


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        _at(path, listener.bind)
        # Nobody can connect before `listen`, so the socket is never open to others.
        path.chmod(0o600)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _at(path: Path, call: Callable[[str], None]) -> None:
    """A socket's path may have 107 bytes; through the folder's descriptor it is short however deep the folder lies."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        call(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DataInUse(
            f"the data folder {folder} is in use by a running hub or another gate-hub command; wait for it, or end it"
        ) from None
