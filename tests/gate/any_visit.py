"""Any visit at all, for hypothesis: evidence, rules and clock, most of them ordinary so that many are admitted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from gate.caller import Caller
from gate.clock import ClockState, Moment
from gate.evidence import ALWAYS, Earlier, Evidence, Trace
from gate.hours import Hours, Per, Quota
from gate.permit import Permit, PermitKind
from gate.policy import CallerRule, Direction, GateRule, Policy, Rules, WhenUnknown, Zone
from gate.roster import Health, Resident, Standing
from gate.temperature import Measurement
from gate.trip import Stay
from tests.gate.decision_cases import CODES, DESTINATIONS, HOUSEHOLD, PERSON, PLACES, PURPOSES
from tests.gate.makers import NOON

HOUR = timedelta(hours=1)
FEVER = Measurement(38.6, 20.0, "rehearsal")
WAYS = st.sampled_from([frozenset(Direction), frozenset({Direction.IN}), frozenset({Direction.OUT}), frozenset()])


def mostly(usual: Any, others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual one in four of five cases; hypothesis shrinks towards it."""
    return st.integers(0, 4).flatmap(lambda drawn: others if drawn == 4 else st.just(usual))


def _hours_ago(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda hours: hours * HOUR)


INSTANTS = _hours_ago(-5, 100).map(lambda ago: NOON.utc - ago)
PERMITS = st.builds(
    lambda id_, kind, begins, lasts, back: Permit(
        id_, kind, NOON.utc - begins, NOON.utc - begins + lasts, NOON.utc - begins + back if back else None
    ),
    st.sampled_from(["0" * 15 + "1", "0" * 15 + "2"]),
    st.sampled_from(PermitKind),
    _hours_ago(-3, 12),
    _hours_ago(1, 12),
    st.none() | _hours_ago(1, 12),
)
RESIDENTS = st.builds(
    Resident,
    st.just(PERSON),
    st.just(HOUSEHOLD),
    st.just("王*明"),
    st.sampled_from(["3", "4"]),
    standing=mostly(Standing.NORMAL, st.sampled_from(Standing)),
    health=mostly(Health.GREEN, st.sampled_from(Health)),
    caller=mostly(Caller.RESIDENT, st.sampled_from(Caller)),
    permits=mostly((), st.lists(PERMITS, max_size=3).map(tuple)),
)
# One of two has leave to see a doctor, and it holds now.
ORDINARY = st.sampled_from(
    [
        Resident(PERSON, HOUSEHOLD, "王*明", "3", permits=permits)
        for permits in ((), (Permit("0" * 15 + "1", PermitKind.MEDICAL, NOON.utc - HOUR, NOON.utc + HOUR),))
    ]
)
MEASUREMENTS = mostly(
    Measurement(36.5, 20.0, "rehearsal"),
    st.none() | st.builds(Measurement, st.none() | st.floats(), st.none() | st.floats(), doubtful=st.booleans()),
)
TRACES = mostly(
    Trace(),
    st.builds(
        Trace,
        st.none() | st.builds(Earlier, st.just("west"), INSTANTS, st.sampled_from(Direction)),
        mostly(False, st.booleans()),
        st.sampled_from([ALWAYS, None, NOON.utc - HOUR, NOON.utc - 24 * HOUR]),
        st.lists(INSTANTS, max_size=3).map(tuple),
        st.none() | st.sampled_from(["0" * 15 + "1", "0" * 15 + "2"]),
    ),
)
_ANYBODY = st.builds(
    Evidence,
    st.sampled_from(Direction),
    mostly(CODES["genuine"], st.none() | st.sampled_from(list(CODES.values()))),
    ORDINARY | st.none() | RESIDENTS,
    MEASUREMENTS,
    TRACES,
    mostly(None, st.none() | st.sampled_from(Health)),
    mostly(None, st.sampled_from([None, (), (Stay("ruili", NOON.utc.date()),), (Stay("gone", NOON.utc.date()),)])),
    mostly(True, st.booleans()),
    mostly("shopping", st.sampled_from([None, "shopping", "fishing"])),
    mostly("market", st.sampled_from([None, "market", "nowhere"])),
    mostly(Caller.RESIDENT, st.sampled_from(Caller)),
    mostly((), st.lists(MEASUREMENTS, max_size=2).map(lambda all_: tuple(each for each in all_ if each is not None))),
)
_STRANGER = st.builds(
    lambda evidence, code: replace(evidence, code=CODES[code], resident=None),
    _ANYBODY,
    st.sampled_from(["gate's visitor", "gate's courier"]),
)
_FOUND = _ANYBODY.map(lambda evidence: replace(evidence, code=None, named=True))
EVIDENCE = st.one_of(_ANYBODY, _ANYBODY, _FOUND, _STRANGER)
HOURS = mostly(
    (),
    st.lists(
        st.builds(Hours, st.sampled_from(["00:00", "06:00", "22:00"]), st.sampled_from(["05:00", "12:00", "12:30"])),
        max_size=2,
    ).map(tuple),
)
POLICIES = st.builds(
    Policy,
    st.just("any"),
    gates=st.dictionaries(
        st.just("east"),
        st.builds(GateRule, mostly(True, st.booleans()), directions=mostly(frozenset(Direction), WAYS), hours=HOURS),
    ),
    zones=st.dictionaries(st.just("3"), st.sampled_from(Zone)),
    deliver_to_door=mostly(frozenset(), st.just(frozenset(Zone))),
    measure_on=mostly(frozenset(Direction), WAYS),
    callers=st.dictionaries(st.sampled_from(Caller), st.builds(CallerRule, WAYS, HOURS), max_size=2),
    exit_quota=mostly(None, st.builds(Quota, st.integers(1, 3), st.integers(1, 4), st.sampled_from(Per))),
    ask_purpose_on=mostly(frozenset(), WAYS),
    purposes=st.just(PURPOSES),
    destinations=st.sampled_from([(), DESTINATIONS]),
    when_presence_unknown=st.sampled_from(WhenUnknown),
    admit_named=st.booleans(),
    same_way_hours=st.sampled_from([16, 0]),
    ask_trip_on=mostly(frozenset(), WAYS),
    risk_places=st.sampled_from([(), PLACES]),
    demand_health_code=mostly(False, st.booleans()),
)
RULES = st.builds(
    Rules, st.just("east"), POLICIES, st.just("1.1"), mostly(HOUR, _hours_ago(0, 400)).map(lambda ago: NOON.utc - ago)
)
MOMENTS = mostly(
    NOON,
    st.builds(
        Moment, st.just(NOON.utc), st.sampled_from(ClockState), st.sampled_from([timedelta(0), timedelta(minutes=9)])
    ),
)
