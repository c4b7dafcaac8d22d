"""What the lane's hardware tells the loop by itself: buttons that the guard presses, and what befalls the gate.

`panel.tick` returns them; the loop carries out presses, records the rest and says what is a fault. Rule: of fire and
force the software only tells; nothing here opens or closes anything.
"""

from enum import StrEnum

from gate.wording import Words


class Press(StrEnum):
    """A button that the guard just pressed, one of three as on the screen: admit or overrule, send back or dismiss, and
    the third, which calls for attention or has the last words said again."""

    ADMIT = "admit"
    DISMISS = "dismiss"
    THIRD = "third"


class Happening(StrEnum):
    """What befell the gate. Where no sensor watches the barrier, nothing is told of it."""

    FIRE = "fire"
    FIRE_OVER = "fire_over"
    TAMPERED = "tampered"
    TAMPER_OVER = "tamper_over"
    BARRIER_OPENED = "barrier_opened"
    BARRIER_CLOSED = "barrier_closed"
    BARRIER_STUCK_CLOSED = "barrier_stuck_closed"
    BARRIER_STUCK_OPEN = "barrier_stuck_open"
    BARRIER_FORCED = "barrier_forced"


Told = Press | Happening

_FAULTS = {
    Happening.FIRE: (
        "fire",
        Words("消防报警或急停已打开道闸：请疏散人员", "Fire alarm or emergency button: help people out"),
    ),
    Happening.TAMPERED: ("tamper", Words("机箱被打开：请查看并关好", "The box stands open: look, and close it")),
    Happening.BARRIER_STUCK_CLOSED: (
        "barrier",
        Words(
            "道闸 {opens:g} 秒内没有打开：请手动打开，并报修",
            "The barrier did not open within {opens:g} s: open it by hand, and call for repair",
        ),
    ),
    Happening.BARRIER_STUCK_OPEN: (
        "barrier",
        Words(
            "道闸 {closes:g} 秒内没有关闭：请看守通道，并报修",
            "The barrier did not close within {closes:g} s: stand in the lane, and call for repair",
        ),
    ),
    Happening.BARRIER_FORCED: (
        "barrier",
        Words("道闸未经许可被打开：请查看通道", "The barrier is open though nobody opened it: look at the lane"),
    ),
}
_ENDS = {
    Happening.FIRE_OVER: "fire",
    Happening.TAMPER_OVER: "tamper",
    Happening.BARRIER_OPENED: "barrier",
    Happening.BARRIER_CLOSED: "barrier",
}


def fault_of(happening: Happening, opens_within: float, closes_within: float) -> tuple[str, str]:
    """The part whose fault begins, and the sentence for the guard; an empty sentence where the happening ends it.

    opens_within, closes_within: the settings' seconds.
    """
    if happening in _ENDS:
        return _ENDS[happening], ""
    part, words = _FAULTS[happening]
    return part, f"{words.zh} / {words.en}".format(opens=opens_within, closes=closes_within)
