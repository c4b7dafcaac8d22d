"""Draws docs/lane.md from the lane itself: `python -m tests.station.lane_diagram` writes it, a test compares.

Who handles what stands in the machine's table; which phase follows which is found by trying: every kind of lane that
can be reached is told every signal, until nothing new comes. Nothing here knows what the machine ought to do.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import cache
from inspect import getdoc
from pathlib import Path

from gate.caller import Caller
from gate.clock import ClockState, Moment
from gate.passage import Ground
from gate.policy import Choice, Direction, Rules
from gate.reason import Outcome, Reason
from gate.roster import Health
from gate.temperature import HAND_HELD, Measurement, RetestRule, Site
from station import lane as machine
from station.lane.answers import busy, ignored
from station.view import Barrier
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    BarrierMoved,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    DirectionChosen,
    FormTaken,
    Gathering,
    GuardChanged,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    HealthTold,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    PurposeTold,
    RestBegun,
    RetestBegun,
    Retesting,
    Showing,
    Signal,
    Tick,
    TripTold,
)
from tests.station.played_lane import ANNA, ASKED, BERT, EXPIRED, NOON, TRIPS, a_resident, rules

PAGE = Path(__file__).parents[2] / "docs" / "lane.md"
START = 1000.0
Edges = dict[tuple[str, str], set[str]]

_POLICIES = (
    rules(retest=RetestRule(rest_minutes=0)),
    rules(measure_on=frozenset()),
    rules(measure_on=frozenset({Direction.IN})),
    rules(ask_trip_on=frozenset(Direction)),
    rules(ask_purpose_on=frozenset(Direction), purposes=(Choice("shop", "买菜", "Shopping"),)),
)


def _signals(lane: Lane, seconds: float) -> tuple[Signal, ...]:
    """At least one of each kind, as that lane may hear them."""
    phase = lane.phase
    began = phase.since if isinstance(phase, Gathering) else 0.0
    shown = phase.decided.sequence if isinstance(phase, Showing) else None
    sequence = shown or next((each.sequence for each in lane.recent if each.sequence), 1)
    anna, bert = a_resident("a"), a_resident("b")
    return (
        *(CodesRead(codes) for codes in ((ANNA,), (BERT,), (EXPIRED,), (ASKED, ANNA))),
        NothingSeen(),
        *(Measured(Measurement(celsius, 22.0, "test"), seconds) for celsius in (36.5, 38.5)),
        *(Measured(Measurement(36.5, None, HAND_HELD, site=site), seconds) for site in Site),
        NobodyMeasured(),
        Tick(),
        HealthTold(ASKED.digest, Health.GREEN),
        CameWithoutCode(),
        *(GuardNamed(people) for people in ((anna,), (anna, bert))),
        *(FormTaken(Caller.VISITOR, b"sealed", admit=admit) for admit in (True, False)),
        *(TripTold(began, trip) for trip in TRIPS),
        PurposeTold(began, "shop"),
        DirectionChosen(Direction.OUT),
        Committed(len(lane.recent) + 1),
        CommitFailed(),
        *(GuardSettled(sequence, Outcome.ADMIT, ground) for ground in (Ground.PAPERS_CHECKED, Ground.MEDICAL)),
        GuardSettled(sequence, Outcome.REFUSE, Ground.SENT_BACK),
        GuardSettled(sequence, Outcome.REFER, Ground.MISTAKE),
        GuardDismissed(),
        RestBegun(sequence),
        RetestBegun(sequence),
        AmendmentCommitted(),
        AmendmentFailed(),
        GuardChanged("li"),
        BarrierMoved(Barrier.OPEN),
    )


def _kind(lane: Lane) -> tuple[object, ...]:
    """Lanes of one kind are tried once."""
    phase = lane.phase
    visit = phase if isinstance(phase, Gathering) else None
    shown = phase.decided if isinstance(phase, Showing) else None
    return (
        type(phase).__name__,
        lane.amending is not None and lane.amending.outcome,
        bool(lane.party),
        bool(lane.resting),
        bool(lane.readings),
        visit
        and (
            visit.code and visit.code.digest,
            visit.arrival is not None,
            visit.form is not None,
            visit.trip,
            visit.purpose,
        ),
        shown and (shown.holds, Reason.FEVER in shown.reasons),
        (phase.draft.admit, phase.draft.reasons == ()) if isinstance(phase, Committing) else None,
        (phase.sites, bool(phase.readings)) if isinstance(phase, Retesting) else None,
    )


@cache
def explore() -> Edges:
    """(phase, signal) -> the phases that follow."""
    edges: Edges = defaultdict(set)
    for each in _POLICIES:
        _explore_under(each, edges)
    return edges


def _explore_under(now_rules: Rules, edges: Edges) -> None:
    start = Lane(Direction.IN, both_directions=True)
    known, waiting = {_kind(start)}, [(start, START)]
    while waiting:
        lane, seconds = waiting.pop()
        for later in (0.0, 400.0):
            now = Now(Moment(NOON + timedelta(seconds=later), ClockState.SYNCED), seconds + later)
            for signal in _signals(lane, now.seconds):
                after, _ = machine.step(lane, signal, now_rules, now)
                edges[type(lane.phase).__name__, type(signal).__name__].add(type(after.phase).__name__)
                if _kind(after) not in known:
                    known.add(_kind(after))
                    waiting.append((replace(after, in_view=()), now.seconds))


def _diagram(edges: Edges) -> str:
    """Only what leads from one phase to another; what leads nowhere stands in the table."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (phase, signal), leads_to in edges.items():
        for other in leads_to - {phase}:
            arrows[phase, other].append(signal)
    order = {kind.__name__: number for number, kind in enumerate(machine.PHASES)}
    lines = ["stateDiagram-v2", "    [*] --> Ready"]
    for (phase, other), signals in sorted(arrows.items(), key=lambda each: tuple(order[name] for name in each[0])):
        lines.append(f"    {phase} --> {other}: {', '.join(_by_table(signals))}")
    return "\n".join(lines)


