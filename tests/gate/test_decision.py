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
from gate.decision import decide
from gate.policy import Policy
from gate.reason import GRAVE, Outcome, Reason, worst
from gate.temperature import Measurement, TemperatureLimits, judge
from tests.gate.decision_cases import CASES, evidence_of, moment_of, rules_of
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
    of_other_visits = {"parts_missing"}
    assert set(Reason) - of_the_code_alone - of_other_visits - {"unrecorded"} == spoken


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
