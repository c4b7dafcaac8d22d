"""The kiosk's routes, without a browser: what it serves, to whom, and where a tap goes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import zxingcpp
from litestar import Litestar
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient
from msgspec.structs import replace

from gate.forms import Door, VisitorForm
from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.trip import Stay
from station.desk import TAP_SECONDS
from station.kiosk import create_app
from station.kiosk.made_pass import picture_of
from station.kiosk.taps import TAPS as TAPS_BY_PATH
from station.taps import (
    ActivateCard,
    ArriveNamed,
    ArriveWithoutCode,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    Dismiss,
    EndActivation,
    FillForm,
    ReadAloud,
    SetClock,
    Settle,
    SignOff,
    SignOn,
    Tap,
    TapRefused,
    TellPurpose,
    TellTrip,
    Train,
    TypeTemperature,
)
from station.view import Forms, Found, KioskView, Resting, Retesting
from tests.station.desk import NIGHT, WANG, MemoryDesk, decided, ready
from tests.station.states import ON_DUTY

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
    ("/named", {"persons": ["ab" * 8, "cd" * 8]}, ArriveNamed(("ab" * 8, "cd" * 8))),
    ("/purpose", {"began": 12, "purpose": "food", "destination": None}, TellPurpose(12.0, "food")),
    (
        "/form",
        {"form": {"form": "visitor", "door": {"building": "3"}, "host_agreed": True}, "admit": True},
        FillForm(VisitorForm(Door("3"), host_agreed=True), admit=True),
    ),
    ("/rest", {"sequence": 7}, BeginRest(7)),
    ("/retest", {"sequence": 7}, BeginRetest(7)),
    ("/temperature", {"celsius": 36.6, "site": "wrist"}, TypeTemperature(36.6, "wrist")),
    ("/sign-on", {"pin": "4071"}, SignOn("4071")),
    ("/sign-off", {"note": "一切正常"}, SignOff("一切正常")),
    ("/train", {"on": True}, Train(True)),
    ("/clock", {"at": "2026-01-16T12:15:00Z"}, SetClock(datetime(2026, 1, 16, 12, 15, tzinfo=UTC))),
    ("/read-aloud", {}, ReadAloud()),
    ("/activate", {"person": "0a" * 8, "hours": 6}, ActivateCard("0a" * 8, hours=6)),
    ("/activate-end", {}, EndActivation()),
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
        ("/named", {"persons": []}),
        ("/named", {"persons": ["ab" * 8] * 10}),
        ("/purpose", {"began": 1, "purpose": "买菜"}),
        ("/form", {"form": {"form": "burglar", "door": {"building": "3"}}}),
        ("/form", {"form": {"form": "visitor", "door": {"building": "3"}, "people": 10}}),
        ("/form", {"form": {"form": "vehicle", "plate": "豫A" * 9}}),
        ("/temperature", {"celsius": 99}),
        ("/sign-on", {"pin": "12"}),
        ("/sign-on", {"pin": "abcd"}),
        ("/sign-off", {"note": "x" * 121}),
        ("/sign-off", {"note": "x" * 5000}),
        ("/clock", {"at": "noon"}),
        ("/clock", {"at": "2026-01-16T12:15:00"}),
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
    for path in ("/view", "/resident/view", "/preview"):
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


def test_every_tap_that_the_loop_knows_can_be_posted() -> None:
    """A tap without a route would be a button that does nothing; a route twice, one that does the other's."""
    assert set(TAPS_BY_PATH.values()) == set(get_args(Tap))
    assert len(TAPS_BY_PATH) == len(get_args(Tap))


def test_the_page_waits_for_longer_than_a_tap_may_still_be_obeyed(kiosk) -> None:
    """Else the guard is told that it was lost, taps again, and two are let through."""
    script = kiosk.get("/static/taps.js").text
    patience = re.search(r"PATIENCE_MS = ([0-9]+);", script)
    assert patience is not None
    assert "AbortSignal.timeout(PATIENCE_MS)" in script
    assert int(patience[1]) / 1000 >= TAP_SECONDS + 1


def test_what_was_typed_is_not_told_back(kiosk) -> None:
    """A refused body may hold a telephone number or a PIN: neither stands in the answer."""
    answer = kiosk.post("/sign-on", json={"pin": "13800138000"})
    assert answer.status_code == 400
    assert "13800138000" not in answer.text


def test_the_forms_offer_what_the_desk_offers(kiosk, desk) -> None:
    offered = msgspec.json.decode(kiosk.get("/forms").content, type=Forms)
    assert offered == desk.offers


def test_a_made_pass_reads_back_as_the_code_that_was_signed(kiosk, desk) -> None:
    """Drawn as an SVG that names no address; rastered, the station's own decoder reads it."""
    answer = kiosk.post("/make-pass", json={"person": "ab" * 8, "hours": 4})
    assert answer.status_code == 200
    made = answer.json()
    assert desk.passes == [("ab" * 8, None, 4)]
    assert made["expires_at"] == "2026-01-16T16:15:08Z"
    assert made["svg"].startswith("<svg")
    assert "DOCTYPE" not in made["svg"]
    assert made["person"]["masked_name"] == "王*明"
    code = desk.make_pass(None, None, 1).code
    assert picture_of(code) == made["svg"]
    drawn = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=4)
    assert zxingcpp.read_barcode(drawn).text == code


def test_a_pass_that_may_not_be_made_says_why(kiosk, desk) -> None:
    desk.refuses = TapRefused("今天的临时证已用完", "No more passes today")
    answer = kiosk.post("/make-pass", json={"person": "ab" * 8, "hours": 4})
    assert answer.status_code == 409
    assert answer.json() == {"zh": "今天的临时证已用完", "en": "No more passes today"}


@pytest.mark.parametrize("body", [{"hours": 0}, {"hours": 1000}, {"person": "王"}, {"person": "ab" * 8, "code": "x"}])
def test_an_odd_wish_for_a_pass_never_reaches_the_desk(kiosk, desk, body) -> None:
    assert kiosk.post("/make-pass", json=body).status_code == 400
    assert desk.passes == []


def test_the_residents_side_never_hears_a_name(kiosk, desk) -> None:
    """Neither whose turn it is nor who passed before, where he lives, how warm he is, or who is on duty."""
    full = decided(Outcome.REFUSE, Reason.FEVER, celsius=38.4)
    desk.put(
        replace(
            full,
            person=WANG,
            recent=(full.verdict,),
            party=(WANG,),
            resting=(Resting(4, WANG, 38.2, NIGHT, False),),
            retest=Retesting(4, WANG, "wrist"),
            duty=ON_DUTY,
        )
    )
    with kiosk.websocket_connect("/resident/view") as line:
        heard = [line.receive_text(timeout=2) for _ in range(3)][-1]
    told = json.loads(heard)
    assert told["verdict"]["reasons"] == ["fever"]
    assert told["retest_site"] == "wrist"
    for secret in ("王", "赵", "38.4", "38.2", '"person"', "building", "recent", "sequence"):
        assert secret not in heard


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
