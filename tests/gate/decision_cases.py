"""The golden cases of the rule at the gate: from a row of tests/gate/cases/*.toml to evidence, rules and moment."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from gate.caller import Caller
from gate.clock import ClockState, Moment
from gate.credential import CodeReading, read
from gate.evidence import ALWAYS, Earlier, Evidence, Trace
from gate.formats import gate_pass
from gate.formats.chain import Credential, Holder, Kind
from gate.hours import Quota
from gate.permit import Permit, PermitKind
from gate.policy import CallerRule, Choice, Direction, GateRule, Policy, Rules, WhenUnknown, Zone
from gate.roster import Health, Resident, Standing
from gate.temperature import Measurement
from gate.trip import RiskPlace, Stay, Trip
from tests.gate.makers import CREDENTIAL, NOON, a_pass, trust

CASES = [
    case
    for name in ("decisions.toml", "rules_of_the_office.toml", "outings_and_permits.toml")
    for case in tomllib.loads((Path(__file__).parent / "cases" / name).read_text(encoding="utf-8"))["case"]
]
SHANGHAI = ZoneInfo("Asia/Shanghai")
PERSON, HOUSEHOLD = "00112233aabbccdd", "ffeeddccbbaa0099"

CERTIFICATE = CodeReading(
    "HC1",
    (),
    Credential("HC1", Kind.FOREIGN, None, None, "5e" * 8, "cc" * 8, NOON.utc, None, Holder("Musterfrau", "1998-02-26")),
)
"""A foreign certificate of which every step passed."""


def _of_a_guard(kind: Kind) -> CodeReading:
    """A temporary pass that a gate made for somebody who goes to building 3."""
    return CodeReading(
        gate_pass.NAME,
        (),
        Credential(
            gate_pass.NAME,
            kind,
            CREDENTIAL.compound,
            "77" * 8,
            "5e" * 8,
            "cc" * 8,
            CREDENTIAL.issued_at,
            CREDENTIAL.expires_at,
            claims={"building": "3"},
        ),
    )


CODES: dict[str, CodeReading | None] = {
    "none": None,
    "genuine": read(a_pass(), trust(), NOON),
    "foreign": read(b"https://shop.example/", trust(), NOON),
    "expired": read(a_pass(expires_at=NOON.utc - timedelta(days=2)), trust(), NOON),
    "certificate": CERTIFICATE,
    "gate's visitor": _of_a_guard(Kind.VISITOR),
    "gate's courier": _of_a_guard(Kind.COURIER),
    "gate's resident": _of_a_guard(Kind.RESIDENT),
    "office's visitor": read(a_pass(kind=Kind.VISITOR), trust(), NOON),
}

PLACES = (
    RiskPlace("ruili", "瑞丽", "Ruili", NOON.utc.date() - timedelta(days=10)),
    RiskPlace("heihe", "黑河", "Heihe", NOON.utc.date() - timedelta(days=10), NOON.utc.date() - timedelta(days=5)),
)
PURPOSES = (Choice("shopping", "买菜", "Shopping"), Choice("work", "上班", "Work"))
DESTINATIONS = (Choice("market", "菜市场", "Market"),)


def moment_of(case: dict[str, Any]) -> Moment:
    """at: what the compound's clocks show, "23:30", or a whole "2026-11-23 00:30"."""
    utc = _instant(case["at"]) if "at" in case else NOON.utc
    drift = timedelta(minutes=case.get("drift_minutes", 0))
    return Moment(utc, ClockState(case.get("clock", "synced")), drift)


def evidence_of(case: dict[str, Any]) -> Evidence:
    ambient = case.get("ambient_celsius", 20.0)
    return Evidence(
        Direction(case.get("direction", "in")),
        CODES[case.get("code", "genuine")],
        _resident(case),
        _measurement(case.get("celsius", 36.5), ambient),
        _trace(case),
        Health(case["health_code"]) if "health_code" in case else None,
        _trip(case),
        case.get("named", False),
        case.get("purpose"),
        case.get("destination"),
        Caller(case.get("comes_as", "resident")),
        tuple(Measurement(each, ambient, "rehearsal") for each in case.get("also_celsius", [])),
        **{key: case[key] for key in ("written_down", "returnee", "building", "unanswered_fever") if key in case},
    )


