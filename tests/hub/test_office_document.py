"""docs/office.md says what gate-hub really reads."""

import re
from pathlib import Path

from msgspec import Struct, structs

from gate.policy import GateRule, Policy
from gate.temperature import TemperatureLimits
from gate.trip import MOST_PLACES, RiskPlace
from hub import sheet
from hub.people_sheet import HEADERS, REQUIRED
from hub.policy_file import check

DOCUMENT = (Path(__file__).parents[2] / "docs" / "office.md").read_text(encoding="utf-8")


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
    assert f"{sheet.MOST_ROWS:,} rows and {sheet.MOST_BYTES >> 20} MiB" in DOCUMENT


def test_every_key_of_a_policy_stands_in_the_document() -> None:
    """With nothing made up, and the defaults that are named are the defaults."""
    told = " ".join(row[0] for row in _rows("## The policy file"))
    named = {re.sub(r'\."?[A-Z]+"?', "", key) for key in re.findall(r"`([a-zA-Z_.\"]+)`", told)} - {"risk_places"}
    tables: dict[str, type[Struct]] = {"gates": GateRule, "temperature": TemperatureLimits, "risk_places": RiskPlace}
    plain = {each.name for each in structs.fields(Policy)} - tables.keys()
    nested = {f"{table}.{each.name}" for table, body in tables.items() for each in structs.fields(body)}
    assert named == plain | nested
    defaults = {**structs.asdict(Policy(title="x")), **structs.asdict(TemperatureLimits())}
    for key, figure in re.findall(r"`(?:temperature\.)?([a-z_]+)` \(([\d.]+)\)", told):
        assert defaults[key] == float(figure), key


def test_the_examples_are_policies() -> None:
    """Whoever copies it gets no complaint."""
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert examples
    assert [check(each).mistakes for each in examples] == [()] * len(examples)


def test_the_most_places_are_said() -> None:
    """A file with more is refused, so the bound stands in the document."""
    assert f"at most {MOST_PLACES} |" in DOCUMENT
