"""What no browser sends is refused at the office's door: it costs nothing, and is no fault of the hub's to log."""

import logging

import pytest
from litestar.testing import TestClient

from hub.announcer import Announcer
from hub.office import create_app, open_office
from tests.hub.office_day import Compound
from tests.hub.office_served import Clock, compound, settings_of

__all__ = ["compound"]

FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=x"}


@pytest.fixture
def client(compound: Compound):
    with TestClient(create_app(open_office(settings_of(compound), compound.path, Announcer(), Clock()))) as client:
        client.follow_redirects = False
        client.get("/login")
        yield client


def part(value: bytes, headers: bytes = b"", named: bytes = b"name") -> bytes:
    disposition = b'Content-Disposition: form-data; name="' + named + b'"' + headers
    return b"--x\r\n" + disposition + b"\r\n\r\n" + value + b"\r\n--x--\r\n"


def of_charset(charset: bytes) -> bytes:
    return b"\r\nContent-Type: text/plain; charset=" + charset


ODD = {
    "a part in a charset that nobody has": ("/login", PARTS, part(b"x", of_charset(b"foo"))),
    "a part that is no UTF-8": ("/login", PARTS, part(b"\xff")),
    "a file for a token": ("/login", PARTS, part(b"x", b'; filename="a"', b"_csrf_token")),
    "a token in Chinese": ("/login", FORM, b"_csrf_token=" + b"%E7%8E%8B" * 100),
    "one such token of two": ("/cases/1/close", FORM, b"_csrf_token=a&_csrf_token=" + b"%E7%8E%8B" * 100),
    "a header that is no ASCII": ("/quarantine/again", FORM | {"x-csrftoken": b"\xff" * 200}, b""),
    "a host with no such port": ("/login", FORM | {"host": "x:99999999"}, b""),
}


@pytest.mark.parametrize(("path", "headers", "body"), ODD.values(), ids=ODD)
def test_an_odd_form_is_refused_and_not_logged(client: TestClient, caplog, path: str, headers, body: bytes):
    with caplog.at_level(logging.WARNING):
        answer = client.post(path, content=body, headers=headers)
    assert answer.status_code in (303, 400), answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert caplog.records == []


def test_a_cookie_that_is_no_token_is_taken_away(client: TestClient):
    token = client.cookies["csrftoken"]
    client.cookies.clear()
    answer = client.post("/login", headers={"x-csrftoken": token, "cookie": b"csrftoken=" + b"\xff" * 200})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?expired=1")
    assert 'csrftoken=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/", "/login", "/cases"])
def test_a_page_of_a_host_with_no_such_port_is_refused(client: TestClient, caplog, path: str):
    answer = client.get(path, headers={"host": "x:99999999"})
    assert answer.status_code == 400
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert caplog.records == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_holds_up_the_office_by_the_slowest_of_charsets(client: TestClient, method: str):
    """Punycode takes the square of the length: what is allowed here in one body would take an hour."""
    slow = part(b"a" * 10_000, of_charset(b"punycode"))
    assert client.request(method, "/login", content=slow, headers=PARTS).status_code == 400
