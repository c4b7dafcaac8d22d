"""docs/office.md says what gate-hub really does."""

import re
from pathlib import Path

import pytest
from msgspec import Struct, structs

from gate.policy import GateRule, Policy
from gate.temperature import TemperatureLimits
from hub import sheet
from hub.__main__ import main
from hub.people_sheet import HEADERS, REQUIRED
from hub.policy_file import check

DOCUMENT = (Path(__file__).parents[2] / "docs" / "office.md").read_text(encoding="utf-8")


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, less its head."""
    section = DOCUMENT.partition(heading)[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def _help(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    return capsys.readouterr().out


def test_every_command_and_option_stands_in_the_document_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """--help and the table name the same commands, and the same options of each."""
    told = {}
    for usage, _ in _rows("# The office's commands"):
        words = re.match(r"`([a-z]+(?: (?:add|list|check|publish))?)", usage)
        assert words is not None, usage
        told[words[1]] = set(re.findall(r"--[a-z-]+", usage))
    known = {}
    for command in re.findall(r"^    ([a-z]+) ", _help(capsys), re.MULTILINE):
        text = _help(capsys, command)
        below = re.search(r"\{?((?:add|check|list|publish)(?:[,|](?:add|check|list|publish))*)\}? \.\.\.", text)
        for word in re.split(r"[,|]", below[1]) if below else [""]:
            asked = tuple(filter(None, (command, word)))
            known[" ".join(asked)] = set(re.findall(r"--[a-z-]+", _help(capsys, *asked))) - {"--help"}
    assert "station add" in known
    assert told == known


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
    named = {re.sub(r'\."?[A-Z]+"?', "", key) for key in re.findall(r"`([a-zA-Z_.\"]+)`", told)}
    tables: dict[str, type[Struct]] = {"gates": GateRule, "temperature": TemperatureLimits}
    plain = {each.name for each in structs.fields(Policy)} - tables.keys()
    nested = {f"{table}.{each.name}" for table, body in tables.items() for each in structs.fields(body)}
    assert named == plain | nested
    defaults = {**structs.asdict(Policy(title="x")), **structs.asdict(TemperatureLimits())}
    for key, figure in re.findall(r"`(?:temperature\.)?([a-z_]+)` \(([\d.]+)\)", told):
        assert defaults[key] == float(figure), key


def test_the_example_is_a_policy() -> None:
    """Whoever copies it gets no complaint."""
    example = re.search(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example is not None
    assert check(example[1]).mistakes == ()
