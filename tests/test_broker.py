"""The tests' own broker: it must be real, ours, and as brutal or gentle as asked."""

import socket
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.broker import Broker, BrokerFailed, write_passwords

pytestmark = pytest.mark.broker


def _connect(broker: Broker, username: str, password: str) -> str:
    """The reason code's name that the broker answers a connection with."""
    answers: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = lambda *at: answers.append(str(at[3]))
    client.username_pw_set(username, password)
    client.connect(broker.host, broker.port)
    while not answers:
        client.loop(0.1)
    client.disconnect()
    return answers[0]


def test_keeps_its_port_over_a_kill(tmp_path: Path) -> None:
    """A station finds the broker again where it was."""
    with Broker(tmp_path) as broker:
        first = broker.port
        broker.kill()
        assert not broker.running
        broker.start()
        assert broker.port == first
        assert _connect(broker, "anybody", "") == "Success"


def test_asks_for_the_password(tmp_path: Path) -> None:
    """With a password file, only the right password gets in."""
    passwords = write_passwords(tmp_path / "passwords", {"west-1": "right"})
    with Broker(tmp_path, password_file=passwords) as broker:
        assert _connect(broker, "west-1", "right") == "Success"
        assert _connect(broker, "west-1", "wrong") == "Not authorized"


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """Where the port belongs to somebody else, starting fails with Mosquitto's own words."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(BrokerFailed, match="in use"):
            Broker(tmp_path, port=other.getsockname()[1]).start()
