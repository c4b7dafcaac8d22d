"""A temporary pass says what its gate let somebody do, and its gate's certificate bounds it."""

from datetime import timedelta

import pytest

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.decision import decide
from gate.evidence import Evidence
from gate.formats.chain import Kind
from gate.passage import Caller
from gate.policy import Direction, Policy, Rules
from gate.reason import Reason
from tests.gate.gate_pass_makers import GATE_TRUST, LEAVE, MADE, a_gate_pass, certificate, trusting_gates
from tests.gate.makers import NOON, STRANGER


def test_a_visitors_pass_says_for_whom_where_to_and_who_made_it() -> None:
    credential = read(a_gate_pass(), GATE_TRUST, NOON).credential
    assert credential is not None
    assert (credential.kind, credential.person, credential.serial) == (Kind.VISITOR, LEAVE.person, LEAVE.serial)
    assert (credential.issued_at, credential.expires_at) == (MADE, LEAVE.expires_at)
    assert credential.claims == {"station": "east-1", "number": "7", "building": "3"}


def test_it_fits_a_qr_code_that_a_phone_can_photograph_off_the_screen() -> None:
    """QR version 8-M holds 218 alphanumeric characters; a wallet card's pass has about as many."""
    assert len(a_gate_pass()) <= 240


@pytest.mark.parametrize("caller", [Caller.RESIDENT, Caller.VISITOR, Caller.COURIER, Caller.STAFF])
def test_each_kind_is_believed_where_the_certificate_names_it_and_only_there(caller: Caller) -> None:
    code = a_gate_pass(caller=caller)
    only_this = trusting_gates(certificate(callers=frozenset({caller})))
    others = trusting_gates(certificate(callers=frozenset(Caller) - {caller}))
    assert read(code, only_this, NOON).accepted
    assert read(code, others, NOON).reasons == (Reason.WRONG_USE,)


def test_a_gate_whose_certificate_was_withdrawn_makes_no_passes_any_more() -> None:
    """Also those that it made before: the office withdraws a certificate when a station was stolen."""
    withdrawn = trusting_gates(certificate(STRANGER, station="west-1"))
    assert read(a_gate_pass(), withdrawn, NOON).reasons == (Reason.KEY_UNKNOWN,)


def test_under_a_clock_that_is_not_believed_it_is_the_guards_matter() -> None:
    """A gate that came back from a power cut in the past neither refuses nor admits it."""
    floor = Moment(MADE - timedelta(days=3), ClockState.FLOOR)
    reading = read(a_gate_pass(), GATE_TRUST, floor)
    assert reading.accepted
    rules = Rules("east", Policy(title="winter", measure_on=frozenset()), "1.1", floor.utc)
    assert Reason.CLOCK_NOT_BELIEVED in decide(Evidence(Direction.IN, code=reading), rules, floor).reasons
