"""`make demo`: a compound with two gates and an office, on this machine, until Ctrl-C.

Called by `__main__`. Residents come in the rhythm of a day and hold up what they have; a guard settles what the machine
leaves to him, where nobody at the keyboard was quicker. Whoever uses a gate's rehearsal page has it to themselves.
"""

import queue
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

from msgspec import Struct, json

from gate.policy import Direction
from gate.reason import Outcome
from tests.rehearsal import settings
from tests.rehearsal.album import draw_album
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate, NotTaken, Screen, SeenVerdict
from tests.rehearsal.guard import thinks_seconds, word_on
from tests.rehearsal.pictures import blank
from tests.rehearsal.progress import Progress
from tests.rehearsal.resident_at_gate import FRAMES_PER_SECOND, frames, jpeg, what_is_held
from tests.rehearsal.rhythm import Arrival, endless, paced
from tests.rehearsal.scenario import Cast
from tests.rehearsal.town import CLERK, GATES, TODAY, Pass, Town, everybody
from tests.rehearsal.visitors import be_slower_than_the_gates

FROM_HOUR = 11.5  # of the first day: people go both ways
VISIT_SECONDS = 4.0  # of standing before the camera, at most
NEWCOMER_SECONDS = 25.0  # how long a gate stays theirs after the last click
GATE_NAMES = {"east": "东门", "west": "西门"}


class Newcomer(Struct, frozen=True):
    """Whether somebody uses the gate's rehearsal page."""

    seconds_ago: float | None


class Arrivals:
    """The residents who come, handed to each gate in its own order; for several threads."""

    def __init__(self, people: Sequence[object], rng: random.Random) -> None:
        self._lock = threading.Lock()
        self._source = paced(endless(rng, people, TODAY, from_hour=FROM_HOUR), rng)  # type: ignore[arg-type]
        self._waiting: list[queue.SimpleQueue[Arrival]] = [queue.SimpleQueue() for _ in GATES]

    def next_at(self, gate_index: int) -> Arrival:
        with self._lock:
            while self._waiting[gate_index].empty():
                arrival = next(self._source)
                self._waiting[arrival.gate_index].put(arrival)
            return self._waiting[gate_index].get()


class LivelyGate:
    """One gate of the demo, with its residents and its guard, in one thread."""

    def __init__(self, gate: Gate, screen: Screen, view: int, passes: dict[str, Pass], counts: Counter[str]) -> None:
        self._gate, self._screen, self._view, self._passes, self._counts = gate, screen, view, passes, counts
        self._rng = random.Random()
        self._empty_lane = jpeg(blank(random.Random(view), view=view))

    def run(self, arrivals: Arrivals, stop: threading.Event) -> None:
        be_slower_than_the_gates()
        began, late = time.monotonic(), 0.0
        while not stop.is_set():
            arrival = arrivals.next_at(self._view)
            due = began + arrival.offset_seconds + late
            late += max(0.0, time.monotonic() - due)
            stop.wait(max(0.0, due - time.monotonic()))
            while self._newcomer_is_there() and not stop.is_set():
                stop.wait(1.0)
            with suppress(NotTaken):
                self._visit(arrival, stop)

    def _visit(self, arrival: Arrival, stop: threading.Event) -> None:
        text = what_is_held(arrival, self._passes, self._rng)
        before = self._last_sequence()
        verdict = self._stand_there(arrival, text, before, stop)
        self._counts["visits"] += 1
        if stop.is_set() or self._newcomer_is_there():
            return
        if verdict is None:
            verdict = self._ask_the_guard(before)
        if verdict is not None:
            self._counts[verdict.outcome] += 1
            stop.wait(0.8)
        self._clear()
        if verdict is not None and verdict.outcome is not Outcome.ADMIT:
            self._guard_decides(verdict, stop)

    def _stand_there(
        self, arrival: Arrival, text: str | None, before: int | None, stop: threading.Event
    ) -> SeenVerdict | None:
        """Frame after frame until the gate has decided, or the resident gives up."""
        until = time.monotonic() + VISIT_SECONDS
        direction = Direction(arrival.direction)
        for frame in frames(arrival, text, self._view, self._rng):
            self._gate.show(frame, arrival.forehead_celsius, direction)
            if self._screen.until(lambda view: _newer(view.verdict, before), 1 / FRAMES_PER_SECOND):
                return self._screen.view.verdict
            if time.monotonic() > until or stop.is_set():
                break
        return None

    def _ask_the_guard(self, before: int | None) -> SeenVerdict | None:
        """Whoever cannot be read is told to the gate by its guard."""
        self._gate.without_code()
        self._screen.until(lambda view: _newer(view.verdict, before), VISIT_SECONDS)
        verdict = self._screen.view.verdict
        return verdict if _newer(verdict, before) else None

    def _clear(self) -> None:
        """The lane as it looks with nobody in it, until the gate has seen that nobody is."""
        self._gate.show(self._empty_lane, None, wait=2, looks=5)

    def _guard_decides(self, verdict: SeenVerdict, stop: threading.Event) -> None:
        """After some seconds, unless somebody at the keyboard has decided meanwhile."""
        stop.wait(thinks_seconds(self._rng))
        shown = self._screen.view.verdict
        if stop.is_set() or shown is None or shown.sequence != verdict.sequence or shown.settled is not None:
            return
        word = word_on(shown, self._rng)
        if word is not None and shown.sequence is not None:
            self._gate.settle(shown.sequence, *word)
        else:
            self._gate.dismiss()

    def _newcomer_is_there(self) -> bool:
        ago = json.decode(self._gate.get("/rehearsal/newcomer"), type=Newcomer).seconds_ago
        return ago is not None and ago < NEWCOMER_SECONDS

    def _last_sequence(self) -> int | None:
        verdict = self._screen.view.verdict
        return verdict.sequence if verdict else None


