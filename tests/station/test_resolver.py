"""What the province says of a health code: asked over HTTPS, remembered a while, never waited for."""

import queue
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from gate.roster import Health
from station.inbox import Faulty, HealthCodeResolved, Post
from station.resolver import (
    ANSWER_LIVES_SECONDS,
    FAILURE_LIVES_SECONDS,
    MOST_REMEMBERED,
    MOST_WAITING,
    HealthAnswer,
    HealthDesk,
    RehearsalResolver,
    ResolverFailed,
)
from station.resolver_https import MOST_ANSWER_BYTES, HttpsResolver, token_of
from station.toml import Wrong
from tests.rehearsal.province import TOKEN, Answer, Province, send

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
CODE = b"https://hc.example.gov.cn/secret-of-anna"


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    with Province(tmp_path).running() as running:
        yield running


def resolver(province: Province, seconds: float = 10.0) -> HttpsResolver:
    return HttpsResolver(province.url, TOKEN, seconds, province.tls_ca)


@pytest.mark.parametrize("colour", ["green", "yellow", "red"])
def test_the_service_is_asked_for_the_colour_of_exactly_this_code(province: Province, colour: str) -> None:
    """Bytes go there as they are, whatever they are, and the answer comes back as it is."""
    code = b"\x00\xff" + CODE
    province.answers, province.valid_until = {code: colour}, "2026-03-01T04:10:00Z"
    assert resolver(province).resolve(code) == HealthAnswer(Health(colour), NOON + timedelta(minutes=10))
    assert province.asked == [code]


def slow(request: BaseHTTPRequestHandler) -> None:
    """Drips a byte at a time, each in time, for ever."""
    request.wfile.write(b"HTTP/1.0 200 OK\r\n")
    while True:
        request.wfile.write(b"X")
        time.sleep(0.02)


def silent(request: BaseHTTPRequestHandler) -> None:
    """Takes the question and says nothing: until the other side has gone."""
    request.rfile.read(1)


WAYS = {
    "broken": (lambda request: send(request, b"oops", 500), "answers with status 500"),
    "sends elsewhere": (lambda request: send(request, b"", 302, Location="https://x.example/"), "status 302"),
    "no JSON": (lambda request: send(request, b"<html>"), "cannot be understood"),
    "no text": (lambda request: send(request, b'{"colour": "\xff"}'), "cannot be understood"),
    "no colour": (lambda request: send(request, b'{"name": "Anna"}'), "cannot be understood"),
    "a colour nobody knows": (lambda request: send(request, b'{"colour": "blue"}'), "cannot be understood"),
    "unknown": (lambda request: send(request, b'{"colour": "unknown"}'), "cannot be understood"),
    "a time without a zone": (
        lambda request: send(request, b'{"colour": "green", "valid_until": "2026-03-01T04:10:00"}'),
        "cannot be understood",
    ),
    "one colour and then another": (
        lambda request: send(request, b'{"colour": "red", "colour": "green"}'),
        "cannot be understood",
    ),
    "nested without end": (lambda request: send(request, b'{"colour": "green", "x":' + b"[" * 60_000), "understood"),
    "half of it": (
        lambda request: request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"colour": "green"}'),
        "does not answer",
    ),
    "too long": (lambda request: send(request, b" " * (MOST_ANSWER_BYTES + 1)), "too long"),
    "hangs up": (lambda request: request.connection.close(), "does not answer"),
    "no HTTP": (lambda request: request.wfile.write(b"hello\r\n\r\n"), "does not answer"),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_is_none_says_why_and_nothing_of_the_code(province: Province, way: str) -> None:
    """Each way of a service to fail ends in one sentence for the guard."""
    province.answer, expected = WAYS[way]
    with pytest.raises(ResolverFailed, match=expected) as failed:
        resolver(province).resolve(CODE)
    assert "anna" not in str(failed.value).lower()


@pytest.mark.parametrize("way", [slow, silent])
def test_a_service_that_never_ends_its_answer_is_given_up(province: Province, way: Answer) -> None:
    """The time counts for the whole question, not for each byte."""
    province.answer = way
    with pytest.raises(ResolverFailed, match="does not answer"):
        resolver(province, 0.3).resolve(CODE)


def test_a_service_with_a_wrong_certificate_learns_nothing(province: Province, tmp_path: Path) -> None:
    """Neither code nor token goes to whoever cannot prove to be the province."""
    (tmp_path / "other").mkdir()
    other = Province(tmp_path / "other")
    with other.running(), pytest.raises(ResolverFailed, match="certificate does not hold"):
        HttpsResolver(province.url, TOKEN, 10.0, other.tls_ca).resolve(CODE)
    assert province.asked == []


def test_a_service_that_is_not_there_is_a_failure_like_any_other(tmp_path: Path) -> None:
    """Nobody listens: the gate goes on."""
    gone = Province(tmp_path)
    with gone.running():
        pass
    with pytest.raises(ResolverFailed, match="does not answer"):
        resolver(gone).resolve(CODE)


def test_a_wrong_token_is_told_apart(province: Province) -> None:
    """The status says what the office has to look for."""
    with pytest.raises(ResolverFailed, match="status 401"):
        HttpsResolver(province.url, "old", 10.0, province.tls_ca).resolve(CODE)


