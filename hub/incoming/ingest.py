"""From a message to the registry: decode, one transaction a batch, and only then the receipt (rule 8).

Live records are kept and entered into the registry's tables at once; what had waited at a gate is kept alone, which is
all that a receipt vouches for, and folded in later (hub.incoming.folding). Any message whatsoever is survived (rule
12): what cannot be read is quarantined, what has a name is receipted all the same, and neighbours are never in each
other's way (rule 9).
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from gate import topics
from gate.unreadable import UNREADABLE
from gate.wire import BodyMalformed, Envelope, Malformed, body_hash, decode_records, inflate_backlog
from hub.forms import Opener
from hub.incoming import swift_reading
from hub.incoming.backlog import Backlog as Backlog  # noqa: PLC0414 - the way to here begins with it
from hub.incoming.backlog import Message as Message  # noqa: PLC0414
from hub.incoming.swift_reading import SwiftEnvelope
from hub.registry import Registry, inbox
from hub.registry.instants import written
from hub.registry.parcels import UNREAD, Identity, Parcel, Taken, Unnamed, is_of_the_disk
from hub.registry.records import take
from hub.registry.rows import rows_of

log = logging.getLogger(__name__)


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
        for live in (True, False):
            if some := [each for each in messages if each.live is live]:
                self._take(registry, some, live)

    def _take(self, registry: Registry, messages: Sequence[Message], live: bool) -> None:
        try:
            done = self._commit(registry, messages, at_once=live)
        except Exception as cause:
            if is_of_the_disk(cause):
                log.exception("a batch could not be written; no receipt goes out, so the stations send it again")
                return
            log.exception("a batch was not understood; its messages are taken one by one")
            for message in messages:
                self._committed(*self._commit_alone(registry, message))
        else:
            self._committed(*done)

    def _commit_alone(self, registry: Registry, message: Message) -> tuple[list[Identity], Taken]:
        """What it says is left to the fold, which gets by without any one of its records."""
        try:
            return self._commit(registry, [message], at_once=False)
        except Exception as cause:
            if is_of_the_disk(cause):
                raise
            unnamed = self._whole(message, f"could not be taken: {type(cause).__name__}")
            return [], registry.run(lambda each: take(each, [], [unnamed], self._clock()))

    def _commit(self, registry: Registry, messages: Sequence[Message], at_once: bool) -> tuple[list[Identity], Taken]:
        """at_once: entered too, not only kept."""
        parcels: list[Parcel] = []
        unnamed: list[Unnamed] = []
        for message in messages:
            self._unpack(message, at_once, parcels, unnamed)
        now = self._clock()
        if at_once:
            taken = registry.run(lambda each: take(each, parcels, unnamed, now))
        else:
            live = any(each.live for each in messages)
            taken = registry.run(lambda each: inbox.put_off(each, parcels, unnamed, written(now), live))
        say(taken)
        return [parcel.identity for parcel in parcels], taken

    def _unpack(self, message: Message, read: bool, parcels: list[Parcel], unnamed: list[Unnamed]) -> None:
        station = topics.station_of(message.topic)
        if station is None or message.topic != _kind(message).of(self._compound, station):
            unnamed.append(self._whole(message, "came on a topic that carries no records"))
            return
        opener = self._opener if read else None
        payload = message.payload if message.live else inflate_backlog(message.payload)
        if isinstance(payload, Malformed):
            unnamed.append(_unnamed(station, payload.payload, payload.why))
            return
        plain = swift_reading.envelopes(payload, self._compound, station)
        if plain is not None:
            found = [parcel_of(part, opener) for part in plain]
            # What is no digest at all cannot equal one.
            if all(parcel.hash == part.hash for parcel, part in zip(found, plain, strict=True)):
                parcels += found
                return
        for part in decode_records(payload):
            if isinstance(part, Malformed):
                unnamed.append(_unnamed(station, part.payload, part.why))
            elif part.station != station or part.compound != self._compound:
                why = f"speaks for {part.compound}/{part.station} on the topic of {self._compound}/{station}"
                unnamed.append(_unnamed(station, bytes(part.body), why))
            else:
                parcels.append(parcel_of(part, opener))

    def _whole(self, message: Message, why: str) -> Unnamed:
        return _unnamed(topics.station_of(message.topic) or "", message.payload, why)


def _kind(message: Message) -> topics.Topic:
    return topics.RECORDS if message.live else topics.BACKLOG


def parcel_of(envelope: Envelope | SwiftEnvelope, opener: Opener | None) -> Parcel:
    """An envelope with its body read, or with why it could not be. opener: None where that is left for later."""
    body = bytes(envelope.body)
    found = body_hash(body)
    if found != envelope.hash:
        why = "the body is not the one that its envelope was made for"
        return Parcel(envelope.station, envelope.journal, envelope.sequence, found, body, why=why)
    if opener is None:
        return Parcel(envelope.station, envelope.journal, envelope.sequence, found, body)
    try:
        rows = rows_of(envelope.station, envelope.journal, envelope.sequence, swift_reading.record(body), opener)
    except (BodyMalformed, *UNREADABLE, OverflowError, ValueError) as cause:
        return Parcel(envelope.station, envelope.journal, envelope.sequence, found, body, why=f"{UNREAD}{cause}")
    return Parcel(envelope.station, envelope.journal, envelope.sequence, found, body, rows)


def say(taken: Taken) -> None:
    """In the log: what somebody should look into."""
    for station, journal, sequence in taken.alarms:
        log.error(
            "ALARM station %s: record %d of journal %s came again with another body; it is in quarantine."
            " Is its card a copy, or was it set back?",
            station,
            sequence,
            journal,
        )
    for station, sequence, why in taken.sealed:
        log.error("the form of record %d of station %s stays sealed: %s", sequence, station, why)


def _unnamed(station: str, payload: bytes, why: str) -> Unnamed:
    return Unnamed(station, body_hash(payload), payload, why)
