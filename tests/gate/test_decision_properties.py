"""What holds of the rule at the gate for any visit, any policy and any clock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st
from msgspec import structs

from gate.caller import Caller
from gate.clock import ClockState, Moment
from gate.decision import decide, purpose_asked
from gate.evidence import Evidence
from gate.formats.chain import Kind
from gate.hours import Hours, Quota
from gate.permit import Permit, PermitKind
from gate.policy import CallerRule, Direction, GateRule, Policy, Rules, WhenUnknown, Zone
from gate.reason import Outcome, Reason
from gate.roster import Health, Standing
from gate.temperature import judge
from gate.trip import Stay
from tests.gate.any_visit import EVIDENCE, FEVER, HOUR, MOMENTS, PERMITS, RULES
from tests.gate.decision_cases import CERTIFICATE, CODES
from tests.gate.makers import NOON

MANY = settings(max_examples=200)


@MANY
@given(EVIDENCE, RULES, MOMENTS)
def test_nobody_is_admitted_unless_everything_speaks_for_it(evidence: Evidence, rules: Rules, now: Moment) -> None:
    """Of rules, clock, code, person, temperature and answers: each said here in other words than in the ladder."""
    decision = decide(evidence, rules, now)
    if decision.outcome is not Outcome.ADMIT:
        assert decision.reasons
        return
    policy, way = rules.policy, evidence.direction
    assert now.state is not ClockState.FLOOR
    assert NOON.utc - rules.confirmed_at <= timedelta(hours=policy.stale_after_hours)
    assert policy.gate_rule("east").open
    assert way in policy.gate_rule("east").directions
    assert evidence.code.accepted if evidence.code else evidence.named and policy.admit_named
    assert not evidence.replayed
    assert evidence.health in {Health.GREEN} | (set() if policy.demand_health_code else {None})
    assert evidence.trip == () or (evidence.trip is None and way not in policy.ask_trip_on)
    seen = [each for each in (evidence.measurement, *evidence.also_measured) if each is not None]
    assert all(each.celsius is None or not 37.3 <= each.celsius <= 43.0 for each in seen)
    assert way not in policy.measure_on or judge(evidence.measurement, policy.temperature) is None
    _person_may_cross(evidence, rules)


def _person_may_cross(evidence: Evidence, rules: Rules) -> None:
    resident, policy = evidence.resident, rules.policy
    if resident is None:
        assert evidence.code is not None
        assert evidence.code.credential is not None
        assert evidence.code.credential.kind in (Kind.VISITOR, Kind.COURIER)
        assert evidence.code.format == "GC1-GATE"
        carries = Caller.COURIER in (evidence.caller, evidence.code.credential.kind) and policy.deliver_to_door
        visits = evidence.caller in (Caller.RESIDENT, Caller.VISITOR, Caller.COURIER, Caller.VEHICLE)
        assert not visits or carries or policy.zone_of("3") is Zone.OPEN
        return
    assert resident.standing is not Standing.ISOLATED
    assert resident.health not in {Health.RED, Health.YELLOW}
    if evidence.direction is Direction.OUT and not resident.permits:
        assert policy.zone_of(resident.building) is Zone.OPEN
    if resident.standing is Standing.MONITORED and evidence.direction in policy.measure_on:
        assert any(judge(each, policy.temperature) is None for each in evidence.also_measured)


@MANY
@given(EVIDENCE, RULES, MOMENTS)
def test_nobody_is_admitted_where_a_rule_about_presence_cannot_be_answered(
    evidence: Evidence, rules: Rules, now: Moment
) -> None:
    """A quota for somebody without a permit, or his last passage the same way, and other gates that may be unheard."""
    unheard = replace(evidence, trace=replace(evidence.trace, known_since=None))
    policy = structs.replace(rules.policy, when_presence_unknown=WhenUnknown.REFER)
    decision = decide(unheard, replace(rules, policy=policy), now)
    earlier, resident = evidence.earlier, evidence.resident
    lately = earlier is not None and abs(now.utc - earlier.at) < timedelta(hours=policy.same_way_hours)
    same_way = lately and earlier is not None and earlier.direction is evidence.direction
    counted = (
        policy.exit_quota is not None
        and evidence.direction is Direction.OUT
        and resident is not None
        and not resident.permits
        and {resident.caller, evidence.caller} == {Caller.RESIDENT}
    )
    if same_way or counted:
        assert decision.outcome is not Outcome.ADMIT


ADMITTED = {
    "anybody": lambda _evidence, _decision: True,
    "by a permit": lambda _evidence, decision: decision.permit is not None,
    "by a guard's word": lambda evidence, _decision: evidence.code is None,
    "a stranger with a guard's pass": lambda evidence, _decision: evidence.resident is None,
}


@pytest.mark.parametrize("who", ADMITTED)
def test_the_visits_of_these_tests_are_not_all_refused(who: str) -> None:
    """Else they would hold whatever the rule was."""

    def admitted(visit: tuple[Evidence, Rules]) -> bool:
        decision = decide(*visit, NOON)
        return decision.outcome is Outcome.ADMIT and ADMITTED[who](visit[0], decision)

    once = settings(max_examples=5_000, phases=[Phase.generate], derandomize=True, database=None)
    find(st.tuples(EVIDENCE, RULES), admitted, settings=once)


@given(EVIDENCE, RULES | st.none(), MOMENTS)
def test_a_foreign_certificate_by_itself_never_opens_the_gate(
    evidence: Evidence, rules: Rules | None, now: Moment
) -> None:
    alone = replace(evidence, code=CERTIFICATE, resident=None)
    decision = decide(alone, rules, now)
    assert decision.outcome is not Outcome.ADMIT
    assert rules is None or Reason.HOLDER_UNMATCHED in decision.reasons


@given(EVIDENCE, MOMENTS)
def test_a_gate_without_rules_admits_nobody(evidence: Evidence, now: Moment) -> None:
    """It has never heard from its hub."""
    assert Reason.RULES_MISSING in decide(evidence, None, now).reasons


# --- more trouble is never milder ---


def _resident(**changes: object) -> Callable[[Evidence, Rules], tuple[Evidence, Rules]]:
    def change(evidence: Evidence, rules: Rules) -> tuple[Evidence, Rules]:
        assume(evidence.resident is not None)
        assert evidence.resident is not None
        return replace(evidence, resident=structs.replace(evidence.resident, **changes)), rules

    return change


def _trace(**changes: object) -> Callable[[Evidence, Rules], tuple[Evidence, Rules]]:
    return lambda evidence, rules: (
        replace(evidence, trace=replace(evidence.trace, **changes)),  # type: ignore[arg-type]
        rules,
    )


def _evidence(**changes: object) -> Callable[[Evidence, Rules], tuple[Evidence, Rules]]:
    return lambda evidence, rules: (replace(evidence, **changes), rules)  # type: ignore[arg-type]


def _policy(change: Callable[[Policy], Policy]) -> Callable[[Evidence, Rules], tuple[Evidence, Rules]]:
    return lambda evidence, rules: (evidence, replace(rules, policy=change(rules.policy)))


def _gate(**changes: object) -> Callable[[Evidence, Rules], tuple[Evidence, Rules]]:
    return _policy(
        lambda policy: structs.replace(policy, gates={"east": structs.replace(policy.gate_rule("east"), **changes)})
    )


ONE = Quota(1)
TROUBLES: dict[str, Callable[[Evidence, Rules], tuple[Evidence, Rules]]] = {
    "a fever": _evidence(measurement=FEVER),
    "a fever beside": lambda evidence, rules: (
        replace(evidence, also_measured=(*evidence.also_measured, FEVER)),
        rules,
    ),
    "an expired code": _evidence(code=CODES["expired"]),
    "a red code shown": _evidence(health=Health.RED),
    "a red code known": _resident(health=Health.RED),
    "isolation": _resident(standing=Standing.ISOLATED),
    "no permit": _resident(permits=()),
    "a used code": _trace(replayed=True),
    "one more outing": lambda evidence, rules: (
        replace(evidence, trace=replace(evidence.trace, exits=(*evidence.trace.exits, NOON.utc))),
        rules,
    ),
    "a gate that cannot be heard": _trace(known_since=None),
    "no purpose": _evidence(purpose=None),
    "no destination": _evidence(destination=None),
    "a place of risk": lambda evidence, rules: (
        replace(evidence, trip=(*(evidence.trip or ()), Stay("ruili", NOON.utc.date()))),
        rules,
    ),
    "stale rules": lambda evidence, rules: (evidence, replace(rules, confirmed_at=NOON.utc - 400 * HOUR)),
    "a sealed building": _policy(lambda policy: structs.replace(policy, zones={"3": Zone.SEALED, "4": Zone.SEALED})),
    "a closed gate": _gate(open=False),
    "a gate of no direction": _gate(directions=frozenset()),
    "hours of the night": _gate(hours=(Hours("22:00", "05:00"),)),
    "callers of no direction": _policy(
        lambda policy: structs.replace(policy, callers=dict.fromkeys(Caller, CallerRule(frozenset())))
    ),
    "a quota": _policy(lambda policy: structs.replace(policy, exit_quota=policy.exit_quota and ONE)),
    "an answer wanted": _policy(lambda policy: structs.replace(policy, ask_purpose_on=frozenset(Direction))),
    "a health code wanted": _policy(lambda policy: structs.replace(policy, demand_health_code=True)),
    "a code wanted": _policy(lambda policy: structs.replace(policy, admit_named=False)),
    "doubt that counts": _policy(lambda policy: structs.replace(policy, when_presence_unknown=WhenUnknown.REFER)),
}
_GRAVITY = list(Outcome)


@pytest.mark.parametrize("trouble", TROUBLES)
@settings(max_examples=30)
@given(evidence=EVIDENCE, rules=RULES, now=MOMENTS)
def test_more_trouble_never_makes_the_outcome_milder(
    trouble: str, evidence: Evidence, rules: Rules, now: Moment
) -> None:
    """Whatever else was the matter."""
    before = decide(evidence, rules, now).outcome
    after = decide(*TROUBLES[trouble](evidence, rules), now).outcome
    assert _GRAVITY.index(after) >= _GRAVITY.index(before)


@MANY
@given(EVIDENCE, RULES)
def test_a_clock_that_nobody_believes_admits_nobody(evidence: Evidence, rules: Rules) -> None:
    """It may turn a refusal that hangs on the time into the guard's matter; never into a green."""
    decision = decide(evidence, rules, Moment(NOON.utc, ClockState.FLOOR))
    assert decision.outcome is not Outcome.ADMIT
    assert Reason.CLOCK_NOT_BELIEVED in decision.reasons


