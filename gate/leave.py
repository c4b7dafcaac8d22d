"""What a permit lifts: the table that says which of the rules give way to which leave of the office.

`gate.decision` climbs its ladder with it. Rule: what is not written here no permit softens; never what is wrong with a
code, a colour, a temperature, the rules or the clock, and never a closed gate, behind which there may be no road.
"""

from gate.clock import Moment
from gate.direction import Direction
from gate.permit import Permit, PermitKind
from gate.reason import Reason

Leave = frozenset[Reason]
NOTHING: Leave = frozenset()

_OUTING = frozenset({Reason.BUILDING_CONTROLLED, Reason.QUOTA_USED, Reason.OUT_OF_HOURS})
_ALL = _OUTING | {Reason.BUILDING_SEALED, Reason.PURPOSE_MISSING}
# Isolated: not lifted, but the guard's matter instead of a refusal; he calls the escort.
LIFTS: dict[PermitKind, dict[Direction, Leave]] = {
    PermitKind.MEDICAL: {
        Direction.OUT: _OUTING | {Reason.BUILDING_SEALED, Reason.ISOLATED},
        Direction.IN: frozenset({Reason.OUT_OF_HOURS, Reason.ISOLATED}),
    },
    # Who is sealed in does not go to work; the office that needs him gives the green channel.
    PermitKind.WORK: {Direction.OUT: _OUTING, Direction.IN: frozenset({Reason.OUT_OF_HOURS})},
    PermitKind.GREEN_CHANNEL: {Direction.OUT: _ALL, Direction.IN: _ALL},
}


def leave(permit: Permit, direction: Direction, now: Moment) -> Leave:
    """What it lifts that way now. On the way home it also holds from its end to the time to be back.

    At an unbelieved time it holds unless it is certainly over: the clock is then a reason of its own.
    """
    ends = permit.ends
    if direction is Direction.IN and permit.return_by is not None:
        ends = max(ends, permit.return_by)
    begun = not now.believed or permit.begins <= now.utc - now.drift
    return LIFTS[permit.kind][direction] if begun and now.utc + now.drift <= ends else NOTHING
