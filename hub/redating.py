"""What time it really was, where a gate's clock could not know: the rule by which the hub sets a record's time right.

A boot's own seconds count evenly through everything that befalls its wall clock. So one record of that boot whose clock
a time server vouched for dates all others of it, earlier and later ones. `hub.registry.boots` applies it after every
fold; pure. Rules: nothing happened after the hub received it; what a gate said is kept beside what the hub makes of it;
a boot has one anchor, which gives way once at most, to one that the hub's own clock confirms, so that no time flaps.
Where time servers contradict each other and that clock confirms none of them, the boot is disputed and has no anchor.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from gate.clock import DRIFT_PER_SECOND, ClockState
from gate.passage import Stamp

# Two clocks that are both believed, the hub's one of them, are not further apart (station.peers has the same bound).
CLOCKS_APART = timedelta(minutes=10).total_seconds()
# What a clock may be stepped by when a time server takes it over, and a stamp be older than its record.
SETTLING_SECONDS = 2.0
# A gate does not run for longer; what claims to is no count of seconds.
LONGEST_BOOT = timedelta(days=20 * 366).total_seconds()


class Dated(StrEnum):
    """Whence the hub has a time that the gate did not tell: a synced record of the same boot, or only its receipt,
    which is the latest that it can be."""

    SYNC = "sync"
    RECEIPT = "receipt"


class Boot(Struct, frozen=True):
    """What is known of one run of one station's machine; instants in seconds since 1970.

    synced_at, synced_seconds: the anchor by both of its clocks, None where no record had one, or where it is disputed.
    confirmed: the hub had that record, or one that agrees with it, at once, so its own clock agrees. latest: it began
    no later. disputed: two that are unconfirmed contradict each other; only a confirmed one ends that, and for good.
    """

    synced_at: float | None = None
    synced_seconds: float = 0.0
    confirmed: bool = False
    latest: float | None = None
    disputed: bool = False

    @property
    def began_by(self) -> float | None:
        """The latest that it can have begun; None where nothing bounds it."""
        if self.synced_at is None or not self.confirmed:
            return self.latest
        return began_by(self.synced_at, self.synced_seconds) + SETTLING_SECONDS


def began_by(at: float, boot_seconds: float) -> float:
    """The latest that a boot can have begun of which this is an instant, by whatever drift of its crystal."""
    return at - boot_seconds * (1 - DRIFT_PER_SECOND)


class Told(NamedTuple):
    """A time that is not the gate's own."""

    at: datetime
    dated: Dated


UNKNOWN = Boot()


def is_count(boot_seconds: float) -> bool:
    return 0.0 <= boot_seconds <= LONGEST_BOOT


def is_credible(stamp: Stamp, received_at: float) -> bool:
    """Whether a time server vouched for it and it does not lie in the hub's future."""
    return stamp.clock is ClockState.SYNCED and stamp.at.timestamp() <= received_at + CLOCKS_APART


def anchored(boot: Boot, stamp: Stamp, received_at: float) -> Boot:
    """The boot with this stamp for its anchor, where it has none or a worse one; with none, where two are as good."""
    if boot.confirmed or not is_credible(stamp, received_at) or not is_count(stamp.boot_seconds):
        return boot
    at, seconds = stamp.at.timestamp(), stamp.boot_seconds
    confirmed = abs(received_at - at) <= CLOCKS_APART
    if boot.synced_at is not None:
        if abs(boot.synced_at + (seconds - boot.synced_seconds) - at) <= CLOCKS_APART:
            return replace(boot, confirmed=confirmed)
        if not confirmed:
            return Boot(latest=boot.latest, disputed=True)
    if boot.disputed and not confirmed:
        return boot
    return Boot(at, seconds, confirmed, boot.latest)


def no_later(boot: Boot, latest: float) -> Boot:
    """The boot with this bound to its beginning, where it is a better one."""
    if boot.latest is not None and boot.latest <= latest:
        return boot
    return replace(boot, latest=latest)


def time_of(stamp: Stamp, boot: Boot, received_at: float) -> Told | None:
    """What to date a record by; None where what the gate said stands."""
    at, seconds = stamp.at.timestamp(), stamp.boot_seconds
    known = boot if is_count(seconds) else UNKNOWN
    if known.synced_at is not None:
        real = min(known.synced_at + (seconds - known.synced_seconds), received_at)
        if _agrees(stamp, known, at, real, received_at):
            return None
        return _told(real, Dated.SYNC)
    if stamp.clock is not ClockState.FLOOR and at <= received_at + CLOCKS_APART:
        return None
    latest = received_at if known.latest is None else min(received_at, known.latest + seconds)
    return _told(latest, Dated.RECEIPT)


def _agrees(stamp: Stamp, boot: Boot, at: float, real: float, received_at: float) -> bool:
    """Whether told and real time are no further apart than such clocks may be."""
    match stamp.clock:
        case ClockState.FLOOR:
            return False
        case ClockState.HELD:
            drift = DRIFT_PER_SECOND * abs(stamp.boot_seconds - boot.synced_seconds)
            return abs(at - real) <= drift + SETTLING_SECONDS
        case ClockState.SYNCED:
            # Of two words of time servers, one is only better where the hub's own clock says so.
            return abs(at - real) <= CLOCKS_APART or (is_credible(stamp, received_at) and not boot.confirmed)


def _told(at: float, dated: Dated) -> Told | None:
    try:
        return Told(datetime.fromtimestamp(at, UTC), dated)
    except (OverflowError, ValueError, OSError):
        return None
