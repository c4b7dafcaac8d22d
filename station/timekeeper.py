"""The shell that reads the clocks: what the loop believes about the time comes from here (rule 7 of the house).

Wall clock, boot clock (CLOCK_BOOTTIME, which counts through sleep) and the kernel's word on synchronisation are read
together; gate/clock.py judges them. After the last sync the time is counted on by the boot clock, so nobody who
sets the wall clock back makes an expired pass valid.

The floor is the newest of three: when the image was built, what the hub signed last, and when a time server last
vouched for this clock (from clock.json, or the journal's last synced record). Rules for the case that one is wrong:
- the hub's own word may lower its part: the newest edition counts, not the latest time;
- a time server's word raises the floor to MOST_AHEAD beyond the hub's at the most. From there on the rules are stale
  by any policy and nobody is admitted, so a higher floor could refuse nobody more, while 2106 could stay for ever;
- a record raises it to KEPT_LAGS_BY beyond clock.json at the most, where that file can be read;
- and it is dropped when the hub's next word lies more than CONTRADICTED_BY before it.
What must outlive a restart is in clock.json: that word, and the last sync of this boot.

Where only the floor is known a guard may set the time (rule 7). His word holds for this boot like a last sync, with the
same drift, until a time server has a better one; it raises no floor, and never lies below it.
"""

import ctypes
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import MINYEAR, UTC, datetime, timedelta, tzinfo
from pathlib import Path

from msgspec import MsgspecError, Struct, json

from gate.clock import ClockEvidence, ClockState, Moment, judge
from gate.names import Instant, JournalId
from gate.passage import Stamp
from gate.wire import BodyMalformed, decode_body
from gate.wording import Words
from station import whole_file

log = logging.getLogger(__name__)

SAVE_EVERY_SECONDS = 600.0
# The longest stale_after_hours that a policy may have.
MOST_AHEAD = timedelta(days=31)
# The hub signs every hour. What it signed while this gate had no network is as old as that; the last sync is, too.
CONTRADICTED_BY = timedelta(days=2)
# clock.json is written every ten minutes.
KEPT_LAGS_BY = timedelta(hours=1)
# A gate is not used for longer; beyond it lies the end of the calendar, where no clock can count on.
MOST_YEARS_ON = 20
_TOO_EARLY = Words("时间不能早于 {floor}：请核对日期", "The time cannot lie before {floor}: check the date")
_TOO_LATE = Words("时间不能晚于 {year} 年：请核对日期", "The time cannot lie after the year {year}: check the date")
_NEEDLESS = Words("时间已由网络或电子钟校准，不必设置", "The clock is right already; nobody needs to set it")
_TIME_ERROR = 5
_STA_UNSYNC = 0x40


class Sync(Struct, frozen=True, omit_defaults=True):
    """When the wall clock was last vouched for, by both clocks of one boot; by a guard, where no time server could."""

    boot: str
    wall: Instant
    boot_seconds: float
    by_guard: bool = False