def _by_table(signals: list[str]) -> list[str]:
    order = [kind.__name__ for kind in machine.TABLE]
    return sorted(set(signals), key=order.index)


def _table() -> str:
    head = "| hears | " + " | ".join(phase.__name__ for phase in machine.PHASES) + " |"
    lines = [head, "|---" * (len(machine.PHASES) + 1) + "|"]
    for signal, row in machine.TABLE.items():
        cells = (_cell(row[phase]) for phase in machine.PHASES)
        lines.append(f"| {signal.__name__} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(handler: machine.Handler) -> str:
    if handler is ignored:
        return "–"
    return "refused" if handler is busy else f"`{handler.__name__}`"


def _handlers() -> str:
    named = {handler.__name__: handler for row in machine.TABLE.values() for handler in row.values()}
    lines = ["| does | in | which means |", "|---|---|---|"]
    for name, handler in named.items():
        if handler not in (ignored, busy):
            said = " ".join((getdoc(handler) or "").split("\n\n")[0].split())
            lines.append(f"| `{name}` | `{handler.__module__.removeprefix('station.')}` | {said} |")
    return "\n".join(lines)


def page() -> str:
    """The whole of docs/lane.md."""
    return f"""# The machine of one visit

`station.lane.step(lane, signal, rules, now)` says what becomes of a lane and what the loop must do. It is pure: it
opens nothing and writes nothing, it asks. This page is drawn from it by `python -m tests.station.lane_diagram`.

- **Ready**: nobody's visit.
- **Gathering**: a code was shown, or the guard said who came, and the visit waits for what the rules demand.
- **Committing**: it is decided, and the disk has the word. The barrier opens for `Committed` and a decision without any
  reason, or for `AmendmentCommitted` and the guard's word, and for nothing else.
- **Showing**: the verdict stands on the screen. A green clears itself; anything else waits for the guard or the next
  pass or health code; a foreign code takes nobody's place.
- **Retesting**: somebody with a fever has rested and is measured again. However that ends, it opens nothing by itself.

## What leads from one to another

```mermaid
{_diagram(explore())}
```

## What a lane hears

Every pair has a handler. –: it means nothing there, and nothing happens. refused: the guard reads why.

{_table()}

## What it does then

{_handlers()}
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
