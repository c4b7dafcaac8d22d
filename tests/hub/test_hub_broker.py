"""The files that gate-hub writes for Mosquitto, held against a real Mosquitto."""

import base64
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from hub import broker
from tests.broker import Broker

COMPOUND = "willow-court"
EAST, WEST = "east-1", "west-1"
PASSWORDS = {"hub": "hub-secret", EAST: "east-secret", WEST: "west-secret", "observer": "observer-secret"}


class Client:
    """One connection, with what it heard and how its publishes were answered."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self.heard: list[str] = []
        self.answers: dict[int, ReasonCode] = {}
        self.connected: ReasonCode | None = None
        self.subscribed = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(username, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self.client.on_publish = self._on_publish
        self.client.on_subscribe = self._on_subscribe
        self.client.connect("127.0.0.1", port)
        self._turn(lambda: self.connected is not None)

    def publish(self, topic: str, payload: bytes = b"x", retain: bool = False) -> ReasonCode:
        info = self.client.publish(topic, payload, qos=1, retain=retain)
        self._turn(lambda: info.mid in self.answers)
        return self.answers[info.mid]

    def listen(self, topics: str) -> None:
        self.client.subscribe(topics, qos=1)
        self._turn(lambda: self.subscribed > 0)

    def until_heard(self, topic: str) -> list[str]:
        """Every topic heard up to and with that one."""
        self._turn(lambda: topic in self.heard)
        return self.heard

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop(0.1)

    def _turn(self, done: Callable[[], bool], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "the broker did not answer"
            self.client.loop(0.05)

    def _on_connect(self, _c: object, _u: object, _f: object, code: ReasonCode, _p: object) -> None:
        self.connected = code

    def _on_publish(self, _c: object, _u: object, mid: int, code: ReasonCode, _p: object) -> None:
        self.answers[mid] = code

    def _on_subscribe(self, *_: object) -> None:
        self.subscribed += 1


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for number, (name, password) in enumerate(PASSWORDS.items()):
        broker.set_password(tmp_path / "passwords", name, password, bytes([number]) * broker.SALT_BYTES)
    broker.write_acl(tmp_path / "acl", COMPOUND, [EAST, WEST])
    return tmp_path


@pytest.fixture
def mosquitto(files: Path) -> Iterator[Broker]:
    with Broker(files / "mosquitto", "", files / "passwords", files / "acl") as running:
        yield running


def test_our_password_file_is_the_one_mosquitto_passwd_would_make(tmp_path: Path) -> None:
    """Given the salt that mosquitto_passwd drew, our line is its line, to the last character."""
    theirs = tmp_path / "theirs"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(theirs), "east-1", "s3cret"], check=True, capture_output=True)
    salt = base64.b64decode(theirs.read_text().split("$")[3])
    broker.set_password(tmp_path / "ours", "east-1", "s3cret", salt)
    assert (tmp_path / "ours").read_text().strip() == theirs.read_text().strip()


@pytest.mark.broker
def test_mosquitto_lets_in_who_is_in_our_file_and_nobody_else(mosquitto: Broker) -> None:
    """Right password: in. Wrong password, unknown name: not."""
    assert not _joins(mosquitto.port, EAST, PASSWORDS[EAST]).is_failure
    assert _joins(mosquitto.port, EAST, "wrong").is_failure
    assert _joins(mosquitto.port, "stranger", "east-secret").is_failure


@pytest.mark.broker
def test_a_station_speaks_for_itself_only(mosquitto: Broker) -> None:
    """Its own records and status pass; another station's, and the hub's documents, are refused by the broker."""
    east = Client(mosquitto.port, EAST, PASSWORDS[EAST])
    root = f"gate/1/{COMPOUND}"
    assert not east.publish(f"{root}/station/{EAST}/records").is_failure
    assert not east.publish(f"{root}/station/{EAST}/backlog").is_failure
    assert not east.publish(f"{root}/station/{EAST}/status", retain=True).is_failure
    refused = ReasonCode(PacketTypes.PUBACK, "Not authorized")
    for topic in (
        "station/west-1/records",
        "station/west-1/backlog",
        "hub/status",
        "hub/policy",
        "hub/trust",
        "hub/receipt/east-1",
        "hub/manifest",
    ):
        assert east.publish(f"{root}/{topic}") == refused, topic
    assert not east.publish(f"{root}/station/{EAST}/crossings").is_failure
    assert east.publish(f"{root}/station/{WEST}/crossings") == refused
    assert east.publish("gate/1/other-court/station/east-1/records") == refused
    east.end()


@pytest.mark.broker
def test_a_station_hears_the_hub_its_own_receipt_and_its_peers_crossings_only(mosquitto: Broker) -> None:
    """Subscribed to everything, it still gets neither another station's receipt nor anybody's records."""
    hub = Client(mosquitto.port, "hub", PASSWORDS["hub"])
    root = f"gate/1/{COMPOUND}"
    meant = [
        f"{root}/hub/{each}"
        for each in ("policy", "trust", "roster/00", "roster/63", "staff", "notices", "manifest", "receipt/east-1")
    ]
    meant.append(f"{root}/station/west-1/crossings")
    foreign = [f"{root}/hub/receipt/west-1", f"{root}/station/west-1/records", f"{root}/station/east-1/records"]
    for topic in [*foreign, *meant, f"{root}/hub/status"]:
        assert not hub.publish(topic, retain=True).is_failure
    east = Client(mosquitto.port, EAST, PASSWORDS[EAST])
    east.listen("#")
    hub.publish(f"{root}/hub/receipt/west-1")
    hub.publish(f"{root}/hub/status")
    for topic in [*meant, f"{root}/hub/status"]:
        east.until_heard(topic)
    assert set(east.until_heard(f"{root}/hub/status")) == {*meant, f"{root}/hub/status"}
    east.end()
    hub.end()


@pytest.mark.broker
def test_the_hub_hears_and_says_everything_and_an_observer_only_hears(mosquitto: Broker) -> None:
    """The observer is for diagnosis: mosquitto_sub, never mosquitto_pub."""
    root = f"gate/1/{COMPOUND}"
    hub, observer = Client(mosquitto.port, "hub", "hub-secret"), Client(mosquitto.port, "observer", "observer-secret")
    hub.listen(f"{root}/#")
    observer.listen("#")
    assert not hub.publish(f"{root}/station/{EAST}/records").is_failure
    observer.until_heard(f"{root}/station/{EAST}/records")
    hub.until_heard(f"{root}/station/{EAST}/records")
    assert observer.publish(f"{root}/hub/status").is_failure
    hub.end()
    observer.end()


@pytest.mark.broker
def test_a_station_that_is_added_later_gets_in_after_sighup(mosquitto: Broker, files: Path) -> None:
    """What `station add` prints is true: reload, and the new station is in while the others stay."""
    east = Client(mosquitto.port, EAST, PASSWORDS[EAST])
    broker.set_password(files / "passwords", "south-1", "south-secret", b"s" * broker.SALT_BYTES)
    broker.write_acl(files / "acl", COMPOUND, [EAST, WEST, "south-1"])
    assert _joins(mosquitto.port, "south-1", "south-secret").is_failure
    mosquitto.reload()
    _until(lambda: not _joins(mosquitto.port, "south-1", "south-secret").is_failure)
    assert not east.publish(f"gate/1/{COMPOUND}/station/{EAST}/status").is_failure
    east.end()


def test_a_new_password_replaces_the_old_one_and_leaves_the_neighbours_alone(files: Path) -> None:
    """One line a name, whatever is added again."""
    before = dict(line.split(":", 1) for line in (files / "passwords").read_text().splitlines())
    broker.set_password(files / "passwords", EAST, "another", b"n" * broker.SALT_BYTES)
    after = dict(line.split(":", 1) for line in (files / "passwords").read_text().splitlines())
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {EAST}
    assert broker.users(files / "passwords") == set(PASSWORDS)


def test_the_files_are_readable_by_their_owner_alone_and_replaced_at_once(files: Path) -> None:
    """A reader who holds the old file keeps all of it, and no half-written one is left behind."""
    assert {path.stat().st_mode & 0o777 for path in files.iterdir()} == {0o600}
    with (files / "acl").open() as held:
        broker.write_acl(files / "acl", COMPOUND, [EAST])
        assert "user west-1" in held.read()
    assert "user west-1" not in (files / "acl").read_text()
    assert sorted(path.name for path in files.iterdir()) == ["acl", "passwords"]


def _joins(port: int, username: str, password: str) -> ReasonCode:
    client = Client(port, username, password)
    client.end()
    assert client.connected is not None
    return client.connected


def _until(done: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