# --- permits ---

# By kind and way, what leave of the office may take away: written by hand, from what the office is told.
LISTED: dict[PermitKind, dict[Direction, set[Reason]]] = {
    PermitKind.MEDICAL: {
        Direction.OUT: {
            Reason.BUILDING_SEALED, Reason.BUILDING_CONTROLLED, Reason.QUOTA_USED, Reason.OUT_OF_HOURS, Reason.ISOLATED,
        },
        Direction.IN: {Reason.OUT_OF_HOURS, Reason.ISOLATED},
    },
    PermitKind.WORK: {
        Direction.OUT: {Reason.BUILDING_CONTROLLED, Reason.QUOTA_USED, Reason.OUT_OF_HOURS},
        Direction.IN: {Reason.OUT_OF_HOURS},
    },
    PermitKind.GREEN_CHANNEL: {
        way: {
            Reason.BUILDING_SEALED, Reason.BUILDING_CONTROLLED, Reason.QUOTA_USED, Reason.OUT_OF_HOURS,
            Reason.PURPOSE_MISSING,
        }
        for way in Direction
    },
}  # fmt: skip


@settings(max_examples=300)
@given(EVIDENCE, RULES, MOMENTS, PERMITS)
def test_a_permit_takes_away_what_is_listed_for_its_kind_and_nothing_else(
    evidence: Evidence, rules: Rules, now: Moment, permit: Permit
) -> None:
    """Isolation becomes the escort's matter; that a quota cannot be counted goes with the quota."""
    assume(evidence.resident is not None)
    assert evidence.resident is not None
    without = decide(replace(evidence, resident=structs.replace(evidence.resident, permits=())), rules, now)
    with_it = decide(replace(evidence, resident=structs.replace(evidence.resident, permits=(permit,))), rules, now)
    gone = set(without.reasons) - set(with_it.reasons)
    listed = LISTED[permit.kind][evidence.direction]
    if Reason.PRESENCE_UNKNOWN in gone:
        assert Reason.QUOTA_USED in listed
        assert rules.policy.exit_quota is not None
        gone.remove(Reason.PRESENCE_UNKNOWN)
    assert gone <= listed
    assert (Reason.ISOLATED in gone) == (Reason.ESCORT_NEEDED in with_it.reasons)
    assert (with_it.permit is permit) == bool(set(without.reasons) - set(with_it.reasons))
    assert set(with_it.reasons) - set(without.reasons) <= {
        Reason.ESCORT_NEEDED, Reason.RETURNED_LATE, Reason.PRESENCE_UNKNOWN,
    }  # fmt: skip


