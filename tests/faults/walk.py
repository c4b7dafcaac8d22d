"""The fault matrix as a walk: one part breaks, then another, the first is mended, a third breaks, and so on.

So every stop is a gate with one part broken, or two; at each a resident with a good pass and a normal temperature
comes, and what the gate does, what its screen says and what its wires show is held to `promises`. What was mended must
work at the next stop, by itself. At the end journal and registry are held against all that was seen.

`test_faults` walks round all seven parts, the campaign `faults` over all 21 pairs. Rule: whoever comes is somebody new,
so nothing that was read, measured or remembered before can help him.
"""

import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, pairwise

from gate.passage import Amendment, Passage
from gate.reason import Reason
from station.uplink.steadiness import SHORT_SECONDS
from station.uplink.under_way import LONGEST_WAIT_SECONDS
from tests.faults.broken_gate import GATE, BrokenGate
from tests.faults.chip import GREEN, RELAY
from tests.faults.promises import Part, Promise, promised
from tests.faults.witness import View
from tests.rehearsal.people import Resident, compound
from tests.rehearsal.scenario import Cast
from tests.rehearsal.settings import CONTROLLED, SEALED
from tests.rehearsal.verdicts import journals

SEED = 7
SEES_SECONDS = 60.0
VERDICT_SECONDS = 60.0
# For as long nothing may happen where nothing is promised; a look takes a tenth of it.
STILL_SECONDS = 0.6
CATCH_UP_SECONDS = 60.0
# A power cut with dead pins or a dead disk: the station says so to systemd and starts once that is mended.
_AFTER_CLOCK = frozenset({Part.PANEL, Part.DISK})


@dataclass
class Come:
    """Somebody who came. outcome: on the screen. admitted: by the guard's word."""

    person: str
    broken: tuple[Part, ...]
    promise: Promise
    admitted: bool


@dataclass
class Walked:
    """What a walk came to. wrong: every promise that was not kept, in words."""

    singles: set[Part] = field(default_factory=set)
    pairs: set[frozenset[Part]] = field(default_factory=set)
    come: list[Come] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    journaled: int = 0
    registered: int = 0

    @property
    def cases(self) -> int:
        return len(self.singles) + len(self.pairs)


def round_of_all(rng: random.Random) -> list[Part]:
    """A way round all seven parts, on which each stands beside two others: a third of the pairs."""
    parts = list(Part)
    while True:
        rng.shuffle(parts)
        way = [*parts, parts[0]]
        if all(may_follow(*each) for each in pairwise(way)):
            return way


def all_pairs(rng: random.Random) -> list[Part]:
    """A way on which each of the 21 pairs stands side by side once; it ends where it began, at the hub."""
    edges = {frozenset(pair) for pair in combinations(Part, 2)}

    def go_on(way: list[Part], left: set[frozenset[Part]]) -> list[Part] | None:
        if not left:
            return way
        for following in rng.sample(list(Part), len(Part)):
            edge = frozenset({way[-1], following})
            if edge in left and may_follow(way[-1], following):
                found = go_on([*way, following], left - {edge})
                if found:
                    return found
        return None

    way = go_on([Part.HUB], edges)
    assert way is not None
    return way


def may_follow(broken: Part, following: Part) -> bool:
    """Whether the second may break while the first is broken."""
    return not (following is Part.CLOCK and broken in _AFTER_CLOCK)


def cast() -> Cast:
    """A small compound, whose office is soon set up."""
    return Cast(compound(random.Random(SEED), date(2021, 12, 30), households=110, people=190))


def residents() -> list[Resident]:
    """Free people of open buildings, one for each stop."""
    return [one for one in cast().of("free") if one.building not in (CONTROLLED, SEALED) and not one.returnee]


