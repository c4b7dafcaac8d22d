"""What a gate says aloud to whoever stands before it: a closed list of prompts, and which follow from a verdict.

The loop says them by `Voice.say`; firmware_config.sounds makes a sound file of each. Rule: a gate tells everybody in
the queue what to do and nobody what is the matter: no health, no isolation, no fever is ever said aloud.
"""

from collections.abc import Iterable
from enum import Enum, StrEnum

from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wording import ADMIT_BY_DIRECTION, OUTCOMES, REASONS, Words
from station.view import Hint


class Rank(Enum):
    """How a prompt behaves in the queue; see station.voice.speech."""

    VERDICT = "verdict"
    STEP = "step"
    GUIDANCE = "guidance"
    ANNOUNCEMENT = "announcement"


class Prompt(StrEnum):
    """One thing to say; its name is that of its sound file."""

    # Verdicts
    COME_IN = "come_in"
    GO_OUT = "go_out"
    PLEASE_WAIT = "please_wait"
    STOP = "stop"
    FIRE = "fire"
    # What to do next
    USE_OTHER_GATE = "use_other_gate"
    GUARD_COMES = "guard_comes"
    SHOW_OUR_CODE = "show_our_code"
    OPEN_CODE_AGAIN = "open_code_again"
    SHOW_OTHER_PARTS = "show_other_parts"
    RENEW_CODE = "renew_code"
    CALL_OFFICE = "call_office"
    REGISTER_FIRST = "register_first"
    WARM_UP = "warm_up"
    WAIT_ASIDE = "wait_aside"
    NEXT = "next"
    # On the way to a verdict
    MASK = "mask"
    SHOW_CODE = "show_code"
    SHOW_HEALTH_CODE = "show_health_code"
    CLOSER = "closer"
    FARTHER = "farther"
    BRIGHTER = "brighter"
    HOLD_STILL = "hold_still"
    MEASURE = "measure"
    MEASURE_WRIST = "measure_wrist"
    CHECKING = "checking"
    ANSWER_GUARD = "answer_guard"
    CALL_GUARD = "call_guard"
    # Instead of all others, so that nobody takes it for a verdict.
    TRAINING = "training"

    @property
    def rank(self) -> Rank:
        if self in _VERDICTS:
            return Rank.VERDICT
        return Rank.STEP if self in _STEPS else Rank.GUIDANCE


_VERDICTS = frozenset(
    {Prompt.COME_IN, Prompt.GO_OUT, Prompt.PLEASE_WAIT, Prompt.STOP, Prompt.USE_OTHER_GATE, Prompt.FIRE}
)

PHRASES = {
    Prompt.COME_IN: ADMIT_BY_DIRECTION[Direction.IN],
    Prompt.GO_OUT: ADMIT_BY_DIRECTION[Direction.OUT],
    Prompt.PLEASE_WAIT: OUTCOMES[Outcome.REFER],
    Prompt.STOP: OUTCOMES[Outcome.REFUSE],
    Prompt.FIRE: Words("紧急情况，请有序离开", "Emergency. Please leave in good order"),
    Prompt.USE_OTHER_GATE: Words("本门已关闭，请走其他大门", "This gate is closed. Please use another gate"),
    Prompt.GUARD_COMES: Words("保安马上过来", "The guard is coming"),
    Prompt.SHOW_OUR_CODE: REASONS[Reason.NOT_OURS].do,
    Prompt.OPEN_CODE_AGAIN: REASONS[Reason.CODE_NOT_FRESH].do,
    Prompt.SHOW_OTHER_PARTS: REASONS[Reason.PARTS_MISSING].do,
    Prompt.RENEW_CODE: REASONS[Reason.EXPIRED].do,
    Prompt.CALL_OFFICE: REASONS[Reason.REVOKED].do,
    Prompt.REGISTER_FIRST: REASONS[Reason.OTHER_COMMUNITY].do,
    Prompt.WARM_UP: REASONS[Reason.TEMPERATURE_TOO_LOW].do,
    Prompt.WAIT_ASIDE: Words("请到一旁稍等", "Please wait aside"),
    Prompt.NEXT: Words("请下一位过来", "Next, please"),
    Prompt.MASK: Words("请戴好口罩", "Please wear a mask"),
    Prompt.SHOW_CODE: Words("请出示通行码", "Please show your pass"),
    Prompt.SHOW_HEALTH_CODE: Words("请出示健康码", "Please show your health code"),
    Prompt.CLOSER: Words("请靠近一点", "A little closer, please"),
    Prompt.FARTHER: Words("请离远一点", "A little farther away, please"),
    Prompt.BRIGHTER: Words("请把屏幕调亮", "Please make your screen brighter"),
    Prompt.HOLD_STILL: Words("请拿稳，不要动", "Hold still, please"),
    Prompt.MEASURE: REASONS[Reason.TEMPERATURE_MISSING].do,
    Prompt.MEASURE_WRIST: Words("请把手腕靠近测温探头", "Hold your wrist to the sensor, please"),
    Prompt.CHECKING: Words("正在核对，请稍等", "Checking, one moment please"),
    Prompt.ANSWER_GUARD: Words("请回答保安的问题", "Please answer the guard's question"),
    Prompt.CALL_GUARD: Words("请保安过来一下", "Guard, please come here"),
    Prompt.TRAINING: Words("培训", "Training"),
}
"""Where gate.wording has the sentence it is that one, so screen and voice say the same."""

