"""`make soak ONLY=lane_hour`: a visit a second for an hour at one lane, on one core, with the guard's page open.

Called by `campaigns`. What is measured: how long each decision took, from the frame in hand to the commit; how much the
station's process and the page in Chromium grow. Rule: what came of every visit is held against the scenario's literals,
as in smoke; below five minutes nothing is judged by time, and visits come as fast as the lane takes
them; below half an hour nothing is judged by memory.
"""

import os
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.conftest import CHROMIUM, QUIET
from tests.rehearsal import settings
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate, Screen
from tests.rehearsal.processes import Process
from tests.rehearsal.progress import Progress
from tests.rehearsal.scenario import Cast, Visit, visits
from tests.rehearsal.slopes import MEGABYTE, Sample, course, megabytes_an_hour, resident_megabytes, settled
from tests.rehearsal.smoke import SEED, percentiles
from tests.rehearsal.town import Town, everybody
from tests.rehearsal.verdicts import Account, Told, account
from tests.rehearsal.visitors import Visitors, be_slower_than_the_gates

HOUR_SECONDS = 3600.0
VISITS_A_MINUTE = 60
JUDGED_FROM_SECONDS = 300.0
# In less time a heap that breathes by 10 MB looks as if it grew, or shrank, by more than an hour allows.
MEMORY_JUDGED_FROM_SECONDS = 1800.0
MOST_DECISION_MS = 50.0
MOST_KIOSK_MEGABYTES_AN_HOUR = 5.0
# A station of 200 MB that grew by this would still run for weeks; a leak of one frame or record a visit shows at once.
MOST_STATION_MEGABYTES_AN_HOUR = 5.0
SAMPLE_SECONDS = 10.0
CATCH_UP_SECONDS = 60.0
FRAMES_PER_SECOND = 15  # as at a real gate
FIRST = "-10"  # as nice(2) counts, for the whole session
Figures = dict[str, object]


def lane_hour(scale: float) -> Figures:
    """The whole hour, or that share of it."""
    seconds = HOUR_SECONDS * scale
    count, rng, progress = max(10, round(seconds * VISITS_A_MINUTE / 60)), random.Random(SEED), Progress(sys.stderr)
    judged = seconds >= JUDGED_FROM_SECONDS
    cast = Cast(everybody())
    with Town(cast.people, settings.BRISK_POLICY, cast.of("revoked"), frames_per_second=FRAMES_PER_SECOND) as town:
        town.await_rules()
        name, other = town.names
        town.stations.pop(other).end()
        core = pin_to_one_core(town.stations[name])
        with Screen(town.kiosk_urls[name]) as screen, open_page(town.kiosk_urls[name]) as page:
            queue = Queue(town, name, visits(count, cast, rng), 60 / VISITS_A_MINUTE if judged else 0.0)
            memory = watch(queue, Memory(town.stations[name].pid, page), SAMPLE_SECONDS if judged else 1.0, progress)
            caught_up = screen.until(lambda view: view.health.queue == 0, CATCH_UP_SECONDS)
        complaints = [*town.end_processes(), *([] if caught_up else ["the station still waits for receipts"])]
        made = account(town.databases, town.registry, queue.told)
    for complaint in (*complaints, *made.wrong.values(), *memory.complaints):
        progress.say(complaint)
    complaints += memory.complaints
    return {"core": core, **told_of(queue, made), **memory.figures(), **failings(made, memory, complaints, seconds)}


def told_of(queue: "Queue", made: Account) -> Figures:
    return {
        "shown": queue.count, "per_minute": queue.per_minute, "decided": made.decided, "unreadable": made.unreadable,
        "journaled": made.journaled, "registered": made.registered, "decision_ms": percentiles(made.took_ms),
    }  # fmt: skip


def failings(made: Account, memory: "Memory", complaints: Sequence[str], seconds: float) -> Figures:
    """Counts of what may not be. Slow or grown is nothing that a short run can be."""
    slow, grown = seconds >= JUDGED_FROM_SECONDS, seconds >= MEMORY_JUDGED_FROM_SECONDS
    slowest = percentiles(made.took_ms)["p99"] or 0.0
    return {
        "lost": len(made.lost), "doubled": len(made.doubled), "wrong": len(made.wrong), "not_ended": len(complaints),
        "slow": int(slow and slowest > MOST_DECISION_MS), "grown": memory.grown if grown else 0,
    }  # fmt: skip


def pin_to_one_core(station: Process) -> int:
    """All its threads, and those that it begins later, share the last core; which one.

    A gate has that core to itself. Here the town that plays the world needs it too, and comes second where the kernel
    lets us say so (as root, by the priority of the station's session).
    """
    core = max(os.sched_getaffinity(0))
    for thread in os.listdir(f"/proc/{station.pid}/task"):
        os.sched_setaffinity(int(thread), {core})
    with suppress(OSError):
        Path(f"/proc/{station.pid}/autogroup").write_text(FIRST)
    return core


