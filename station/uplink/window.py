"""Which records are on their way: sent, and not yet in one of the hub's receipts.

The sender asks it how much may leave on each of its lanes, and when to begin again. Rule: a receipt alone takes a
record out of the window. What a receipt passes over was lost and goes once more; silence sends everything again from
the first unconfirmed, each time after a longer wait.
Pure: time is monotonic seconds, handed in, as is randomness.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gate.names import JournalId
from gate.wire import MOST_HOLES, JournalReceipt
from station.uplink.batch import MOST_ROWS, Batch

Row = tuple[int, bytes]

MOST_IN_FLIGHT = 8000
# Of them, kept free for what happens now while a backlog is under way.
LIVE_SHARE = 4
# Of backlog. More would only wait at the hub, with the live records of all gates behind it.
MOST_MESSAGES = 6
# Of live records; what comes when so many have no receipt goes together with its neighbours.
MOST_LIVE_MESSAGES = 100
# Of one message before it is compressed.
MOST_BYTES = 512 * 1024
# A broker that takes less than this is not one to talk to; below it nothing is halved any more.
FEWEST_BYTES = 4 * 1024
# What an envelope adds to its body at the most.
ENVELOPE_BYTES = 320
RESEND_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60.0
# A hub under load answers late; so many times its last delay is no delay any more.
PATIENT_TIMES = 3
# From here on nothing is sent that would make another hole.
MANY_HOLES = MOST_HOLES // 2


class Lane(StrEnum):
    """live: as it happens. backlog: what waited in this journal. earlier: what waited in one that was set aside."""

    LIVE = "live"
    BACKLOG = "backlog"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the window and of one message."""

    in_flight: int = MOST_IN_FLIGHT
    in_a_message: int = MOST_ROWS
    resend_seconds: float = RESEND_SECONDS


@dataclass(slots=True)
class Flight:
    """One message that left: what of it has no receipt yet, in rising order. size: of its payload, in bytes."""

    number: int
    lane: Lane
    journal: JournalId
    sequences: Sequence[int]
    size: int
    sent_at: float

    def without(self, receipt: JournalReceipt) -> Sequence[int]:
        """What the receipt leaves of it."""
        first, last = self.sequences[0], self.sequences[-1]
        if first > receipt.through:
            return self.sequences
        if last <= receipt.through and not any(start <= last and end >= first for start, end in receipt.holes):
            return ()
        return tuple(sequence for sequence in self.sequences if not receipt.covers(sequence))


