"""The office as a clerk's browser finds it: served on a free port, with a stream that a test can listen to."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from hub.announcer import Announcer
from hub.incoming.gaps import Outstanding
from hub.office import create_app, open_office
from hub.office.office import PageOrder
from hub.orders import Answer
from hub.settings import OfficeSettings, Settings
from tests.hub.office_day import NOON, PASSWORD, Compound

CLERK = "李静"


class Clock:
    """The time stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def settings_of(compound: Compound, tls: bool = False) -> Settings:
    office = OfficeSettings(tls_certificate="office.pem", tls_key="office.key") if tls else OfficeSettings()
    return Settings(compound="sunshine", data=str(compound.path.parent), name="阳光花园", office=office)


class Served:
    """A running office. clock and connected may be changed while it runs."""

    def __init__(self, compound: Compound) -> None:
        self.compound = compound
        self.announcer = Announcer()
        self.clock = Clock()
        self.connected = True
        self.owed: dict[str, Outstanding] = {}
        office = open_office(
            settings_of(compound),
            compound.path,
            self.announcer,
            self.clock,
            connected=lambda: self.connected,
            settle=self._settle,
            owed=lambda: self.owed,
        )
        app: Any = create_app(office)
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=30)
        self._server = uvicorn.Server(config)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()

    def _settle(self, order: PageOrder) -> Answer:
        return self.compound.decides(order, self.clock())

    def end(self) -> None:
        """As hub.run ends it: the streams first."""
        self.announcer.end()
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()
        assert not self._thread.is_alive(), "an open stream held up the end of the office"

    def committed(self) -> None:
        """What the hub's writer does after each commit."""
        self.announcer.announce(range(0))

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A browser without a screen, logged in."""
        with httpx.Client(base_url=self.address, timeout=10) as client:
            log_in(client)
            yield client


def log_in(client: Any, name: str = CLERK, password: str = PASSWORD, **more: str) -> Any:
    """Fill in the login form as it is on the page; the answer to it."""
    form = client.get("/login").text
    found = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', form)
    assert found is not None
    fields = {"name": name, "password": password, "_csrf_token": found[1], **more}
    return client.post("/login", data=fields, follow_redirects=False)


@pytest.fixture
def compound(tmp_path: Path) -> Iterator[Compound]:
    """With a clerk, and nothing that happened yet."""
    with closing(Compound(tmp_path)) as compound:
        compound.clerk()
        yield compound


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The office of such a compound, running."""
    with closing(Compound(tmp_path)) as compound:
        compound.clerk()
        office = Served(compound)
        yield office
        office.end()


def plain(html: str) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class Event:
    """One server-sent event."""

    def __init__(self, lines: list[str]) -> None:
        parts = [line.partition(": ")[::2] for line in lines]
        self.name = next((value for name, value in parts if name == "event"), "message")
        self.id = next((value for name, value in parts if name == "id"), None)
        self.data = "\n".join(value for name, value in parts if name == "data")

    @property
    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data)
        return found


def events(response: httpx.Response) -> Iterator[Event]:
    """Events as they come, for as long as the stream is open."""
    lines: list[str] = []
    for line in response.iter_lines():
        if line:
            lines.append(line)
        elif lines:
            yield Event(lines)
            lines = []


def until(stream: Iterator[Event], name: str) -> list[Event]:
    """Events up to and with the first of that name; fails where the stream ends before."""
    heard = []
    for event in stream:
        heard.append(event)
        if event.name == name:
            return heard
    raise AssertionError(f"the stream ended without {name}")