def demo(seconds: float | None) -> int:
    """Run until Ctrl-C, or for that long; the exit status."""
    cast, progress = Cast(everybody()), Progress(sys.stdout)
    progress.say("小区正在醒来…… · The compound wakes up ...")
    town = Town(cast.people, settings.DEMO_POLICY, revoked=cast.of("revoked"), pictures=True)
    counts: Counter[str] = Counter()
    began = time.monotonic()
    try:
        with town:
            _play(town, cast, counts, progress, seconds)
    except KeyboardInterrupt:
        pass
    progress.say(f"结束，运行 {time.monotonic() - began:.0f} 秒 · Ended. {_counted(counts)}")
    return 0


def _play(town: Town, cast: Cast, counts: Counter[str], progress: Progress, seconds: float | None) -> None:
    stop = threading.Event()
    with ExitStack() as stack:
        town.await_rules()
        screens = [stack.enter_context(Screen(url)) for url in town.kiosk_urls.values()]
        progress.say(_addresses(town, town.invite(cast.of("free")[0])))
        threads = stack.enter_context(ThreadPoolExecutor(len(GATES) + 1))
        stack.callback(stop.set)  # runs before the threads are waited for
        arrivals = Arrivals(town.people, random.Random())
        gates = [
            LivelyGate(Gate(name, town.kiosk_urls[name]), screens[at], at, town.passes, counts)
            for at, name in enumerate(town.names)
        ]
        running = [threads.submit(gate.run, arrivals, stop) for gate in gates]
        assert town.pictures is not None
        codes = Codes(town.data, datetime.now(UTC))
        running.append(threads.submit(draw_album, town, cast, codes, town.pictures, random.Random(1)))
        ends = time.monotonic() + (seconds if seconds is not None else float("inf"))
        while time.monotonic() < ends:
            progress.draw(f"{_counted(counts)}  {_state(screens)}")
            time.sleep(0.2)
            for each in running:
                if each.done():
                    each.result()


def _newer(verdict: SeenVerdict | None, before: int | None) -> bool:
    return verdict is not None and verdict.sequence is not None and verdict.sequence > (before or 0)


def _counted(counts: Counter[str]) -> str:
    return (
        f"来访 visits {counts['visits']}  放行 admitted {counts[Outcome.ADMIT]}"
        f"  待定 referred {counts[Outcome.REFER]}  拒绝 refused {counts[Outcome.REFUSE]}"
    )


def _state(screens: Sequence[Screen]) -> str:
    healths = [screen.view.health for screen in screens]
    linked = all(health.link == "hub" for health in healths)
    hub = "已连接 connected" if linked else "未连接 away"
    return f"待传 queue {sum(health.queue for health in healths)}  中心 hub {hub}"


def _addresses(town: Town, invitation: str) -> str:
    """Where everything is, Chinese first. invitation: the link that puts a resident's pass onto this computer."""
    lines = [
        "",
        f"  社区办公室 office        {town.hub_url}/    用户 user: {CLERK}  密码 password: {town.clerk_password}",
    ]
    for gate, url in zip(GATES, town.kiosk_urls.values(), strict=True):
        name = GATE_NAMES[gate]
        lines += [f"  {name}值守屏 {gate} kiosk    {url}/", f"  {name}试一试 {gate} rehearsal  {url}/rehearsal"]
    lines += [
        f"  手机通行证 phone pass    {invitation}",
        "",
        f"  所有报文 every message   {town.observe}",
        "",
        f"  {settings.HOUSEHOLDS_SAID}  按 Ctrl-C 结束 · Ctrl-C ends it",
        "",
    ]
    return "\n".join(lines)