@given(EVIDENCE, RULES, MOMENTS)
def test_what_the_guard_is_to_ask_is_what_would_be_missed(evidence: Evidence, rules: Rules, now: Moment) -> None:
    """The lane waits for an answer where, and only where, its lack would be held against the visit."""
    unanswered = replace(evidence, purpose=None)
    reasons = decide(unanswered, rules, now).reasons
    if Reason.GATE_CLOSED in reasons:
        # Nobody is asked anything there, and nothing else is said.
        return
    missed = Reason.PURPOSE_MISSING in reasons
    assert not missed or purpose_asked(unanswered, rules, now)
    if evidence.resident is None or not evidence.resident.permits:
        assert purpose_asked(unanswered, rules, now) == missed


@given(EVIDENCE, RULES, MOMENTS)
def test_every_reason_is_said_once(evidence: Evidence, rules: Rules, now: Moment) -> None:
    """A doubt about presence that three rules share is one doubt."""
    reasons = decide(evidence, rules, now).reasons
    assert len(set(reasons)) == len(reasons)


def test_a_gate_says_nothing_of_ways_it_was_not_told_about() -> None:
    """A policy that names no gate, caller or quota is today's: whoever may cross does, at any hour."""
    assert Policy("x").gate_rule("east") == GateRule()
    assert Policy("x").caller_rule(Caller.VISITOR) == CallerRule()
