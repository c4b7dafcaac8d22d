"""Journal -> MQTT: what leaves this station next, on which lane, in messages of what size.

The uplink calls `send` on each of its turns while broker and hub are there. Rule: what is newly written goes at once
on `records`, ahead of what waited, which goes compressed on `backlog` in rising order, rows of journals that were set
aside before it under their own names. The window says how much; the journal alone remembers.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from gate import topics
from gate.names import JournalId, Slug
from gate.wire import Envelope, JournalReceipt, encode_records, envelope, pack_backlog
from station.uplink.broker_link import PACKET_BYTES, BrokerLink
from station.uplink.window import FEWEST_BYTES, MOST_BYTES, Flight, Lane, Limits, Row, Window, message

log = logging.getLogger(__name__)

# Where more than so many wait behind what was sent live, they are a backlog, and what comes next is live.
MOST_WAITING = 200
TRY_LARGER_SECONDS = 3600.0


class PendingRecords(Protocol):
    """The journal as the uplink reads it; see station.journal.JournalReader."""

    id: JournalId

    @property
    def newest(self) -> int:
        """The last sequence written; 0 in an empty journal."""

    def pending(self, after_sequence: int, limit: int) -> list[Row]:
        """Up to `limit` records without a receipt behind that sequence, in order."""

    def earlier_pending(self, limit: int) -> list[tuple[JournalId, int, bytes]]:
        """Up to `limit` records without a receipt of journals before this one, in order."""

    def close(self) -> None: ...


class Sender:
    """For the uplink's thread. open_journal: called by it, a reader of its own. look_seconds: how often it looks
    whether something unconfirmed was left behind."""

    def __init__(
        self,
        compound: Slug,
        station: Slug,
        broker: BrokerLink,
        open_journal: Callable[[], PendingRecords],
        limits: Limits,
        jitter: Callable[[], float],
        look_seconds: float,
    ) -> None:
        self._compound, self._station, self._broker = compound, station, broker
        self._open_journal = open_journal
        self._window = Window(limits, jitter)
        self._look_seconds = look_seconds
        self._look_again_at = 0.0
        self._most_bytes = MOST_BYTES
        self._try_larger_at: float | None = None
        self._largest: int | None = None
        self._impossible: set[tuple[JournalId, int]] = set()
        # Up to here this journal is backlog, behind it live; and how far each of them was sent.
        self._floor = self._backlog_at = self._live_at = 0

    @property
    def stuck(self) -> bool:
        """Whether the broker does not take one record, because it is too large."""
        return bool(self._impossible)

    def open(self) -> None:
        self._journal = self._open_journal()

    def open_another(self) -> None:
        """The journal's file is another one now."""
        self._journal.close()
        self.open()
        self._floor = 0
        self._impossible.clear()
        self._window.forget_receipts()
        self._from_the_first()

    def close(self) -> None:
        self._journal.close()

    def begin_again(self) -> None:
        """The next record to send on each lane is the first unconfirmed one."""
        self._window.begin_again()
        self._from_the_first()

    def forget_receipts(self) -> None:
        """The hub was restored from a backup: what was safe may not be."""
        self._window.forget_receipts()
        self._from_the_first()

    def receipted(self, receipt: JournalReceipt, now: float) -> bool:
        """Whether the receipt released anything that was on its way."""
        return self._window.receipted(receipt, now) > 0

    def connected(self, largest: int | None) -> None:
        """largest: bytes that this broker takes in one packet; None where it does not say."""
        self._window.connected()
        if largest is not None:
            self._most_bytes = min(self._most_bytes, largest - PACKET_BYTES)
            if self._largest is None or largest > self._largest:
                self._impossible.clear()
        self._largest = largest

    def too_large_for_the_line(self) -> None:
        """The broker ended the connection over a message; over which, it does not say."""
        flight = self._window.largest
        if flight is not None:
            self.too_large(flight.size)

    def too_large(self, size: int) -> bool:
        """The broker did not take a message of so many bytes; False where it takes not even a small one."""
        if size <= FEWEST_BYTES:
            return False
        self._most_bytes = min(self._most_bytes, max(FEWEST_BYTES, size // 2))
        log.warning("the broker takes no %d bytes; from now on at most %d", size, self._most_bytes)
        self._set_aside_if_alone()
        self.begin_again()
        return True

    def send(self, now: float) -> None:
        """Fill the window. After each message of backlog what is live comes first again."""
        self._try_larger(now)
        if self._window.overdue(now):
            log.warning("no receipt from the hub; sending again from the first unconfirmed record")
            self._from_the_first()
        self._look_again(now)
        self._pass_over_what_is_safe()
        while self._send_live(now) or self._send_earlier(now) or self._send_backlog(now):
            pass

    def _send_live(self, now: float) -> bool:
        """Whether a message left."""
        lost = self._window.lost(Lane.LIVE)
        if lost is not None:
            return self._send_once_more(lost, now)
        rows = self._journal.pending(self._live_at, MOST_WAITING + 1)
        if len(rows) > MOST_WAITING:
            self._floor = self._live_at = self._journal.newest
            return False
        # Holes that nothing is left to close, as of records that no broker takes, must not stop what happens now.
        closing = self._backlog_at < self._floor or self._window.flies(Lane.BACKLOG)
        crowded_from = self._window.crowded_from(self._journal.id) if closing else None
        rows = [row for row in rows if crowded_from is None or row[0] <= crowded_from]
        room = self._window.room(Lane.LIVE)
        found = self._next(self._journal.id, rows, room)
        if rows and room and self._publish(Lane.LIVE, self._journal.id, found, now):
            self._live_at = found[-1][0] if found else rows[-1][0]
            return True
        return False

    def _send_earlier(self, now: float) -> bool:
        """One message at a time: the journal names them from the first until they are marked."""
        room = self._window.room(Lane.EARLIER)
        if not room or self._window.flies(Lane.EARLIER):
            return False
        waiting = self._journal.earlier_pending(room)
        for journal in dict.fromkeys(each[0] for each in waiting):
            rows = self._next(journal, [each[1:] for each in waiting if each[0] == journal], room)
            if rows:
                return self._publish(Lane.EARLIER, journal, rows, now)
        return False

    def _send_backlog(self, now: float) -> bool:
        lost = self._window.lost(Lane.BACKLOG)
        if lost is not None:
            return self._send_once_more(lost, now)
        room = self._window.room(Lane.BACKLOG)
        if not room or self._backlog_at >= self._floor:
            return False
        rows = [row for row in self._journal.pending(self._backlog_at, room) if row[0] <= self._floor]
        found = self._next(self._journal.id, rows, room)
        if not self._publish(Lane.BACKLOG, self._journal.id, found, now):
            return False
        self._backlog_at = found[-1][0] if found else rows[-1][0] if rows else self._floor
        return True

    def _send_once_more(self, lost: Flight, now: float) -> bool:
        """What a receipt passed over, as far as it still waits. Earlier journals are read anew in any case."""
        first, last = lost.sequences[0], lost.sequences[-1]
        missing = frozenset(lost.sequences)
        rows = [row for row in self._journal.pending(first - 1, last - first + 1) if row[0] in missing]
        found = self._next(lost.journal, rows, len(rows))
        left = self._publish(lost.lane, lost.journal, found, now)
        gone_through = found[-1][0] if found and left else first - 1 if found else last
        self._window.take_back(lost, [sequence for sequence in lost.sequences if sequence > gone_through])
        return left

    def _next(self, journal: JournalId, rows: Iterable[Row], room: int) -> list[Row]:
        """What one message takes of these rows; [] where nothing of them is to be sent."""
        wanted = self._window.wanted(journal, rows)
        possible = [row for row in wanted if (journal, row[0]) not in self._impossible]
        return message(possible[:room], self._most_bytes)

    def _publish(self, lane: Lane, journal: JournalId, rows: list[Row], now: float) -> bool:
        """Whether it was taken; no rows are always taken."""
        if not rows:
            return True
        payload = self._packed(lane, [self._envelope(journal, row) for row in rows])
        if self._largest is not None and len(payload) + PACKET_BYTES > self._largest:
            return self._set_aside(journal, rows, len(payload))
        topic = (topics.RECORDS if lane is Lane.LIVE else topics.BACKLOG).of(self._compound, self._station)
        if not self._broker.publish(topic, payload).left:
            return False
        self._window.sent(lane, journal, [sequence for sequence, _ in rows], len(payload), now)
        return True

    def _envelope(self, journal: JournalId, row: Row) -> Envelope:
        return envelope(self._compound, self._station, journal, *row)

    def _packed(self, lane: Lane, envelopes: list[Envelope]) -> bytes:
        return encode_records(envelopes) if lane is Lane.LIVE else pack_backlog(envelopes)

    def _set_aside(self, journal: JournalId, rows: list[Row], size: int) -> bool:
        """A message of one record cannot be made smaller; it stays in the journal and is in nobody's way."""
        if len(rows) > 1:
            self._most_bytes //= 2
            return False
        log.error("record %d is larger (%d bytes) than the broker takes", rows[0][0], size)
        self._impossible.add((journal, rows[0][0]))
        return True

    def _try_larger(self, now: float) -> None:
        """A broker that once took no large messages may have been given new settings since."""
        if self._try_larger_at is None or now >= self._try_larger_at:
            self._try_larger_at = now + TRY_LARGER_SECONDS
            self._most_bytes = MOST_BYTES if self._largest is None else min(MOST_BYTES, self._largest - PACKET_BYTES)
            self._impossible.clear()

    def _set_aside_if_alone(self) -> None:
        flight = self._window.largest
        if flight is not None and len(flight.sequences) == 1 and flight.size > self._most_bytes:
            log.error("record %d is larger (%d bytes) than the broker takes", flight.sequences[0], flight.size)
            self._impossible.add((flight.journal, flight.sequences[0]))

    def _look_again(self, now: float) -> None:
        """Where nothing of a lane is on its way, whatever the journal still holds of it unconfirmed is to be sent."""
        if now < self._look_again_at:
            return
        self._look_again_at = now + self._look_seconds
        if not self._window.flies(Lane.LIVE):
            self._live_at = self._floor
        if not self._window.flies(Lane.BACKLOG):
            self._backlog_at = 0

    def _pass_over_what_is_safe(self) -> None:
        """The loop marks the journal when it has time; until then it still hands out what a receipt covers."""
        through = self._window.whole_through(self._journal.id)
        self._backlog_at, self._live_at = max(self._backlog_at, through), max(self._live_at, through)

    def _from_the_first(self) -> None:
        self._backlog_at, self._live_at = 0, self._floor
