"""A broker that refuses, is small, slow, dead or another's, as a station's link meets it."""

import socket
from pathlib import Path

import pytest

from station.uplink.broker_reasons import REFUSED_LOGIN, REFUSED_RIGHT, SHAKY, TOO_LARGE, UNTRUSTED
from station.view import Link
from tests.broker import Broker, write_passwords
from tests.certificates import make_certificates
from tests.station.linked_station import JOURNAL_ID, Station
from tests.station.played_hub import STATION, Office, PlayedHub, until

pytestmark = pytest.mark.broker


def test_a_wrong_password_is_an_alarm(tmp_path: Path, broker: Broker) -> None:
    """'Not authorised' at the door is a sentence for the guard, never silence; it goes when the door opens."""
    with Station(tmp_path, broker, password="wrong") as station:
        until(lambda: station.faults() == [REFUSED_LOGIN])
        assert station.links() == []
        write_passwords(broker.folder / "passwords", {STATION: "wrong"})
        broker.reload()
        until(lambda: station.faults() == [REFUSED_LOGIN, ""])


def test_a_missing_right_is_an_alarm(tmp_path: Path, broker: Broker) -> None:
    """A station that may not publish is told so by MQTT 5, and tells the guard."""
    with Station(tmp_path, broker, username="other", password="other") as station:
        until(lambda: REFUSED_RIGHT in station.faults())


def test_a_second_machine_with_our_identity_is_an_alarm(tmp_path: Path, broker: Broker) -> None:
    """A copied card cannot share the link unnoticed."""
    with Station(tmp_path, broker) as station:
        until(lambda: station.link() is Link.BROKER)
        (tmp_path / "copy").mkdir()
        with Station(tmp_path / "copy", broker):
            until(lambda: SHAKY in station.faults())


@pytest.mark.parametrize("limit", ["message_size_limit 20000", "max_packet_size 20000"])
def test_a_broker_that_takes_little_gets_small_messages(tmp_path: Path, limit: str) -> None:
    """Lists that are too large for the broker are cut smaller by themselves, and everything arrives."""
    with (
        Broker(tmp_path / "broker", limit) as broker,
        PlayedHub(broker, Office()) as hub,
        Station(tmp_path, broker) as station,
    ):
        station.record(100, filler=b"x" * 900)
        hub.say(up=True)
        until(lambda: set(hub.sequences) == set(range(1, 101)))
        assert max(hub.sizes) <= 20000


@pytest.mark.parametrize("limit", ["message_size_limit 20000", "max_packet_size 20000"])
def test_a_record_too_large_for_the_broker_is_said_and_not_in_the_way(tmp_path: Path, limit: str) -> None:
    """One impossible record is an alarm; its neighbours arrive, also where the broker ends the connection over it."""
    with (
        Broker(tmp_path / "broker", limit) as broker,
        PlayedHub(broker, Office()) as hub,
        Station(tmp_path, broker) as station,
    ):
        station.record(1, filler=b"x" * 30000)
        station.record(2)
        hub.say(up=True)
        until(lambda: set(hub.sequences) == {2, 3})
        until(lambda: TOO_LARGE in station.faults())


def test_speaks_tls_with_a_broker_of_its_authority(tmp_path: Path) -> None:
    """With the authority's file the link is encrypted and works."""
    with (
        Broker(tmp_path / "broker", make_certificates(tmp_path)) as broker,
        Station(tmp_path, broker, tls_ca=str(tmp_path / "ca.pem")) as station,
    ):
        until(lambda: station.link() is Link.BROKER)
        assert station.faults() == []


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_broker_of_another_authority_is_an_alarm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that cannot prove itself gets neither password nor records, and the guard reads why."""
    (tmp_path / "other").mkdir()
    make_certificates(tmp_path / "other")
    with (
        Broker(tmp_path / "broker", make_certificates(tmp_path)) as broker,
        Station(tmp_path, broker, tls_ca=str(tmp_path / "other" / "ca.pem")) as station,
    ):
        until(lambda: station.faults() == [UNTRUSTED])
        assert station.links() == []
        assert "certificate verify failed" in caplog.text


def test_a_gate_that_starts_alone_finds_the_broker_later(tmp_path: Path, broker: Broker) -> None:
    """Power comes back everywhere at once, and the broker is the last to start."""
    broker.stop()
    with Station(tmp_path, broker) as station:
        station.record(1)
        broker.start()
        with PlayedHub(broker, Office()) as hub:
            hub.say(up=True)
            until(lambda: 1 in hub.sequences)
        assert station.links()[0] is not Link.NONE


def test_catches_up_after_the_broker_was_killed(tmp_path: Path, broker: Broker) -> None:
    """Broker gone and back, without anybody's hand: the link says so, and the backlog arrives."""
    with Station(tmp_path, broker) as station:
        with PlayedHub(broker, Office()) as hub:
            hub.say(up=True)
            until(lambda: station.link() is Link.HUB)
        broker.kill()
        until(lambda: station.link() is Link.NONE)
        station.record(500)
        broker.start()
        with PlayedHub(broker, Office()) as hub:
            hub.say(up=True)
            until(lambda: len(hub.heard) >= 200)
            hub.confirm(JOURNAL_ID, 200)
            until(lambda: set(hub.sequences) == set(range(1, 501)))
            assert hub.sequences[:500] == list(range(1, 501))
            assert hub.waited == hub.sequences


def test_ends_soon_though_the_broker_hangs(tmp_path: Path) -> None:
    """Ending a station does not wait for a broker that accepts connections and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        hung = Broker(tmp_path, port=mute.getsockname()[1])
        with Station(tmp_path, hung) as station:
            line, _ = mute.accept()
        with line:
            until(lambda: not station.uplink.alive)
