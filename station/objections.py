"""What speaks against a guard's word on a passage, in words for him.

The lane asks before anything is written. Rule: a guard can take the machine's doubt away, not the office's rules; a
fever is taken away by a thermometer, a doctor or the office, never by a face; and whoever he recognises is held to the
rules for that very resident.
"""

from dataclasses import replace

from gate.decision import decide
from gate.passage import Ground
from gate.policy import Policy, Rules
from gate.reason import GRAVE, Outcome, Reason
from gate.temperature import judge, judge_retest
from gate.wording import REASONS, Words
from station.visit import Decided, GuardSettled, Lane, Now

GONE = Words("这次通行已不在屏幕上", "That passage is no longer on the screen")
SETTLED = Words("这次通行已经这样处理过", "That passage is already settled so")
_NOT_YOURS = Words("社区规定，此情况不得由保安放行", "The office does not let a guard overrule this")
_ODD_GROUND = Words("这个理由与处理不符", "This ground does not fit that decision")
_NOT_CLEAR = Words("请先复测；各部位体温都正常才能放行", "Measure again first: every reading must be normal")

_ANSWERS_A_FEVER = frozenset({Ground.MEASURED_AGAIN, Ground.MEDICAL, Ground.OFFICE_AGREED})
# What the office may come to say while a verdict stands; clock, code and thermometer have said their word.
_OF_THE_OFFICE = GRAVE | {
    Reason.CALLER_NOT_ALLOWED,
    Reason.BUILDING_SEALED,
    Reason.BUILDING_CONTROLLED,
    Reason.HEALTH_YELLOW,
}
_NO_POLICY = Policy(title="")


def known(lane: Lane, sequence: int) -> Decided | None:
    """The passage of that number, if it can still be settled: a recent one, or of somebody who rests."""
    decided = (*lane.recent, *(each.decided for each in lane.resting))
    return next((each for each in decided if each.sequence == sequence), None)


def objection(lane: Lane, settled: GuardSettled, rules: Rules | None, now: Now) -> Words | None:
    """Why the guard's word cannot hold; None where it can."""
    decided = known(lane, settled.sequence)
    if decided is None:
        return GONE
    held = decided.settled if settled.outcome is Outcome.REFUSE else decided.holds
    if held is settled.outcome:
        return SETTLED
    if not _ground_fits(settled, decided):
        return _ODD_GROUND
    if settled.outcome is Outcome.ADMIT:
        return _against_admitting(lane, settled, decided, rules, now)
    return None


def overrulable(reasons: tuple[Reason, ...], rules: Rules | None) -> bool:
    """Whether a guard may let such a passage through: every one of its reasons must be his to overrule."""
    return frozenset(reasons) <= (rules.policy if rules else _NO_POLICY).overrulable


def feverish(decided: Decided, rules: Rules | None) -> bool:
    """Whether a fever was measured in the passage, when it was measured again, or before and nobody has since."""
    return Reason.RETEST_DUE in decided.reasons or fever_measured(decided, rules)


def fever_measured(decided: Decided, rules: Rules | None) -> bool:
    """Whether one was measured in the passage itself, or when it was measured again."""
    limits = (rules.policy if rules else _NO_POLICY).temperature
    return Reason.FEVER in decided.reasons or Reason.FEVER in {judge(each, limits) for each in decided.retest}


def _ground_fits(settled: GuardSettled, decided: Decided) -> bool:
    """Nobody is admitted because he was sent back, and only a mistake is taken back to 'undecided'.

    Who goes to rest is said by RestBegun alone.
    """
    if settled.resident is not None:
        admitted_by_papers = (settled.outcome, settled.ground) == (Outcome.ADMIT, Ground.PAPERS_CHECKED)
        return admitted_by_papers and Reason.HOLDER_UNMATCHED in decided.reasons
    if settled.outcome is Outcome.REFER:
        return settled.ground is Ground.MISTAKE
    if settled.ground is Ground.RESTS:
        return False
    return (settled.outcome, settled.ground) != (Outcome.ADMIT, Ground.SENT_BACK)


def _against_admitting(
    lane: Lane, settled: GuardSettled, decided: Decided, rules: Rules | None, now: Now
) -> Words | None:
    if not overrulable(decided.reasons, rules):
        return _NOT_YOURS
    # One of his other passages may have found it: an older one, out of the strip, says nothing of it.
    fever = feverish(decided, rules) or lane.unanswered_fever(decided.evidence.person, now.seconds)
    by_papers = settled.resident is not None and bool(decided.retest)
    if fever and settled.ground not in _ANSWERS_A_FEVER and not by_papers:
        return _ODD_GROUND
    by_thermometer = settled.ground is Ground.MEASURED_AGAIN or (fever and by_papers)
    if by_thermometer and (fever or decided.retest) and not _clear_retest(decided, rules):
        return _NOT_CLEAR
    return _against_since(decided, rules, now) or _against_the_resident(settled, decided, rules, now)


def _clear_retest(decided: Decided, rules: Rules | None) -> bool:
    """By the limits in force now: the office may have lowered them meanwhile."""
    policy = rules.policy if rules else _NO_POLICY
    return judge_retest(decided.retest, policy.retest, policy.temperature) is None


def _against_since(decided: Decided, rules: Rules | None, now: Now) -> Words | None:
    """What the office has said since the gate decided, and does not let a guard overrule."""
    anew = decide(decided.evidence, rules, now.moment).reasons
    since = [reason for reason in anew if reason in _OF_THE_OFFICE and reason not in decided.reasons]
    told = [reason for reason in since if not overrulable((reason,), rules)]
    return REASONS[told[0]].say if told else None


def _against_the_resident(settled: GuardSettled, decided: Decided, rules: Rules | None, now: Now) -> Words | None:
    """What nobody could know before the certificate had a resident: that he is isolated, his building sealed, or that
    he has just gone the same way."""
    if settled.resident is None:
        return None
    named = decide(replace(decided.evidence, resident=settled.resident, trace=settled.trace), rules, now.moment)
    new = [reason for reason in named.reasons if reason not in decided.reasons]
    return REASONS[new[0]].say if new else None
