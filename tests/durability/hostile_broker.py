"""The campaign on brokers and lines that hate us: nothing that a gate recorded is lost or doubled for all of it.

Called by `make soak` and, in small, by the tests. Half of the passages go through a Mosquitto that queues ten messages,
remembers nothing and is killed every 5 s; the other half over a line that drops, delays and repeats whole packets and
cuts every 30 s (see hostile_line), which hub and gates have to use alike. The control is a gate beside the others,
under the very same broker and line, which takes the broker's acknowledgement for the hub's word.
"""

import random
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

from tests.durability.filled_journal import fill
from tests.durability.gates import journal_of
from tests.durability.hostile_line import Damage, Hatred, HostileLine
from tests.durability.street import Crowd, Street
from tests.durability.tally import Tally, tally
from tests.rehearsal.gates import until
from tests.rehearsal.progress import Progress

PASSAGES = 1_000_000
GATES = 4
# Of a gate's passages; the others come while it sends what waited.
WAITED = 0.8
RATE = 400.0
KILL_SECONDS = 5.0
# Forgets everything at each of its deaths, and drops what the hub has not taken at once.
POOR = "persistence false\nmax_queued_messages 10\n"
SEED = 20261122
STILL_SECONDS = 12.0
LONGEST_SECONDS = 4 * 3600.0
THE_USUAL = Hatred()


@dataclass(frozen=True)
class Outcome:
    """ours: all gates together. control: the one that believes the broker. kills: of the broker."""

    ours: Tally
    control: Tally
    caught_up: bool
    kills: int
    damage: Damage
    seconds: float


def hostile_broker(scale: float) -> dict[str, object]:
    """Half under a broker that dies, half over a line that mistreats packets; both beside their control."""
    each = max(400, round(PASSAGES * scale / 2 / GATES))
    poor, line = under_a_dying_broker(each), over_a_hostile_line(each)
    both = (poor, line)
    return {
        "trials": sum(one.ours.written for one in both),
        "lost": sum(one.ours.lost for one in both), "doubled": sum(one.ours.doubled for one in both),
        "corrupt": sum(one.ours.corrupt for one in both), "not_ended": sum(not one.caught_up for one in both),
        "broker_kills": poor.kills, "packets": line.damage.packets, "packets_dropped": line.damage.dropped,
        "packets_repeated": line.damage.repeated, "cuts": line.damage.cuts,
        "control_trials": sum(one.control.written for one in both),
        "control_lost": sum(one.control.released for one in both),
        "control_unharmed": sum(one.control.released == 0 for one in both),
        "broker_seconds": round(poor.seconds, 1), "line_seconds": round(line.seconds, 1),
    }  # fmt: skip


def under_a_dying_broker(each: int, kill_seconds: float = KILL_SECONDS, gates: int = GATES) -> Outcome:
    """each: passages of every gate. kill_seconds: after so many it dies, again and again."""
    return _under(each, gates, kill_seconds, None)


def over_a_hostile_line(each: int, hatred: Hatred = THE_USUAL, gates: int = GATES) -> Outcome:
    """each: passages of every gate."""
    return _under(each, gates, 0.0, hatred)


def _under(each: int, gates: int, kill_seconds: float, hatred: Hatred | None) -> Outcome:
    progress, began = Progress(sys.stderr), time.monotonic()
    with Street(gates + 1, POOR if kill_seconds else "") as street, ExitStack() as stack:
        *ours, control = street.stations
        _fill(street, round(each * WAITED))
        street.broker.start()
        line = stack.enter_context(HostileLine(street.broker.port, hatred, random.Random(SEED))) if hatred else None
        port = street.hub_port = line.port if line is not None else street.broker.port
        street.start_hub()
        live = each - round(each * WAITED)
        believing = street.crowd("control", [control], port, rate=RATE / gates, passages=live, believes_puback=True)
        crowd = street.crowd("ours", ours, port, rate=RATE, passages=live * gates)
        death = Death(street, kill_seconds)
        caught_up = _catch_up(crowd, believing, death, progress)
        seconds = time.monotonic() - began
        # What the control has let go of needs no more time; what it still holds has had its chance.
        crowd.end()
        believing.end()
        street.await_folded(600)
        street.end_hub()
        *totals, believed = (tally(street.journal(one), street.registry, one) for one in street.stations)
        damage = line.damage if line is not None else Damage()
        return Outcome(sum(totals, Tally()), believed, caught_up, death.deaths, damage, seconds)


def _fill(street: Street, waited: int) -> None:
    now = datetime.now(UTC)
    for station in street.stations:
        fill(street.journal(station), journal_of(station), station, waited, now, timedelta(seconds=3))


def _catch_up(crowd: Crowd, control: Crowd, death: "Death", progress: Progress) -> bool:
    """Until our gates have recorded everything and owe nothing, and of the control nothing moves any more."""
    moved = Moved()

    def done() -> bool:
        death.turn()
        owed, believed = crowd.owes(), control.owes()
        progress.draw(f"hostile broker: {owed} records wait, the control believes in {believed}")
        recorded = crowd.has_recorded() >= crowd.plan.passages and control.has_recorded() >= control.plan.passages
        return recorded and owed == 0 and moved.still(believed)

    return until(done, LONGEST_SECONDS, pause=0.2)


class Moved:
    """Whether a number has changed lately. What the hub has received meanwhile the control never marks."""

    def __init__(self) -> None:
        self._last, self._at = -1, time.monotonic()

    def still(self, number: int) -> bool:
        now = time.monotonic()
        if number != self._last:
            self._last, self._at = number, now
        return number == 0 or now - self._at > STILL_SECONDS


class Death:
    """Kills the broker every so many seconds, and starts it again. For the thread that will end it."""

    def __init__(self, street: Street, seconds: float) -> None:
        self._street, self._seconds = street, seconds
        self._due = time.monotonic() + seconds if seconds else inf
        self.deaths = 0

    def turn(self) -> None:
        if time.monotonic() >= self._due:
            self._street.broker.kill()
            self.deaths += 1
            self._street.broker.start()
            self._due = time.monotonic() + self._seconds
