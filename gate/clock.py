"""How far the time can be believed (rule 7 of the house).

The shell reads the wall clock, the boot's own clock and the kernel's word on synchronisation once, and hands them
to `judge`. What comes out is the only `now` that a decision ever sees.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A crystal of +-50 ppm drifts 4.3 s a day; twice that leaves room for a Pi in the sun.
DRIFT_PER_SECOND = 100e-6
# Past this bound a held clock says nothing useful about passes that live for a minute.
GREATEST_HELD_DRIFT = timedelta(minutes=10)


class ClockState(StrEnum):
    """What stands behind the time: a time server, a clock that still holds its last sync, or only a lower bound."""

    SYNCED = "synced"
    HELD = "held"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant and how far to believe it.

    utc: aware, in UTC; under FLOOR it is the latest time that is certainly past.
    drift: how far a HELD clock may be off, either way.
    """

    utc: datetime
    state: ClockState
    drift: timedelta = timedelta(0)

    @property
    def believed(self) -> bool:
        return self.state is not ClockState.FLOOR


@dataclass(frozen=True, slots=True)
class ClockEvidence:
    """What the shell could find out about the time.

    wall: what the system clock shows, aware. synchronised: the kernel's word that a time server disciplines it.
    floor: the newest instant that is certainly past (image build, signed document, last synced record).
    since_sync: how long ago the last sync was, counted by a clock that did not stop since; None where it did.
    """

    wall: datetime
    synchronised: bool
    floor: datetime
    since_sync: timedelta | None = None


def judge(evidence: ClockEvidence) -> Moment:
    """The believable now. A wall clock behind the floor is wrong, whoever vouches for it."""
    if evidence.wall < evidence.floor:
        return Moment(evidence.floor, ClockState.FLOOR)
    if evidence.synchronised:
        return Moment(evidence.wall, ClockState.SYNCED)
    if evidence.since_sync is None:
        return Moment(evidence.floor, ClockState.FLOOR)
    drift = evidence.since_sync * DRIFT_PER_SECOND
    if drift > GREATEST_HELD_DRIFT:
        return Moment(evidence.floor, ClockState.FLOOR)
    return Moment(evidence.wall, ClockState.HELD, drift)
