"""`gate-hub station allow` and `forbid`: what a gate may sign stands in the registry's certificates, and ends there."""

import sqlite3
from contextlib import closing

import pytest
from msgspec import json

from hub.registry import seals
from hub.registry.gate_keys import Allowance
from tests.hub.typed_hub import Hub, bare, hub

__all__ = ["bare", "hub"]


@pytest.fixture
def station(hub: Hub) -> Hub:
    hub("station", "add", "east-1", "--gate", "east")
    return hub


def allowance(hub: Hub) -> Allowance | None:
    ((text,),) = hub.rows("SELECT allowance FROM gate_key WHERE station = 'east-1'")
    return json.decode(text, type=Allowance) if text else None


def test_a_new_station_may_sign_nothing(station: Hub) -> None:
    assert allowance(station) is None


def test_what_is_allowed_is_what_was_said(station: Hub) -> None:
    said = station("station", "allow", "east-1", "--passes", "20", "--hours", "6", "--for", "visitor")
    assert "up to number 20, for 6 h each" in said
    may = allowance(station)
    assert may is not None
    assert (sorted(may.callers), may.longest_hours, may.most) == (["visitor"], 6, 20)


def test_more_passes_count_on_from_those_that_were_made_and_leave_them_good(station: Hub) -> None:
    station("station", "allow", "east-1", "--passes", "20")
    first = allowance(station)
    with closing(sqlite3.connect(station.data / "registry.sqlite")) as registry, registry:
        seals.seal(registry)
        registry.execute(
            "INSERT INTO made_pass (station, journal, sequence, at, gate, serial, number, expires_at, caller)"
            " VALUES ('east-1', 'ab', 1, '', 'east', 'cd', 17, '', 'resident')"
        )
    station("station", "allow", "east-1", "--passes", "20")
    again = allowance(station)
    assert first is not None
    assert again is not None
    assert again.most == 37
    assert again.not_before == first.not_before


def test_forbidding_and_a_new_identity_end_it(station: Hub) -> None:
    station("station", "allow", "east-1")
    assert "void at every gate" in station("station", "forbid", "east-1")
    assert allowance(station) is None
    station("station", "allow", "east-1")
    station("station", "add", "east-1", "--again")
    assert allowance(station) is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--hours", "337"), "a gate's temporary pass is valid for 1 to 336 hours"),
        (("--days", "367"), "for 1 to 366 days a gate may be allowed"),
        (("--passes", "0"), "1 to 10000 more temporary passes"),
    ],
)
def test_a_refusal_says_what_a_gate_may_be_allowed(station: Hub, words: tuple[str, ...], says: str) -> None:
    assert says in station.refusal("station", "allow", "east-1", *words)


@pytest.mark.parametrize("words", [("allow", "west-9"), ("forbid", "west-9")])
def test_a_station_that_nobody_added_is_named(station: Hub, words: tuple[str, ...]) -> None:
    assert "station west-9 has no key for passes" in station.refusal("station", *words)
