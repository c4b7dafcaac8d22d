"""docs/office.md says what gate-hub really reads."""

import json
import re
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from gate.hours import Quota
from gate.leave import LIFTS
from gate.permit import PermitKind
from gate.policy import MOST_CHOICES, MOST_SLOTS, CallerRule, Choice, Direction, GateRule, Policy
from gate.temperature import RetestRule, TemperatureLimits
from gate.trip import MOST_PLACES, RiskPlace
from hub.policy.file import check
from hub.sheet import cells
from hub.sheet.people import HEADERS, REQUIRED

DOCUMENT = (Path(__file__).parents[2] / "docs" / "office.md").read_text(encoding="utf-8")


TABLES: dict[str, type[Struct]] = {
    "gates": GateRule,
    "callers": CallerRule,
    "temperature": TemperatureLimits,
    "retest": RetestRule,
    "exit_quota": Quota,
    "risk_places": RiskPlace,
    "purposes": Choice,
}
LISTS = {"risk_places", "purposes", "destinations"}


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, less its head."""
    section = DOCUMENT.partition(heading)[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_every_column_stands_in_the_document() -> None:
    """By the Chinese and the English header that the import takes, and whether it must be there."""
    told = {header: (english, "required" in holds) for header, english, holds in _rows("## The sheet of people")}
    assert {names[0] for names in HEADERS.values()} == told.keys()
    for field, names in HEADERS.items():
        assert told[names[0]][0] in names
        assert told[names[0]][1] == (field in REQUIRED)
    assert f"{cells.MOST_ROWS:,} rows and {cells.MOST_BYTES >> 20} MiB" in DOCUMENT


def test_every_key_of_a_policy_stands_in_the_document() -> None:
    """With nothing made up, and the defaults that are named are the defaults."""
    told = " ".join(row[0] for row in _rows("## The policy file"))
    named = {re.sub(r'\."?[A-Z]+"?', "", key) for key in re.findall(r"`([a-z][a-zA-Z_.\"]+)`", told)}
    plain = {each.name for each in structs.fields(Policy)} - (TABLES.keys() - LISTS)
    nested = {f"{table}.{each.name}" for table, body in TABLES.items() for each in structs.fields(body)}
    assert named == plain | nested | LISTS


def test_the_defaults_that_are_named_are_the_defaults() -> None:
    """Figures, words, yes and no; what is named with none is empty or away."""
    told = " ".join(row[0] for row in _rows("## The policy file"))
    policy = msgspec.to_builtins(Policy(title="x"))
    found = re.findall(r"`([a-z_.]+)` \(`?([^`)]+)`?\)", told)
    assert len(found) > 15
    for key, default in found:
        table, _, name = key.rpartition(".")
        body = TABLES[table]("x") if table == "exit_quota" else TABLES[table]() if table else Policy(title="x")
        assert json.loads(default) == json.loads(msgspec.json.encode(getattr(body, name))), key
    assert policy == {"title": "x"}, "what is not said is not sent"


def test_what_each_permit_lifts_stands_in_the_document() -> None:
    """And what the gate has it lift is what the office read."""
    for name, out, in_ in _rows("## Permits"):
        kind = PermitKind(name.strip("`"))
        for way, cell in ((Direction.OUT, out), (Direction.IN, in_)):
            told = set(re.findall(r"`([a-z_]+)`", cell)) - {"escort_needed"}
            assert told == {str(reason) for reason in LIFTS[kind][way]}, (kind, way)
    assert [row[0].strip("`") for row in _rows("## Permits")] == list(PermitKind)


def test_the_bounds_of_lists_are_said() -> None:
    """A file with more is refused."""
    assert f"the answers, at most {MOST_CHOICES} each" in DOCUMENT
    assert f"at most {MOST_SLOTS} |" in DOCUMENT


def test_the_examples_are_policies() -> None:
    """Whoever copies it gets no complaint."""
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert examples
    assert [check(each).mistakes for each in examples] == [()] * len(examples)


def test_the_most_places_are_said() -> None:
    """A file with more is refused, so the bound stands in the document."""
    assert f"at most {MOST_PLACES} |" in DOCUMENT
