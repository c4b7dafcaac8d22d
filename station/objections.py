"""What speaks against a guard's word on a passage, in words for him.

`lane.py` asks before anything is written. Rule: a guard can take the machine's doubt away, not the office's rules; and
whoever he recognises is held to the rules for that very resident.
"""

from dataclasses import replace

from gate.decision import decide
from gate.passage import Ground
from gate.policy import Policy, Rules
from gate.reason import Outcome, Reason
from gate.wording import REASONS, Words
from station.visit import Decided, GuardSettled, Lane, Now

_GONE = Words("这次通行已不在屏幕上", "That passage is no longer on the screen")
_SETTLED = Words("这次通行已经这样处理过", "That passage is already settled so")
_NOT_YOURS = Words("社区规定，此情况不得由保安放行", "The office does not let a guard overrule this")
_ODD_GROUND = Words("这个理由与处理不符", "This ground does not fit that decision")


def objection(lane: Lane, settled: GuardSettled, rules: Rules | None, now: Now) -> Words | None:
    """Why the guard's word cannot hold; None where it can."""
    decided = next((each for each in lane.recent if each.sequence == settled.sequence), None)
    if decided is None:
        return _GONE
    if decided.settled is settled.outcome or decided.holds is settled.outcome is Outcome.ADMIT:
        return _SETTLED
    if not _ground_fits(settled, decided):
        return _ODD_GROUND
    if settled.outcome is Outcome.ADMIT and not overrulable(decided.reasons, rules):
        return _NOT_YOURS
    return _against_the_resident(settled, decided, rules, now)


def overrulable(reasons: tuple[Reason, ...], rules: Rules | None) -> bool:
    """Whether a guard may let such a passage through: every one of its reasons must be his to overrule."""
    return frozenset(reasons) <= (rules.policy if rules else Policy(title="")).overrulable


def _ground_fits(settled: GuardSettled, decided: Decided) -> bool:
    """Nobody is admitted because he was sent back, and only a mistake is taken back to 'undecided'."""
    if settled.resident is not None:
        admitted_by_papers = (settled.outcome, settled.ground) == (Outcome.ADMIT, Ground.PAPERS_CHECKED)
        return admitted_by_papers and Reason.HOLDER_UNMATCHED in decided.reasons
    if settled.outcome is Outcome.REFER:
        return settled.ground is Ground.MISTAKE
    return (settled.outcome, settled.ground) != (Outcome.ADMIT, Ground.SENT_BACK)


def _against_the_resident(settled: GuardSettled, decided: Decided, rules: Rules | None, now: Now) -> Words | None:
    """What nobody could know before the certificate had a resident: that he is isolated, or his building sealed."""
    if settled.resident is None:
        return None
    named = decide(replace(decided.evidence, resident=settled.resident), rules, now.moment)
    new = [reason for reason in named.reasons if reason not in decided.reasons]
    return REASONS[new[0]].say if new else None
