"""Which records are on their way: sent, and not yet in one of the hub's receipts.

The uplink asks it what to send next and when to begin again. Rule: a receipt alone takes a record out of the window;
a record that stays in it too long sends everything again from the first unconfirmed, each time after a longer wait.
Pure: time is monotonic seconds, handed in, as is randomness.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gate.wire import JournalReceipt

Row = tuple[int, bytes]

MOST_IN_FLIGHT = 2000
MOST_IN_A_MESSAGE = 200
MOST_BYTES = 256 * 1024
# A broker that takes less than this is not one to talk to; below it nothing is halved any more.
FEWEST_BYTES = 4 * 1024
# What an envelope adds to its body at the most.
ENVELOPE_BYTES = 320
RESEND_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the window and of one message (bytes: its payload)."""

    in_flight: int = MOST_IN_FLIGHT
    in_a_message: int = MOST_IN_A_MESSAGE
    resend_seconds: float = RESEND_SECONDS


class Window:
    """jitter: draws a factor around 1, so that the gates of a compound do not all send again at once."""

    def __init__(self, limits: Limits, jitter: Callable[[], float]) -> None:
        self._limits = limits
        self._jitter = jitter
        self._sent_at: dict[int, float] = {}
        self._receipt: JournalReceipt | None = None
        self._wait = limits.resend_seconds
        self._patience = self._wait
        self.through = 0

    @property
    def in_flight(self) -> int:
        return len(self._sent_at)

    @property
    def room(self) -> int:
        return max(0, self._limits.in_flight - len(self._sent_at))

    def begin_again(self) -> None:
        """The next record to send is the first unconfirmed one."""
        self._sent_at.clear()
        self.through = 0

    def forget_receipt(self) -> None:
        """Another journal, or a hub restored from a backup: what was safe may not be."""
        self._receipt = None
        self.begin_again()

    def wanted(self, rows: Iterable[Row]) -> list[Row]:
        """Rows less those that a receipt covers, though the journal is not marked yet."""
        receipt = self._receipt
        return [row for row in rows if receipt is None or not receipt.covers(row[0])]

    def sent(self, sequences: Iterable[int], now: float) -> None:
        if not self._sent_at:
            self._patience = self._wait * self._jitter()
        for sequence in sequences:
            self._sent_at[sequence] = now
            self.through = max(self.through, sequence)

    def skip(self, sequence: int) -> None:
        """Nothing up to there is left to send."""
        self.through = max(self.through, sequence)

    def receipted(self, receipt: JournalReceipt) -> int:
        """Let go of what the receipt covers; how many that were."""
        self._receipt = receipt
        covered = [sequence for sequence in self._sent_at if receipt.covers(sequence)]
        for sequence in covered:
            del self._sent_at[sequence]
        if covered:
            self._wait = self._limits.resend_seconds
            self._patience = self._wait * self._jitter()
        return len(covered)

    def overdue(self, now: float) -> bool:
        """Whether the oldest record in flight has waited too long; then it all begins again, with more patience."""
        if not self._sent_at or now - next(iter(self._sent_at.values())) < self._patience:
            return False
        self._wait = min(self._wait * 2, LONGEST_WAIT_SECONDS)
        self.begin_again()
        return True


def messages(rows: Sequence[Row], most_rows: int, most_bytes: int) -> list[list[Row]]:
    """Rows -> lists, each small enough for one message; a row that is too large alone still gets its own."""
    parcels: list[list[Row]] = []
    size = 0
    for row in rows:
        weight = len(row[1]) + ENVELOPE_BYTES
        if not parcels or len(parcels[-1]) >= most_rows or size + weight > most_bytes:
            parcels.append([])
            size = 0
        parcels[-1].append(row)
        size += weight
    return parcels