class Walk:
    """One walk at one gate. say: takes progress."""

    def __init__(self, gate: BrokenGate, coming: Sequence[Resident], say: Callable[[str], None]) -> None:
        self._gate = gate
        self._coming = iter(coming)
        self._say = say
        self._known: frozenset[Part] = frozenset()
        self._broker_lasts_at = 0.0
        self.walked = Walked()

    def go(self, way: Sequence[Part]) -> Walked:
        """From a whole gate over the stops of that way to a whole gate."""
        self._stop(())
        self._break(way[0])
        self._stop(way[:1])
        for first, second in pairwise(way):
            self._break(second)
            self._stop((first, second))
            self._mend(first)
            if (second,) != tuple(way[-1:]) or len(self.walked.singles) < len(set(way)):
                self._stop((second,))
        self._mend(way[-1])
        self._stop(())
        self._close()
        return self.walked

    def _break(self, part: Part) -> None:
        """As somebody stands before the thermometer, whose figure must be nobody else's."""
        if part is Part.BROKER:
            # A link that breaks again and again is an alarm of its own, and not what is looked at here.
            time.sleep(max(0.0, self._broker_lasts_at - time.monotonic()))
        self._gate.forehead(True)
        self._gate.break_(part)

    def _mend(self, part: Part) -> None:
        self._gate.mend(part)
        if part is Part.BROKER:
            self._broker_lasts_at = time.monotonic() + LONGEST_WAIT_SECONDS + SHORT_SECONDS

    def _stop(self, broken: Sequence[Part]) -> None:
        promise = promised(broken)
        name = " and ".join(broken) or "whole"
        self._say(name)
        if len(broken) == 1:
            self.walked.singles.add(broken[0])
        elif broken:
            self.walked.pairs.add(frozenset(broken))
        for complaint in self._look(tuple(broken), promise):
            self.walked.wrong.append(f"{name}: {complaint}")

    # --- one stop ---

    def _look(self, broken: tuple[Part, ...], promise: Promise) -> Iterator[str]:
        as_told = self._as_told(broken, promise)
        if not self._gate.seen.until(lambda view: not _nearest(view, as_told, idle=True), SEES_SECONDS):
            yield from (f"before anybody comes {each}" for each in _nearest(self._gate.seen.view, as_told, idle=True))
        one = next(self._coming)
        mark = len(self._gate.seen.views)
        greens, openings = self._gate.chip.rises(GREEN), self._gate.chip.rises(RELAY)
        self._gate.hold_up(self._gate.passes[one.identity_number].text)
        self._gate.forehead(True)
        yield from self._identified(one, mark, promise)
        verdict = self._gate.seen.until_seen(mark, _verdict, VERDICT_SECONDS)
        if verdict is None:
            yield f"no verdict within {VERDICT_SECONDS:.0f} s"
        else:
            yield from _of_verdict(verdict, promise)
        yield from self._of_wires(promise, greens, openings)
        admitted = False
        if verdict is not None and not promise.lights_green:
            admitted = self._guards_word(verdict)
            yield from self._of_guards_word(admitted, promise, openings)
        person = self._gate.passes[one.identity_number].person
        self.walked.come.append(Come(person, broken, promise, admitted))
        yield from (f"while he stood there {each}" for each in self._misses_meanwhile(mark, promise, as_told))
        self._clear()

    def _as_told(self, broken: tuple[Part, ...], promise: Promise) -> tuple[Promise, ...]:
        """What the screen may say until the verdict. A disk that failed this moment is known once something was to be
        written, at the latest with whoever comes."""
        is_news = Part.DISK in broken and Part.DISK not in self._known
        self._known = frozenset(broken)
        return (promise, promised(part for part in broken if part is not Part.DISK)) if is_news else (promise,)

    def _identified(self, one: Resident, mark: int, promise: Promise) -> Iterator[str]:
        """Where the camera cannot, the guard does, by the door; and until then nothing may happen."""
        if promise.reads:
            return
        time.sleep(STILL_SECONDS)
        if any(_verdict(view) for view in self._gate.seen.since(mark)):
            yield "there was a verdict though nothing can be read"
        person = self._gate.passes[one.identity_number].person
        found = [each["person"] for each in self._gate.guard.find(one.door)]
        if person not in found:
            yield "the guard does not find him by his door"
        elif not self._gate.guard.post("/named", {"persons": [person]}):
            yield "the guard's finding him was not taken"

    def _of_wires(self, promise: Promise, greens: int, openings: int) -> Iterator[str]:
        """What lamp and relay did by the machine's own word; on pins that are gone nothing can be seen, or happen."""
        chip = self._gate.chip
        wanted = promise.lights_green and promise.opens
        if wanted:
            _wait(lambda: chip.rises(RELAY) != openings and chip.rises(GREEN) != greens)
        else:
            time.sleep(STILL_SECONDS / 2)
        if (chip.rises(RELAY) != openings) is not wanted:
            yield "the barrier did not open" if wanted else "the barrier opened by itself"
        if (chip.rises(GREEN) != greens) is not wanted:
            yield "the green lamp stayed dark" if wanted else "the green lamp burnt"

    def _guards_word(self, verdict: View) -> bool:
        sequence = _verdict(verdict)["sequence"]
        if sequence is None:
            return False
        return self._gate.guard.post("/settle", {"sequence": sequence, "outcome": "admit", "ground": "measured_again"})

    def _of_guards_word(self, admitted: bool, promise: Promise, openings: int) -> Iterator[str]:
        chip = self._gate.chip
        if admitted is not promise.recorded:
            yield "the guard's word was not taken" if promise.recorded else "the guard's word was taken, unrecorded"
        wanted = admitted and promise.opens
        if wanted:
            _wait(lambda: chip.rises(RELAY) != openings)
        if (chip.rises(RELAY) != openings) is not wanted:
            yield "the barrier did not obey the guard" if wanted else "the barrier opened without anybody's word"

    def _misses_meanwhile(self, mark: int, promise: Promise, as_told: tuple[Promise, ...]) -> set[str]:
        """In every single view: nothing greener than promised, nothing broken that it hides."""
        found: set[str] = set()
        for view in self._gate.seen.since(mark):
            verdict = _verdict(view)
            as_told = (promise,) if verdict else as_told
            found.update(_nearest(view, as_told, idle=False))
            if verdict and verdict["outcome"] == "admit" and not promise.lights_green:
                found.add("the screen was green by the machine's own word")
        return found

    def _clear(self) -> None:
        self._gate.hold_up(None)
        self._gate.forehead(False)
        self._gate.guard.post("/dismiss", {})
        idle = ("ready", "out_of_order")
        if not self._gate.seen.until(lambda view: view["screen"] in idle, SEES_SECONDS):
            self.walked.wrong.append(f"the screen stays at {self._gate.seen.view['screen']}")

    # --- the end ---

    def _close(self) -> None:
        """All is mended: the hub gets everything, and both databases say what was seen."""
        gate, walked = self._gate, self.walked
        if not gate.seen.until(lambda view: view["health"]["queue"] == 0, CATCH_UP_SECONDS):
            walked.wrong.append(f"{gate.seen.view['health']['queue']} records never reached the hub")
        walked.wrong += gate.end_processes()
        entries = journals({GATE: gate.folder / GATE / "journal.sqlite"})
        walked.journaled = len(entries)
        with closing(sqlite3.connect(f"{gate.registry.as_uri()}?mode=ro", uri=True)) as registry:
            held = {(row[0], row[1]): bytes(row[2]) for row in registry.execute(_HELD)}
        walked.registered = len(held)
        for entry in entries:
            if held.get(entry.identity[1:]) != entry.body:
                walked.wrong.append(f"record {entry.identity} is not in the registry as it is in the journal")
        passages = {entry.record.person: entry for entry in entries if isinstance(entry.record, Passage)}
        words = {entry.record.sequence for entry in entries if isinstance(entry.record, Amendment)}
        for come in walked.come:
            entry = passages.pop(come.person, None)
            walked.wrong += _of_record(
                come, entry.record if entry else None, bool(entry and entry.identity[2] in words)
            )
        walked.wrong += [f"nobody came for passage {entry.identity}" for entry in passages.values()]


