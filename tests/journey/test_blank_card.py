"""A resident without a phone gets a card at one gate: every gate knows him by it, until the office takes it back.

Mosquitto, `gate-hub` and two times `gate-station`, spoken to as the kiosk's page does.
"""

import csv
from pathlib import Path

import pytest

from gate.policy import Direction
from gate.reason import Outcome, Reason
from tests.journey.small_town import rows, town
from tests.rehearsal.gates import Gate, NotTaken, Shown, until
from tests.rehearsal.town import Town

__all__ = ["town"]
pytestmark = pytest.mark.broker
PATIENCE_SECONDS = 40.0
# Longer than a card has to be away after it was activated.
AWAY_SECONDS = 2.5


def cards(town: Town, folder: Path) -> list[tuple[str, bytes]]:
    """Serial and picture of each of two blank cards."""
    town.office("issue", "--blanks", "2", "--out", str(folder))
    with (folder / "index.csv").open(encoding="utf-8-sig", newline="") as index:
        return [(row["序号 serial"], (folder / row["文件 file"]).read_bytes()) for row in csv.DictReader(index)]


def shown(gate: Gate, card: bytes) -> Shown:
    # The kiosk has ended a connection that was idle while the other gate was looked at.
    gate.close()
    became = gate.show(card, None, Direction.IN, wait=8.0)
    gate.clear()
    return became


def becomes(gate: Gate, card: bytes, *reasons: Reason) -> bool:
    """Held up again and again until the gate says so, each time after it was away."""

    def said() -> bool:
        became = shown(gate, card)
        return became.outcome is not None and became.reasons == reasons

    return until(said, PATIENCE_SECONDS, pause=AWAY_SECONDS)


def activated(gate: Gate, card: bytes, person: str) -> None:
    gate.close()

    def asked() -> bool:
        try:
            gate.tap("/activate", person=person, hours=2)
        except NotTaken:
            return False
        return True

    assert until(asked, PATIENCE_SECONDS, pause=0.5), "the certificate never came"
    gate.show(card, None, Direction.IN, wait=2.0)
    gate.clear()
    gate.tap("/activate-end")


def test_a_card_is_known_at_every_gate_as_the_residents_own_until_it_is_revoked(town: Town, tmp_path: Path) -> None:
    """With the hub away only at the gate that activated it, and everywhere once the hub is back."""
    west, east = (Gate(name, town.kiosk_urls[name]) for name in town.names)
    town.office("station", "allow", west.name, "--passes", "5")
    (serial, card), (_, other) = cards(town, tmp_path / "cards")
    resident, neighbour = (each.person for each in list(town.passes.values())[:2])
    assert becomes(east, card, Reason.NOT_ON_ROSTER), "nobody has activated it"

    activated(west, card, resident)
    assert becomes(west, card)
    assert becomes(east, card)
    passed = (
        f"SELECT DISTINCT station, person, caller FROM passage WHERE pass_serial = '{serial}' AND outcome = 'admit'"
    )
    both = [(name, resident, "resident") for name in sorted((west.name, east.name))]
    assert until(lambda: sorted(rows(town, passed)) == both, PATIENCE_SECONDS)

    town.end_hub()
    activated(west, other, neighbour)
    assert becomes(west, other)
    assert becomes(east, other, Reason.NOT_ON_ROSTER)
    town.start_hub()
    assert becomes(east, other)

    town.office("revoke", serial)
    for gate in (west, east):
        assert becomes(gate, card, Reason.REVOKED)
    assert shown(east, other).outcome is Outcome.ADMIT
    for gate in (west, east):
        gate.close()
