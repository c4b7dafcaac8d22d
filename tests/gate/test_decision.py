"""The rule pinned on the gate, held to its golden cases and to what may never happen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.decision import Earlier, Evidence, Trace, decide
from gate.policy import Direction, GateRule, Policy, Rules, Zone
from gate.reason import GRAVE, Outcome, Reason, worst
from gate.roster import Health, Resident, Standing
from gate.temperature import Measurement, TemperatureLimits, judge
from gate.trip import Stay
from tests.gate.decision_cases import CASES, CERTIFICATE, CODES, PLACES, evidence_of, moment_of, rules_of
from tests.gate.makers import NOON, a_pass, trust


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
def test_golden(case: dict[str, Any]) -> None:
    decision = decide(evidence_of(case), rules_of(case), moment_of(case))
    assert [str(reason) for reason in decision.reasons] == case["expect"]["reasons"]
    assert decision.outcome == case["expect"]["outcome"]
    assert (decision.permit.kind if decision.permit else None) == case["expect"].get("permit")


def test_the_golden_cases_speak_of_every_reason_that_the_ladder_can_give() -> None:
    spoken = {reason for case in CASES for reason in case["expect"]["reasons"]}
    of_the_code_alone = {"code_damaged", "key_unknown", "forged", "other_community", "not_yet_valid", "revoked"} | {
        "wrong_use",
        "code_not_fresh",
    }
    of_other_visits = {"parts_missing", "unannounced", "returnee"}
    assert set(Reason) - of_the_code_alone - of_other_visits - {"unrecorded"} == spoken


EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(Direction),
    st.sampled_from([CODES["none"], CODES["genuine"], CODES["foreign"], CODES["expired"], CERTIFICATE]),
    st.none()
    | st.builds(
        Resident,
        st.just("00112233aabbccdd"),
        st.just("ffeeddccbbaa0099"),
        st.just("王*明"),
        st.sampled_from(["3", "4"]),
        standing=st.sampled_from(Standing),
        health=st.sampled_from(Health),
    ),
    st.none() | st.builds(Measurement, st.none() | st.floats(), st.none() | st.floats()),
    st.builds(
        Trace,
        st.none()
        | st.builds(
            Earlier,
            st.just("west"),
            st.integers(-5, 100).map(lambda hours: NOON.utc - timedelta(hours=hours)),
            st.sampled_from(Direction),
        ),
        st.booleans(),
    ),
    st.none() | st.sampled_from(Health),
    st.sampled_from([None, None, (), (Stay("ruili", NOON.utc.date()),), (Stay("gone", NOON.utc.date()),)]),
)
RULES = st.none() | st.builds(
    Rules,
    st.just("east"),
    st.builds(
        Policy,
        st.just("any"),
        gates=st.dictionaries(st.just("east"), st.builds(GateRule, open=st.booleans())),
        zones=st.dictionaries(st.just("3"), st.sampled_from(Zone)),
        ask_trip_on=st.sampled_from([frozenset(), frozenset(), frozenset(Direction), frozenset({Direction.IN})]),
        risk_places=st.sampled_from([(), PLACES]),
        demand_health_code=st.booleans(),
    ),
    st.just("1.1"),
    st.integers(0, 400).map(lambda hours: NOON.utc - timedelta(hours=hours)),
)


@given(EVIDENCE, RULES, st.sampled_from(ClockState))
def test_nobody_is_admitted_unless_everything_speaks_for_it(
    evidence: Evidence, rules: Rules | None, clock: ClockState
) -> None:
    decision = decide(evidence, rules, Moment(NOON.utc, clock))
    if decision.outcome is not Outcome.ADMIT:
        assert decision.reasons
        return
    assert rules is not None
    assert clock is not ClockState.FLOOR
    assert NOON.utc - rules.confirmed_at <= timedelta(hours=rules.policy.stale_after_hours)
    assert rules.policy.gate_rule("east").open
    assert evidence.code is not None
    assert evidence.code.accepted
    assert evidence.resident is not None
    assert evidence.resident.standing is not Standing.ISOLATED
    assert evidence.resident.health not in {Health.RED, Health.YELLOW}
    assert evidence.measurement is not None
    assert 35.0 <= (evidence.measurement.celsius or 0) < 37.3
    assert evidence.measurement.ambient_celsius is not None
    assert not evidence.replayed
    assert evidence.trip == () or (evidence.trip is None and evidence.direction not in rules.policy.ask_trip_on)
    assert evidence.health in {Health.GREEN} | (set() if rules.policy.demand_health_code else {None})
    earlier = evidence.earlier
    assert (
        earlier is None or earlier.direction is not evidence.direction or NOON.utc - earlier.at >= timedelta(hours=16)
    )


@given(EVIDENCE, RULES, st.sampled_from(ClockState))
def test_a_foreign_certificate_by_itself_never_opens_the_gate(
    evidence: Evidence, rules: Rules | None, clock: ClockState
) -> None:
    alone = replace(evidence, code=CERTIFICATE, resident=None)
    decision = decide(alone, rules, Moment(NOON.utc, clock))
    assert decision.outcome is not Outcome.ADMIT
    assert rules is None or Reason.HOLDER_UNMATCHED in decision.reasons


def test_a_pass_that_ends_during_the_visit_does_not_turn_green() -> None:
    """Read a second before its end, decided at its end: what counts is the moment of the decision."""
    ends = NOON.utc + timedelta(seconds=1)
    evidence = replace(evidence_of({}), code=read(a_pass(expires_at=ends), trust(), NOON))
    assert decide(evidence, rules_of({}), NOON).outcome is Outcome.ADMIT
    assert decide(evidence, rules_of({}), Moment(ends, ClockState.SYNCED)).reasons == (Reason.EXPIRED,)


@given(st.lists(st.sampled_from(Reason)))
def test_the_worst_reason_gives_the_outcome_whatever_the_order(reasons: list[Reason]) -> None:
    assert worst(reasons) == worst(reversed(reasons))
    assert (worst(reasons) is Outcome.ADMIT) == (not reasons)
    assert (worst(reasons) is Outcome.REFUSE) == any(reason.outcome is Outcome.REFUSE for reason in reasons)


def test_grave_reasons_all_refuse_and_are_not_a_guards_to_overrule_by_default() -> None:
    assert all(reason.outcome is Outcome.REFUSE for reason in GRAVE)
    assert not GRAVE & Policy("default").overrulable


@pytest.mark.parametrize(
    "limits",
    [{"fever_celsius": 34.0}, {"too_low_celsius": 20.0}, {"fever_celsius": 60.0}, {"ambient_low_celsius": 50.0}],
)
def test_limits_that_would_let_a_fever_through_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"must (rise|be below)"):
        msgspec.convert(limits, TemperatureLimits)


@given(st.floats(37.3, 43.0), st.none() | st.floats())
def test_a_fever_is_a_fever_at_any_ambient(celsius: float, ambient: float | None) -> None:
    assert judge(Measurement(celsius, ambient), TemperatureLimits()) is Reason.FEVER
