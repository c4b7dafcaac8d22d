"""The list of mutants is about the lane as it is: each condition that it takes out stands there, once."""

from pathlib import Path

import pytest

from tests.station.mutant_lines import MUTANTS, Mutant
from tests.station.mutants import mutated

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[each.name for each in MUTANTS])
def test_each_takes_out_a_condition_that_is_there_and_is_python_still(mutant: Mutant) -> None:
    """Whoever rewrites the line rewrites the mutant; else the campaign would hunt what no longer lives."""
    compile(mutated(ROOT, mutant), mutant.file, "exec")


def test_each_has_a_sentence_of_its_own() -> None:
    names = [each.name for each in MUTANTS]
    assert sorted(set(names)) == sorted(names)
