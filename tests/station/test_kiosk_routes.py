"""The kiosk's routes, without a browser: what it serves, to whom, and where a tap goes."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient

from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.trip import Stay
from station.kiosk import create_app
from station.taps import ArriveWithoutCode, ChooseDirection, Dismiss, Settle, TapRefused, TellTrip
from station.view import Found, KioskView
from tests.station.desk import MemoryDesk, decided, ready

HOME = "http://127.0.0.1:8443"


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def kiosk(desk: MemoryDesk) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(desk), base_url=HOME, timeout=5) as client:
        yield client


TAPS = [
    (
        "/settle",
        {"sequence": 7, "outcome": "admit", "ground": "medical"},
        Settle(7, Outcome.ADMIT, Ground.MEDICAL),
    ),
    (
        "/settle",
        {"sequence": 7, "outcome": "admit", "ground": "papers_checked", "person": "ab" * 8},
        Settle(7, Outcome.ADMIT, Ground.PAPERS_CHECKED, "ab" * 8),
    ),
    ("/dismiss", {}, Dismiss()),
    ("/direction", {"direction": "out"}, ChooseDirection(Direction.OUT)),
    ("/without-code", {}, ArriveWithoutCode()),
    ("/trip", {"began": 12.5, "stays": []}, TellTrip(12.5, ())),
    (
        "/trip",
        {"began": 12, "stays": [{"place": "ruili", "last_day": "2026-01-15"}]},
        TellTrip(12.0, (Stay("ruili", date(2026, 1, 15)),)),
    ),
]


@pytest.mark.parametrize(("path", "body", "tap"), TAPS)
def test_each_tap_reaches_the_desk(kiosk, desk, path, body, tap) -> None:
    """A tap posted by the page is the very tap the loop gets, once."""
    assert kiosk.post(path, json=body).status_code == 204
    assert desk.taps == [tap]


@pytest.mark.parametrize(("path", "body", "tap"), TAPS)
def test_a_refused_tap_says_why_in_both_languages(kiosk, desk, path, body, tap) -> None:
    """What the loop refuses comes back as 409 with the sentence for the guard."""
    desk.refuses = TapRefused("已处理过", "Already settled")
    answer = kiosk.post(path, json=body)
    assert answer.status_code == 409
    assert answer.json() == {"zh": "已处理过", "en": "Already settled"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/settle", {"sequence": "seven", "outcome": "admit", "ground": "medical"}),
        ("/settle", {"sequence": 7, "outcome": "open sesame", "ground": "medical"}),
        ("/settle", {"sequence": 7, "outcome": "admit"}),
        ("/settle", {"sequence": 7, "outcome": "admit", "ground": "papers_checked", "person": "王小明"}),
        ("/direction", {"direction": "up"}),
        ("/direction", {"padding": "x" * 5000}),
        ("/trip", {"began": 12.5}),
        ("/trip", {"began": 12.5, "stays": [{"place": "云南", "last_day": "2026-01-15"}]}),
        ("/trip", {"began": 12.5, "stays": [{"place": "ruili", "last_day": "lately"}]}),
        ("/trip", {"began": 12.5, "stays": [{"place": "ruili", "last_day": "2026-01-15"}] * 13}),
    ],
)
def test_an_odd_tap_never_reaches_the_desk(kiosk, desk, path, body) -> None:
    """Words the gate does not know, or far too many, are refused at the door."""
    assert kiosk.post(path, json=body).status_code in {400, 413}
    assert desk.taps == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.5:8443", "localhost.evil.example:80", ""]
)
def test_a_host_that_is_not_this_machine_is_refused(kiosk, desk, host) -> None:
    """A page that renamed itself to 127.0.0.1 reads nothing and taps nothing (DNS rebinding)."""
    assert kiosk.get("/", headers={"Host": host}).status_code == 403
    assert kiosk.post("/dismiss", json={}, headers={"Host": host}).status_code == 403
    with pytest.raises(WebSocketDisconnect), kiosk.websocket_connect("/view", headers={"Host": host}) as line:
        line.receive_text(timeout=2)
    assert desk.taps == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:1", "localhost:8443", "[::1]:8443", "LOCALHOST"])
def test_this_machine_is_welcome_by_each_of_its_names(kiosk, host) -> None:
    """The three names of loopback, with any port."""
    assert kiosk.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8443", "http://localhost:8443"],
)
def test_another_origin_cannot_tap_or_watch(kiosk, desk, origin) -> None:
    """Neither a POST nor a WebSocket from a page that is not ours gets through."""
    assert kiosk.post("/dismiss", json={}, headers={"Origin": origin}).status_code == 403
    for path in ("/view", "/preview"):
        with pytest.raises(WebSocketDisconnect), kiosk.websocket_connect(path, headers={"Origin": origin}) as line:
            line.receive(timeout=2)
    assert desk.taps == []


def test_our_own_origin_can_tap(kiosk, desk) -> None:
    """The browser names our origin on each POST, and that is fine."""
    assert kiosk.post("/dismiss", json={}, headers={"Origin": HOME}).status_code == 204
    assert desk.taps == [Dismiss()]


@pytest.mark.parametrize("path", ["/", "/static/kiosk.js", "/static/look.css", "/nothing-here", "/rehearsal"])
def test_every_answer_carries_the_protecting_headers(kiosk, path) -> None:
    """Also what is not found: no foreign script, no frame elsewhere, nothing kept in a cache."""
    headers = kiosk.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers.get_list("cache-control") == ["no-store"]


def test_the_page_brings_everything_itself(kiosk) -> None:
    """No address of another machine, no script or style within the page: it works with the network cut."""
    page = kiosk.get("/").text
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script>", page)
    for address in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page):
        assert kiosk.get(address).status_code == 200, address


def test_every_module_the_scripts_import_is_served() -> None:
    """A typing error in an import would leave the guard with a dead page."""
    static = Path(__file__).parents[2] / "station/kiosk/static"
    scripts = sorted(static.glob("*.js"))
    assert scripts
    for script in scripts:
        for name in re.findall(r"from \"/static/([^\"]+)\"", script.read_text()):
            assert (static / name).is_file(), f"{script.name} imports {name}"


def test_a_search_gives_whom_the_desk_finds(kiosk, desk) -> None:
    """The question reaches the desk as it was typed; masked names come back, and nothing is kept in a cache."""
    desk.found = (Found("ab" * 8, "王*明", "3", "1", "0502"),)
    answer = kiosk.get("/search", params={"q": "3-502"})
    assert answer.json() == [
        {
            "person": "ab" * 8,
            "masked_name": "王*明",
            "building": "3",
            "unit": "1",
            "room": "0502",
            "household": None,
            "needs_help": False,
        }
    ]
    assert answer.headers["cache-control"] == "no-store"
    assert desk.queries == ["3-502"]


@pytest.mark.parametrize("params", [{}, {"q": "9" * 33}])
def test_an_odd_search_never_reaches_the_desk(kiosk, desk, params) -> None:
    assert kiosk.get("/search", params=params).status_code == 400
    assert desk.queries == []


def test_only_this_machine_may_search(kiosk, desk) -> None:
    """A page that renamed itself to 127.0.0.1 finds nobody."""
    assert kiosk.get("/search", params={"q": "3-502"}, headers={"Host": "evil.example"}).status_code == 403
    assert desk.queries == []


def test_without_a_stage_there_is_no_rehearsal(kiosk) -> None:
    """At a real gate nobody can hold a picture up by POST."""
    for path in ("/rehearsal", "/rehearsal/pictures"):
        assert kiosk.get(path).status_code == 404
    assert kiosk.post("/rehearsal/show", content=b"x").status_code == 404


def test_a_change_is_told_at_once_and_then_again_and_again(kiosk, desk) -> None:
    """The screen hears the newest view on opening, each change, and a word at least once a second in between."""
    with kiosk.websocket_connect("/view") as line:
        first = msgspec.json.decode(line.receive_text(timeout=2), type=KioskView)
        assert first == ready()
        fever = decided(Outcome.REFUSE, Reason.FEVER)
        desk.put(fever)
        heard = [msgspec.json.decode(line.receive_text(timeout=2), type=KioskView) for _ in range(4)]
    assert fever in heard
    assert heard[-1] == heard[-2] == fever


def test_the_view_carries_codes_not_sentences(kiosk, desk) -> None:
    """Both languages are one tap apart, so no reason's sentence travels."""
    desk.put(decided(Outcome.REFUSE, Reason.FEVER))
    with kiosk.websocket_connect("/view") as line:
        heard = [json.loads(line.receive_text(timeout=2)) for _ in range(3)]
    assert heard[-1]["verdict"]["reasons"] == ["fever"]


def test_the_preview_is_the_cameras_jpeg(kiosk, desk) -> None:
    """Frame by frame, as the camera gives them."""
    with kiosk.websocket_connect("/preview") as line:
        assert line.receive_bytes(timeout=2) == desk.picture
        assert line.receive_bytes(timeout=2) == desk.picture
