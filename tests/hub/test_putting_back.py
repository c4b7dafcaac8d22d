"""What the broker lost of the hub's own, or a stranger wrote over, is put back: by a hub that never lost its line."""

import logging
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from msgspec import MsgspecError, json

from gate import topics
from gate.wire import StationStatus
from hub.putting_back import LONGEST_REST_SECONDS, SHORTEST_REST_SECONDS, PuttingBack
from tests.broker import Broker
from tests.hub.hub_on_a_broker import TO_HUB, Office, Post, broker, office, post, records

__all__ = ["broker", "office", "post"]
POLICY = topics.POLICY.of("sunshine")
RECEIPT = topics.RECEIPT.of("sunshine", "east-1")
STATUS = topics.HUB_STATUS.of("sunshine")


class Hub:
    """Puts back at once, and remembers what it did."""

    def __init__(self) -> None:
        self.now = 0.0
        self.did: list[tuple[float, list[str], list[str]]] = []
        self.putting_back = PuttingBack(lambda job: job(None), self._put, lambda: self.now)

    def _put(self, _registry: object, wanted: frozenset[str], strange: frozenset[str]) -> None:
        self.did.append((self.now, sorted(wanted), sorted(strange)))


def test_the_first_time_at_once_and_then_less_and_less_often():
    """A stranger who writes every second busies the hub once a minute in the end, and what he wrote last is undone."""
    hub = Hub()
    for second in range(600):
        hub.now = float(second)
        hub.putting_back.overwritten(POLICY, b"{}") if second < 300 else hub.putting_back.go_on()
    moments = [at for at, _, _ in hub.did]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert moments[0] == 0
    assert gaps == sorted(gaps)
    assert gaps[0] <= SHORTEST_REST_SECONDS
    assert max(gaps) <= LONGEST_REST_SECONDS
    assert 299 <= moments[-1] <= 299 + LONGEST_REST_SECONDS


def test_after_a_quiet_time_it_is_at_once_again():
    hub = Hub()
    for hub.now in (0.0, 2.0, 6.0, 1000.0, 1002.0):
        hub.putting_back.want([POLICY])
    assert [at for at, _, _ in hub.did] == [0.0, 2.0, 6.0, 1000.0, 1002.0]


def test_one_topic_does_not_wait_for_another():
    hub = Hub()
    hub.putting_back.want([POLICY])
    hub.putting_back.want([POLICY, RECEIPT])
    assert hub.did == [(0.0, [POLICY], []), (0.0, [RECEIPT], [])]


def test_an_emptied_topic_and_one_that_was_written_on_are_both_an_alarm(caplog: pytest.LogCaptureFixture):
    """Only where something was written may there be something to take away."""
    hub = Hub()
    hub.putting_back.overwritten(POLICY, b"")
    hub.putting_back.overwritten(RECEIPT, b"{}")
    assert [strange for _, _, strange in hub.did] == [[], [RECEIPT]]
    assert [each.levelno for each in caplog.records] == [logging.ERROR] * 2


def retained(broker: Broker, is_right: Callable[[Post], bool]) -> None:
    """Whoever comes to the broker now gets it, maybe after what a stranger wrote."""
    late = Post(broker.port)

    def is_there() -> bool:
        with suppress(MsgspecError, KeyError):
            return is_right(late)
        return False

    try:
        late.until(is_there)
    finally:
        late.close()


@pytest.mark.broker
@pytest.mark.parametrize("payload", [b"", b"{}"], ids=["emptied", "written over"])
def test_every_kind_of_the_hubs_topics_is_put_back_while_it_stays_connected(
    office: Office, broker: Broker, post: Post, payload: bytes
):
    """A document, a bucket, the manifest, a receipt and the hub's status itself; the hub's line is never cut."""
    with office.hub() as hub:
        post.until(lambda: post.hub_is(up=True))
        post.say(TO_HUB, records(1))
        post.until(lambda: post.covers(1))
        before = dict(post.board)
        for topic in (POLICY, topics.ROSTER.of("sunshine", bucket=9), topics.MANIFEST.of("sunshine"), RECEIPT, STATUS):
            post.retain(topic, payload)
        retained(broker, lambda late: late.is_whole() and late.hub_is(up=True) and late.covers(1))
        assert post.board[POLICY] == before[POLICY]
        assert hub.connected
        assert hub.was_put_back == 5


@pytest.mark.broker
def test_what_a_stranger_leaves_where_nothing_belongs_is_taken_away(office: Office, broker: Broker, post: Post):
    """A gate would show a document that is not believed for as long as it lies there."""
    staff = topics.STAFF.of("sunshine")
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
        post.retain(staff, b"{}")
        post.until(lambda: post.board.get(staff) == b"")


@pytest.mark.broker
def test_the_hubs_own_words_are_no_strangers(office: Office, post: Post, caplog: pytest.LogCaptureFixture):
    """Also after a broker came back without anything: not one false alarm."""
    with office.hub() as hub:
        post.until(lambda: post.hub_is(up=True) and post.is_whole())
        post.say(TO_HUB, records(1))
        post.until(lambda: post.covers(1))
        assert hub.was_put_back == 0
    assert "ALARM" not in caplog.text


@pytest.mark.broker
def test_a_hub_that_ends_stays_down_whatever_is_said_of_it(office: Office, broker: Broker, post: Post):
    with office.hub():
        post.until(lambda: post.hub_is(up=True))
    post.until(lambda: post.hub_is(up=False))
    post.retain(STATUS, b"")
    retained(broker, lambda late: late.is_whole())
    assert post.board[STATUS] == b""


@pytest.mark.broker
def test_what_a_gate_lacks_is_published_again(office: Office, broker: Broker, post: Post):
    """The last net: a gate asked the broker in vain and says so in its status."""
    bucket = topics.ROSTER.of("sunshine", bucket=9)
    with office.hub():
        post.until(lambda: post.hub_is(up=True) and post.is_whole())
        count = post.order.count(bucket)
        status = StationStatus(1, True, "east", "1", lacks=("roster/09", "staff"))
        post.say(topics.STATUS.of("sunshine", "east-1"), json.encode(status))
        post.until(lambda: post.order.count(bucket) > count)