class Queue:
    """Those who come to one lane, in a thread of its own: one every `every_seconds`, or one after the other.

    Somebody who comes while the lane is still busy waits, and does not make those after him come later.
    """

    def __init__(self, town: Town, station: str, planned: Sequence[Visit], every_seconds: float) -> None:
        self.told: list[Told] = []
        self.count = len(planned)
        self.per_minute = 0.0
        self._town, self._station, self._planned, self._every = town, station, planned, every_seconds
        self._codes = Codes(town.data, datetime.now(UTC))
        self._wrong: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="queue", daemon=True)
        self._thread.start()

    @property
    def all_gone(self) -> bool:
        """Raises what went wrong in a visit."""
        if self._wrong is not None:
            raise self._wrong
        return not self._thread.is_alive()

    def _run(self) -> None:
        be_slower_than_the_gates()
        try:
            with closing(Gate(self._station, self._town.kiosk_urls[self._station])) as gate:
                self._come(Visitors(gate, 0, self._town.passes, self._codes, random.Random(SEED)))
        except Exception as wrong:
            self._wrong = wrong

    def _come(self, visitors: Visitors) -> None:
        began = time.monotonic()
        for at, visit in enumerate(self._planned):
            time.sleep(max(0.0, began + at * self._every - time.monotonic()))
            self.told.append(visitors.come(visit))
            self.per_minute = round(len(self.told) * 60 / max(self._every, time.monotonic() - began), 1)


@dataclass
class OpenPage:
    """The guard's page, and Chromium's own word on it."""

    page: Page
    devtools: CDPSession
    complaints: list[str] = field(default_factory=list)

    def heap_megabytes(self) -> float:
        """The page's JavaScript heap, all garbage collected."""
        self.devtools.send("HeapProfiler.collectGarbage")
        used: float = self.devtools.send("Runtime.getHeapUsage")["usedSize"]
        return used / MEGABYTE

    def elements(self) -> int:
        """Nodes that are alive, on the page or off it."""
        nodes: int = self.devtools.send("Memory.getDOMCounters")["nodes"]
        return nodes


class Memory:
    """What station and page hold, sampled while they work. complaints: what the page's scripts stumbled over."""

    def __init__(self, station: int, page: OpenPage) -> None:
        self._pid, self._page = station, page
        self._began = time.monotonic()
        self._station: list[Sample] = []
        self._heap: list[Sample] = []
        self._nodes: list[int] = []

    @property
    def complaints(self) -> list[str]:
        return self._page.complaints

    def sample(self) -> None:
        seconds = time.monotonic() - self._began
        self._station.append((seconds, resident_megabytes(self._pid)))
        self._heap.append((seconds, self._page.heap_megabytes()))
        self._nodes.append(self._page.elements())

    @property
    def grown(self) -> int:
        """How many of the two grow by more than they may."""
        station, heap = megabytes_an_hour(self._station), megabytes_an_hour(self._heap)
        limits = ((station, MOST_STATION_MEGABYTES_AN_HOUR), (heap, MOST_KIOSK_MEGABYTES_AN_HOUR))
        return sum(slope is None or slope > most for slope, most in limits)

    def figures(self) -> Figures:
        return {
            "seconds": round(self._station[-1][0]),
            "samples": len(self._station),
            "station_mb": _span(self._station),
            "station_mb_course": course(self._station),
            "station_mb_an_hour": megabytes_an_hour(self._station),
            "kiosk_heap_mb": _span(self._heap),
            "kiosk_heap_mb_an_hour": megabytes_an_hour(self._heap),
            "kiosk_nodes": [min(self._nodes), max(self._nodes)],
            "load": round(os.getloadavg()[1], 2),
        }


def watch(queue: Queue, memory: Memory, every_seconds: float, progress: Progress) -> Memory:
    """In the main thread, which alone may speak with the browser, until everybody has gone."""
    memory.sample()
    while not queue.all_gone:
        progress.draw(f"{len(queue.told)} of {queue.count} visits, {queue.per_minute:.0f} a minute")
        time.sleep(every_seconds)
        memory.sample()
    return memory


@contextmanager
def open_page(url: str) -> Iterator[OpenPage]:
    """The guard's page in Debian's Chromium, at the size of the gate's screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            devtools = page.context.new_cdp_session(page)
            seen = OpenPage(page, devtools)
            page.on("pageerror", lambda wrong: seen.complaints.append(f"the page stumbled: {wrong}"))
            page.goto(url)
            page.wait_for_selector("html[data-screen]")
            yield seen
        finally:
            browser.close()


def _span(samples: Sequence[Sample]) -> list[float]:
    """Least and most after the warm-up."""
    figures = [figure for _, figure in settled(samples)]
    return [round(min(figures), 1), round(max(figures), 1)]
