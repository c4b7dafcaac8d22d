"""The guard's screen for hours: what the browser keeps does not grow with what it has shown.

Rule: growth is measured between two equal loads after the garbage was collected, never against a clock.
"""

import pytest
from msgspec.structs import replace
from playwright.sync_api import CDPSession

from gate.reason import Outcome, Reason
from station.view import KioskView, Person, Screen
from tests.station.desk import decided, ready, verdict
from tests.station.guard import Guard
from tests.station.states import FAMILY, NOTICES, RESTING

pytestmark = pytest.mark.browser

VISITS = 60
# An hour at a busy gate is some 600 visits; five megabytes an hour are 8.5 kB a visit.
MOST_BYTES_A_VISIT = 8500


@pytest.fixture
def guard(guard: Guard) -> Guard:
    """Who finds a family of residents."""
    guard.desk.found = FAMILY
    return guard


def visit(number: int) -> list[KioskView]:
    """Somebody new each time: ready, measured, decided, in the strip."""
    person = Person(f"王*{number}", str(number % 40))
    reason = list(Reason)[number % len(Reason)]
    recent = tuple(verdict(Outcome.ADMIT, sequence=number + at, person=person) for at in range(4))
    waiting = ready(screen=Screen.GATHERING, person=person, awaiting=("temperature",), visit_began=float(number))
    return [
        ready(recent=recent, notices=NOTICES, resting=RESTING),
        replace(waiting, recent=recent),
        replace(decided(reason.outcome, reason, sequence=number, person=person), recent=recent),
    ]


def shows(guard: Guard, begin: int, many: int) -> None:
    """Each view is drawn before the next one comes; the camera goes on all the while."""
    for number in range(begin, begin + many):
        for view in visit(number):
            guard.desk.put(replace(view, lane=f"{number}-{view.screen}"))
            guard.page.wait_for_function(
                "lane => document.getElementById('lane').textContent === lane", arg=f"{number}-{view.screen}"
            )
        if number % 10 == 0:
            looks_somebody_up(guard)


def looks_somebody_up(guard: Guard) -> None:
    guard.lane(ready(lane="search"), "ready")
    guard.touches("#no-phone")
    guard.types("WM")
    guard.page.locator("#finder-found .taken").first.wait_for()
    guard.touches("#finder-back")


def kept(tools: CDPSession) -> dict[str, float]:
    """Bytes of JavaScript, nodes and listeners that are still held."""
    tools.send("HeapProfiler.collectGarbage")
    tools.send("HeapProfiler.collectGarbage")
    told = tools.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in told}


def test_memory_is_flat_over_many_visits(guard) -> None:
    """The second of two equal loads adds no nodes, no listeners and next to no bytes to the first."""
    tools = guard.page.context.new_cdp_session(guard.page)
    tools.send("Performance.enable")
    shows(guard, 0, VISITS)
    guard.lane(ready(lane="1", recent=()), "ready")
    before = kept(tools)
    shows(guard, VISITS, VISITS)
    guard.lane(ready(lane="1", recent=()), "ready")
    after = kept(tools)
    grown = {name: after[name] - before[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}
    assert grown["JSHeapUsedSize"] < MOST_BYTES_A_VISIT * VISITS, grown
    assert grown["Nodes"] < VISITS, grown
    assert grown["JSEventListeners"] < VISITS, grown
    print(f"grown over {VISITS} visits: {grown}")
