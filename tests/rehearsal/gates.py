"""A gate from the world's side: what is held before its camera, what its screen shows, what its guard taps.

Demo, smoke and soak drive a station by it, over the same HTTP that the newcomer's browser uses; nothing of the
station's code is imported. One `Gate` serves one thread; its `Screen` may be looked at from any.
"""

import http.client
import select
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from urllib.parse import urlencode, urlsplit

from msgspec import Struct, json
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gate.forms import Form
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason

SECONDS_FOR_AN_ANSWER = 30.0


class Shown(Struct, frozen=True):
    """What became of a picture: the passage that was recorded of it, all None where none was."""

    journal: str | None
    sequence: int | None
    outcome: Outcome | None
    reasons: tuple[Reason, ...]


class SeenVerdict(Struct, frozen=True):
    """The verdict on the screen, as far as the town looks at it."""

    sequence: int | None
    outcome: Outcome
    overrulable: bool = False
    settled: Outcome | None = None
    reasons: tuple[Reason, ...] = ()


class SeenHealth(Struct, frozen=True):
    """link: "hub", "broker" or "none". queue: records without a receipt."""

    link: str = "none"
    queue: int = 0
    rules: str | None = None


class SeenView(Struct, frozen=True):
    """The guard's screen, as far as the town looks at it."""

    screen: str
    health: SeenHealth = SeenHealth()
    verdict: SeenVerdict | None = None


class NotTaken(Exception):
    """The gate answered with an error; the message holds what it said."""


class Gate:
    """One station's kiosk, over one connection that is kept."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self._host = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=SECONDS_FOR_AN_ANSWER)

    def show(
        self,
        picture: bytes,
        celsius: float | None = None,
        direction: Direction | None = None,
        wait: float = 0.0,
        looks: int = 6,
    ) -> Shown:
        """Hold a picture (any format OpenCV reads) up. wait: seconds until an answer is due, 0 asks for none."""
        asked = {"celsius": celsius, "direction": direction, "wait": wait or None, "looks": looks if wait else None}
        query = urlencode({key: value for key, value in asked.items() if value is not None})
        answer = self._ask("POST", f"/rehearsal/show?{query}", picture, "application/octet-stream")
        return json.decode(answer, type=Shown) if wait else Shown(None, None, None, ())

    def clear(self) -> None:
        """Nobody stands there any more; returns once the gate has seen it, so that the next one is somebody new."""
        self._ask("POST", "/rehearsal/clear", b"{}")

    def settle(self, sequence: int, outcome: Outcome, ground: Ground) -> None:
        """The guard lets somebody through after all, or sends them back. Raises NotTaken where it is too late."""
        body = json.encode({"sequence": sequence, "outcome": outcome, "ground": ground})
        self._ask("POST", "/settle", body)

    def dismiss(self) -> None:
        """The guard has seen the verdict. Raises NotTaken where there is none any more."""
        self._ask("POST", "/dismiss", b"{}")

    def without_code(self) -> None:
        """The guard says that somebody stands there without any code. Raises NotTaken while the gate is busy."""
        self._ask("POST", "/without-code", b"{}")

    def fill(self, form: Form, ground: Ground = Ground.HOST_AGREED) -> None:
        """The guard writes somebody down who is on no list, and lets him through. Raises NotTaken where he may not."""
        self._ask("POST", "/form", json.encode({"form": form, "admit": True, "ground": ground}))

    def tap(self, path: str, **told: object) -> None:
        """Any other tap, as station.kiosk.taps names it. Raises NotTaken."""
        self._ask("POST", path, json.encode(told))

    def get(self, path: str) -> bytes:
        return self._ask("GET", path)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        # No Origin: a browser always names one, and by that the gate tells a newcomer from the town's own people.
        headers = {"Content-Type": kind} if body is not None else {}
        self._let_go_of_an_ended_connection()
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
        if response.status >= 300:
            raise NotTaken(f"{method} {path} at {self.name}: {response.status} {answer[:300].decode(errors='replace')}")
        return answer

    def _let_go_of_an_ended_connection(self) -> None:
        """The gate ends one that was idle for five seconds. Between two answers nothing but its end can be heard."""
        kept = self._connection.sock
        if kept is not None and select.select([kept], [], [], 0)[0]:
            self._connection.close()


class Screen:
    """The guard's screen, followed as the browser follows it; `view` is the newest."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._changed = threading.Condition()
        self._view = SeenView("unknown")
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(f"ws{self._url.removeprefix('http')}/view"))
        self._follower = threading.Thread(target=self._follow, name="screen", daemon=True)
        self._follower.start()

    @property
    def view(self) -> SeenView:
        with self._changed:
            return self._view

    def until(self, content: Callable[[SeenView], bool], seconds: float) -> bool:
        """Wait until the view is as wished; False where it was not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: content(self._view), seconds)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()
        self._follower.join(5)

    def _follow(self) -> None:
        try:
            for message in self._socket:
                view = json.decode(message, type=SeenView)
                with self._changed:
                    self._view = view
                    self._changed.notify_all()
        except ConnectionClosed:
            return


def owes_nothing(view: SeenView) -> bool:
    """It is in touch with its hub, and nothing waits."""
    return view.health.link == "hub" and view.health.queue == 0


def until(content: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Poll until something holds; False where it did not in time."""
    deadline = time.monotonic() + seconds
    while not content():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
