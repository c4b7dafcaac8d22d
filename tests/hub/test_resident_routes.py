"""The residents' page as HTTP: what it answers, what it hides, what it refuses."""

import logging
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.resident.app import STATIC
from tests.gate.phone_makers import OTHER_PHONE, point
from tests.hub.resident_served import DAUGHTER, ResidentHub, served

KEY = b64encode(point()).decode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ResidentHub]:
    with served(tmp_path) as hub:
        yield hub


@pytest.fixture
def phone(hub: ResidentHub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.address) as phone:
        yield phone


def test_a_token_and_a_key_become_a_pass(hub: ResidentHub, phone: httpx.Client) -> None:
    """With what the phone shows beside it: a masked name, the compound's name, the time by the hub's clock."""
    answer = phone.post("/passes", json={"token": hub.invite().token, "key": KEY})
    said = answer.json()
    assert answer.status_code == 200
    assert set(said) == {"pass", "serial", "name", "compound", "issued_at", "expires_at", "now"}
    assert (said["name"], said["compound"], [said["serial"]]) == ("王*雅", "阳光花园", hub.serials())
    assert point()[1:] in b64decode(said["pass"])
    assert 0 <= said["now"] - said["issued_at"] < 1000
    assert answer.headers["cache-control"] == "no-store"


def test_a_used_card_and_an_unknown_one_are_told_apart(hub: ResidentHub, phone: httpx.Client) -> None:
    card = hub.invite()
    phone.post("/passes", json={"token": card.token, "key": KEY})
    used = phone.post("/passes", json={"token": card.token, "key": b64encode(point(OTHER_PHONE)).decode()})
    unknown = phone.post("/passes", json={"token": "0" * 16, "key": KEY})
    assert (used.status_code, used.json()) == (403, {"why": "used"})
    assert (unknown.status_code, unknown.json()) == (403, {"why": "unknown"})


def test_a_guesser_has_to_wait_and_then_even_a_good_card_does(hub: ResidentHub, phone: httpx.Client) -> None:
    card = hub.invite()
    for _ in range(10):
        assert phone.post("/passes", json={"token": "0" * 16, "key": KEY}).status_code == 403
    blocked = phone.post("/passes", json={"token": card.token, "key": KEY})
    assert (blocked.status_code, blocked.json()) == (429, {"why": "too_many"})
    assert hub.serials() == []


def test_a_phone_hears_which_of_its_passes_are_void(hub: ResidentHub, phone: httpx.Client) -> None:
    serials = [phone.post("/passes", json={"token": hub.invite(each).token, "key": KEY}).json()["serial"]
               for each in (DAUGHTER,)]  # fmt: skip
    assert phone.post("/standing", json={"serials": serials}).json()["revoked"] == []
    hub.revoke(serials[0])
    asked = phone.post("/standing", json={"serials": [*serials, "ab" * 8]}).json()
    assert asked["revoked"] == sorted([*serials, "ab" * 8])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/passes", b"{}"),
        ("/passes", b"\xff\x00"),
        ("/passes", b'{"token": "\x81", "key": "AA=="}'),
        ("/passes", b'{"token": "x", "key": "AA=="}'),
        ("/passes", b'{"token": ' + b"[" * 500 + b"]" * 500 + b"}"),
        ("/passes", b'{"token": ' + b"[" * 3000),
        ("/standing", b"[" * 4000),
        ("/passes", b'{"token": "' + b"x" * 9000 + b'"}'),
        ("/standing", b'{"serials": ["../../etc/passwd"]}'),
        ("/standing", b'{"serials": ["' + b'", "'.join([b"ab" * 8] * 17) + b'"]}'),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_makes_no_sense_is_refused_in_one_word(phone: httpx.Client, caplog, path: str, body: bytes) -> None:
    answer = phone.post(path, content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json() == {"why": "request"}
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("path", ["/passes", "/standing"])
def test_a_host_with_no_such_port_is_refused_like_them(phone: httpx.Client, caplog, path: str) -> None:
    answer = phone.post(path, content=b"{}", headers={"Host": "x:99999999"})
    assert (answer.status_code, answer.json()) == (400, {"why": "request"})
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


def test_every_answer_forbids_what_the_page_does_not_need(phone: httpx.Client) -> None:
    """No inline script, nothing from elsewhere, no frame around it."""
    for path in ("/", "/page.js", "/nothing-here"):
        policy = phone.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "style=" not in text
    assert "onclick" not in text
    assert "http" not in text


def test_the_worker_keeps_every_part_of_the_page(phone: httpx.Client) -> None:
    """One that it forgot would be missing offline; its version is that of the parts."""
    worker = phone.get("/sw.js").text
    assert "__" not in worker
    for path in STATIC.iterdir():
        if path.suffix != ".LICENSE" and path.name not in ("index.html", "sw.js"):
            assert f'"/{path.name}"' in worker, path.name
            assert phone.get(f"/{path.name}").content == path.read_bytes()
    assert 'PARTS = ["/", ' in worker


def test_no_log_line_names_a_person_a_token_or_a_serial(
    hub: ResidentHub, phone: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        card = hub.invite()
        serial = phone.post("/passes", json={"token": card.token, "key": KEY}).json()["serial"]
        phone.post("/standing", json={"serials": [serial]})
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "a phone has fetched a pass" in said
    for secret in (card.token, serial, DAUGHTER.id, DAUGHTER.name, DAUGHTER.masked_name):
        assert secret not in said
