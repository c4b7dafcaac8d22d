"""The guard's taps, as the lane is told of them. Pure; the loop calls it."""

from collections.abc import Mapping

from gate.roster import Resident
from gate.wording import Words
from station.taps import ArriveWithoutCode, ChooseDirection, Dismiss, Settle, Tap, TellTrip
from station.visit import CameWithoutCode, DirectionChosen, GuardDismissed, GuardSettled, Signal, TripTold

_NOT_HERE = Words("本门尚不支持此操作", "This gate cannot do that")
_LEFT = Words("名单上已没有此人", "No longer on this gate's list")


def signal_of(tap: Tap, residents: Mapping[str, Resident]) -> Signal | Words:
    """What the lane hears; or why there is nothing to hear."""
    match tap:
        case Settle(sequence, outcome, ground, person):
            resident = residents.get(person) if person is not None else None
            if person is not None and resident is None:
                return _LEFT
            return GuardSettled(sequence, outcome, ground, resident)
        case Dismiss():
            return GuardDismissed()
        case ChooseDirection(direction):
            return DirectionChosen(direction)
        case ArriveWithoutCode():
            return CameWithoutCode()
        case TellTrip(began, stays):
            return TripTold(began, stays)
        case _:
            return _NOT_HERE
