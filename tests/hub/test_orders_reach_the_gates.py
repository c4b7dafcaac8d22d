"""From a clerk's order to the documents on the broker, as a gate hears them."""

import re
import subprocess
import sys
import threading
import time
import tomllib
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate import topics
from gate.clock import ClockState
from gate.document import DocumentKind, body_of, open_document
from gate.notices import Notices
from gate.passage import MadePass, Record, Stamp
from gate.policy import Policy, Zone
from gate.roster import BUCKETS, Resident, RosterBucket, unseal
from gate.staff import Staff
from gate.staff import unseal as unseal_staff
from gate.trust import TrustList
from gate.wire import encode_body, encode_records, envelope
from hub.passes.issue import INDEX
from tests.broker import Broker
from tests.hub.office_served import log_in

pytestmark = pytest.mark.broker
COMPOUND = "willow-court"
SECONDS = 30
SHEET = """\
姓名,身份证号,楼栋,单元,房号,健康码
李试甲,419900198005061234,3,1,0101,绿
王试乙,419900199001021234,5,2,0502,绿
"""


class Gate:
    """A station's ear at the broker, with the identity file that the office gave it."""

    def __init__(self, identity: Path, port: int) -> None:
        told = tomllib.loads(identity.read_text())
        self._station = told["station"]
        self.hub_key, self.roster_key = b64decode(told["hub_key"]), b64decode(told["roster_key"])
        self.heard: dict[str, bytes] = {}
        self._news = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set(told["username"], told["password"])
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe(f"gate/1/{COMPOUND}/hub/#", qos=1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def await_(self, seen: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(seen, SECONDS), f"heard only {sorted(self.heard)}"

    def tells(self, record: Record) -> None:
        """As its uplink would, the first record of its journal."""
        parcel = envelope(COMPOUND, self._station, "ab" * 8, 1, encode_body(record))
        self._client.publish(topics.RECORDS.of(COMPOUND, self._station), encode_records([parcel]), qos=1)

    def policy(self) -> Policy | None:
        found: Policy | None = self._body(topics.POLICY.of(COMPOUND), DocumentKind.POLICY, Policy)
        return found

    def revoked(self) -> frozenset[str]:
        trust = self._body(topics.TRUST.of(COMPOUND), DocumentKind.TRUST, TrustList)
        return frozenset() if trust is None else frozenset(trust.revocations)

    def roster(self) -> dict[str, Resident]:
        found: dict[str, Resident] = {}
        for bucket in range(BUCKETS):
            sealed = self.heard.get(topics.ROSTER.of(COMPOUND, bucket=bucket))
            if sealed is not None:
                payload = unseal(sealed, bucket, COMPOUND, self.roster_key)
                document = open_document(payload, DocumentKind.ROSTER, COMPOUND, [self.hub_key])
                found |= {each.masked_name: each for each in body_of(document, RosterBucket).residents}
        return found

    def staff(self) -> Any:
        sealed = self.heard.get(topics.STAFF.of(COMPOUND))
        if sealed is None:
            return None
        payload = unseal_staff(sealed, COMPOUND, self.roster_key)
        return body_of(open_document(payload, DocumentKind.STAFF, COMPOUND, [self.hub_key]), Staff)

    def notices(self) -> Any:
        return self._body(topics.NOTICES.of(COMPOUND), DocumentKind.NOTICES, Notices)

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _body(self, topic: str, kind: DocumentKind, body: Any) -> Any:
        payload = self.heard.get(topic)
        return None if payload is None else body_of(open_document(payload, kind, COMPOUND, [self.hub_key]), body)

    def _hear(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self._news:
            self.heard[message.topic] = bytes(message.payload)
            self._news.notify_all()


class Office:
    """The hub's folder and commands, each as a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.address = ""
        self._line = [sys.executable, "-m", "hub", "--config", str(folder / "hub.toml")]
        (folder / "hub.toml").write_text(f'compound = "{COMPOUND}"\ndata = "data"\n[broker]\nport = {port}\n')

    def __call__(self, *words: str) -> str:
        done = subprocess.run([*self._line, *words], capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self) -> "subprocess.Popen[str]":
        return subprocess.Popen([*self._line, "run"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Office, Broker]]:
    """A hub that was set up, with people, rules and one station, and runs at a Mosquitto with its own files."""
    files = tmp_path / "data" / "broker"
    mosquitto = Broker(tmp_path / "mosquitto", "", files / "passwords", files / "acl")
    # Mosquitto takes its port before the hub's settings can name it, and its files once the hub has made them.
    files.mkdir(parents=True)
    (files / "passwords").touch(0o600)
    (files / "acl").touch(0o600)
    with mosquitto:
        office = Office(tmp_path, mosquitto.port)
        (files / "acl").unlink()
        office("init")
        office("import", office.file("people.csv", SHEET))
        office("policy", "publish", office.file("policy.toml", 'title = "one"\n'))
        office("station", "add", "east-1", "--gate", "east")
        mosquitto.reload()
        running = office.run()
        assert running.stdout is not None
        office.address = running.stdout.readline().removeprefix("office ").strip()
        assert office.address.startswith("http://")
        yield office, mosquitto
        running.terminate()
        assert running.wait(SECONDS) == 0
        running.stdout.close()


def test_what_the_office_orders_is_what_a_gate_hears(office: tuple[Office, Broker]) -> None:
    """Rules, roster and revocations arrive while the hub runs, signed by the key that the gate was given."""
    order, mosquitto = office
    gate = Gate(order.folder / "data" / "stations" / "east-1.toml", mosquitto.port)
    gate.await_(lambda: gate.policy() is not None and len(gate.roster()) == 2)
    assert gate.roster()["李*甲"].building == "3"

    order("policy", "publish", order.file("policy.toml", 'title = "two"\n[zones]\n"3" = "sealed"\n'))
    gate.await_(lambda: gate.policy() == Policy(title="two", zones={"3": Zone.SEALED}))

    order("import", order.file("people.csv", SHEET.replace("0502,绿", "0502,红")))
    gate.await_(lambda: gate.roster()["王*乙"].health == "red")

    order("issue", "--all", "--out", str(order.folder / "passes"), "--format", "text")
    serial = (order.folder / "passes" / INDEX).read_text(encoding="utf-8-sig").splitlines()[1].split(",")[0]
    order("revoke", serial)
    gate.await_(lambda: gate.revoked() == {serial})

    assert (gate.staff(), gate.notices()) == (None, None)
    order("guard", "add", "li", "--name", "李师傅")
    order("notice", "add", "masks", "--zh", "请戴口罩", "--until", "2099-01-01")
    gate.await_(lambda: gate.staff() is not None and gate.notices() is not None)
    assert [each.name for each in gate.staff().guards] == ["李师傅"]
    assert [each.text_zh for each in gate.notices().notices] == ["请戴口罩"]
    order("guard", "remove", "li")
    gate.await_(lambda: gate.staff() == Staff())

    order("permit", "grant", gate.roster()["李*甲"].person, "--kind", "medical", "--until", "2099-01-01")
    gate.await_(lambda: len(gate.roster()["李*甲"].permits) == 1)

    order("station", "add", "west-1", "--gate", "west")
    mosquitto.reload()
    another = Gate(order.folder / "data" / "stations" / "west-1.toml", mosquitto.port)
    another.await_(lambda: another.revoked() == {serial})
    another.end()
    gate.end()


def test_a_temporary_pass_that_a_clerk_revokes_on_the_page_is_void_at_the_gates(office: tuple[Office, Broker]) -> None:
    """From the gate that made it over broker, hub, page and writer back to the gates' list of void passes."""
    order, mosquitto = office
    password = order("clerk", "add", "li").partition("password: ")[2].splitlines()[0]
    gate = Gate(order.folder / "data" / "stations" / "east-1.toml", mosquitto.port)
    now = datetime.now(UTC)
    stamp = Stamp(now, ClockState.SYNCED, "b0" * 8, 1.0)
    gate.tells(MadePass(stamp, "east", "dd" * 8, 1, now + timedelta(hours=2)))
    with httpx.Client(base_url=order.address, timeout=SECONDS) as clerk:
        log_in(clerk, "li", password)
        for _ in range(100):
            page = clerk.get("/temporary").text
            if "dd" * 8 in page:
                break
            time.sleep(0.1)
        token = re.search(rf'{"dd" * 8}/revoke">\s*<input type="hidden" name="_csrf_token" value="(\w+)"', page)
        assert token is not None
        assert clerk.post(f"/temporary/{'dd' * 8}/revoke", data={"_csrf_token": token[1]}).status_code == 303
        assert "已作废" in clerk.get("/temporary").text
    gate.await_(lambda: gate.revoked() == {"dd" * 8})
    gate.end()
