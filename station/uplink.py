"""Journal -> MQTT, and the hub's word back: the station's whole side of the broker.

The loop starts it, calls `nudge` when it has appended and `report` with how the station is; everything that comes in
is posted to the loop. One thread of its own does all the work; paho's callbacks only enqueue.
Rule: records leave only while the hub's retained status says up, and a signed receipt alone releases them. The
broker's PUBACK means nothing.
"""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec import json, structs

from gate import topics
from gate.document import DocumentKind, DocumentRefused, Edition, body_of, open_document
from gate.names import JournalId
from gate.unreadable import UNREADABLE
from gate.wire import (
    Crossings,
    HubStatus,
    Malformed,
    Receipt,
    StationStatus,
    decode_crossings,
    encode_records,
    envelope,
)
from station.asking_again import PATIENCE_SECONDS, AskingAgain
from station.broker_link import (
    Address,
    Arrived,
    BrokerLink,
    Connected,
    ConnectRefused,
    Disconnected,
    LinkEvent,
    PublishRefused,
    SubscribeRefused,
    Unreachable,
)
from station.disbelief import Disbelief
from station.documents import Documents
from station.inbox import CrossingsHeard, Faulty, LinkChanged, Post, Receipted, SnapshotCame
from station.peers.store import PeerStore
from station.roster import MANIFEST, NOTICES, POLICY, STAFF, TRUST, Part, Reader
from station.steadiness import Steadiness
from station.view import Link
from station.window import FEWEST_BYTES, MOST_BYTES, Limits, Row, Window, messages

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
STATUS_SECONDS = 30.0
STATUS_REST_SECONDS = 1.0
FAREWELL_SECONDS = 0.5
STOP_SECONDS = 2.8
# Of an MQTT packet, what is not payload: header, topic, properties.
PACKET_BYTES = 256

REFUSED_LOGIN = "消息服务器不认本站密码，请联系社区 / The broker does not accept this station's name and password"
REFUSED_RIGHT = "消息服务器不许本站发送，请联系社区 / The broker does not let this station send or listen"
SHAKY = "连接反复中断，是否另有机器在用本站身份？ / The link keeps breaking; does another machine use this identity?"
UNTRUSTED = "消息服务器的证书不可信，请联系社区 / The broker's certificate is not to be trusted"
TOO_LARGE = "消息服务器不收本站的记录，请联系社区 / The broker takes no message as large as one record"
BROKEN = "与社区的连接出错，正在重试 / The link to the hub is out of order and tries again"
ENDED = "无法连接社区，请重启本站 / The link to the hub could not begin; restart this station"


class PendingRecords(Protocol):
    """The journal as the uplink reads it; see station.journal.JournalReader."""

    id: JournalId

    def pending(self, after_sequence: int, limit: int) -> list[Row]:
        """Up to `limit` records without a receipt behind that sequence, in order."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Nudged:
    """The journal has grown."""


@dataclass(frozen=True, slots=True)
class _NewJournal:
    """The journal's file is another one now."""


@dataclass(frozen=True, slots=True)
class _Stopped:
    """The station ends."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the uplink looks up by itself, and how long a set of the hub's may be under way; in seconds."""

    poll: float = POLL_SECONDS
    status: float = STATUS_SECONDS
    status_rest: float = STATUS_REST_SECONDS
    patience: float = PATIENCE_SECONDS


_DOCUMENTS = {
    topics.POLICY: POLICY,
    topics.TRUST: TRUST,
    topics.STAFF: STAFF,
    topics.NOTICES: NOTICES,
    topics.MANIFEST: MANIFEST,
}
# How brokers say 'too large'. Mosquitto 2.0 answers a payload over its message_size_limit with a code that MQTT 5 does
# not allow there, which paho takes for a protocol error.
_TOO_LARGE_REASONS = ("Packet too large", "Implementation specific error", "Protocol error")

Event = LinkEvent | StationStatus | Crossings | _Nudged | _NewJournal | _Stopped


