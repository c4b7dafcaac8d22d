"""The rule pinned on the gate: from the evidence of one visit to a decision.

`decide` is a ladder of small checks that reads like the notice at the gate. Every rung that objects adds its reason;
the worst reason gives the outcome. Anything uncertain is REFER, never ADMIT (rule 7 of the house).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gate.caller import Caller
from gate.clock import Moment
from gate.credential import CodeReading
from gate.names import Pseudonym
from gate.permit import Permit
from gate.policy import Direction, Rules, Zone
from gate.reason import Outcome, Reason, worst
from gate.roster import Health, Resident, Standing
from gate.temperature import Measurement, judge
from gate.trip import Trip

_HEALTH_REASONS = {Health.RED: Reason.HEALTH_RED, Health.YELLOW: Reason.HEALTH_YELLOW}
_ZONE_REASONS = {Zone.SEALED: Reason.BUILDING_SEALED, Zone.CONTROLLED: Reason.BUILDING_CONTROLLED}

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""Since when it is known what somebody did of whom nothing can have been missed."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier passage of the person whom the code names: at which gate, when, which way."""

    gate: str
    at: datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class Trace:
    """What the gates of the compound remember of a person and his code.

    earlier: his last passage that is known. replayed: this very code of a phone has let somebody through before;
    `earlier` is that passage then. known_since: since when nothing of what any gate let through can have been missed;
    None: nobody can tell even now. exits: known ones of whoever his quota counts together, in any order, as far back as
    its period. out_under: the permit that his last exit used.
    """

    earlier: Earlier | None = None
    replayed: bool = False
    known_since: datetime | None = ALWAYS
    exits: tuple[datetime, ...] = ()
    out_under: Pseudonym | None = None

    def knows(self, since: datetime) -> bool:
        """Whether every crossing since then is known."""
        return self.known_since is not None and self.known_since <= since


NO_TRACE = Trace()
"""Nothing can have been missed, and there was nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a visit has shown so far. resident: the roster's entry of the person whom the code names, or the guard.

    health: the colour of the province's health code that was shown, UNKNOWN where nobody could tell it; None where
    none was shown.
    trip: what was answered about places of risk; None: nobody asked. purpose, destination: ids of what was answered.
    trace: what the gates remember. named: the guard found him on the roster, and no code was shown.
    caller: as what he comes where neither roster nor pass says so. also_measured: readings beside `measurement`.
    """

    direction: Direction
    code: CodeReading | None = None
    resident: Resident | None = None
    measurement: Measurement | None = None
    trace: Trace = NO_TRACE
    health: Health | None = None
    trip: Trip | None = None
    named: bool = False
    purpose: str | None = None
    destination: str | None = None
    caller: Caller = Caller.RESIDENT
    also_measured: tuple[Measurement, ...] = ()

    @property
    def earlier(self) -> Earlier | None:
        return self.trace.earlier

    @property
    def replayed(self) -> bool:
        return self.trace.replayed


@dataclass(frozen=True, slots=True)
class Decision:
    """Every reason that was found, in the order of the ladder; no reason means the gate opens.

    permit: the one that took a reason away.
    """

    reasons: tuple[Reason, ...]
    permit: Permit | None = None

    @property
    def outcome(self) -> Outcome:
        return worst(self.reasons)


def decide(evidence: Evidence, rules: Rules | None, now: Moment) -> Decision:
    """Climb the whole ladder. `rules` is None at a gate that has never heard from its hub: nobody is admitted."""
    if rules is None:
        return Decision((Reason.RULES_MISSING, *_code_reasons(evidence)))
    return Decision(
        (
            *_gate_is_open(rules),
            *_rules_are_fresh(rules, now),
            *_clock_is_believed(evidence, now),
            *_code_reasons(evidence),
            *_code_still_holds(evidence, rules, now),
            *_code_is_used_once(evidence),
            *_resident_is_known(evidence),
            *_resident_did_not_just_go_that_way(evidence, rules, now),
            *_resident_is_free_to_cross(evidence),
            *_health_code_allows(evidence, rules),
            *_building_is_free_to_leave(evidence, rules),
            *_trip_bears_no_risk(evidence, rules),
            *_temperature_is_normal(evidence, rules),
        )
    )


def _gate_is_open(rules: Rules) -> Iterator[Reason]:
    if not rules.policy.gate_rule(rules.gate).open:
        yield Reason.GATE_CLOSED


