"""The rehearsal's routes: pictures in, passages out."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.happenings import Press
from station.kiosk import Shown, create_app
from station.kiosk.rehearsal import Touch
from tests.station.desk import MemoryDesk, MemoryStage

PIXELS = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), dtype=np.uint8)


@pytest.fixture
def stage(tmp_path: Path) -> MemoryStage:
    cv2.imwrite(str(tmp_path / "wang.png"), PIXELS)
    cv2.imwrite(str(tmp_path / "unlisted.png"), PIXELS)
    listed = [{"file": "wang.png", "caption_zh": "王*明", "caption_en": "Mr Wang", "forehead_celsius": 36.5}]
    listed.append({"file": "../secret.png", "caption_zh": "外面", "caption_en": "outside", "forehead_celsius": None})
    (tmp_path / "index.json").write_text(json.dumps(listed))
    return MemoryStage(tmp_path)


@pytest.fixture
def gate(stage: MemoryStage) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(MemoryDesk(), stage), base_url="http://127.0.0.1", timeout=5) as client:
        yield client


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp"])
def test_any_picture_is_held_up_and_its_passage_told(gate, stage, kind) -> None:
    """The answer is the first passage that came of it."""
    stage.becomes = Shown("00ff00ff00ff00ff", 9, Outcome.REFUSE, (Reason.FEVER,))
    raw = cv2.imencode(kind, PIXELS)[1].tobytes()
    answer = gate.post("/rehearsal/show?celsius=38.2&direction=out&wait=5&looks=6", content=raw)
    assert answer.status_code == 200
    assert answer.json() == {
        "journal": "00ff00ff00ff00ff", "sequence": 9, "outcome": "refuse", "reasons": ["fever"],
    }  # fmt: skip
    assert stage.shown == [((720, 1280, 3), 38.2, Direction.OUT)]


def test_what_gives_no_passage_answers_with_nothing(gate, stage) -> None:
    """An unreadable code is an answer too."""
    raw = cv2.imencode(".jpg", PIXELS)[1].tobytes()
    answer = gate.post("/rehearsal/show?wait=1&looks=2", content=raw)
    assert answer.json() == {"journal": None, "sequence": None, "outcome": None, "reasons": []}
    assert stage.shown == [((720, 1280, 3), None, None)]


def test_a_picture_of_eight_megabytes_is_taken(gate, stage) -> None:
    """A telephone's photograph is no reason to fail."""
    raw = cv2.imencode(".bmp", np.zeros((1800, 1600, 3), np.uint8))[1].tobytes()
    assert len(raw) > 8 * 1024 * 1024
    assert gate.post("/rehearsal/show", content=raw).status_code == 200
    assert stage.shown == [((1800, 1600, 3), None, None)]


@pytest.mark.parametrize("raw", [b"", b"no picture at all"])
def test_what_is_no_picture_is_refused_in_both_languages(gate, stage, raw) -> None:
    """And the gate sees nothing of it."""
    answer = gate.post("/rehearsal/show", content=raw)
    assert answer.status_code == 400
    assert set(answer.json()) == {"zh", "en"}
    assert stage.shown == []


def test_pictures_are_listed_with_captions_and_thumbnails(gate) -> None:
    """Only what the index names within its own folder."""
    assert gate.get("/rehearsal/pictures").json() == [
        {"file": "wang.png", "caption_zh": "王*明", "caption_en": "Mr Wang", "forehead_celsius": 36.5}
    ]
    full = gate.get("/rehearsal/pictures/wang.png")
    assert full.headers["content-type"].startswith("image/png")
    small = cv2.imdecode(np.frombuffer(gate.get("/rehearsal/thumbnails/wang.png").content, np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape == (180, 320, 3)


@pytest.mark.parametrize("name", ["unlisted.png", "index.json", "..%2Fsecret.png", "%2Fetc%2Fpasswd"])
def test_nothing_else_can_be_fetched_from_the_disk(gate, name) -> None:
    """The index is the whole menu."""
    assert gate.get(f"/rehearsal/pictures/{name}").status_code == 404
    assert gate.get(f"/rehearsal/thumbnails/{name}").status_code == 404


def test_the_lane_is_emptied_and_the_forehead_changed(gate, stage) -> None:
    """Take away, fever, nobody."""
    assert gate.post("/rehearsal/clear", json={}).status_code == 204
    assert gate.post("/rehearsal/clear").status_code == 204
    assert gate.post("/rehearsal/forehead", json={"celsius": 37.8}).status_code == 204
    assert gate.post("/rehearsal/forehead", json={"celsius": None}).status_code == 204
    assert stage.cleared == 2
    assert stage.foreheads == [37.8, None]


@pytest.mark.parametrize("query", ["celsius=hot", "direction=up", "wait=-1", "celsius=nan", "looks=0"])
def test_odd_settings_are_refused(gate, stage, query) -> None:
    """Nothing is shown on a setting that cannot be meant."""
    raw = cv2.imencode(".jpg", PIXELS)[1].tobytes()
    assert gate.post(f"/rehearsal/show?{query}", content=raw).status_code == 400
    assert stage.shown == []


def test_another_origin_cannot_hold_anything_up(gate, stage) -> None:
    """A web page elsewhere cannot drive the rehearsal."""
    answer = gate.post("/rehearsal/clear", json={}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert stage.cleared == 0


def test_hands_and_fate_reach_the_panel(gate, stage) -> None:
    """A button, the alarm, the box, the boom: only what is named changes."""
    for body in ({"press": "third"}, {"fire": True, "jam": False}, {"tamper": True}, {"lift": True}):
        assert gate.post("/rehearsal/panel", json=body).status_code == 204
    assert stage.touched == [
        Touch(press=Press.THIRD), Touch(fire=True, jam=False), Touch(tamper=True), Touch(lift=True),
    ]  # fmt: skip


@pytest.mark.parametrize("body", [{"press": "fourth"}, {"fire": "yes"}, {"open": True}])
def test_what_no_panel_has_is_refused(gate, stage, body) -> None:
    assert gate.post("/rehearsal/panel", json=body).status_code == 400
    assert stage.touched == []


@pytest.mark.parametrize("path", ["/make-pass", "/sign-on", "/rehearsal/forehead", "/rehearsal/panel"])
@pytest.mark.parametrize(
    "body", [b'{"person": "\xff"}', b'{"\xff": 1}', b'{"x":' + b"[" * 4000], ids=["value", "name", "deep"]
)
def test_bytes_that_are_no_text_are_the_senders_fault(gate, path, body) -> None:
    """A body that is no JSON of ours is refused as such, whatever is wrong with it; nothing broke at the gate."""
    assert gate.post(path, content=body).status_code == 400
