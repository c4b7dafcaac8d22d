"""What one lane is worked with: its settings, its senses and hands, and where what it says goes.

station.wiring puts it together, with hardware or with doubles; the loop alone uses it.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gate.wire import StationStatus
from station import lane as machine
from station.cards import Cards
from station.duty import Duty
from station.matches import Matches
from station.notify import Notifier
from station.panels import Panel
from station.pass_maker import PassMaker
from station.peers import Peers
from station.recorder import Recorder
from station.resolver import HealthDesk
from station.settings import Settings
from station.timekeeper import Timekeeper
from station.visit import Lane
from station.voice import Speaking


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a lane is worked with. preview: the newest frame as a JPEG. report: takes how the station is, about twice a
    second. randomness: bytes -> as many random ones. seconds: monotonic."""

    settings: Settings
    recorder: Recorder
    timekeeper: Timekeeper
    panel: Panel
    peers: Peers
    health: HealthDesk
    matches: Matches
    duty: Duty
    maker: PassMaker
    voice: Speaking
    cards: Cards = field(default_factory=Cards)
    preview: Callable[[], bytes | None] = lambda: None
    report: Callable[[StationStatus], None] = lambda _status: None
    notifier: Notifier = field(default_factory=lambda: Notifier({}))
    randomness: Callable[[int], bytes] = secrets.token_bytes
    seconds: Callable[[], float] = time.monotonic
    rehearsal: bool = False


def first_lane(equipment: Equipment) -> Lane:
    settings = equipment.settings
    # A rehearsal puts an hour's residents into a minute, and its pictures do not shake.
    empty_seconds = 0.0 if equipment.rehearsal else machine.EMPTY_SECONDS
    return Lane(settings.first_direction, settings.both_directions, empty_seconds=empty_seconds)
