"""The bench of belief, at a small scale: every family is measured beside its bare signatures."""

from tests.rehearsal.forgery import FAMILIES
from tests.rehearsal.verification import verification


def test_the_cost_of_belief_is_told_for_every_family_beside_its_bare_signatures() -> None:
    """Whether it is low enough is for `make bench` to say, on a machine that does nothing else."""
    figures = verification(0)
    families = figures["families"]
    assert set(families) == {family.name for family in FAMILIES}
    for told in families.values():
        assert told["read_ms"] > 0
        assert told["signature_ms"] > 0
        assert abs(told["ratio"] - told["read_ms"] / told["signature_ms"]) < 0.1
    assert figures["ratio"] == max(told["ratio"] for told in families.values())