# Reasons whose next step betrays nothing about whoever stands there; every other one is the guard's to explain.
_STEP_OF = {
    Reason.GATE_CLOSED: Prompt.USE_OTHER_GATE,
    Reason.NO_CODE: Prompt.GUARD_COMES,
    Reason.NOT_OURS: Prompt.SHOW_OUR_CODE,
    Reason.CODE_DAMAGED: Prompt.RENEW_CODE,
    Reason.OTHER_COMMUNITY: Prompt.REGISTER_FIRST,
    Reason.EXPIRED: Prompt.RENEW_CODE,
    Reason.REVOKED: Prompt.CALL_OFFICE,
    Reason.CODE_NOT_FRESH: Prompt.OPEN_CODE_AGAIN,
    Reason.PARTS_MISSING: Prompt.SHOW_OTHER_PARTS,
    Reason.TEMPERATURE_TOO_LOW: Prompt.WARM_UP,
    Reason.FEVER: Prompt.WAIT_ASIDE,
    Reason.RETEST_DUE: Prompt.WAIT_ASIDE,
}
_STEPS = frozenset(_STEP_OF.values()) | {Prompt.GUARD_COMES, Prompt.NEXT}
_VERDICT_OF = {Outcome.REFER: Prompt.PLEASE_WAIT, Outcome.REFUSE: Prompt.STOP}


def verdict_prompts(outcome: Outcome, reasons: Iterable[Reason], direction: Direction) -> tuple[Prompt, ...]:
    """The verdict, and what to do next where it is not green. outcome: as it holds, the guard's word included."""
    if outcome is Outcome.ADMIT:
        return (Prompt.COME_IN if direction is Direction.IN else Prompt.GO_OUT,)
    steps = [_STEP_OF.get(reason, Prompt.GUARD_COMES) for reason in reasons]
    # With more than one trouble the guard explains; two next steps at once help nobody.
    step = steps[0] if len(set(steps)) == 1 else Prompt.GUARD_COMES
    # 'Do not pass' says nothing that 'this gate is closed' does not.
    return (step,) if step is Prompt.USE_OTHER_GATE else (_VERDICT_OF[outcome], step)


HINTED = {
    Hint.CLOSER: Prompt.CLOSER,
    Hint.FARTHER: Prompt.FARTHER,
    Hint.BRIGHTER: Prompt.BRIGHTER,
    Hint.HOLD_STILL: Prompt.HOLD_STILL,
}
"""What helps a code that is seen and cannot be read."""

AWAITED = {
    "temperature": Prompt.MEASURE,
    "code": Prompt.SHOW_CODE,
    "health": Prompt.SHOW_HEALTH_CODE,
    "colour": Prompt.CHECKING,
    "trip": Prompt.ANSWER_GUARD,
}
"""What a running visit lacks, as station.lane.awaiting names it."""
