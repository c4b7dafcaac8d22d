"""How the tests are laid out: a test file is read on its own, and what several need has a file of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def taken_from_tests(source: str) -> Iterator[str]:
    """Dotted names of what it imports from a file of tests, wherever in it that stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            beside = f"tests{'.' * bool(node.module)}" if node.level else ""
            names = [f"{beside}{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.startswith("tests.") and ".test_" in name)


def test_no_file_imports_from_a_file_of_tests() -> None:
    """Whoever changes a test changes that test alone."""
    found = [
        f"{path.relative_to(TESTS.parent)}: {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in taken_from_tests(path.read_text(encoding="utf-8"))
    ]
    assert not found, (
        "taken from a file of tests: put what both need into a file beside them that is named for what it is, as"
        " tests/hub/typed_hub.py is, or a fixture that four files ask for into the folder's conftest.py\n"
        + "\n".join(found)
    )


@pytest.mark.parametrize(
    "line",
    [
        "from tests.hub.test_link import Office",
        "from tests.hub import test_link",
        "import tests.hub.test_link as link",
        "from .test_link import Office",
        "from . import test_link",
        "def later():\n    from tests.hub.test_link import Office",
    ],
)
def test_every_way_of_importing_from_one_is_seen(line: str) -> None:
    assert list(taken_from_tests(line))


@pytest.mark.parametrize("line", ["from tests.hub.typed_hub import Hub", "from elsewhere import test_client"])
def test_what_is_no_file_of_tests_may_be_imported(line: str) -> None:
    assert not list(taken_from_tests(line))
