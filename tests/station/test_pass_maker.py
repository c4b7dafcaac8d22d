"""A gate makes temporary passes within its certificate, never two of one number, and every other gate believes them."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.decision import decide
from gate.evidence import Evidence
from gate.passage import Caller
from gate.policy import Direction, Policy, Rules, Zone
from gate.reason import Reason
from gate.wording import Words
from station.pass_maker import Made, PassMaker
from tests.gate.gate_pass_makers import GATE_TRUST, STATION, certificate, trusting_gates
from tests.gate.makers import NOON, STRANGER

SECRET = STATION.private_bytes_raw()
PERSON = "00112233aabbccdd"


@pytest.fixture
def maker(tmp_path: Path) -> PassMaker:
    return PassMaker(SECRET, tmp_path / "passes-made", os.urandom)


def made(maker: PassMaker, **changes: object) -> Made | Words:
    asked = {"trust": GATE_TRUST, "caller": Caller.RESIDENT, "person": PERSON, "building": "", "hours": 4, "now": NOON}
    return maker.make(**(asked | changes))  # type: ignore[arg-type]


def test_what_one_gate_makes_another_believes_until_its_hours_are_over(maker: PassMaker) -> None:
    pass_ = made(maker)
    assert isinstance(pass_, Made)
    credential = read(pass_.text.encode(), GATE_TRUST, NOON).credential
    assert credential is not None
    assert (credential.person, credential.serial) == (PERSON, pass_.leave.serial)
    over = Moment(NOON.utc + timedelta(hours=4), ClockState.SYNCED)
    assert not read(pass_.text.encode(), GATE_TRUST, over).accepted


def test_nobody_gets_more_hours_than_the_certificate_gives(maker: PassMaker) -> None:
    pass_ = made(maker, hours=100)
    assert isinstance(pass_, Made)
    assert pass_.leave.expires_at - pass_.leave.issued_at == timedelta(hours=12)
    assert read(pass_.text.encode(), GATE_TRUST, NOON).accepted


def test_a_visitor_gets_a_pseudonym_of_his_own(maker: PassMaker) -> None:
    first, second = (made(maker, caller=Caller.VISITOR, person=None, building="12A") for _ in range(2))
    assert isinstance(first, Made)
    assert isinstance(second, Made)
    assert first.leave.person != second.leave.person
    assert first.leave.serial != second.leave.serial


def test_a_visitor_to_a_sealed_building_does_not_leave_it_by_the_length_of_its_name(maker: PassMaker) -> None:
    """The pass names the building whole, as the registry and the office's rules write it."""
    for building in ("东方花园一号楼南区东翼甲乙", "x" * 16, "楼" * 32):
        pass_ = made(maker, caller=Caller.VISITOR, person=None, building=building)
        assert isinstance(pass_, Made)
        reading = read(pass_.text.encode(), GATE_TRUST, NOON)
        sealed = Policy(title="winter", zones={building: Zone.SEALED}, measure_on=frozenset())
        verdict = decide(Evidence(Direction.OUT, code=reading), Rules("east", sealed, "1.1", NOON.utc), NOON)
        assert Reason.BUILDING_SEALED in verdict.reasons


def test_numbers_go_on_after_a_restart_and_end_where_the_certificate_ends(tmp_path: Path) -> None:
    few = trusting_gates(certificate(most=3))
    numbers = []
    for _ in range(3):
        again = PassMaker(SECRET, tmp_path / "passes-made", os.urandom)
        pass_ = made(again, trust=few)
        assert isinstance(pass_, Made)
        numbers.append(pass_.leave.number)
    assert numbers == [1, 2, 3]
    refused = made(PassMaker(SECRET, tmp_path / "passes-made", os.urandom), trust=few)
    assert isinstance(refused, Words)
    assert "名额" in refused.zh


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"trust": trusting_gates(certificate(STRANGER))}, "授权"),
        ({"caller": Caller.STAFF}, "这类人"),
        ({"now": Moment(NOON.utc, ClockState.FLOOR)}, "时间"),
        ({"now": Moment(NOON.utc + timedelta(days=60), ClockState.SYNCED)}, "过期"),
    ],
)
def test_what_the_office_did_not_allow_is_refused_in_words_and_uses_up_no_number(
    maker: PassMaker, changes: dict[str, object], says: str
) -> None:
    refused = made(maker, **changes)
    assert isinstance(refused, Words)
    assert says in refused.zh
    assert refused.en
    pass_ = made(maker)
    assert isinstance(pass_, Made)
    assert pass_.leave.number == 1


def test_a_station_without_a_key_makes_none(tmp_path: Path) -> None:
    assert isinstance(made(PassMaker(None, tmp_path / "passes-made", os.urandom)), Words)


@pytest.mark.parametrize("damage", [b"seven\n", b"\xff\xfe"])
def test_a_damaged_counter_makes_no_pass_rather_than_the_same_number_twice(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "passes-made").write_bytes(damage)
    refused = made(PassMaker(SECRET, tmp_path / "passes-made", os.urandom))
    assert isinstance(refused, Words)
    assert "存储" in refused.zh


def test_a_disk_that_refuses_makes_no_pass(tmp_path: Path) -> None:
    """The counter's folder is gone: the number cannot be kept, so no pass may bear it."""
    refused = made(PassMaker(SECRET, tmp_path / "gone" / "passes-made", os.urandom))
    assert isinstance(refused, Words)
