"""The office from the world's side: a clerk who logs in and leaves the live feed open.

Smoke measures by it when a passage shows up; demo and tests see by it that one does. Rule: as a browser does it, over
HTTP, with cookie and form; nothing of the hub's code is imported.
"""

import re
import threading
import time
from collections.abc import Callable
from types import TracebackType

import httpx
from msgspec import Struct, json

Identity = tuple[str, str, int]  # station, journal, sequence


class FeedRow(Struct, frozen=True):
    """A row of the feed, as far as the town looks at it."""

    arrival: int
    station: str
    journal: str
    sequence: int
    outcome: str
    masked_name: str | None = None

    @property
    def identity(self) -> Identity:
        return self.station, self.journal, self.sequence


class LoginFailed(Exception):
    """The office did not let the clerk in; the message says what it answered."""


class Office:
    """A clerk's session at one life of the hub."""

    def __init__(self, url: str, clerk: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, follow_redirects=True, timeout=10.0)
        self._log_in(clerk, password)
        self.seen: dict[Identity, float] = {}
        self.rows: list[FeedRow] = []
        self._changed = threading.Condition()
        self._opened, self._closing = threading.Event(), threading.Event()
        self._reader: threading.Thread | None = None

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """The clerk leaves; the feed is let go at its next event, of which there is one every few seconds."""
        self._closing.set()
        self.wait_for_end()
        self._client.close()

    def page(self, path: str = "/") -> str:
        return self._client.get(path).raise_for_status().text

    def follow(self) -> "Office":
        """Leave the feed open; returns when the hub has answered. `seen`: identity -> wall time of its arrival."""
        self._reader = threading.Thread(target=self._read, name="office-feed", daemon=True)
        self._reader.start()
        if not self._opened.wait(10):
            raise LoginFailed("the office's feed did not open within 10 s")
        return self

    def until(self, content: "Callable[[list[FeedRow]], bool]", seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: content(self.rows), seconds)

    def wait_for_end(self, seconds: float = 5.0) -> None:
        """Until the hub has ended the feed, or died."""
        if self._reader is not None:
            self._reader.join(seconds)

    def _log_in(self, clerk: str, password: str) -> None:
        form = self._client.get("/login").text
        token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', form)
        if token is None:
            raise LoginFailed("the login form holds no _csrf_token")
        answer = self._client.post("/login", data={"name": clerk, "password": password, "_csrf_token": token[1]})
        if answer.status_code != 200 or answer.url.path == "/login":
            raise LoginFailed(f"login as {clerk}: {answer.status_code} at {answer.url.path}")

    def _read(self) -> None:
        try:
            with self._client.stream("GET", "/feed/events", params={"format": "json"}, timeout=None) as events:
                events.raise_for_status()
                self._opened.set()
                self._take(events)
        except httpx.HTTPError:
            return  # the hub was ended, or killed: whoever follows it next logs in again

    def _take(self, events: httpx.Response) -> None:
        event = ""
        for line in events.iter_lines():
            arrived = time.time()
            if self._closing.is_set():
                return
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:") and event == "passage":
                self._note(json.decode(line.removeprefix("data:").strip(), type=FeedRow), arrived)
            elif not line:
                event = ""

    def _note(self, row: FeedRow, arrived: float) -> None:
        with self._changed:
            self.seen.setdefault(row.identity, arrived)
            self.rows.append(row)
            self._changed.notify_all()
