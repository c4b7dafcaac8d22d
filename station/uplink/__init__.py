"""Journal -> MQTT, and the hub's word back: the station's whole side of the broker.

The loop starts it, calls `nudge` when it has appended and `report` with how the station is; everything that comes in
is posted to the loop. One thread of its own does all the work; paho's callbacks only enqueue. `sending` says what
leaves, `hearing` tells apart what comes, `telling` is what the loop and the guard hear of the link itself.
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
from math import inf
from pathlib import Path

from msgspec import json, structs

from gate import topics
from gate.wire import Crossings, Receipt, StationStatus
from station.documents import Documents
from station.inbox import Post
from station.peers.store import PeerStore
from station.roster import Reader
from station.uplink.asking_again import PATIENCE_SECONDS, AskingAgain
from station.uplink.broker_link import (
    Address,
    Arrived,
    BrokerLink,
    Connected,
    ConnectRefused,
    Disconnected,
    LinkEvent,
    PublishRefused,
    Roomy,
    SubscribeRefused,
    Unreachable,
)
from station.uplink.broker_reasons import BROKEN, ENDED, TOO_LARGE, TOO_LARGE_REASONS
from station.uplink.hearing import DOCUMENTS, Hearing, Told
from station.uplink.sending import PendingRecords, Sender
from station.uplink.telling import Telling
from station.uplink.window import Limits

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
STATUS_SECONDS = 30.0
STATUS_REST_SECONDS = 1.0
FAREWELL_SECONDS = 0.5
STOP_SECONDS = 2.8
# The broker hands out at once whether the hub is up. Where nothing came, it was lost, or there never was a hub.
HUB_SILENT_SECONDS = 5.0


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
    """How often the uplink looks up by itself, how long a set of the hub's may be under way, and how long nobody may
    have said whether there is a hub; in seconds."""

    poll: float = POLL_SECONDS
    status: float = STATUS_SECONDS
    status_rest: float = STATUS_REST_SECONDS
    patience: float = PATIENCE_SECONDS
    hub_silent: float = HUB_SILENT_SECONDS


Event = LinkEvent | StationStatus | Crossings | _Nudged | _NewJournal | _Stopped


class Uplink:
    """The link of one station.

    open_journal: called on the uplink's own thread, a reader of its own. clock: monotonic seconds. jitter: a factor
    around 1 for each wait: before records are sent again, before the broker is called again.
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
        self._documents_path, self._peers_path = documents_path, peers_path
        self._post, self._clock = post, clock
        self._pace = pace or Pace()
        self._asking_again = AskingAgain(jitter, self._pace.patience)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._status = StationStatus(1, True, gate, lane)
        self._told: tuple[float, StationStatus] | None = None
        self._connected = self._hub_up = False
        self._status_due_at = inf
        self._broker = BrokerLink(address, self._subscriptions(), self._last_will, self._events.put, jitter)
        self._sender = Sender(
            reader.compound, station, self._broker, open_journal, limits or Limits(), jitter, self._pace.poll
        )
        self._telling = Telling(post, lambda: self._sender.stuck)
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
                self._documents = documents
                told = Told(self._on_hub_status, self._on_receipt, self._sender.forget_receipts)
                self._hearing = Hearing(self._station, self._reader, documents, peers, self._post, told)
                self._sender.open()
                self._broker.start()
                while self._turn():
                    pass
                self._say_goodbye()
                self._sender.close()
        except Exception:
            log.exception("the link to the hub could not begin; records wait in the journal")
            self._telling.fault(ENDED)

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
            self._sender.begin_again()
            self._telling.fault(BROKEN)

    def _speak(self) -> None:
        now = self._clock()
        self._telling.reach(self._connected, self._hub_up)
        self._telling.settles(now)
        self._ask_again(now)
        self._tell_status(now)
        if self._connected and self._hub_up:
            self._sender.send(now)
            if self._sender.stuck:
                self._telling.fault(TOO_LARGE)

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
                self._hearing.hear(topic, payload)
            case StationStatus():
                self._status = event
            case Crossings():
                if self._connected:
                    self._broker.publish(self._topic(topics.CROSSINGS), json.encode(event), urgent=True)
            case Connected(largest):
                self._on_connected(largest)
            case Disconnected(reason):
                self._on_disconnected(reason)
            case PublishRefused(reason, _, size):
                if not (reason in TOO_LARGE_REASONS and self._sender.too_large(size)):
                    self._telling.refusal(event)
            case ConnectRefused() | Unreachable() | SubscribeRefused():
                self._telling.refusal(event)
            case _NewJournal():
                self._sender.open_another()
            case Roomy() | _Nudged() | _Stopped():
                pass  # They only wake the turn, which sends what there is.

    def _on_connected(self, largest: int | None) -> None:
        now = self._clock()
        self._connected, self._told = True, None
        self._status_due_at = now + self._pace.hub_silent
        self._sender.connected(largest)
        self._telling.connected(now)

    def _on_disconnected(self, reason: str) -> None:
        if self._connected:
            self._telling.disconnected(reason)
        self._connected = self._hub_up = False
        self._status_due_at = inf
        if reason in TOO_LARGE_REASONS:
            self._sender.too_large_for_the_line()
        self._sender.begin_again()
        self._telling.ended(self._clock())

    def _on_hub_status(self, up: bool) -> None:
        self._hub_up = up
        self._status_due_at = inf
        self._sender.begin_again()

    def _on_receipt(self, receipt: Receipt) -> None:
        now = self._clock()
        released = [self._sender.receipted(of_journal, now) for of_journal in receipt.journals]
        if any(released):
            self._telling.all_is_well()

    def _ask_again(self, now: float) -> None:
        """While a hub is there that could have published it; and whether there is one, where nobody has said so."""
        if now >= self._status_due_at:
            self._status_due_at = now + self._pace.hub_silent
            self._broker.ask_again(self._subscriptions())
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
        if self._broker.publish(self._topic(topics.STATUS), json.encode(self._status), retain=True).left:
            self._told = (now, self._status)

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
        hub = (topics.HUB_STATUS, *DOCUMENTS, topics.ROSTER, topics.RECEIPT)
        return [*map(self._topic, hub), topics.CROSSINGS.of(self._reader.compound)]
