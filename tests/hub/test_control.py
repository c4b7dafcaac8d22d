"""The way of an office command to the one writer of the registry."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import json

from hub import control, keys
from hub.orders import Refused
from hub.orders.carrying_out import AnyAnswer
from hub.orders.clerks import ClerkPut, PutClerk
from hub.orders.passes import RevokePasses
from hub.orders.stations import ListStations, StationsListed
from hub.registry import Registry, RegistryRefused, open_registry
from hub.settings import Settings

NOW = datetime(2022, 2, 1, 8, 30, tzinfo=UTC)


def clock() -> datetime:
    return NOW


class Writer:
    """A hub's writer that carries out its orders at once."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def submit(self, command: Callable[[Registry], AnyAnswer]) -> "Future[AnyAnswer]":
        done: Future[AnyAnswer] = Future()
        try:
            done.set_result(self.registry.run(command))
        except Exception as cause:
            done.set_exception(cause)
        return done


class BrokenWriter:
    """A writer whose disk has failed."""

    def submit(self, command: Callable[[Registry], AnyAnswer]) -> "Future[AnyAnswer]":
        done: Future[AnyAnswer] = Future()
        done.set_exception(ZeroDivisionError("secret detail"))
        return done


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder that lies too deep for the path of a socket."""
    data = tmp_path / ("deep" * 20) / ("deeper" * 20)
    data.mkdir(parents=True)
    keys.make(data / "keys")
    open_registry(data / "registry.sqlite", NOW, "willow-court").close()
    return Settings(compound="willow-court", data=str(data))


@contextmanager
def serving(settings: Settings, writer: control.Submits) -> Iterator[None]:
    """A hub that takes orders, on a thread of its own."""
    up, loop = threading.Event(), asyncio.new_event_loop()
    ending = asyncio.Event()

    async def serve() -> None:
        async with control.serve(settings, writer, clock):
            up.set()
            await ending.wait()

    with control.exclusive(settings):
        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        assert up.wait(10)
        yield
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.fixture
def hub(settings: Settings) -> Iterator[Registry]:
    registry = open_registry(settings.registry, NOW)
    with serving(settings, Writer(registry)):
        yield registry
    registry.close()


def test_an_order_reaches_the_running_hub_however_deep_its_folder_lies(settings: Settings, hub: Registry) -> None:
    """Asked over the socket, since the folder is taken; the answer comes back as a value."""
    assert control.ask(PutClerk("office", "hash"), settings, clock) == ClerkPut(True)
    assert control.ask(PutClerk("office", "hash"), settings, clock) == ClerkPut(False)
    assert hub.rows("SELECT name FROM clerk") == [("office",)]


def test_without_a_hub_the_order_is_carried_out_here(settings: Settings) -> None:
    """And the folder is free again afterwards."""
    assert control.ask(ListStations(), settings, clock) == StationsListed(())
    with control.exclusive(settings):
        pass


def test_what_an_order_cannot_do_is_an_answer_on_both_ways(settings: Settings) -> None:
    """The same sentence whether a hub runs or not."""
    order = RevokePasses(("0" * 16,))
    alone = control.ask(order, settings, clock)
    registry = open_registry(settings.registry, NOW)
    with serving(settings, Writer(registry)):
        served = control.ask(order, settings, clock)
    registry.close()
    assert isinstance(alone, Refused)
    assert alone == served


def test_two_cannot_hold_one_folder(settings: Settings) -> None:
    """Whoever comes second is told, after a moment's patience, and nothing is written."""
    with (
        control.exclusive(settings),
        pytest.raises(control.DataInUse, match="in use by a running hub"),
    ):
        control.ask(PutClerk("office", "hash"), settings, clock, patience_seconds=0.1)
    assert control.ask(PutClerk("office", "hash"), settings, clock) == ClerkPut(True)


@pytest.mark.parametrize(
    "line",
    [b"\n", b"{}\n", b"not json\n", b'{"order":"open_the_gate"}\n', b'{"order":"put_clerk","name":"a b"}\n', b"\xff\n"],
)
def test_no_line_on_the_socket_brings_the_hub_down(settings: Settings, hub: Registry, line: bytes) -> None:
    """What is no order is refused, and the next order is served."""
    assert isinstance(_say(settings, line), Refused)
    assert control.ask(ListStations(), settings, clock) == StationsListed(())


def test_whoever_hangs_up_leaves_the_hub_serving(settings: Settings, hub: Registry) -> None:
    """A command that is interrupted half way."""
    with _connected(settings) as link:
        link.sendall(b'{"order":"list_')
    assert control.ask(ListStations(), settings, clock) == StationsListed(())


def test_a_fault_inside_the_hub_is_told_without_its_details(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The clerk is sent to the log, where the cause stands."""
    with serving(settings, BrokenWriter()):
        answer = control.ask(ListStations(), settings, clock)
    assert answer == Refused("the running hub could not do it; its log says why")
    assert "ListStations" in caplog.text


def test_a_hub_that_goes_away_in_the_middle_leaves_the_clerk_informed(settings: Settings) -> None:
    """Whether the order was carried out is not known, and that is what is said."""
    with control.exclusive(settings), socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(settings.folder, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{folder}/control.sock")
        os.close(folder)
        listener.listen()
        thread = threading.Thread(target=lambda: _accept_and_go(listener))
        thread.start()
        with pytest.raises(control.HubSilent, match="give the order again"):
            control.ask(ListStations(), settings, clock)
        thread.join(10)


def test_a_folder_that_was_never_set_up_is_named(tmp_path: Path) -> None:
    """With the command that makes it."""
    with pytest.raises(RegistryRefused, match="gate-hub init"):
        control.ask(ListStations(), Settings(compound="willow-court", data=str(tmp_path / "none")), clock)
    with pytest.raises(RegistryRefused, match="gate-hub init"):
        control.ask(ListStations(), Settings(compound="willow-court", data=str(tmp_path)), clock)


def _accept_and_go(listener: socket.socket) -> None:
    link, _ = listener.accept()
    link.recv(100)
    link.close()


@contextmanager
def _connected(settings: Settings) -> Iterator[socket.socket]:
    folder = os.open(settings.folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(f"/proc/self/fd/{folder}/control.sock")
        os.close(folder)
        yield link


def _say(settings: Settings, line: bytes) -> AnyAnswer:
    with _connected(settings) as link:
        link.sendall(line)
        with link.makefile("rb") as lines:
            answer: AnyAnswer = json.Decoder(AnyAnswer).decode(lines.readline())
            return answer
