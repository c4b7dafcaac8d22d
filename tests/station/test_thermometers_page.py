"""docs/thermometer.md is held to the code: every fault, mapping and backend as it is."""

from pathlib import Path

import pytest

from gate.mapping import MAPPINGS
from station.settings import ThermometerBackend
from station.thermometers.faults import FAULTS, Fault
from station.thermometers.uart import QUESTION

PAGE = (Path(__file__).parents[2] / "docs" / "thermometer.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_stands_there_with_its_sentence(fault):
    """The guard's sentence can be looked up."""
    words = FAULTS[fault]
    assert f"| `{fault}` | {words.zh} | {words.en} |" in PAGE


@pytest.mark.parametrize("name", sorted(MAPPINGS))
def test_every_mapping_stands_there_with_its_figures(name):
    """What is added, where, in which air, and how badly it is known."""
    mapping = MAPPINGS[name]
    added = mapping.celsius(36.0) - 36.0
    air = f"{mapping.ambient_low_celsius:g} to {mapping.ambient_high_celsius:g} °C"
    row = f"| `{name}` | {mapping.site} | {added:.1f} °C | {air} | {mapping.uncertainty_celsius:.1f} °C |"
    assert row in PAGE, f"docs/thermometer.md lacks the row:\n{row}"


@pytest.mark.parametrize("backend", ThermometerBackend)
def test_every_backend_stands_there(backend):
    """Whoever chooses one finds what it is good for."""
    assert f"| `{backend}` |" in PAGE


def test_it_names_no_fault_and_no_mapping_that_is_gone():
    """As many rows as there are."""
    faults = PAGE.partition("## Faults")[2].partition("When each is raised")[0]
    assert faults.count("| `") == len(Fault)
    assert PAGE.count("@1` |") == len(MAPPINGS)


def test_the_modules_question_is_the_one_that_is_asked():
    """Byte for byte."""
    assert QUESTION.hex(" ").upper() in PAGE
