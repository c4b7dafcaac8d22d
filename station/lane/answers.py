"""What a lane says to a tap that it does not carry out, and the plain answers to what means nothing just now."""

from gate.policy import Policy, Rules
from gate.wording import Words
from station.visit import Lane, Now, RefuseTap, Signal, Step

BUSY = Words("正在处理一次通行，请稍候", "A passage is just being decided; wait for its verdict")
NO_CHOICE = Words("本通道只有一个方向", "This lane has one direction only")
TRIP_NOT_ASKED = Words("现在没有人等着确认行程", "Nobody's trip is being asked for now")
PURPOSE_NOT_ASKED = Words("现在没有人等着说明去向", "Nobody is being asked what he goes out for now")
NO_SUCH_ANSWER = Words("规定已更新，请重新选择", "The rules have changed; choose again")
NOBODY_MEASURED = Words(
    "请先点开他的通行：否则不知道是谁的体温", "Begin his visit first: nobody could say whose temperature it is"
)
NOT_WRITTEN = Words("无法记录，请手工登记", "It could not be stored; write it down by hand")
SIGN_ON_FIRST = Words("请先上岗签到", "Sign on first")

_NO_POLICY = Policy(title="")


def ignored(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return lane, ()


def busy(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return refused(lane, BUSY)


def trip_not_asked(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """Refused: nobody waits for that answer."""
    return refused(lane, TRIP_NOT_ASKED)


def purpose_not_asked(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """Refused: nobody waits for that answer."""
    return refused(lane, PURPOSE_NOT_ASKED)


def refused(lane: Lane, why: Words) -> Step:
    return lane, (RefuseTap(why),)


def policy_of(rules: Rules | None) -> Policy:
    """Without rules nobody is admitted; seconds and limits are then the usual ones."""
    return rules.policy if rules else _NO_POLICY


def nobody_on_duty(lane: Lane, rules: Rules | None) -> bool:
    """Whether a guard's word needs a name that nobody has given yet."""
    return lane.guard is None and policy_of(rules).sign_on