def rules_of(case: dict[str, Any]) -> Rules | None:
    if case.get("rules") == "none":
        return None
    ways: dict[str, Any] = {
        key: _ways(case[key]) for key in ("ask_trip_on", "ask_purpose_on", "measure_on") if key in case
    }
    plain: dict[str, Any] = {
        key: case[key] for key in ("same_way_hours", "demand_health_code", "admit_named") if key in case
    }
    policy = Policy(
        "test",
        gates={"east": msgspec.convert({"open": case.get("gate_open", True)} | case.get("gate", {}), GateRule)},
        zones={"3": Zone(case.get("zone", "open"))},
        deliver_to_door=frozenset(Zone(each) for each in case.get("deliver_to_door", [])),
        callers=msgspec.convert(case.get("callers", {}), dict[Caller, CallerRule]),
        exit_quota=msgspec.convert(case["quota"], Quota) if "quota" in case else None,
        when_presence_unknown=WhenUnknown(case.get("when_presence_unknown", "refer")),
        purposes=PURPOSES,
        destinations=DESTINATIONS if case.get("ask_destination") else (),
        risk_places=PLACES,
        **ways,
        **plain,
    )
    return Rules("east", policy, "1.1", moment_of(case).utc - timedelta(hours=case.get("rules_age_hours", 1)))


def _ways(names: list[str]) -> frozenset[Direction]:
    return frozenset(Direction(each) for each in names)


def _instant(text: str) -> datetime:
    """By the compound's clocks; today where only the time is given."""
    whole = text if " " in text else f"{NOON.utc.astimezone(SHANGHAI):%Y-%m-%d} {text}"
    return datetime.fromisoformat(whole).replace(tzinfo=SHANGHAI).astimezone(NOON.utc.tzinfo)


def _measurement(celsius: float | str, ambient_celsius: float) -> Measurement | None:
    if celsius == "missing":
        return None
    return Measurement(None if celsius == "fault" else float(celsius), ambient_celsius, "rehearsal")


def _resident(case: dict[str, Any]) -> Resident | None:
    if case.get("resident") == "none":
        return None
    return Resident(
        PERSON,
        HOUSEHOLD,
        "王*明",
        "3",
        standing=Standing(case.get("standing", "normal")),
        health=Health(case.get("health", "green")),
        caller=Caller(case.get("caller", "resident")),
        permits=tuple(_permit(number, each) for number, each in enumerate(case.get("permits", []), 1)),
    )


def _permit(number: int, permit: dict[str, str]) -> Permit:
    back = _instant(permit["back"]) if "back" in permit else None
    begins, ends = _instant(permit.get("from", "09:00")), _instant(permit.get("until", "15:00"))
    return Permit(f"{number:016x}", PermitKind(permit["kind"]), begins, ends, back)


def _trip(case: dict[str, Any]) -> Trip | None:
    if "trip" not in case:
        return None
    return tuple(Stay(place, NOON.utc.date() - timedelta(days=days)) for place, days in case["trip"].items())


def _trace(case: dict[str, Any]) -> Trace:
    """known_since: by the compound's clocks, or "never"; left out, nothing can have been missed."""
    known = {"never": None, "always": ALWAYS}.get(case.get("known_since", "always"), NOON.utc)
    if known is NOON.utc:
        known = _instant(case["known_since"])
    exits = tuple(_instant(each) for each in case.get("exits", []))
    return Trace(_earlier(case), case.get("replayed", False), known, exits, case.get("out_under"))


def _earlier(case: dict[str, Any]) -> Earlier | None:
    if "earlier" not in case:
        return None
    at = _instant(case["earlier_at"]) if "earlier_at" in case else None
    hours = timedelta(hours=case.get("earlier_hours_ago", 1))
    return Earlier("west", at or moment_of(case).utc - hours, Direction(case["earlier"]))
