"""A gate whose clock goes astray by a script, on the station's own timekeeper and journal; the story alone knows the
true time.

`tests.durability.clocks` plays thousands of them into one hub. A crystal is off by up to 50 ppm; a machine without a
clock chip begins in the past; whoever sets the wall clock by hand makes the kernel say that it is not synchronised.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.clock import ClockState
from gate.passage import Amendment, Ground, Happening, Passage, Record, Stamp, What
from gate.policy import Direction
from gate.reason import Outcome
from gate.wire import JournalReceipt, encode_body
from station.journal import JournalReader, open_journal
from station.timekeeper import Clocks, Timekeeper, last_synced

BUILT = datetime(2025, 12, 1, tzinfo=UTC)
BEGINS = datetime(2026, 1, 10, tzinfo=UTC)
YEAR = timedelta(days=365)
WALLS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC), BUILT)
KINDS = ("either way", "1970", "backwards", "anything", "lying server")
CRYSTAL = 50e-6
# A time server is not better than that.
SYNC_SECONDS = 1.0
# A guard reads his watch, which may be wrong or of another day.
WATCHES = (timedelta(minutes=-4), timedelta(seconds=20), timedelta(hours=1), timedelta(days=-1))


@dataclass(frozen=True)
class Truth:
    """What a record's stamp stands for. lied, guard: whose word the believed time followed, where not an honest one's.

    drift: how far off the gate itself held it possible to be.
    """

    sequence: int
    record: Record
    at: datetime
    lied: bool
    guard: bool
    drift: timedelta

    @property
    def stamp(self) -> Stamp:
        return self.record.stamp

    @property
    def honestly_synced(self) -> bool:
        return self.stamp.clock is ClockState.SYNCED and not self.lied


class Story:
    """send: gives the hub records: (sequence, body), whether they are live."""

    def __init__(
        self,
        folder: Path,
        station: str,
        rng: random.Random,
        send: Callable[["Story", list[tuple[int, bytes]], bool], None],
    ) -> None:
        self.station, self._rng, self._send, self._folder = station, rng, send, folder
        self.kind = rng.choice(KINDS)
        self.true = BEGINS + timedelta(days=rng.uniform(0, 200))
        self.wall = rng.choice([self.true, *WALLS])
        self.synchronised = self.lied = self.linked = False
        self.boot_seconds, self._rate = rng.uniform(4, 40), 1 + rng.uniform(-CRYSTAL, CRYSTAL)
        self._boots = 0
        self.truths: list[Truth] = []
        self._sent = 0
        self._start()

    def play(self, steps: int) -> None:
        for _ in range(steps):
            self.step()
            if self.kind == "backwards":
                self._set(self.wall - timedelta(hours=self._rng.uniform(0, 40)))
        self.linked = True
        self.deliver()
        self._journal.close()

    def step(self) -> None:
        rng = self._rng
        what = rng.choices(
            ("record", "pass", "set", "sync", "unplug", "restart", "reboot", "cut", "guard", "link"),
            (11, 4, 3, 3, 1, 1, 1, 1, 1, 3),
        )[0]
        match what:
            case "record":
                self._record()
            case "pass":
                self._pass(timedelta(seconds=rng.choice((3, 90, 7200, 86_400 * 3)) * rng.uniform(0.5, 1.5)))
            case "set":
                self._set(self._astray())
            case "sync":
                self._sync()
            case "unplug":
                self.synchronised = False
            case "restart":
                self._keeper.save()
                self._again()
            case "reboot" | "cut":
                self._reboot(clean=what == "reboot")
            case "guard":
                self._guard()
            case "link":
                self.linked = rng.random() < 0.6
                self.deliver()
        self._keeper.save_in_time()

    def deliver(self) -> None:
        """What waits, the newest ahead; now and then a part of it twice."""
        if not self.linked or self._sent == len(self.truths):
            return
        self._keeper.hear_signed(self.true - timedelta(minutes=self._rng.uniform(0, 60)))
        self._pass(timedelta(seconds=self._rng.uniform(0.01, 2.0)))
        waiting = self._reader.pending(self._sent, 10_000)
        self._sent = len(self.truths)
        newest, rest = waiting[-1:], waiting[:-1]
        self._send(self, newest, True)
        if rest:
            self._send(self, rest, False)
        if self._rng.random() < 0.2:
            self._send(self, waiting, self._rng.random() < 0.5)

    @property
    def journal(self) -> str:
        return self._journal.id

    def receipt(self, receipt: JournalReceipt) -> None:
        """The hub's word for what it has."""
        self._journal.confirm(receipt)

    def is_passage(self, truth: Truth) -> bool:
        return isinstance(truth.record, Passage)

    def body(self, truth: Truth) -> bytes:
        """As it was journaled."""
        return encode_body(truth.record)

    def _record(self) -> None:
        reading = self._keeper.read()
        self._believed()
        sequence = len(self.truths) + 1
        record = self._of(sequence, reading.stamp)
        assert self._journal.append(type(record).__name__.lower(), encode_body(record)) == sequence
        guard = self._keeper.set_by_a_guard and reading.moment.state is ClockState.HELD
        lied = self._lied_now if reading.moment.state is not ClockState.FLOOR else False
        self.truths.append(Truth(sequence, record, self.true, lied, guard, reading.moment.drift))
        if self.linked:
            self.deliver()

    def _of(self, sequence: int, stamp: Stamp) -> Record:
        chance = self._rng.random()
        if chance < 0.1:
            return Happening(stamp, "east", "1", What.TAMPERED)
        if chance < 0.2 and sequence > 1:
            return Amendment(stamp, self._journal.id, sequence - 1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON)
        return Passage(stamp, "east", "1", self._rng.choice((Direction.IN, Direction.OUT)))

    def _pass(self, time: timedelta) -> None:
        self.true += time
        self.boot_seconds += time.total_seconds() * self._rate
        # A server disciplines the wall clock; alone it goes as its crystal does.
        self.wall += time if self.synchronised else time * self._rate
        self._keeper.read()
        self._believed()

    def _set(self, wall: datetime) -> None:
        self.wall, self.synchronised = max(wall, WALLS[0]), False

    def _astray(self) -> datetime:
        match self.kind:
            case "either way":
                return self.wall + self._rng.choice((-YEAR, YEAR))
            case "1970":
                return WALLS[0]
            case _:
                return self._rng.choice([*WALLS, self.true - YEAR, self.true + YEAR, self.true - timedelta(days=2)])

    def _sync(self) -> None:
        lies = self.kind == "lying server" and self._rng.random() < 0.5
        off = self._rng.choice((-YEAR, YEAR, timedelta(days=-3))) if lies else timedelta(0)
        jitter = timedelta(seconds=self._rng.uniform(-SYNC_SECONDS, SYNC_SECONDS))
        self.wall, self.synchronised, self.lied = self.true + off + jitter, True, lies
        self._keeper.read()
        self._believed()

    def _guard(self) -> None:
        """By his watch; where nobody needs to know the time, it changes nothing."""
        if self._keeper.set_by_guard(self.true + self._rng.choice(WATCHES), UTC) is None:
            self._lied_now = False

    def _reboot(self, clean: bool) -> None:
        if clean:
            self._keeper.save()
        self._journal.close()
        self._reader.close()
        self.true += timedelta(seconds=self._rng.choice((20, 600, 86_400)) * self._rng.uniform(0.5, 1.5))
        self._boots += 1
        self.boot_seconds, self._rate = self._rng.uniform(4, 40), 1 + self._rng.uniform(-CRYSTAL, CRYSTAL)
        self.true += timedelta(seconds=self.boot_seconds)
        # Clean: the time of the shutdown was written down. Cut: whatever stands in the image.
        self.wall, self.synchronised = self.wall if clean else self._rng.choice(WALLS), False
        self._start()

    def _start(self) -> None:
        name = f"{self._rng.getrandbits(64):016x}"
        self._journal = open_journal(self._folder / "journal.sqlite", lambda: name, lambda: self.wall)
        self._reader = JournalReader(self._folder / "journal.sqlite")
        self._boot = f"{self._rng.getrandbits(64):016x}"
        self._lied_now = False
        self._again()

    def _again(self) -> None:
        """The process begins anew; its machine goes on."""
        clocks = Clocks(lambda: self.wall, lambda: self.boot_seconds, lambda: self.synchronised, self._boot)
        recorded_at = last_synced(self._journal.last(50))
        self._keeper = Timekeeper(self._folder / "clock.json", clocks, BUILT, recorded_at)
        self._keeper.read()
        self._believed()

    def _believed(self) -> None:
        """Remember whose word it was that the timekeeper has taken last."""
        if self.synchronised and self._keeper.read().moment.state is ClockState.SYNCED:
            self._lied_now = self.lied
