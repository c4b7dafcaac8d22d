"""Whatever a broker says no with, the guard reads it: no refusal of MQTT 5 is silence."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from station.uplink import broker_reasons
from station.uplink.broker_reasons import (
    BANNED,
    BUSY,
    ELSEWHERE,
    QUOTA,
    REFUSED_LOGIN,
    REFUSED_RIGHT,
    TAKEN_OVER,
    connect_refused,
    disconnected,
    refused,
)
from station.uplink.under_way import (
    FIRST_WAIT_SECONDS,
    LONGEST_REFUSED_SECONDS,
    LONGEST_WAIT_SECONDS,
    MOST_QUEUED_BYTES,
    MOST_UNACKNOWLEDGED,
    SPARE_MESSAGES,
    Patience,
    UnderWay,
)
from station.uplink.window import Limits
from tests.station import scripted_broker as says
from tests.station.linked_station import Station
from tests.station.played_hub import until
from tests.station.scripted_broker import Script, ScriptedBroker


def _reasons(packet: int) -> list[str]:
    found = []
    for code in range(0x80, 0x100):
        try:
            found.append(str(ReasonCode(packet, identifier=code)))
        except (KeyError, ValueError):
            continue
    return found


def test_every_reason_of_mqtt_5_is_a_sentence() -> None:
    """By the names that paho gives them; Chinese first, English second."""
    sentences = [connect_refused(each) for each in _reasons(PacketTypes.CONNACK)]
    for packet in (PacketTypes.PUBACK, PacketTypes.SUBACK):
        sentences += [refused(each) for each in _reasons(packet)]
    assert len(sentences) > 30
    for sentence in sentences:
        chinese, _, english = sentence.partition(" / ")
        assert not chinese.isascii()
        assert english.isascii()


def test_only_what_comes_right_by_itself_ends_a_connection_without_a_sentence() -> None:
    """A broker that restarts is no alarm; every other word of farewell is one."""
    silent = {each for each in _reasons(PacketTypes.DISCONNECT) if not disconnected(each)}
    assert silent == {
        "Unspecified error", "Server shutting down", "Keep alive timeout", "Maximum connect time",
        "Protocol error", "Implementation specific error", "Packet too large",
    }  # fmt: skip


def test_a_sentence_names_its_reason_where_it_has_none_of_its_own() -> None:
    """So that it can be told on the telephone."""
    assert "Topic filter invalid" in refused("Topic filter invalid")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (says.NOT_AUTHORIZED, REFUSED_LOGIN),
        (says.BAD_AUTHENTICATION, REFUSED_LOGIN),
        (says.SERVER_BUSY, BUSY),
        (says.BANNED, BANNED),
        (says.QUOTA_EXCEEDED, QUOTA),
        (says.SERVER_MOVED, ELSEWHERE),
    ],
)
def test_a_refused_connection_is_an_alarm(tmp_path, code: int, sentence: str, caplog: pytest.LogCaptureFixture) -> None:
    """On the screen and in the log, and it goes once the broker lets the station in."""
    with ScriptedBroker(Script(connect=code)) as broker, Station(tmp_path, broker) as station:
        until(lambda: station.faults() == [sentence])
        assert "the broker refuses this station" in caplog.text
        broker.script = Script()
        until(lambda: station.faults() == [sentence, ""])


@pytest.mark.parametrize(("code", "sentence"), [(says.NOT_AUTHORIZED, REFUSED_RIGHT), (says.QUOTA_EXCEEDED, QUOTA)])
def test_a_refused_subscription_is_an_alarm(tmp_path, code: int, sentence: str) -> None:
    """A gate that may not listen would never hear of a revoked pass."""
    with ScriptedBroker(Script(subscribe=code)) as broker, Station(tmp_path, broker) as station:
        until(lambda: sentence in station.faults())


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (says.NOT_AUTHORIZED, REFUSED_RIGHT),
        (says.QUOTA_EXCEEDED, QUOTA),
        (says.TOPIC_NAME_INVALID, refused("Topic name invalid")),
    ],
)
def test_a_refused_message_is_an_alarm(tmp_path, code: int, sentence: str, caplog: pytest.LogCaptureFixture) -> None:
    """The status, which a station says first, is refused, and the guard reads why."""
    with ScriptedBroker(Script(publish=code)) as broker, Station(tmp_path, broker) as station:
        until(lambda: sentence in station.faults())
        assert "the broker does not take what this station sends" in caplog.text


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(says.SESSION_TAKEN_OVER, TAKEN_OVER), (says.SERVER_BUSY, BUSY), (says.QUOTA_EXCEEDED, QUOTA)],
)
def test_a_connection_that_the_broker_ends_with_a_reason_is_an_alarm(tmp_path, code: int, sentence: str) -> None:
    """A copied card is told of at the first time that the other machine signs in."""
    with ScriptedBroker(Script(goodbye=code)) as broker, Station(tmp_path, broker) as station:
        until(lambda: sentence in station.faults())
        broker.script = Script()
        until(lambda: station.faults()[-1] == "")


def test_a_broker_that_acknowledges_nothing_is_sent_no_more_than_it_takes(tmp_path) -> None:
    """What lies in paho's memory is bounded, also by the broker's own word (Receive Maximum)."""
    broker = ScriptedBroker(Script(receive_maximum=9), answers=False)
    with broker, Station(tmp_path, broker, limits=Limits(resend_seconds=0.1)) as station:
        station.uplink._hub_up = True
        until(lambda: broker.published > 0)
        station.uplink._hub_up = True
        for _ in range(40):
            station.record(1)
            station.uplink._hub_up = True
        until(lambda: broker.published >= 9 - SPARE_MESSAGES)
        turns = station.uplink._clock() + 0.5
        until(lambda: station.uplink._clock() > turns)
        assert broker.published <= 9
        assert len(station.uplink._broker._client._out_messages) <= 9


def test_what_has_not_been_acknowledged_is_bounded_in_messages_and_bytes() -> None:
    """A large message waits until the others are through; the first always goes."""
    way = UnderWay()
    way.begin(MOST_UNACKNOWLEDGED)
    assert way.has_room(2 * MOST_QUEUED_BYTES, urgent=False)
    way.left(1, "t", MOST_QUEUED_BYTES, way.connection)
    assert not way.has_room(1, urgent=False)
    assert way.acknowledged(1) == ("t", MOST_QUEUED_BYTES, True)
    for number in range(MOST_UNACKNOWLEDGED - SPARE_MESSAGES):
        assert way.has_room(1, urgent=False)
        way.left(number + 2, "t", 1, way.connection)
    assert not way.has_room(1, urgent=False)
    assert way.has_room(1, urgent=True)


def test_an_acknowledgement_may_come_before_the_message_is_noted() -> None:
    """paho answers on a thread of its own; no place is lost by that, nor by a connection that ended meanwhile."""
    way = UnderWay()
    way.begin(MOST_UNACKNOWLEDGED)
    for number in range(1000):
        assert way.has_room(1, urgent=False)
        way.acknowledged(number)
        way.left(number, "t", 1, way.connection)
    before = way.connection
    way.begin(MOST_UNACKNOWLEDGED)
    for number in range(1000):
        way.left(number, "t", 1, before)
    assert way.has_room(1, urgent=False)


def test_the_wait_before_the_next_attempt_grows_and_is_drawn() -> None:
    """Gates that lost the same broker come back one after the other; one that was sent away comes back later."""
    patience = Patience(lambda: 1.5)
    assert [patience.next() for _ in range(4)] == [1.5, 3.0, 6.0, LONGEST_WAIT_SECONDS * 1.5]
    patience.refused()
    assert max(patience.next() for _ in range(8)) == LONGEST_REFUSED_SECONDS * 1.5
    patience.connected()
    assert patience.next() == FIRST_WAIT_SECONDS * 1.5


def test_sentences_are_short_enough_for_the_status_bar() -> None:
    """One line of the guard's screen."""
    for name, sentence in vars(broker_reasons).items():
        if name.isupper() and isinstance(sentence, str):
            assert len(sentence) <= 110, name