def test_files_that_hold_nothing_stop_the_station_with_a_sentence(tmp_path: Path) -> None:
    """A token or an authority that cannot be read is an error of the settings, named before the first visit."""
    bad = tmp_path / "bad"
    bad.write_text("\x00\n", "ascii")
    with pytest.raises(Wrong, match="no token"):
        token_of(str(bad))
    with pytest.raises(Wrong, match="no authority's certificate"):
        HttpsResolver("https://127.0.0.1/", "", 1.0, str(bad))
    bad.write_text(f"{TOKEN}\n", "ascii")
    assert (token_of(str(bad)), token_of("")) == (TOKEN, "")


class Slip:
    """A service in the test's hand: each answer is given when the test says so."""

    def __init__(self) -> None:
        self.asked: queue.Queue[bytes] = queue.Queue()
        self.answers: queue.Queue[HealthAnswer | Exception] = queue.Queue()

    def resolve(self, code: bytes) -> HealthAnswer:
        self.asked.put(code)
        answer = self.answers.get(timeout=10.0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Office:
    """A desk whose clocks stand still unless the test moves them."""

    def __init__(self) -> None:
        self.slip, self.posts = Slip(), queue.Queue[Post]()
        self.seconds = 1000.0
        self.desk = HealthDesk(self.slip, self.posts.put, lambda: self.seconds, lambda: NOON)
        self.desk.start()

    def answer(self, answer: HealthAnswer | Exception) -> Post:
        """Give it, and wait for what the loop hears."""
        self.slip.answers.put(answer)
        return self.posts.get(timeout=10.0)


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    yield office
    office.slip.answers.put(ResolverFailed("the test is over"))
    office.desk.stop()


def test_the_loop_never_waits_and_hears_the_answer_later(office: Office) -> None:
    """Asked at once, once, and told in the inbox; then it is known without asking."""
    assert [office.desk.colour(CODE).asking for _ in range(3)] == [True] * 3
    post = office.answer(HealthAnswer(Health.RED))
    assert isinstance(post, HealthCodeResolved)
    assert (post.colour, len(post.digest)) == (Health.RED, 64)
    told = office.desk.colour(CODE)
    assert (told.colour, told.asking) == (Health.RED, False)
    assert office.slip.asked.qsize() == 1


@pytest.mark.parametrize(
    ("valid_until", "lives"),
    [
        (None, ANSWER_LIVES_SECONDS),
        (NOON + timedelta(days=1), ANSWER_LIVES_SECONDS),
        (NOON + timedelta(seconds=30), 30),
    ],
    ids=["nothing said", "longer than we keep any", "shorter"],
)
def test_an_answer_lives_as_long_as_it_may(office: Office, valid_until: datetime | None, lives: float) -> None:
    """Ten minutes, or less where the service says so; then the service is asked anew."""
    office.desk.colour(CODE)
    office.answer(HealthAnswer(Health.GREEN, valid_until))
    office.seconds += lives - 0.5
    assert office.desk.colour(CODE).colour is Health.GREEN
    office.seconds += 0.5
    told = office.desk.colour(CODE)
    assert (told.colour, told.asking) == (Health.UNKNOWN, True)


@pytest.mark.parametrize(
    "failure",
    [ResolverFailed("no"), ValueError(CODE.decode()), HealthAnswer(Health.GREEN, NOON - timedelta(seconds=1))],
    ids=["no answer", "nobody foresaw it", "an answer that has run out"],
)
def test_a_failure_is_told_once_and_tried_again_soon(
    office: Office, failure: HealthAnswer | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The guard sees a fault, the code's colour stays unknown, and nothing of the code is written anywhere."""
    office.desk.colour(CODE)
    fault = office.answer(failure)
    resolved = office.posts.get(timeout=10.0)
    assert isinstance(fault, Faulty)
    assert fault.sentence
    assert isinstance(resolved, HealthCodeResolved)
    assert resolved.colour is Health.UNKNOWN
    told = office.desk.colour(CODE)
    assert (told.colour, told.asking) == (Health.UNKNOWN, False)
    office.seconds += FAILURE_LIVES_SECONDS
    assert office.desk.colour(CODE).asking
    assert office.answer(HealthAnswer(Health.GREEN)) == Faulty("resolver", "")
    assert "anna" not in (caplog.text + fault.sentence).lower()


def test_a_crowd_of_codes_is_not_queued_without_end(office: Office) -> None:
    """More than a few unanswered ones are the guard's matter at once; what is remembered is bounded."""
    office.desk.colour(b"first")
    office.slip.asked.get(timeout=10.0)
    told = [office.desk.colour(str(number).encode()) for number in range(MOST_WAITING + 5)]
    assert [each.asking for each in told] == [True] * MOST_WAITING + [False] * 5
    for _ in range(MOST_WAITING + 1):
        office.answer(HealthAnswer(Health.GREEN))
    for number in range(MOST_REMEMBERED):
        office.desk.colour(f"later {number}".encode())
        office.answer(HealthAnswer(Health.GREEN))
    assert len(office.desk._known) == MOST_REMEMBERED


def test_without_a_service_nothing_is_asked_and_nothing_known() -> None:
    """The guard looks at the colour, as ever."""
    desk = HealthDesk(None, lambda _post: None, lambda: 0.0, lambda: NOON)
    desk.start()
    told = desk.colour(CODE)
    desk.stop()
    assert (told.colour, told.asking) == (Health.UNKNOWN, False)


def test_the_rehearsals_service_reads_the_colour_off_the_code() -> None:
    """So that a demo can show all three without a province."""
    assert RehearsalResolver().resolve(b"https://hc.example/red").colour is Health.RED
    with pytest.raises(ResolverFailed):
        RehearsalResolver().resolve(CODE)