class Window:
    """jitter: draws a factor around 1, so that the gates of a compound do not all send again at once."""

    def __init__(self, limits: Limits, jitter: Callable[[], float]) -> None:
        self._limits = limits
        self._jitter = jitter
        self._batch = Batch(limits.in_a_message)
        self._flights: dict[int, Flight] = {}
        self._lost: list[Flight] = []
        self._number = 0
        self._receipts: dict[JournalId, JournalReceipt] = {}
        self._wait = limits.resend_seconds
        self._delay = 0.0
        self._patience = 0.0

    @property
    def in_flight(self) -> int:
        return sum(len(flight.sequences) for flight in self._flights.values())

    @property
    def largest(self) -> Flight | None:
        """The largest message on its way."""
        return max(self._flights.values(), key=lambda flight: flight.size, default=None)

    def flies(self, lane: Lane) -> bool:
        return any(flight.lane is lane for flight in self._flights.values())

    def room(self, lane: Lane) -> int:
        """How many records the next message of that lane may carry."""
        room = self._limits.in_flight - self.in_flight
        live = sum(flight.lane is Lane.LIVE for flight in self._flights.values())
        if lane is Lane.LIVE:
            return max(0, min(self._limits.in_a_message, room)) if live < MOST_LIVE_MESSAGES else 0
        if len(self._flights) - live >= MOST_MESSAGES:
            return 0
        return max(0, min(self._batch.rows, room - self._limits.in_flight // LIVE_SHARE))

    def connected(self) -> None:
        self._batch.connected()

    def begin_again(self) -> None:
        """Whatever is on its way is not counted on."""
        self._flights.clear()
        self._lost.clear()

    def forget_receipts(self) -> None:
        """Another journal, or a hub restored from a backup: what was safe may not be."""
        self._receipts.clear()
        self.begin_again()

    def wanted(self, journal: JournalId, rows: Iterable[Row]) -> list[Row]:
        """Rows less those that a receipt covers, though the journal is not marked yet."""
        receipt = self._receipts.get(journal)
        return [row for row in rows if receipt is None or not receipt.covers(row[0])]

    def whole_through(self, journal: JournalId) -> int:
        """Up to which number a receipt covers all of that journal; none of it need be read again."""
        receipt = self._receipts.get(journal)
        if receipt is None:
            return 0
        return receipt.holes[0][0] - 1 if receipt.holes else receipt.through

    def crowded_from(self, journal: JournalId) -> int | None:
        """Behind which number nothing more may be sent live, since a receipt lists only so many holes; None: any."""
        receipt = self._receipts.get(journal)
        return receipt.through if receipt is not None and len(receipt.holes) >= MANY_HOLES else None

    def sent(self, lane: Lane, journal: JournalId, sequences: Sequence[int], size: int, now: float) -> None:
        if not self._flights:
            self._draw_patience()
        self._number += 1
        self._flights[self._number] = Flight(self._number, lane, journal, sequences, size, now)

    def lost(self, lane: Lane) -> Flight | None:
        """The first message of that lane that a receipt passed over; it is the caller's to send again."""
        found = next((flight for flight in self._lost if flight.lane is lane), None)
        if found is not None:
            self._lost.remove(found)
        return found

    def take_back(self, lost: Flight, sequences: Sequence[int]) -> None:
        """Of a lost message, these could not be sent again yet."""
        if sequences:
            lost.sequences = sequences
            self._lost.append(lost)

    def receipted(self, receipt: JournalReceipt, now: float) -> int:
        """Let go of what the receipt covers; how many that were."""
        self._receipts[receipt.journal] = receipt
        before, arrived = self.in_flight, dict[Lane, int]()
        for flight in [each for each in self._flights.values() if each.journal == receipt.journal]:
            flight.sequences = flight.without(receipt)
            if not flight.sequences:
                del self._flights[flight.number]
                arrived[flight.lane] = flight.number
                self._learn(flight, now)
        released = before - self.in_flight
        self._give_up(receipt.journal, arrived)
        if released:
            self._wait = self._limits.resend_seconds
            self._draw_patience()
        return released

    def overdue(self, now: float) -> bool:
        """Whether the oldest message on its way has waited too long; then all begins again, with more patience."""
        if not self._flights or now - next(iter(self._flights.values())).sent_at < self._patience:
            return False
        self._wait = min(self._wait * 2, LONGEST_WAIT_SECONDS)
        self._batch.lost(self._number, self._number)
        self.begin_again()
        return True

    def _learn(self, flight: Flight, now: float) -> None:
        self._delay = now - flight.sent_at
        if flight.lane is not Lane.LIVE:
            self._batch.arrived(flight.number, self._delay, self._number)

    def _give_up(self, journal: JournalId, arrived: dict[Lane, int]) -> None:
        """On one lane the hub hears messages in the order in which they left: what a later one overtook was lost."""
        for flight in list(self._flights.values()):
            if flight.journal == journal and flight.number < arrived.get(flight.lane, 0):
                self._lost.append(self._flights.pop(flight.number))
                self._batch.lost(flight.number, self._number)

    def _draw_patience(self) -> None:
        self._patience = max(self._wait, min(PATIENT_TIMES * self._delay, LONGEST_WAIT_SECONDS)) * self._jitter()


def message(rows: Iterable[Row], most_bytes: int) -> list[Row]:
    """As many of the first rows as go into one message; a row that is too large alone still goes by itself."""
    found: list[Row] = []
    size = 0
    for row in rows:
        size += len(row[1]) + ENVELOPE_BYTES
        if found and size > most_bytes:
            break
        found.append(row)
    return found
