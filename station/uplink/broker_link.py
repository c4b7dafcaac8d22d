"""The wire to the broker: one paho client whose callbacks only report, as events, what happened.

The uplink owns it. Rule: nothing waits in paho's memory; what it still holds when a connection is made was meant for
an earlier one and is dropped, because the journal is the only queue.
"""

import contextlib
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from gate.topics import QOS
from station.uplink.under_way import MOST_UNACKNOWLEDGED, Patience, UnderWay

KEEPALIVE_SECONDS = 15
# Shorter than the time in which a station must have ended.
CONNECT_SECONDS = 2.0
# Of an MQTT packet, what is not payload: header, topic, properties.
PACKET_BYTES = 256


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is and who we are to it. tls_ca: file of its authority; "" for none, on loopback only."""

    host: str
    port: int
    tls_ca: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Address({self.username}@{self.host}:{self.port})"


@dataclass(frozen=True, slots=True)
class Connected:
    """largest: bytes that the broker takes in one packet; None where it does not say."""

    largest: int | None


@dataclass(frozen=True, slots=True)
class ConnectRefused:
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """why: what the system or TLS says. untrusted: the broker's certificate is not one of our authority's."""

    why: str
    untrusted: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Roomy:
    """The broker has taken enough of what it was sent that more may follow."""


@dataclass(frozen=True, slots=True)
class PublishRefused:
    """size: of the payload, in bytes; 0 where it is not known any more."""

    reason: str
    topic: str
    size: int


@dataclass(frozen=True, slots=True)
class SubscribeRefused:
    reason: str


LinkEvent = (
    Connected | ConnectRefused | Unreachable | Disconnected | Arrived | Roomy | PublishRefused | SubscribeRefused
)


class BrokerLink:
    """report: called on paho's thread with every event. will: asked before each connection for (topic, payload).

    jitter: draws a factor around 1 for each wait before it connects again.
    """

    def __init__(
        self,
        address: Address,
        subscriptions: list[str],
        will: Callable[[], tuple[str, bytes]],
        report: Callable[[LinkEvent], None],
        jitter: Callable[[], float],
    ) -> None:
        self._address = address
        self._subscriptions = subscriptions
        self._will = will
        self._report = report
        self._under_way = UnderWay()
        self._patience = Patience(jitter)
        self._client = self._made()

    def start(self) -> None:
        self._client.connect_async(
            self._address.host, self._address.port, keepalive=KEEPALIVE_SECONDS, clean_start=True
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye, so that the last will is not told; returns when paho's thread has ended."""
        self._client.disconnect()
        self._client.drop_out_messages()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, retain: bool = False, urgent: bool = False) -> "Sending":
        """Hand over one message; not taken while there is no connection, or too much without an acknowledgement.

        urgent: it has a place kept for it, as what is retained has: nobody sends it again.
        """
        connection = self._under_way.connection
        if not self._under_way.has_room(len(payload), retain or urgent):
            return Sending(None)
        info = self._client.publish(topic, payload, qos=QOS, retain=retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._under_way.left(info.mid, topic, len(payload), connection)
        return Sending(info)

    def ask_again(self, topics: list[str]) -> None:
        """Have the broker hand out once more what it retains there.

        Each is subscribed to by its own name; what only a pattern covers is let go of again at once, or all that comes
        later would come twice.
        """
        self._client.subscribe([(topic, SubscribeOptions(qos=QOS)) for topic in topics])
        covered = [topic for topic in topics if topic not in self._subscriptions]
        if covered:
            self._client.unsubscribe(covered)

    def _made(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self._address.username, protocol=MQTTProtocolVersion.MQTTv5
        )
        client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls_ca:
            client.tls_set(ca_certs=self._address.tls_ca)
        client.connect_timeout = CONNECT_SECONDS
        # Ours is counted by `UnderWay`: paho's own count never comes down again for what `drop_out_messages` drops.
        client.max_inflight_messages_set(0)
        client.on_socket_open = _send_at_once
        client.on_pre_connect = self._on_pre_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = lambda _client, _data, message: self._report(Arrived(message.topic, bytes(message.payload)))
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _on_pre_connect(self, client: mqtt.Client, _data: object) -> None:
        topic, payload = self._will()
        client.will_set(topic, payload, qos=QOS, retain=True)

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, properties: Properties | None
    ) -> None:
        client.drop_out_messages()
        self._under_way.begin(getattr(properties, "ReceiveMaximum", MOST_UNACKNOWLEDGED))
        if reason.is_failure:
            self._patience.refused()
            self._report(ConnectRefused(str(reason)))
            return
        self._patience.connected()
        self._report(Connected(getattr(properties, "MaximumPacketSize", None)))
        client.subscribe([(topic, SubscribeOptions(qos=QOS)) for topic in self._subscriptions])

    def _on_connect_fail(self, client: mqtt.Client, _data: object) -> None:
        self._wait_before_the_next(client)
        # paho calls this while it handles the error, and hands it over in no other way.
        error = sys.exc_info()[1]
        self._report(Unreachable(str(error), isinstance(error, ssl.SSLCertVerificationError)))

    def _on_disconnect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._wait_before_the_next(client)
        self._report(Disconnected(str(reason)))

    def _on_publish(
        self, _client: mqtt.Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        topic, size, roomy = self._under_way.acknowledged(mid)
        if roomy:
            self._report(Roomy())
        if reason.is_failure:
            self._report(PublishRefused(str(reason), topic, size))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._report(SubscribeRefused(str(reason)))

    def _wait_before_the_next(self, client: mqtt.Client) -> None:
        seconds = self._patience.next()
        # paho sleeps any fraction, though it is typed for whole seconds.
        client.reconnect_delay_set(seconds, seconds)  # type: ignore[arg-type]


def _send_at_once(_client: mqtt.Client, _data: object, wire: object) -> None:
    """Nagle's algorithm would hold a passage back for 40 ms whenever an acknowledgement went just before it."""
    if isinstance(wire, socket.socket):
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Sending:
    """One message on its way to the broker; its arrival there means nothing but that it left."""

    def __init__(self, info: mqtt.MQTTMessageInfo | None) -> None:
        self._info = info

    @property
    def left(self) -> bool:
        """Whether paho took it at all."""
        return self._info is not None and self._info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def wait(self, timeout_seconds: float) -> None:
        """Until the broker has it, or the time is up."""
        with contextlib.suppress(RuntimeError, ValueError):
            if self._info is not None:
                self._info.wait_for_publish(timeout_seconds)
