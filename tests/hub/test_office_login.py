"""Nobody sees the office's pages without a login, and the login gives nothing away."""

from datetime import timedelta

import pytest
from litestar.testing import TestClient

from hub.announcer import Announcer
from hub.office import create_app, open_office
from hub.office.attempts import MOST_ADDRESSES, MOST_FAILURES, WITHIN, Attempts
from tests.hub.office_day import NOON, Compound
from tests.hub.office_served import Clock, compound, log_in, settings_of

__all__ = ["compound"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(compound: Compound, clock: Clock):
    app = create_app(open_office(settings_of(compound), compound.path, Announcer(), clock))
    with TestClient(app) as client:
        client.follow_redirects = False
        yield client


@pytest.mark.parametrize("path", ["/", "/?gate=north", "/quarantine", "/?lang=en"])
def test_a_page_sends_a_stranger_to_the_login(client: TestClient, path: str):
    answer = client.get(path, headers={"accept": "text/html"}, follow_redirects=True)
    assert answer.url.path == "/login"
    assert 'name="password"' in answer.text


def test_a_stranger_gets_no_stream(client: TestClient):
    answer = client.get("/feed/events", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.text) == (401, "log in first")


def test_every_route_but_login_and_static_files_is_behind_the_guard(client: TestClient):
    """A route that is added later is closed unless it calls itself public. The figures ask for a token of their own."""
    open_routes = {
        route.path
        for route in client.app.routes
        for each in getattr(route, "route_handlers", ())
        if each.opt.get("public")
    }
    assert {path for path in open_routes if not path.startswith("/static")} == {"/login", "/metrics"}


def test_name_and_password_open_the_page_that_was_asked_for(client: TestClient):
    sent = client.get("/?gate=north&q=%E7%8E%8B", headers={"accept": "text/html"}).headers["location"]
    assert sent == "/login?next=%2F%3Fgate%3Dnorth%26q%3D%25E7%258E%258B"
    answer = log_in(client, next="/?gate=north")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?gate=north")
    assert client.get("/").status_code == 200


def test_a_page_opened_before_the_hub_was_restarted_logs_in_at_once(compound: Compound, clock: Clock):
    """The browser brings its old cookies along; the clerk types the password once, not twice."""
    before, after = (
        create_app(open_office(settings_of(compound), compound.path, Announcer(), clock), "of the keys") for _ in "12"
    )
    with TestClient(before) as client:
        log_in(client)
        kept = dict(client.cookies)
    with TestClient(after, cookies=kept) as client:
        client.follow_redirects = False
        assert client.get("/", headers={"accept": "text/html"}).headers["location"].startswith("/login")
        assert log_in(client).headers["location"] == "/"
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/login"]
)
def test_the_login_leads_nowhere_else(client: TestClient, target: str):
    assert log_in(client, next=target).headers["location"] == "/"


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(client: TestClient):
    wrong = log_in(client, password="not-the-password")
    unknown = log_in(client, name="nobody")
    assert wrong.status_code == unknown.status_code == 403
    assert "姓名或密码不对" in wrong.text
    assert wrong.text == unknown.text
    assert "location" not in wrong.headers


def test_a_form_without_the_pages_token_is_not_taken(client: TestClient):
    """Another site cannot log anybody in or out."""
    client.get("/login")
    answer = client.post("/login", data={"name": "李静", "password": "x", "_csrf_token": "00" * 64})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?expired=1")
    log_in(client)
    assert client.post("/logout").headers["location"] == "/login?expired=1"
    assert client.get("/").status_code == 200


def test_the_session_is_the_hubs_own_and_new_at_each_login(client: TestClient):
    """An id that somebody planted in the browser is worth nothing after the login."""
    client.cookies.set("session", "planted")
    answer = log_in(client)
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("session="))
    assert "planted" not in cookie
    for wanted in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert wanted in cookie
    client.cookies.clear()
    client.cookies.set("session", "planted")
    assert client.get("/", headers={"accept": "text/html"}).status_code == 303


def test_logging_out_ends_the_session_on_the_hub(client: TestClient):
    log_in(client)
    session = client.cookies["session"]
    token = client.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    assert client.post("/logout", data={"_csrf_token": token}).headers["location"] == "/login"
    client.cookies.set("session", session)
    assert client.get("/", headers={"accept": "text/html"}).status_code == 303


def test_a_stranger_leaves_no_session_behind(client: TestClient):
    answers = [client.get("/login"), client.get("/", headers={"accept": "text/html"})]
    assert not any("session=" in each for answer in answers for each in answer.headers.get_list("set-cookie"))


def test_under_tls_every_cookie_is_secure(compound: Compound):
    app = create_app(open_office(settings_of(compound, tls=True), compound.path, Announcer()))
    with TestClient(app, base_url="https://office.test") as client:
        answers = [client.get("/login"), log_in(client)]
    cookies = [each for answer in answers for each in answer.headers.get_list("set-cookie")]
    assert len(cookies) >= 2
    assert all("Secure" in each and "HttpOnly" in each for each in cookies)


def test_who_guesses_has_to_wait_even_with_the_right_password(client: TestClient, clock: Clock):
    for _ in range(MOST_FAILURES):
        log_in(client, password="not-the-password")
    refused = log_in(client)
    assert refused.status_code == 429
    assert "5 分钟后再试" in refused.text
    clock.now += WITHIN
    assert log_in(client).status_code == 303


def test_a_clerk_who_gets_in_starts_afresh():
    attempts = Attempts()
    for _ in range(MOST_FAILURES - 1):
        attempts.failed("10.0.0.9", NOON)
    attempts.succeeded("10.0.0.9")
    attempts.failed("10.0.0.9", NOON)
    assert attempts.wait("10.0.0.9", NOON) is None


def test_one_address_does_not_lock_out_another():
    attempts = Attempts()
    for _ in range(MOST_FAILURES):
        attempts.failed("10.0.0.9", NOON)
    assert attempts.wait("10.0.0.9", NOON + timedelta(minutes=1)) == timedelta(minutes=4)
    assert attempts.wait("10.0.0.8", NOON) is None


def test_many_addresses_do_not_fill_the_memory():
    attempts = Attempts()
    for number in range(MOST_ADDRESSES + 5):
        attempts.failed(str(number), NOON)
    assert len(attempts._failures) == MOST_ADDRESSES