class Uplink:
    """The link of one station.

    open_journal: called on the uplink's own thread, a reader of its own. clock: monotonic seconds. jitter: a factor
    around 1 for each wait before records are sent again.
    """

    def __init__(
        self,
        *,
        station: str,
        gate: str,
        lane: str,
        address: Address,
        reader: Reader,
        open_journal: Callable[[], PendingRecords],
        documents_path: Path,
        peers_path: Path,
        post: Callable[[Post], None],
        clock: Callable[[], float],
        jitter: Callable[[], float],
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._station, self._gate, self._reader = station, gate, reader
        self._open_journal, self._documents_path = open_journal, documents_path
        self._peers_path = peers_path
        self._post, self._clock = post, clock
        self._disbelief = Disbelief(post)
        self._asking_again = AskingAgain(jitter, (pace or Pace()).patience)
        self._limits, self._pace = limits or Limits(), pace or Pace()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._window = Window(self._limits, jitter)
        self._status = StationStatus(1, True, gate, lane)
        self._told: tuple[float, StationStatus] | None = None
        self._connected = self._hub_up = False
        self._link = Link.NONE
        self._fault = ""
        self._most_bytes = MOST_BYTES
        self._largest: int | None = None
        self._unreachable_because = ""
        self._steadiness = Steadiness()
        self._receipt_edition: Edition | None = None
        self._look_again_at = 0.0
        self._broker = BrokerLink(address, self._subscriptions(), self._last_will, self._events.put)
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say that the station is off, and end; within 3 s, whatever the broker does."""
        self._events.put(_Stopped())
        self._thread.join(STOP_SECONDS)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def nudge(self) -> None:
        """The journal has grown; from any thread."""
        self._events.put(_Nudged())

    def journal_replaced(self) -> None:
        """The journal's file was set aside and a new one begun: open it again; from any thread."""
        self._events.put(_NewJournal())

    def report(self, status: StationStatus) -> None:
        """How the station is, as the hub shall know it; from any thread."""
        self._events.put(structs.replace(status, online=True))

    def tell_peers(self, digest: Crossings) -> None:
        """Whom this gate let through, for the other gates; from any thread. Without a connection it is left out."""
        self._events.put(digest)

    def _run(self) -> None:
        try:
            with (
                closing(Documents(self._documents_path, self._reader, self._gate)) as documents,
                closing(PeerStore(self._peers_path)) as peers,
            ):
                self._documents, self._peers = documents, peers
                self._journal = self._open_journal()
                self._broker.start()
                while self._turn():
                    pass
                self._say_goodbye()
                self._journal.close()
        except Exception:
            log.exception("the link to the hub could not begin; records wait in the journal")
            self._say_fault(ENDED)

    def _turn(self) -> bool:
        """Wait for events, handle them all, send what there is; False once it shall end."""
        for event in self._waiting():
            if isinstance(event, _Stopped):
                return False
            self._carefully(partial(self._handle, event))
        self._carefully(self._speak)
        return True

    def _carefully(self, step: Callable[[], None]) -> None:
        """A gate must not be cut off for good by one bad step; what was under way starts afresh."""
        try:
            step()
        except Exception:
            log.exception("the link to the hub stumbled; it begins again from the first unconfirmed record")
            self._window.begin_again()
            self._say_fault(BROKEN)

    def _speak(self) -> None:
        now = self._clock()
        self._say_link()
        if self._steadiness.settles(now):
            self._say_all_is_well()
        self._ask_again(now)
        self._tell_status(now)
        self._send(now)

    def _waiting(self) -> list[Event]:
        """All events that are there; waits for the first one, but not for long."""
        events: list[Event] = []
        try:
            events.append(self._events.get(timeout=self._pace.poll))
            while True:
                events.append(self._events.get_nowait())
        except queue.Empty:
            return events

    def _handle(self, event: Event) -> None:
        match event:
            case Arrived(topic, payload):
                self._hear(topic, payload)
            case StationStatus():
                self._status = event
            case Crossings():
                if self._connected:
                    self._broker.publish(self._topic(topics.CROSSINGS), json.encode(event))
            case Connected(largest):
                self._on_connected(largest)
            case Disconnected(reason):
                self._on_disconnected(reason)
            case ConnectRefused(reason):
                log.error("the broker refuses this station: %s; check name and password in its identity file", reason)
                self._say_fault(REFUSED_LOGIN)
            case Unreachable():
                self._on_unreachable(event)
            case PublishRefused():
                self._on_publish_refused(event)
            case SubscribeRefused(reason):
                log.error("the broker refuses a subscription of this station: %s; check its acl file", reason)
                self._say_fault(REFUSED_RIGHT)
            case _NewJournal():
                self._journal.close()
                self._journal = self._open_journal()
                self._window.forget_receipt()

    def _on_connected(self, largest: int | None) -> None:
        log.info("connected to the broker")
        self._unreachable_because = ""
        self._connected, self._told, self._largest = True, None, largest
        if largest is not None:
            self._most_bytes = min(self._most_bytes, largest - PACKET_BYTES)
        self._steadiness.begins(self._clock())
        self._say_all_is_well()

    def _on_unreachable(self, unreachable: Unreachable) -> None:
        if unreachable.why != self._unreachable_because:
            self._unreachable_because = unreachable.why
            log.warning("the broker cannot be reached: %s; records wait in the journal", unreachable.why)
        if unreachable.untrusted:
            self._say_fault(UNTRUSTED)

    def _on_disconnected(self, reason: str) -> None:
        if self._connected:
            log.warning("the broker is gone: %s; records wait in the journal", reason)
        self._connected = self._hub_up = False
        self._window.begin_again()
        self._steadiness.ends(self._clock())
        if self._steadiness.shaky:
            log.error("the link to the broker keeps breaking; was this station's card copied?")
            self._say_fault(SHAKY)
        if reason in _TOO_LARGE_REASONS:
            self._most_bytes = max(FEWEST_BYTES, self._most_bytes // 2)
            log.warning("the broker may not take large messages; from now on at most %d bytes", self._most_bytes)

    def _on_publish_refused(self, refused: PublishRefused) -> None:
        if refused.reason in _TOO_LARGE_REASONS and refused.size > FEWEST_BYTES:
            self._most_bytes = min(self._most_bytes, max(FEWEST_BYTES, refused.size // 2))
            log.warning("the broker takes no %d bytes; from now on at most %d", refused.size, self._most_bytes)
            self._window.begin_again()
            return
        log.error("the broker does not take what this station sends on %s: %s", refused.topic, refused.reason)
        self._say_fault(REFUSED_RIGHT if refused.reason == "Not authorized" else TOO_LARGE)

    def _hear(self, topic: str, payload: bytes) -> None:
        """A peer's digest, or a retained message of the hub; what is not believed changes nothing."""
        if topic.endswith("/crossings"):
            self._hear_peer(topic, payload)
            return
        try:
            if topic == topics.HUB_STATUS.of(self._reader.compound):
                self._hear_status(payload)
            elif topic == self._topic(topics.RECEIPT):
                self._hear_receipt(payload)
            elif payload and (part := _part_of(topic, self._reader.compound)) is not None:
                snapshot = self._documents.take(part, payload)
                if snapshot is not None:
                    self._post(SnapshotCame(snapshot))
        except DocumentRefused as refused:
            log.warning("%s is not believed, what is here stays in force: %s", topic, refused)
            self._disbelief.refused(topic)
        else:
            self._disbelief.believed(topic)

    def _hear_peer(self, topic: str, payload: bytes) -> None:
        """The broker's access list vouches for the station that a topic names."""
        station, digest = topics.station_of(topic), decode_crossings(payload)
        if station is None or station == self._station:
            return
        if isinstance(digest, Malformed):
            log.warning("what %s tells its peers cannot be read: %s", station, digest.why)
            return
        self._peers.keep(station, payload, digest)
        self._post(CrossingsHeard(station, digest))

    def _hear_status(self, payload: bytes) -> None:
        try:
            self._hub_up = bool(payload) and json.decode(payload, type=HubStatus).up
        except UNREADABLE as cause:
            log.warning("the hub's status cannot be read, so it counts as down: %s", cause)
            self._hub_up = False
        self._window.begin_again()

    def _hear_receipt(self, payload: bytes) -> None:
        document = open_document(payload, DocumentKind.RECEIPT, self._reader.compound, [self._reader.hub_key])
        receipt = body_of(document, Receipt)
        heading = document.heading
        if (heading.addressee, receipt.station) != (self._station, self._station):
            raise DocumentRefused(f"receipt {heading.edition} is for another station, {heading.addressee}")
        self._check_edition(heading.edition)
        for of_journal in receipt.journals:
            if of_journal.journal == self._journal.id and self._window.receipted(of_journal):
                self._say_all_is_well()
        self._post(Receipted(receipt, heading.edition.generation))

    def _check_edition(self, edition: Edition) -> None:
        """Receipts only grow; a new generation is a hub restored from a backup, which may know less than before."""
        floor = self._documents.receipt_floor() if self._receipt_edition is None else self._receipt_edition.generation
        if edition.generation < floor or (self._receipt_edition is not None and edition < self._receipt_edition):
            raise DocumentRefused(f"receipt {edition} is older than one that came before")
        if edition.generation > floor:
            self._documents.raise_receipt_floor(edition.generation)
            if floor:
                self._window.forget_receipt()
        self._receipt_edition = edition

    def _send(self, now: float) -> None:
        """Fill the window, in the order of the journal."""
        if not (self._connected and self._hub_up):
            return
        if self._window.overdue(now):
            log.warning("no receipt from the hub; sending again from the first unconfirmed record")
        self._look_again(now)
        while self._window.room:
            rows = self._journal.pending(self._window.through, min(self._window.room, self._limits.in_a_message))
            if not rows:
                return
            for parcel in messages(self._window.wanted(rows), self._limits.in_a_message, self._most_bytes):
                if not self._publish(parcel, now):
                    return
            self._window.skip(rows[-1][0])

    def _look_again(self, now: float) -> None:
        """With nothing in flight, whatever the journal still holds unconfirmed is to be sent."""
        if now >= self._look_again_at:
            self._look_again_at = now + self._pace.poll
            if not self._window.in_flight:
                self._window.begin_again()

    def _publish(self, parcel: list[Row], now: float) -> bool:
        compound = self._reader.compound
        journal = self._journal.id
        payload = encode_records(envelope(compound, self._station, journal, *row) for row in parcel)
        if self._largest is not None and len(payload) + PACKET_BYTES > self._largest:
            log.error("record %d is larger (%d bytes) than the broker takes", parcel[0][0], len(payload))
            self._say_fault(TOO_LARGE)
        elif not self._broker.publish(self._topic(topics.RECORDS), payload).left:
            return False
        self._window.sent((sequence for sequence, _ in parcel), now)
        return True

    def _ask_again(self, now: float) -> None:
        """While a hub is there that could have published it."""
        missing = self._documents.missing if self._connected and self._hub_up else ()
        asked = self._asking_again.look(missing, now)
        if asked:
            log.warning("asking the broker again for what is missing of the hub's set: %s", ", ".join(map(str, asked)))
            compound = self._reader.compound
            self._broker.ask_again([topics.document(compound, str(part)) for part in asked])

    def _tell_status(self, now: float) -> None:
        if not self._connected:
            return
        self._status = structs.replace(self._status, lacks=self._asking_again.in_vain)
        if self._told is not None:
            at, told = self._told
            changed = structs.replace(told, at=None) != structs.replace(self._status, at=None)
            if now - at < (self._pace.status_rest if changed else self._pace.status):
                return
        self._told = (now, self._status)
        self._broker.publish(self._topic(topics.STATUS), json.encode(self._status), retain=True)

    def _say_goodbye(self) -> None:
        if self._connected:
            topic, payload = self._last_will()
            self._broker.publish(topic, payload, retain=True).wait(FAREWELL_SECONDS)
        self._broker.stop()

    def _last_will(self) -> tuple[str, bytes]:
        return self._topic(topics.STATUS), json.encode(structs.replace(self._status, online=False))

    def _topic(self, topic: topics.Topic) -> str:
        return topic.of(self._reader.compound, self._station)

    def _subscriptions(self) -> list[str]:
        hub = (topics.HUB_STATUS, *_DOCUMENTS, topics.ROSTER, topics.RECEIPT)
        return [*map(self._topic, hub), topics.CROSSINGS.of(self._reader.compound)]

    def _say_link(self) -> None:
        link = Link.NONE if not self._connected else Link.HUB if self._hub_up else Link.BROKER
        if link is not self._link:
            self._link = link
            self._post(LinkChanged(link))

    def _say_all_is_well(self) -> None:
        self._say_fault(SHAKY if self._steadiness.shaky else "")

    def _say_fault(self, sentence: str) -> None:
        if sentence != self._fault:
            self._fault = sentence
            self._post(Faulty("broker", sentence))


def _part_of(topic: str, compound: str) -> Part | None:
    """Which document a topic carries; None for any other topic."""
    bucket = topics.bucket_of_topic(topic)
    if bucket is not None:
        return Part(DocumentKind.ROSTER, bucket)
    return next((part for kind, part in _DOCUMENTS.items() if topic == kind.of(compound)), None)
