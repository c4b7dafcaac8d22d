"""The hub's one connection to the broker: MQTT 5, a session that the broker forgets, a last will that says down.

On every connection: subscribe to records and statuses first, then `greet` puts back what is retained, and only when all
of that is on its way does the hub's status say up, which is what the stations wait for before they send. It also hears
whatever anybody else says on the hub's own topics (`noLocal`: not its own words), which nobody may.
"""

import logging
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import json
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from gate import topics
from gate.names import Slug
from gate.topics import QOS
from gate.wire import VERSION, HubStatus
from hub.settings import BrokerSettings

KEEPALIVE_SECONDS = 30
LONGEST_WAIT_SECONDS = 5
# Less than the time in which a hub must end.
CONNECT_SECONDS = 2.0
FAREWELL_SECONDS = 1.0
# The broker keeps back whatever is larger; a station's batch is some hundred kilobytes.
LARGEST_MESSAGE = 8 * 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hearers:
    """Whom the link calls, on its own thread; none of them may wait long.

    records: topic, payload, and whether they are live or waited at their gate. status: topic and payload. greet: the
    subscriptions stand; it ends by calling `Link.say_up`. overwritten: topic and payload of what somebody else said on
    a topic of the hub's own.
    """

    records: Callable[[str, bytes, bool], object]
    status: Callable[[str, bytes], object]
    greet: Callable[[], object]
    overwritten: Callable[[str, bytes], object]


class Link:
    """password: the hub's own for the broker; None where the broker asks for none."""

    def __init__(
        self, compound: Slug, generation: int, broker: BrokerSettings, password: str | None, hearers: Hearers
    ) -> None:
        self._compound = compound
        self._generation = generation
        self._broker = broker
        self._hearers = hearers
        self._leaving = False
        self._said_unreachable = False
        self._client = self._make_client(password)

    def start(self) -> None:
        """Connect, now or as soon as the broker is there."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = LARGEST_MESSAGE
        self._client.connect_async(
            self._broker.host, self._broker.port, KEEPALIVE_SECONDS, clean_start=True, properties=properties
        )
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def publish(self, topic: str, payload: bytes) -> None:
        """Retained. While the broker is away it is left out: `greet` puts everything back."""
        if self.connected:
            self._client.publish(topic, payload, QOS, retain=True)

    def say_up(self) -> None:
        if not self._leaving:
            self.publish(topics.HUB_STATUS.of(self._compound), self._status(up=True))

    def stop(self) -> None:
        """Say down, so that the stations keep what they have, and leave."""
        self._leaving = True
        if self.connected:
            topic = topics.HUB_STATUS.of(self._compound)
            farewell = self._client.publish(topic, self._status(up=False), QOS, retain=True)
            try:
                farewell.wait_for_publish(FAREWELL_SECONDS)
            except (RuntimeError, ValueError):
                log.info("the broker went away before the hub could say down; its last will says it")
        self._client.disconnect()
        self._client.loop_stop()

    def _make_client(self, password: str | None) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"hub-{self._compound}", protocol=MQTTProtocolVersion.MQTTv5
        )
        if password is not None:
            client.username_pw_set(self._broker.username, password)
        if self._broker.tls_ca:
            client.tls_set(ca_certs=self._broker.tls_ca, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        client.will_set(topics.HUB_STATUS.of(self._compound), self._status(up=False), QOS, retain=True)
        client.connect_timeout = CONNECT_SECONDS
        client.reconnect_delay_set(1, LONGEST_WAIT_SECONDS)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _status(self, up: bool) -> bytes:
        return json.encode(HubStatus(VERSION, up, self._generation))

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        # What an earlier connection left would put older documents and receipts back; `greet` brings the newest.
        client.drop_out_messages()
        self._said_unreachable = False
        if reason.is_failure:
            log.error("the broker refuses the hub: %s; check user and password file in hub.toml", reason)
            return
        log.info("connected to the broker at %s:%d", self._broker.host, self._broker.port)
        wanted = [topic.of(self._compound) for topic in (topics.RECORDS, topics.BACKLOG, topics.STATUS)]
        others = SubscribeOptions(QOS, noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        client.subscribe(
            [*((topic, SubscribeOptions(QOS)) for topic in wanted), (topics.all_of_hub(self._compound), others)]
        )

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        if not self._said_unreachable:
            # paho calls this while it handles the error, and hands it over in no other way.
            where, why = f"{self._broker.host}:{self._broker.port}", sys.exc_info()[1]
            log.warning("no broker at %s (%s); trying on; see that it runs, and [broker] in hub.toml", where, why)
        self._said_unreachable = True

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the broker lets the hub hear no records (%s); check the user `hub` in its ACL file", reasons)
            return
        self._hearers.greet()

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            log.warning("lost the broker (%s); trying again", reason)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            self._dispatch(message.topic, bytes(message.payload))
        except Exception:
            # An exception here would end paho's thread, and with it the hub's hearing (rule 12).
            log.exception("a message could not be handed on; its station sends it again")

    def _dispatch(self, topic: str, payload: bytes) -> None:
        if topic.endswith(("/records", "/backlog")):
            self._hearers.records(topic, payload, topic.endswith("/records"))
        elif topic.endswith("/status") and topics.station_of(topic) is not None:
            self._hearers.status(topic, payload)
        else:
            self._hearers.overwritten(topic, payload)


def _send_at_once(_client: Client, _data: object, line: object) -> None:
    """Without this a receipt waits some 40 ms behind the acknowledgement of its records (Nagle, delayed ACK)."""
    if isinstance(line, socket.socket):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
