"""From a message to the registry: decode, one transaction a batch, and only then the receipt (rule 8).

The link puts messages in from its own thread; the writer's thread takes what waits, up to BATCH_RECORDS, as one batch.
Any message whatsoever is survived (rule 12): what cannot be read is quarantined, what has a name is receipted all the
same, and neighbours are never in each other's way (rule 9).
"""

import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Condition

from gate import topics
from gate.wire import BodyMalformed, Envelope, Malformed, body_hash, decode_body, decode_records, unpack_backlog
from hub.forms import Opener
from hub.registry import Registry
from hub.registry.records import Identity, Parcel, Taken, Unnamed, take
from hub.registry.rows import rows_of
from hub.registry.second_reading import UNREAD

BATCH_RECORDS = 5_000
# What may wait in memory. Beyond it the link's thread is held back for a moment, so TCP holds back the broker, and then
# the message is dropped: without a receipt its station sends it again. Manual acknowledgement would not bound it, since
# Mosquitto 2.0.11 exceeds its own window when it releases a backlog.
BACKLOG_BYTES = 32 * 2**20
HOLD_SECONDS = 2.0
# Of one record in a message of backlog, about.
COMPRESSED_BYTES = 90

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What came in on a topic of records; the broker's ACL vouches for the station that it names.

    live: as the gate wrote it; False for what waited there, which comes compressed.
    """

    topic: str
    payload: bytes
    live: bool = True


class Backlog:
    """Messages between the link's thread and the writer's; bounded in bytes.

    post: hands the writer a batch job. take: what to do with a batch of messages.
    """

    def __init__(
        self,
        post: Callable[[Callable[[Registry], None]], object],
        take_batch: Callable[[Registry, Sequence[Message]], None],
        most_bytes: int = BACKLOG_BYTES,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self._post = post
        self._take_batch = take_batch
        self._most_bytes = most_bytes
        self._hold_seconds = hold_seconds
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._posted = False
        self._changed = Condition()
        self.dropped = 0

    def put(self, message: Message) -> bool:
        """From the link's thread; False where there was no room and the message is left to be sent again."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(message), self._hold_seconds):
                self.dropped += 1
                log.warning("backlog full (%d bytes): a message is left for its station to send again", self._bytes)
                return False
            self._waiting.append(message)
            self._bytes += len(message.payload)
            post, self._posted = not self._posted, True
        if post:
            self._post(self._drain)
        return True

    def _has_room(self, message: Message) -> bool:
        return not self._waiting or self._bytes + len(message.payload) <= self._most_bytes

    def _drain(self, registry: Registry) -> None:
        """One batch, then back into the writer's queue, so that an office command gets its turn."""
        messages = self._next_batch()
        try:
            self._take_batch(registry, messages)
        except Exception:
            log.exception("a batch failed; what got no receipt is sent again by its station")
        finally:
            with self._changed:
                more = self._posted = bool(self._waiting)
            if more:
                self._post(self._drain)

    def _next_batch(self) -> list[Message]:
        messages: list[Message] = []
        records = 0
        with self._changed:
            while self._waiting and records < BATCH_RECORDS:
                message = self._waiting.popleft()
                messages.append(message)
                self._bytes -= len(message.payload)
                # Every record's envelope names its hash once; an estimate is enough to bound a batch.
                live, size = message.live, len(message.payload)
                records += max(1, message.payload.count(b'"hash"') if live else size // COMPRESSED_BYTES)
            self._changed.notify_all()
        return messages


class Ingest:
    """compound: whose hub this is. committed: told, after the commit, what to receipt and what arrived.

    form_secret: opens what gates sealed; b"" where the hub has no such key.
    """

    def __init__(
        self,
        compound: str,
        committed: Callable[[Sequence[Identity], Taken], None],
        clock: Callable[[], datetime],
        form_secret: bytes = b"",
    ) -> None:
        self._compound = compound
        self._opener = Opener(compound, form_secret)
        self._committed = committed
        self._clock = clock

    def take(self, registry: Registry, messages: Sequence[Message]) -> None:
        """Commit a batch and say so. Where the disk fails nothing is said, so all of it comes again."""
        try:
            done = self._commit(registry, [self._unpacked(message) for message in messages])
        except (sqlite3.OperationalError, OSError):
            log.exception("a batch could not be written; no receipt goes out, so the stations send it again")
        except Exception:
            log.exception("a batch was not understood; its messages are taken one by one")
            for message in messages:
                self._committed(*self._commit_alone(registry, message))
        else:
            self._committed(*done)

    def _commit_alone(self, registry: Registry, message: Message) -> tuple[list[Identity], Taken]:
        try:
            return self._commit(registry, [self._unpacked(message)])
        except (sqlite3.OperationalError, OSError):
            raise
        except Exception as cause:
            why = f"could not be taken: {type(cause).__name__}"
            return self._commit(registry, [([], [self._whole(message, why)])])

    def _commit(
        self, registry: Registry, unpacked: Sequence[tuple[list[Parcel], list[Unnamed]]]
    ) -> tuple[list[Identity], Taken]:
        parcels = [parcel for some, _ in unpacked for parcel in some]
        unnamed = [each for _, some in unpacked for each in some]
        now = self._clock()
        taken = registry.run(lambda each: take(each, parcels, unnamed, now))
        _say_what_stays_sealed(parcels)
        for station, journal, sequence in taken.alarms:
            log.error(
                "ALARM station %s: record %d of journal %s came again with another body; it is in quarantine."
                " Is its card a copy, or was it set back?",
                station,
                sequence,
                journal,
            )
        return [parcel.identity for parcel in parcels], taken

    def _unpacked(self, message: Message) -> tuple[list[Parcel], list[Unnamed]]:
        station = topics.station_of(message.topic)
        if station is None or message.topic != _kind(message).of(self._compound, station):
            return [], [self._whole(message, "came on a topic that carries no records")]
        parcels: list[Parcel] = []
        unnamed: list[Unnamed] = []
        for part in (decode_records if message.live else unpack_backlog)(message.payload):
            if isinstance(part, Malformed):
                unnamed.append(_unnamed(station, part.payload, part.why))
            elif (part.compound, part.station) != (self._compound, station):
                why = f"speaks for {part.compound}/{part.station} on the topic of {self._compound}/{station}"
                unnamed.append(_unnamed(station, bytes(part.body), why))
            else:
                parcels.append(parcel_of(part, self._opener))
        return parcels, unnamed

    def _whole(self, message: Message, why: str) -> Unnamed:
        return _unnamed(topics.station_of(message.topic) or "", message.payload, why)


def _kind(message: Message) -> topics.Topic:
    return topics.RECORDS if message.live else topics.BACKLOG


def parcel_of(envelope: Envelope, opener: Opener) -> Parcel:
    """An envelope with its body read, or with why it could not be."""
    body = bytes(envelope.body)
    place = (envelope.station, envelope.journal, envelope.sequence)
    found = body_hash(body)
    if found != envelope.hash:
        return Parcel(*place, found, body, why="the body is not the one that its envelope was made for")
    try:
        rows = rows_of(*place, decode_body(body), opener)
    except (BodyMalformed, OverflowError, ValueError, RecursionError) as cause:
        return Parcel(*place, found, body, why=f"{UNREAD}{cause}")
    return Parcel(*place, found, body, rows)


def _say_what_stays_sealed(parcels: Sequence[Parcel]) -> None:
    for parcel in parcels:
        if parcel.rows.form is not None and parcel.rows.form[-1]:
            why = parcel.rows.form[-1]
            log.error("the form of record %d of station %s stays sealed: %s", parcel.sequence, parcel.station, why)


def _unnamed(station: str, payload: bytes, why: str) -> Unnamed:
    return Unnamed(station, body_hash(payload), payload, why)
