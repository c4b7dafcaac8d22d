"""Whoever stands at the gate and sees: the guard's screen, every view of it in order; and the guard's own hand.

`BrokenGate` opens both for each life of the station. Rule: over HTTP and the websocket alone, as the browser has it.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import httpx
from msgspec import json
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

View = dict[str, Any]


class Witness:
    """views: all that the screen has shown, oldest first."""

    def __init__(self, url: str) -> None:
        self.views: list[View] = []
        self._changed = threading.Condition()
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(f"ws{url.removeprefix('http').rstrip('/')}/view"))
        self._follower = threading.Thread(target=self._follow, name="witness", daemon=True)
        self._follower.start()
        self.until(lambda view: True, 10)

    @property
    def view(self) -> View:
        with self._changed:
            return self.views[-1]

    def until(self, content: Callable[[View], object], seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: bool(self.views and content(self.views[-1])), seconds)

    def since(self, mark: int) -> list[View]:
        """What was shown from the mark on; a mark is how many views there were."""
        with self._changed:
            return self.views[mark:]

    def until_seen(self, mark: int, content: Callable[[View], object], seconds: float) -> View | None:
        """The first view from the mark on that is so; a green may be gone before anybody looks again."""
        with self._changed:
            self._changed.wait_for(lambda: any(content(view) for view in self.views[mark:]), seconds)
            return next((view for view in self.views[mark:] if content(view)), None)

    def close(self) -> None:
        with suppress(ConnectionClosed):
            self._open.close()
        self._follower.join(5)

    def _follow(self) -> None:
        with suppress(ConnectionClosed):
            for message in self._socket:
                view = json.decode(message)
                with self._changed:
                    self.views.append(view)
                    self._changed.notify_all()


class Guard:
    """What the guard taps."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def post(self, path: str, body: object) -> bool:
        """Whether the gate took the tap; 409 is its 'no'."""
        answer = httpx.post(f"{self._url}{path}", json=body, timeout=20)
        if answer.status_code not in (204, 409):
            answer.raise_for_status()
        return answer.status_code == 204

    def find(self, door: str) -> list[View]:
        found: list[View] = httpx.get(f"{self._url}/search", params={"q": door}, timeout=20).raise_for_status().json()
        return found
