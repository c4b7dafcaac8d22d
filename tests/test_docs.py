"""The documentation is held to the code: a reason, topic, setting or command that is not written down fails here."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from gate import topics, wording
from gate.reason import Outcome, Reason
from hub.__main__ import main as gate_hub
from station.__main__ import command as gate_station

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MAINS = {"gate-station": gate_station, "gate-hub": gate_hub}


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_stands_in_docs_with_its_outcome_and_its_words(reason: Reason) -> None:
    sentence = wording.REASONS[reason]
    row = _row(f"`{reason}`", reason.outcome, sentence.say.zh, sentence.say.en, sentence.do.zh, sentence.do.en)
    assert row in (DOCS / "reasons.md").read_text(encoding="utf-8"), f"docs/reasons.md lacks the row:\n{row}"


def test_docs_name_no_reason_that_is_gone() -> None:
    table = (DOCS / "reasons.md").read_text(encoding="utf-8").split("\nBy default")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.M)
    assert sorted(named) == sorted(str(reason) for reason in Reason)
    assert len(Outcome) == 3


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.pattern)
def test_every_topic_stands_in_docs(topic: topics.Topic) -> None:
    name = topic.pattern.format(compound="COMPOUND", station="STATION", bucket="00..63")
    row = _row(f"`{name}`", topic.way, "yes" if topic.retained else "no", topic.says)
    assert row in (DOCS / "topics.md").read_text(encoding="utf-8"), f"docs/topics.md lacks the row:\n{row}"


def test_docs_name_no_topic_that_is_gone() -> None:
    assert (DOCS / "topics.md").read_text(encoding="utf-8").count("| `gate/") == len(topics.TOPICS)


def _commands(program: str) -> list[str]:
    """Every command of a program, as its own --help names them, one level down where there is one."""
    found = []
    for name in _choices(program):
        below = _choices(program, name)
        found += [f"{program} {name} {each}" for each in below] or [f"{program} {name}"]
    return found


def _choices(program: str, *words: str) -> list[str]:
    said = StringIO()
    with redirect_stdout(said), pytest.raises(SystemExit):
        MAINS[program]([*words, "--help"])
    return re.findall(r"^    ([a-z][a-z-]*)(?=\s|$)", said.getvalue(), re.M)


@pytest.mark.parametrize("program", MAINS)
def test_every_command_of_help_stands_in_docs_and_none_else(program: str) -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    named = re.findall(rf"^### `({program}[a-z -]*?)(?: [A-Z\[(-].*)?`", text, re.M)
    assert sorted(set(named)) == sorted(_commands(program))


def test_every_make_target_of_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", readme, re.M)) <= targets
    assert readme.index("make demo") < readme.index("make test") < 900, "README opens with the two commands"


@pytest.mark.parametrize("leaf", sorted([ROOT / "README.md", *DOCS.rglob("*.md")]), ids=lambda leaf: leaf.name)
def test_no_page_links_to_what_is_not_there(leaf: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", leaf.read_text(encoding="utf-8")):
        assert (leaf.parent / target).exists(), f"{leaf.relative_to(ROOT)} links to {target}"