def _rules_are_fresh(rules: Rules, now: Moment) -> Iterator[Reason]:
    if now.utc - rules.confirmed_at > timedelta(hours=rules.policy.stale_after_hours):
        yield Reason.RULES_STALE


def _clock_is_believed(evidence: Evidence, now: Moment) -> Iterator[Reason]:
    """Neither now nor when the code was read: a clock that was set during the visit came too late for the code."""
    read_at = evidence.code.read_at if evidence.code is not None else None
    if not now.believed or (read_at is not None and not read_at.believed):
        yield Reason.CLOCK_NOT_BELIEVED


def _code_reasons(evidence: Evidence) -> tuple[Reason, ...]:
    return (Reason.NO_CODE,) if evidence.code is None else evidence.code.reasons


def _code_is_used_once(evidence: Evidence) -> Iterator[Reason]:
    if evidence.replayed:
        yield Reason.REPLAYED


def _code_still_holds(evidence: Evidence, rules: Rules, now: Moment) -> Iterator[Reason]:
    """Between reading and decision a visit waits, a code stays in view, and a clock may be set."""
    credential = evidence.code.credential if evidence.code is not None else None
    if credential is None:
        return
    earliest, latest = now.utc - now.drift, now.utc + now.drift
    if credential.expires_at is not None and credential.expires_at <= latest:
        yield Reason.EXPIRED
    elif now.believed and latest < credential.issued_at:
        yield Reason.NOT_YET_VALID
    # The phone has done its part once its code was read; the visit may wait for a temperature.
    patience = timedelta(seconds=rules.policy.patience_seconds(evidence.direction))
    if credential.fresh_until is not None and credential.fresh_until + patience < earliest:
        yield Reason.CODE_NOT_FRESH


def _resident_is_known(evidence: Evidence) -> Iterator[Reason]:
    """A genuine pass of somebody who is not (or no longer) on the roster is the guard's matter.

    So is a foreign certificate: that it is genuine says nothing of whether its holder lives here.
    """
    credential = evidence.code.credential if evidence.code is not None else None
    if credential is None or evidence.resident is not None:
        return
    yield Reason.HOLDER_UNMATCHED if credential.person is None else Reason.NOT_ON_ROSTER


def _resident_did_not_just_go_that_way(evidence: Evidence, rules: Rules, now: Moment) -> Iterator[Reason]:
    """Whoever went in and was not seen to come out may have lent his pass; the gates' clocks may differ a little."""
    earlier = evidence.earlier
    if earlier is None or earlier.direction is not evidence.direction:
        return
    if abs(now.utc - earlier.at) < timedelta(hours=rules.policy.same_way_hours):
        yield Reason.SAME_WAY_TWICE


def _resident_is_free_to_cross(evidence: Evidence) -> Iterator[Reason]:
    resident = evidence.resident
    if resident is None:
        return
    if resident.standing is Standing.ISOLATED:
        yield Reason.ISOLATED


def _health_code_allows(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """What the office last learned of somebody and what he shows: the graver colour counts."""
    known = evidence.resident.health if evidence.resident is not None else Health.UNKNOWN
    colours = (known, evidence.health)
    for colour, reason in _HEALTH_REASONS.items():
        if colour in colours:
            yield reason
            return
    demanded = evidence.health is None and rules.policy.demand_health_code
    if demanded or evidence.health is Health.UNKNOWN:
        yield Reason.HEALTH_CODE_UNREAD


def _building_is_free_to_leave(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """Zones bind whoever leaves; nobody is kept from going home."""
    if evidence.resident is None or evidence.direction is Direction.IN:
        return
    zone = rules.policy.zone_of(evidence.resident.building)
    if zone in _ZONE_REASONS:
        yield _ZONE_REASONS[zone]


def _trip_bears_no_risk(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """A place that is no longer on the list was asked by older rules: that answer is none."""
    if evidence.trip is None:
        if evidence.direction in rules.policy.ask_trip_on:
            yield Reason.TRIP_UNKNOWN
        return
    places = [(rules.policy.risk_place(stay.place), stay.last_day) for stay in evidence.trip]
    if any(place is None for place, _ in places):
        yield Reason.TRIP_UNKNOWN
    if any(place is not None and place.counts(day) for place, day in places):
        yield Reason.RISK_PLACE


def _temperature_is_normal(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """Where the policy does not ask for a temperature, none is missed; a fever that was seen counts all the same."""
    if evidence.measurement is None and evidence.direction not in rules.policy.measure_on:
        return
    objection = judge(evidence.measurement, rules.policy.temperature)
    if objection is not None:
        yield objection