_CHINESE = re.compile("[\u4e00-\u9fff]")
_HELD = "SELECT journal, sequence, body FROM record"


def _of_record(come: Come, passage: object, amended: bool) -> Iterator[str]:
    """What the journal holds of somebody who came."""
    name = " and ".join(come.broken) or "whole"
    if not come.promise.recorded:
        # Kept in memory until the disk takes it; a power cut takes it as well.
        if isinstance(passage, Passage) and Reason.UNRECORDED not in passage.reasons:
            yield f"{name}: a passage was recorded that could not be"
        return
    if not isinstance(passage, Passage):
        yield f"{name}: his passage is not in the journal"
        return
    if (passage.outcome, set(passage.reasons)) != (come.promise.outcome, come.promise.reasons):
        yield f"{name}: the journal says {', '.join(passage.reasons) or 'no reason'}"
    if amended is not come.admitted:
        yield f"{name}: the guard's word and the journal differ"


def _misses(view: View, promise: Promise, *, idle: bool) -> Iterator[str]:
    """In which the screen is not as promised; idle: with nobody there."""
    health, screen = view["health"], view["screen"]
    if set(health["faults"]) != promise.faults:
        yield f"it names the faults {sorted(health['faults'])}, not {sorted(promise.faults)}"
    if not all(_CHINESE.search(said) and " / " in said for said in health["faults"].values()):
        yield "a fault has no sentence in both languages"
    if health["link"] != promise.link:
        yield f"its link is {health['link']}, not {promise.link}"
    if (health["clock"] != "floor") is not promise.believed:
        yield f"its clock is {health['clock']}"
    if health["rules_stale"]:
        yield "its rules are stale"
    resting = "out_of_order" if promise.out_of_order else "ready"
    if idle and screen != resting:
        yield f"its screen is {screen}, not {resting}"
    if screen in ("ready", "out_of_order") and screen != resting:
        yield f"between two visits its screen is {screen}, not {resting}"


def _nearest(view: View, promises: Sequence[Promise], *, idle: bool) -> list[str]:
    """In which the screen misses the nearest of these."""
    return min((list(_misses(view, promise, idle=idle)) for promise in promises), key=len)


def _verdict(view: View) -> View:
    return view.get("verdict") or {}


def _of_verdict(view: View, promise: Promise) -> Iterator[str]:
    verdict = _verdict(view)
    if verdict["outcome"] != promise.outcome or set(verdict["reasons"]) != promise.reasons:
        yield f"the verdict is {verdict['outcome']} {verdict['reasons']}, not {promise.outcome}"
    if (verdict["sequence"] is not None) is not promise.recorded:
        yield "the passage was recorded" if verdict["sequence"] else "the passage was not recorded"
    if not promise.recorded and verdict["overrulable"]:
        yield "the guard is offered to let him through, though nothing can be kept of it"


def _wait(content: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not content() and time.monotonic() < deadline:
        time.sleep(0.01)
