"""The campaign on namespaces: two gates, a broker and a hub on hosts of their own, whose cables are pulled at random.

Meanwhile people come, many of them to both gates, and each may go out once. Rule: at the end nothing is lost or
doubled, and no gate let anybody out who had left by the other one, unless that was within FRESH_SECONDS of a cut: so
long, as `station.peers` says, a gate may not know that it was cut off; whoever was let out twice, a gate names then.
The control arm is the same town under the rule `when_presence_unknown = "own"`, a gate that believes its own memory
alone, and must do so. In a bounded share there is no time for it: there it is counted whom the guard was called for
that this rule would have let out.
"""

import os
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from zoneinfo import ZoneInfo

from gate.passage import Happening, Passage, What
from gate.reason import Outcome, Reason
from station.peers import BEAT_SECONDS, FRESH_SECONDS, GREET_SECONDS
from tests.durability.hosts import Hosts
from tests.durability.parted_town import MACHINES, PartedTown, gate_of
from tests.rehearsal import settings
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate, owes_nothing, until
from tests.rehearsal.people import Resident
from tests.rehearsal.progress import Progress
from tests.rehearsal.scenario import ADMIT, OUT, Case, Cast, Visit
from tests.rehearsal.town import everybody
from tests.rehearsal.verdicts import account, journals
from tests.rehearsal.visitors import Visitors, be_slower_than_the_gates

SEED = 20261122
CUTS, SHARE = 60, 0.05
PEOPLE, FEW_PEOPLE = 1_502, 150
CATCH_UP_SECONDS = 90.0
ZONE = ZoneInfo("Asia/Shanghai")
# From reading a code to deciding on it.
VISIT_SECONDS = 3.0
# A share runs beside other tests: a commit, and with it the word to the other gate, may wait so long for the disk.
BESIDE_OTHERS_SECONDS = 12.0
# So many come to both gates in a long cut, on whatever slow machine.
ENOUGH, LONGEST_CUT_SECONDS = 2, 60.0
GOES_OUT = Case("goes out", 0, "free", "own", OUT, 36.5, ADMIT, kind="easy")
POLICY = 'green_seconds = 1.0\nvisit_seconds = 2.0\nexit_quota = { times = 1, days = 1, per = "person" }\n'
OWN = 'when_presence_unknown = "own"\n'
CABLES = (("east",), ("west",), ("broker",), ("hub",), ("east", "west"), ("west", "hub"))
Figures = dict[str, object]