class Kept(Struct, frozen=True):
    """clock.json. synced: the newest time that a time server vouched for."""

    synced: Instant | None = None
    sync: Sync | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the time comes from. boot: names this run of the machine, 16 hex digits."""

    wall: Callable[[], datetime]
    boot_seconds: Callable[[], float]
    synchronised: Callable[[], bool]
    boot: JournalId


@dataclass(frozen=True, slots=True)
class Reading:
    """All clocks at one instant."""

    moment: Moment
    boot: JournalId
    boot_seconds: float

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.moment.utc, self.moment.state, self.boot, self.boot_seconds)


class Timekeeper:
    """Owned by the loop's thread. built_at: of the image. recorded_at: of the journal's last synced record."""

    def __init__(self, path: Path, clocks: Clocks, built_at: datetime, recorded_at: datetime | None = None) -> None:
        kept = _read(path)
        self._path = path
        self._clocks = clocks
        self._built_at = built_at
        self._signed: datetime | None = None
        self._synced = _vouched_for(kept.synced if kept else None, recorded_at)
        # A sync of another boot says nothing: how long the machine was off is unknown.
        self._sync = kept.sync if kept and kept.sync and kept.sync.boot == clocks.boot else None
        self._saved_at: float | None = None

    def read(self) -> Reading:
        """Read every clock once."""
        wall, boot_seconds = self._clocks.wall(), self._clocks.boot_seconds()
        synchronised = self._clocks.synchronised()
        since_sync = None
        if not synchronised and self._sync is not None:
            since_sync = timedelta(seconds=boot_seconds - self._sync.boot_seconds)
            wall = self._sync.wall + since_sync
        moment = judge(ClockEvidence(wall, synchronised, self.floor, since_sync))
        if moment.state is ClockState.SYNCED:
            self._sync = Sync(self._clocks.boot, wall, boot_seconds)
            self._synced = max(self._synced, wall) if self._synced else wall
        return Reading(moment, self._clocks.boot, boot_seconds)

    @property
    def floor(self) -> datetime:
        """An instant that is certainly past."""
        synced = self._synced or self._built_at
        if self._signed is None:
            return max(self._built_at, synced)
        signed = max(self._built_at, self._signed)
        return max(signed, min(synced, signed + MOST_AHEAD))

    @property
    def set_by_a_guard(self) -> bool:
        """Whether what is believed about the time is a guard's word."""
        return self._sync is not None and self._sync.by_guard

    def set_by_guard(self, at: datetime, zone: tzinfo) -> Words | None:
        """The guard read the time off his watch, aware; why it cannot be so, where it cannot. zone: his own."""
        if self.read().moment.believed and not self.set_by_a_guard:
            return _NEEDLESS
        latest = self.floor.year + MOST_YEARS_ON
        if at.year > latest:
            return Words(_TOO_LATE.zh.format(year=latest), _TOO_LATE.en.format(year=latest))
        # In the first year of the calendar no other zone's time can be told.
        if at.year < MINYEAR + 1 or at < self.floor:
            floor = f"{self.floor.astimezone(zone):%Y-%m-%d %H:%M}"
            return Words(_TOO_EARLY.zh.format(floor=floor), _TOO_EARLY.en.format(floor=floor))
        self._sync = Sync(self._clocks.boot, at.astimezone(UTC), self._clocks.boot_seconds(), by_guard=True)
        self.save()
        return None

    def hear_signed(self, at: datetime) -> None:
        """When the hub signed the newest edition of its manifest; earlier than before only where it corrects itself."""
        is_news = self._signed is not None and at != self._signed
        self._signed = at
        if is_news and self._synced is not None and self._synced - at > CONTRADICTED_BY:
            log.warning("a time server said %s, and the hub %s: the hub is believed", self._synced, at)
            self._synced = self._sync = None

    def save_in_time(self) -> None:
        """Write the floor down every ten minutes, and at once when it is new."""
        seconds = self._clocks.boot_seconds()
        if self._saved_at is None or seconds - self._saved_at >= SAVE_EVERY_SECONDS:
            self._saved_at = seconds
            self.save()

    def save(self) -> None:
        """Write the floor down. A disk that refuses is the journal's matter, not this one's."""
        try:
            whole_file.write(self._path, json.encode(Kept(self._synced, self._sync)))
        except OSError as cause:
            log.warning("%s cannot be written: %s", self._path, cause)


def system_clocks(*, rehearsal: bool = False) -> Clocks:
    """This machine's clocks. rehearsal: the wall clock counts as synchronised."""
    return Clocks(
        wall=lambda: datetime.now(UTC),
        boot_seconds=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        synchronised=(lambda: True) if rehearsal else kernel_is_synchronised,
        boot=_boot_id(),
    )


def kernel_is_synchronised() -> bool:
    """The kernel's word, adjtimex(2): a time server disciplines the clock, and has done so lately."""
    word = _Timex()
    state = _libc.adjtimex(ctypes.byref(word))
    return state not in (-1, _TIME_ERROR) and not word.status & _STA_UNSYNC


class _Timex(ctypes.Structure):
    """struct timex of <linux/timex.h>, up to what is asked for; modes 0 only reads."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def _boot_id() -> JournalId:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").replace("-", "")[:16]


def _read(path: Path) -> Kept | None:
    try:
        return json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, MsgspecError) as cause:
        log.warning("%s cannot be read (%s); the floor of the time starts from the image again", path, cause)
        return None


def last_synced(records: Sequence[tuple[int, bytes]]) -> datetime | None:
    """When the last of these records (sequence, body) was made under a synchronised clock."""
    for _, body in reversed(records):
        with suppress(BodyMalformed):
            stamp = decode_body(body).stamp
            if stamp.clock is ClockState.SYNCED:
                return stamp.at
    return None


def _vouched_for(kept: datetime | None, recorded: datetime | None) -> datetime | None:
    """One bad record says no more than the file allows, which is never much older than the last record."""
    if kept is None or recorded is None:
        return kept or recorded
    return max(kept, min(recorded, kept + KEPT_LAGS_BY))
