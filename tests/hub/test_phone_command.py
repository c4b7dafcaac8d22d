"""`gate-hub phone`: cards that a clerk prints, and the running hub that takes them."""

import re
import signal
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import cv2
import httpx
import numpy
import pytest
import segno

from station.stills import read_picture
from tests.gate.phone_makers import point
from tests.hub.typed_hub import NAMES, SHEET, Hub, index_of

RESIDENT = '\n[resident]\nserve = true\naddress = "http://pass.willow-court.cn:8444"\n'


@pytest.fixture
def hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    hub = Hub(tmp_path, capsys)
    hub.config.write_text(hub.config.read_text() + RESIDENT)
    hub("init")
    hub("import", hub.file("people.csv", SHEET))
    return hub


def test_a_card_for_everybody_in_the_order_of_their_doors(hub: Hub, tmp_path: Path) -> None:
    """Links in the index, pictures of the same links on the page; for their owner alone; no name on the terminal."""
    said = hub("phone", "--all", "--out", str(tmp_path / "cards"))
    rows = index_of(tmp_path / "cards")
    assert [(row["building"], row["name"]) for row in rows] == [("3", "李试甲"), ("3", "王试乙"), ("12", "张试丙")]
    page = (tmp_path / "cards" / "cards.html").read_text(encoding="utf-8")
    assert page.count("<section>") == page.count("<svg") == 3
    for row in rows:
        assert re.fullmatch(r"http://pass\.willow-court\.cn:8444/#[0-9A-HJKMNP-TV-Z]{16}", row["link"])
        token = row["link"][-16:]
        assert token[:4] + "-" + token[4:8] in page
        assert segno.make(row["link"], error="m", micro=False).svg_inline(scale=1, border=4, omitsize=True) in page
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "cards").iterdir()} == {0o600}
    assert "3 cards" in said
    assert not any(name in said for name in NAMES)


def test_the_picture_on_a_card_reads_back_to_its_link(hub: Hub, tmp_path: Path) -> None:
    hub("phone", "--building", "12", "--out", str(tmp_path / "cards"))
    (row,) = index_of(tmp_path / "cards")
    symbol = segno.make(row["link"], error="m", micro=False)
    matrix = numpy.array([[0 if dark else 255 for dark in line] for line in symbol.matrix_iter(scale=8, border=4)])
    (code,) = read_picture(cv2.UMat(matrix.astype(numpy.uint8)).get())
    assert code.data.decode() == row["link"]


def test_what_cannot_work_is_said_before_anything_is_drawn(hub: Hub, tmp_path: Path) -> None:
    assert "say whose phones" in hub.refusal("phone", "--out", str(tmp_path / "a"))
    assert "nobody lives in building 99" in hub.refusal("phone", "--building", "99", "--out", str(tmp_path / "b"))
    assert "1 to 2160 hours" in hub.refusal("phone", "--all", "--hours", "0", "--out", str(tmp_path / "c"))
    hub.config.write_text(hub.config.read_text().replace("serve = true", "serve = false"))
    assert "set serve = true" in hub.refusal("phone", "--all", "--out", str(tmp_path / "d"))
    assert hub.rows("SELECT * FROM invitation") == []


def test_the_running_hub_serves_the_page_and_takes_its_cards(hub: Hub, tmp_path: Path) -> None:
    """The command hands its order to the hub; the phone's pass stands in the registry; the hub ends cleanly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "--config", str(hub.config), "run"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("office http://127.0.0.1:")
        said, address = process.stdout.readline().split()
        assert said == "resident"
        hub("phone", "--building", "12", "--out", str(tmp_path / "cards"))
        (row,) = index_of(tmp_path / "cards")
        asking = {"token": row["link"][-16:], "key": b64encode(point()).decode()}
        with httpx.Client(base_url=address) as phone:
            assert "<title>通行证</title>" in phone.get("/").text
            answer = phone.post("/passes", json=asking).json()
        assert hub.rows("SELECT serial, person, phone_key FROM pass") == [
            (answer["serial"], row["person"], point().hex())
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('host = "0.0.0.0"', "resident.tls_certificate: the residents' page is open to 0.0.0.0"),
        ('tls_certificate = "a.pem"', "resident.tls_key: certificate and key come together"),
        ('address = "pass.cn"', "resident.address"),
        ("phones_per_person = 0", "resident.phones_per_person"),
    ],
)
def test_odd_settings_of_the_page_are_refused(hub: Hub, settings: str, sentence: str) -> None:
    text = hub.config.read_text().partition("\n[resident]")[0]
    hub.config.write_text(f"{text}\n[resident]\nserve = true\n{settings}\n")
    assert sentence in hub.refusal("station", "list")


def test_a_certificate_that_cannot_be_used_stops_the_hub_before_it_speaks(hub: Hub) -> None:
    (hub.folder / "a.pem").write_text("no certificate")
    text = hub.config.read_text() + 'tls_certificate = "a.pem"\ntls_key = "a.pem"\n'
    hub.config.write_text(text)
    assert "correct them under [resident] in hub.toml" in hub.refusal("run")
