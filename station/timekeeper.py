"""The shell that reads the clocks: what the loop believes about the time comes from here (rule 7 of the house).

Wall clock, boot clock (CLOCK_BOOTTIME, which counts through sleep) and the kernel's word on synchronisation are read
together; gate/clock.py judges them. Rule: after the last sync the time is counted on by the boot clock, so nobody who
sets the wall clock back makes an expired pass valid.
What must outlive a restart is in clock.json: the floor, and the last sync of this boot.
"""

import ctypes
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import MsgspecError, Struct, json

from gate.clock import ClockEvidence, ClockState, Moment, judge
from gate.names import Instant, JournalId
from gate.passage import Stamp

log = logging.getLogger(__name__)

SAVE_EVERY_SECONDS = 600.0
_TIME_ERROR = 5
_STA_UNSYNC = 0x40


class Sync(Struct, frozen=True):
    """When the wall clock was last vouched for, by both clocks of one boot."""

    boot: str
    wall: Instant
    boot_seconds: float


class Kept(Struct, frozen=True):
    """clock.json."""

    floor: Instant
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
    """Owned by the loop's thread. floor: an instant that is certainly past, such as when the image was built."""

    def __init__(self, path: Path, clocks: Clocks, floor: datetime) -> None:
        kept = _read(path)
        self._path = path
        self._clocks = clocks
        self._floor = max(floor, kept.floor) if kept else floor
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
        moment = judge(ClockEvidence(wall, synchronised, self._floor, since_sync))
        if moment.state is ClockState.SYNCED:
            self._sync = Sync(self._clocks.boot, wall, boot_seconds)
            self._floor = max(self._floor, wall)
        return Reading(moment, self._clocks.boot, boot_seconds)

    def raise_floor(self, certainly_past: datetime) -> None:
        """A signed document or a record made under a synced clock tells the time at the least."""
        self._floor = max(self._floor, certainly_past)

    def save_in_time(self) -> None:
        """Write the floor down every ten minutes, and at once when it is new."""
        seconds = self._clocks.boot_seconds()
        if self._saved_at is None or seconds - self._saved_at >= SAVE_EVERY_SECONDS:
            self._saved_at = seconds
            self.save()

    def save(self) -> None:
        """Write the floor down. A disk that refuses is the journal's matter, not this one's."""
        try:
            _write(self._path, json.encode(Kept(self._floor, self._sync)))
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


def _write(path: Path, content: bytes) -> None:
    """All or nothing: a power cut leaves the old file or the new one."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
