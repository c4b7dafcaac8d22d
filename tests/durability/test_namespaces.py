"""Cables that are pulled, in small: nothing lost, and no gate lets anybody out on what it cannot know."""

import pytest

from tests.durability.hosts import Hosts, NoHosts
from tests.durability.namespaces import namespaces

pytestmark = [pytest.mark.broker, pytest.mark.long]


@pytest.fixture
def network_namespaces() -> None:
    try:
        with Hosts(("probe",), 0):
            pass
    except NoHosts as none:
        pytest.skip(str(none))


def test_a_gate_that_was_cut_off_lets_nobody_out_who_has_left_by_the_other(network_namespaces: None) -> None:
    """One cable is out for longer than a gate takes to notice; without its doubt some would have been let out."""
    figures = namespaces(0)
    assert figures["trials"] == 1
    counts = ("lost", "doubled", "corrupt", "admitted_unknowing", "missed", "not_ended", "control_unharmed")
    assert {name: figures[name] for name in counts} == dict.fromkeys(counts, 0), figures
    assert figures["referred_as_unknown"], figures
