"""A guard's shift in a whole town: the office adds him, he signs on, writes a visitor down and hands over.

Mosquitto, `gate-hub` and two times `gate-station`, spoken to as the kiosk's page does.
"""

import re
from pathlib import Path

import pytest

from gate.forms import Door, VisitorForm
from gate.passage import What
from gate.policy import Direction
from tests.journey.small_town import rows, town
from tests.rehearsal.gates import Gate, NotTaken, until
from tests.rehearsal.town import Town

__all__ = ["town"]
pytestmark = pytest.mark.broker
PATIENCE_SECONDS = 30.0
VISITOR = VisitorForm(Door("3"), name="赵六", host_agreed=True)
NOTE = "3号楼有人等药"


def taken(gate: Gate, path: str, **told: object) -> bool:
    """Whether the gate takes a tap by now; the office's word may still be on its way."""
    try:
        gate.tap(path, **told)
    except NotTaken as refused:
        if "409" not in str(refused):
            raise
        return False
    return True


def test_a_shift_of_two_guards_reaches_the_office_whole(town: Town, tmp_path: Path) -> None:
    """By PIN at one gate, by badge at the other; his passages name him, and the office alone reads what he wrote."""
    pin = re.search(r"\b\d{6}\b", town.office("guard", "add", "li", "--name", "李师傅"))
    assert pin is not None
    town.office("guard", "add", "sun", "--name", "孙师傅", "--badge", str(tmp_path / "sun.png"))
    west, east = (Gate(name, town.kiosk_urls[name]) for name in town.names)

    assert until(lambda: taken(west, "/sign-on", pin=pin[0]), PATIENCE_SECONDS)
    assert until(lambda: happened(town, west, What.SIGNED_ON), PATIENCE_SECONDS)
    badge = (tmp_path / "sun.png").read_bytes()

    def shown() -> bool:
        east.show(badge, None, Direction.IN)
        return happened(town, east, What.SIGNED_ON)

    assert until(shown, PATIENCE_SECONDS, pause=1.0)
    west.fill(VISITOR)
    assert taken(west, "/sign-off", note=NOTE)
    assert until(lambda: happened(town, west, What.SIGNED_OFF), PATIENCE_SECONDS)

    guards = rows(town, "SELECT station, what, guard FROM happening ORDER BY arrival")
    assert guards == [
        (west.name, What.SIGNED_ON, "li"),
        (east.name, What.SIGNED_ON, "sun"),
        (west.name, What.SIGNED_OFF, "li"),
    ]
    (passage,) = rows(town, "SELECT guard, caller, final_outcome FROM passage WHERE caller = 'visitor'")
    assert passage == ("li", "visitor", "admit")
    written = {str(kind): str(body) for kind, body in rows(town, "SELECT kind, body FROM form")}
    assert VISITOR.name in written["visitor"]
    assert NOTE in written["hand_over"]
    for gate in (west, east):
        gate.close()


def happened(town: Town, gate: Gate, what: What) -> bool:
    return bool(rows(town, f"SELECT 1 FROM happening WHERE station = '{gate.name}' AND what = '{what}'"))
