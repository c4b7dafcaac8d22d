"""The one thread that owns the lane and the journal: reads the inbox, tells the lane, and draws the screen.

Camera, thermometer and uplink reach it through its inbox, the kiosk through its desk, which has the view that it leaves
behind. `__main__` runs it in the main thread, so that an error nobody foresaw ends the process, loudly.
Rules: the disk first, then everything else; nothing in a turn may wait but the disk; the watchdog is fed only by a
loop that really turned.
"""

import logging
import queue
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field, replace
from typing import TypeVar

from gate.passage import Ground, What
from gate.policy import Direction
from gate.reason import Outcome
from gate.temperature import Measurement
from gate.wire import VERSION, Receipt, StationStatus
from gate.wording import Words
from station import drill, tapped
from station import lane as machine
from station.badges import Badges
from station.desk import GuardDesk
from station.drill import Drill
from station.duty import Duty
from station.gatehouse import Gatehouse
from station.hands import GateHands, Instant, LaneInHand
from station.happenings import Happening, Press, fault_of
from station.inbox import (
    CrossingsHeard,
    Faulty,
    Felt,
    Flush,
    GuardKnown,
    HealthCodeResolved,
    Inbox,
    LinkChanged,
    Looked,
    PassAsked,
    Post,
    Receipted,
    SnapshotCame,
    Tapped,
    Warned,
)
from station.matches import KEY_BYTES, Matches
from station.notify import Notifier
from station.panel import Panel, PanelFailed
from station.pass_maker import PassMaker
from station.peers import Peers
from station.recogniser import Recogniser
from station.recorder import Recorder
from station.resolver import HealthDesk
from station.screen import Surroundings, view_of
from station.settings import Settings
from station.snapshot import Snapshot
from station.taps import ReadAloud, SetClock, SignOff, Tap, Train
from station.timekeeper import Reading, Timekeeper
from station.troubles import Troubles
from station.view import Aim, Barrier, Link
from station.visit import (
    CodesRead,
    Decided,
    Gathering,
    GuardDismissed,
    GuardSettled,
    HealthTold,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    Phase,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Tick,
    Tone,
)

log = logging.getLogger(__name__)

TICK_SECONDS = 0.05
VIEW_EVERY_SECONDS = 0.5

T = TypeVar("T")
Sight = tuple[Phase, Direction, tuple[Decided, ...], tuple[Measured, ...]]