def namespaces(scale: float) -> Figures:
    """60 cuts at scale 1, and a quarter as many more in the control arm; without it below SHARE."""
    cuts, rng, progress = max(1, round(CUTS * scale)), random.Random(SEED), Progress(sys.stderr)
    controls = max(1, cuts // 4) if scale >= SHARE else 0
    cast = Cast(everybody()[: PEOPLE if cuts > 8 else FEW_PEOPLE])
    # Each leaves once a day; whoever comes for nothing in the first cuts is missing in the last.
    crowd = Crowd([*cast.of("free"), *cast.of("feverish")], cuts + controls)
    with Hosts(MACHINES, os.getpid()) as hosts:
        town = PartedTown(hosts, tuple(cast.people), POLICY + settings.POLICY, frames_per_second=30)
        with town:
            town.await_rules()
            arm = _arm(town, crowd, cuts, rng, progress, BESIDE_OTHERS_SECONDS if scale < SHARE else 0.0)
            control = Arm()
            if controls:
                town.go_by(OWN + POLICY + settings.POLICY)
                control = _arm(town, crowd, controls, rng, progress)
            caught_up = _caught_up(town)
            complaints = town.end_processes()
            made = account(town.databases, town.registry, [])
            passages, said = _passages(town), _conflicts(town)
    wrong = [why for why in made.wrong.values() if not why.startswith("nobody's visit")]
    for complaint in (*complaints, *wrong, *arm.unknowing(passages)):
        progress.say(str(complaint))
    unknown = sum(Reason.PRESENCE_UNKNOWN in each.reasons for each, _ in passages)
    harmed, would_be = len(control.unknowing(passages)), arm.would_have_been_let_out(passages)
    doubly = sum(each.let_out_twice(passages) for each in (arm, control))
    return {
        "name": "namespaces", "trials": cuts, "lost": len(made.lost), "doubled": len(made.doubled),
        "corrupt": len(wrong), "journaled": made.journaled, "registered": made.registered,
        "came_to_both": arm.came_to_both(passages), "referred_as_unknown": unknown,
        "admitted_unknowing": len(arm.unknowing(passages)), "within_the_bound": arm.within_the_bound(passages),
        "control_admitted_unknowing": harmed, "control_would_admit": would_be,
        "let_out_twice": doubly, "said_by_gates": said, "missed": max(0, doubly - said),
        "control_unharmed": int(not (harmed if scale >= SHARE else would_be)),
        "not_ended": len(complaints) + (not caught_up),
    }  # fmt: skip


Seen = Sequence[tuple[Passage, str]]
"""Every passage of both journals, and its station."""


@dataclass
class Arm:
    """What happened under one rule. cuts: when the way between the gates was cut. people: who came, by pseudonym.

    patience: seconds that a word may take from gate to gate on a machine that has other work.
    """

    patience: float = 0.0

    cuts: list[datetime] = field(default_factory=list)
    people: set[str] = field(default_factory=set)

    def unknowing(self, passages: Seen) -> list[str]:
        """Who was let out by a second gate that ought to have known better, or to have known that it does not know."""
        return [told for told, excused in self._twice(passages) if not excused]

    def within_the_bound(self, passages: Seen) -> int:
        return sum(excused for _, excused in self._twice(passages))

    def let_out_twice(self, passages: Seen) -> int:
        return len(self._twice(passages))

    def came_to_both(self, passages: Seen) -> int:
        both = [{where for _, where in times} for times in self._of_each(passages, only_admitted=False).values()]
        return sum(len(gates) > 1 for gates in both)

    def would_have_been_let_out(self, passages: Seen) -> int:
        """By gates that believe themselves alone: who had left by the other one, and was kept as not known of."""
        left = self._of_each(passages, only_admitted=True)
        return sum(
            passage.reasons == (Reason.PRESENCE_UNKNOWN,)
            and any(at < passage.stamp.at and where != station for at, where in left.get(passage.person or "", ()))
            for passage, station in passages
        )

    def _twice(self, passages: Seen) -> list[tuple[str, bool]]:
        found = []
        for times in self._of_each(passages, only_admitted=True).values():
            (first, one), *others = sorted(times)
            found += [
                (f"out by {one} at {first:%H:%M:%S}, by {other} at {at:%H:%M:%S}", self._excused(first, at))
                for at, other in others
                if at.astimezone(ZONE).date() == first.astimezone(ZONE).date()
            ]
        return found

    def _excused(self, first: datetime, second: datetime) -> bool:
        """The first one left after a cut, or as it was made, and the second before anybody could notice it."""
        under_way = (second - first).total_seconds() <= self.patience
        return under_way or any(
            (first - cut).total_seconds() >= -1.0 - VISIT_SECONDS - self.patience
            and (second - cut).total_seconds() <= FRESH_SECONDS + VISIT_SECONDS + self.patience
            for cut in self.cuts
            if cut <= second
        )

    def _of_each(self, passages: Seen, only_admitted: bool) -> Mapping[str, list[tuple[datetime, str]]]:
        found: dict[str, list[tuple[datetime, str]]] = {}
        for passage, station in passages:
            if passage.person in self.people and (passage.outcome is Outcome.ADMIT or not only_admitted):
                found.setdefault(passage.person or "", []).append((passage.stamp.at, station))
        return found


class Crowd:
    """Everybody who may go out, in equal parts for so many cuts."""

    def __init__(self, people: Sequence[Resident], cuts: int) -> None:
        self._people, self._part = deque(people), len(people) // cuts

    def part(self) -> list[Resident]:
        """Those who come during the next cut."""
        return [self._people.popleft() for _ in range(self._part)]


class Errands:
    """Who goes to which gate next. sort: "new" for somebody new, "second" for who was at the other one, or "any"."""

    def __init__(self, town: PartedTown, arm: Arm, rng: random.Random) -> None:
        self._town, self._arm, self._rng = town, arm, rng
        self._new: deque[Resident] = deque()
        self._lock = threading.Lock()
        self._been: dict[str, deque[tuple[Resident, float]]] = {name: deque() for name in town.names}
        self._second: list[tuple[float, float]] = []
        self.sort = "any"

    def come(self, people: Sequence[Resident]) -> None:
        """They as well, from now on."""
        with self._lock:
            self._new.extend(people)

    def next(self, name: str) -> tuple[Resident, float | None] | None:
        """And when he was at the other gate, if he was; None where nobody is left to go."""
        with self._lock:
            others = [been for station, been in self._been.items() if station != name and been]
            second = self.sort == "second" or (self.sort == "any" and self._rng.random() < 0.5)
            if second and others:
                return others[0].popleft() if self._rng.random() < 0.3 else others[0].pop()
            return (self._new.popleft(), None) if self._new and self.sort != "second" else None

    def was_there(self, name: str, resident: Resident, before: float | None) -> None:
        """He may try the other gate as well, once."""
        with self._lock:
            if before is not None:
                self._second.append((before, time.monotonic()))
                return
            self._arm.people.add(self._town.passes[resident.identity_number].person)
            self._been[name].append((resident, time.monotonic()))

    def came_unheard(self, cut_at: float) -> int:
        """How many left by one gate after the cut, and came to the other when that must have noticed it."""
        with self._lock:
            stale_at = cut_at + FRESH_SECONDS
            seen_by = stale_at + VISIT_SECONDS + self._arm.patience
            return sum(cut_at < first < stale_at and seen_by < second for first, second in self._second)


def _arm(
    town: PartedTown, crowd: Crowd, cuts: int, rng: random.Random, progress: Progress, patience: float = 0.0
) -> Arm:
    """Cut and mend, while people come; every cable is in its place at the end."""
    arm, stop = Arm(patience), threading.Event()
    errands = Errands(town, arm, random.Random(rng.random()))
    with ThreadPoolExecutor(len(town.names)) as lanes, ExitStack() as stack:
        stack.callback(stop.set)
        coming = [lanes.submit(_come, town, at, errands, stop) for at in range(len(town.names))]
        for number in range(cuts):
            progress.draw(f"{number} of {cuts} cuts, {len(arm.people)} people")
            errands.come(crowd.part())
            _cut(town, arm, errands, CABLES[number % len(CABLES)], long=number % 3 != 2, rng=rng)
            _raise_what_went_wrong(coming)
        stop.set()
    return arm


def _cut(town: PartedTown, arm: Arm, errands: Errands, cables: Sequence[str], long: bool, rng: random.Random) -> None:
    """Seconds of knowing, then of a cut that a gate may notice or not, and a moment to find each other again."""
    time.sleep(rng.uniform(1.0, 3.0))
    if set(cables) != {"hub"}:
        arm.cuts.append(datetime.now(UTC))
    cut_at = time.monotonic()
    for cable in cables:
        town.hosts.pull(cable)
    if long:
        errands.sort = "new"
        time.sleep(FRESH_SECONDS - 1.0)
        errands.sort = "any"
        time.sleep(VISIT_SECONDS)
        errands.sort = "second"
        until(lambda: errands.came_unheard(cut_at) >= ENOUGH, LONGEST_CUT_SECONDS, pause=0.2)
        errands.sort = "any"
    else:
        time.sleep(rng.uniform(0.5, FRESH_SECONDS))
    for cable in cables:
        town.hosts.plug(cable)
    time.sleep(rng.uniform(0.5, 4.0))


def _come(town: PartedTown, at: int, errands: Errands, stop: threading.Event) -> None:
    """One gate's lane: one after the other, as long as the arm lasts."""
    be_slower_than_the_gates()
    name = town.names[at]
    rng = random.Random(f"{SEED}-{name}")
    codes = Codes(town.data, datetime.now(UTC))
    with town.hosts.inside(gate_of(name)), closing(Gate(name, town.kiosk_urls[name])) as gate:
        visitors = Visitors(gate, at, town.passes, codes, rng)
        number = 0
        while not stop.is_set():
            errand = errands.next(name)
            if errand is not None:
                # A kiosk ends a connection on which nothing is asked for long; then he has come for nothing.
                gate.close()
                with suppress(OSError, HTTPException):
                    visitors.come(Visit(number, GOES_OUT, errand[0]))
                errands.was_there(name, *errand)
                number += 1
            stop.wait(rng.uniform(0.2, 1.0))


def _raise_what_went_wrong(coming: Sequence["Future[None]"]) -> None:
    for lane in coming:
        if lane.done():
            lane.result()


def _caught_up(town: PartedTown) -> bool:
    """Everything is plugged in: until the gates have heard of each other, and none owes its hub anything."""
    for pause in (BEAT_SECONDS + GREET_SECONDS, 0.0):
        for name in town.names:
            with town.screen(name) as screen:
                if not screen.until(owes_nothing, CATCH_UP_SECONDS):
                    return False
        time.sleep(pause)
    return True


def _passages(town: PartedTown) -> Seen:
    found = journals(town.databases)
    return [(entry.record, entry.identity[0]) for entry in found if isinstance(entry.record, Passage)]


def _conflicts(town: PartedTown) -> int:
    """How often a gate has said that it let somebody out who had left by the other one."""
    records = [entry.record for entry in journals(town.databases)]
    return sum(isinstance(each, Happening) and each.what is What.TWO_GATES for each in records)
