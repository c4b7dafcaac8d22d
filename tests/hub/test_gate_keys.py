"""Only what the office allowed a station to sign stands in its certificate, and a new key voids the one before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.passage import Caller
from hub.registry import Change, Registry, gate_keys, opened, stations
from hub.registry.gate_keys import Allowance
from hub.registry.stations import Station

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
MAY = Allowance(frozenset({Caller.RESIDENT, Caller.VISITOR}), 12, 50, NOW, NOW + timedelta(days=30))
PUBLIC = bytes(range(32))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path / "registry.sqlite", NOW, "yuyuan") as registry:
        registry.run(lambda each: stations.add(each, Station("east-1", "east", "1", "in"), NOW))
        registry.run(lambda each: gate_keys.put(each, "east-1", PUBLIC, NOW))
        registry.touched.clear()
        yield registry


def certified(registry: Registry) -> list[tuple[str, bytes, int]]:
    return [(each.station, each.public, each.most) for each in gate_keys.certificates(gate_keys.listed(registry))]


def test_a_key_signs_nothing_until_the_office_allows_it(registry: Registry) -> None:
    assert [each.allowance for each in gate_keys.listed(registry)] == [None]
    assert certified(registry) == []


def test_what_was_allowed_stands_in_the_certificate_and_the_gates_are_told(registry: Registry) -> None:
    assert registry.run(lambda each: gate_keys.allow(each, "east-1", MAY))
    assert certified(registry) == [("east-1", PUBLIC, 50)]
    assert registry.touched == {Change.TRUST}


def test_withdrawing_and_a_new_identity_each_end_it(registry: Registry) -> None:
    registry.run(lambda each: gate_keys.allow(each, "east-1", MAY))
    registry.run(lambda each: gate_keys.allow(each, "east-1", None))
    assert certified(registry) == []
    registry.run(lambda each: gate_keys.allow(each, "east-1", MAY))
    registry.run(lambda each: gate_keys.put(each, "east-1", bytes(32), NOW))
    assert certified(registry) == []


def test_a_station_without_a_key_cannot_be_allowed_anything(registry: Registry) -> None:
    assert not registry.run(lambda each: gate_keys.allow(each, "west-1", MAY))
